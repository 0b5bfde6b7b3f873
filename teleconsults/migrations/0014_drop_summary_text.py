from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('teleconsults', '0013_summaries_into_streams'),
    ]

    operations = [
        migrations.RemoveField(model_name='recording', name='summary_text'),
    ]
