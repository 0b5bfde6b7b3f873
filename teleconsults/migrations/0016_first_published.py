from django.db import migrations
from django.db.models import F


def fill(apps, schema_editor):
    Recording = apps.get_model('teleconsults', 'Recording')
    published = Recording.objects.filter(published_at__isnull=False, first_published_at=None)
    published.update(first_published_at=F('published_at'), last_published_at=F('published_at'))


class Migration(migrations.Migration):

    dependencies = [
        ('teleconsults', '0015_drafts'),
    ]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
