from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('teleconsults', '0005_programme'),
    ]

    operations = [
        migrations.RenameField(model_name='recording', old_name='sites', new_name='asking_facilities'),
    ]
