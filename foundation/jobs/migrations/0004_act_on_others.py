from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('jobs', '0003_job_field_names'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='job',
            options={'get_latest_by': 'created_at', 'permissions': [('act_on_job', 'Can stop the work of others and try it again')], 'verbose_name': 'job', 'verbose_name_plural': 'jobs'},
        ),
    ]
