"""Clock time, length of the version and a rolling hash over accepted beats, with the beats themselves."""

from django.db import migrations, models

import foundation.video.rules


class Migration(migrations.Migration):
    dependencies = [
        ("video", "0002_video_extras"),
    ]

    operations = [
        migrations.AddField(
            model_name="watchrecord", name="length_s", field=models.PositiveIntegerField(default=0)
        ),
        migrations.AddField(
            model_name="watchrecord",
            name="chain",
            field=models.CharField(default=foundation.video.rules.EMPTY_CHAIN, max_length=64),
        ),
        migrations.AddField(
            model_name="watchsession", name="journal", field=models.TextField(blank=True, default="")
        ),
        migrations.AddField(model_name="watchbudget", name="idle_s", field=models.FloatField(default=0.0)),
    ]
