from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('teleconsults', '0008_presenters_from_text'),
    ]

    operations = [
        migrations.RemoveField(model_name='recording', name='presenters_text'),
    ]
