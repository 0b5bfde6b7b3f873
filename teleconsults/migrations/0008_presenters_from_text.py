import re

from django.db import migrations

# A name, and perhaps in brackets what the person was there; commas within brackets separate nobody.
ONE = re.compile(r'([^,;\n(]+)(?:\(([^)]*)\))?')


def to_rows(apps, schema_editor):
    Recording = apps.get_model('teleconsults', 'Recording')
    Presenter = apps.get_model('teleconsults', 'Presenter')
    for recording in Recording.objects.exclude(presenters_text=''):
        found = [(name.strip(), role.strip()) for name, role in ONE.findall(recording.presenters_text)]
        Presenter.objects.bulk_create(
            Presenter(recording=recording, sort_order=order, name=name[:120], role=role[:120])
            for order, (name, role) in enumerate(pair for pair in found if pair[0])
        )


def to_text(apps, schema_editor):
    Recording = apps.get_model('teleconsults', 'Recording')
    for recording in Recording.objects.all():
        rows = recording.presenters.order_by('sort_order')
        recording.presenters_text = ', '.join(f'{row.name} ({row.role})' if row.role else row.name for row in rows)[:300]
        recording.save(update_fields=['presenters_text'])


class Migration(migrations.Migration):

    dependencies = [
        ('teleconsults', '0007_presenter_rows'),
    ]

    operations = [
        migrations.RunPython(to_rows, to_text),
    ]
