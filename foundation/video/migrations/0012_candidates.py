"""What a machine found, beside what the author marked."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("video", "0011_watch_budget_of_user")]

    operations = [
        migrations.AddField(model_name='redaction', name='candidates', field=models.JSONField(default=list)),
    ]
