from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("video", "0001_initial"),
    ]

    operations = [
        migrations.AddField("video", "is_provisional", models.BooleanField(default=False)),
        migrations.AddField("video", "slides", models.JSONField(default=dict)),
        migrations.AddField("video", "sprites", models.JSONField(default=dict)),
        migrations.AddField("video", "download", models.JSONField(default=dict)),
        migrations.AddField("video", "chapters_found", models.JSONField(default=list)),
    ]
