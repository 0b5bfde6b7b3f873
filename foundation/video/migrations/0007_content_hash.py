"""What an officer approves is known by the hash of its bytes."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("video", "0006_removed")]

    operations = [
        migrations.AddField(
            model_name='video',
            name='content_sha256',
            field=models.CharField(blank=True, max_length=64),
        ),
    ]
