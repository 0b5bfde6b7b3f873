from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('video', '0005_captions'),
    ]

    operations = [
        migrations.AlterField(
            model_name='video',
            name='state',
            field=models.CharField(choices=[('uploaded', 'Uploaded'), ('encoding', 'Being prepared'), ('ready', 'Ready'), ('refused', 'Refused'), ('failed', 'Failed'), ('removed', 'Removed')], default='uploaded', max_length=10),
        ),
    ]
