"""Originals expire."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("video", "0009_redaction")]

    operations = [
        migrations.AddField(model_name='video', name='original_gone_at', field=models.DateTimeField(null=True)),
    ]
