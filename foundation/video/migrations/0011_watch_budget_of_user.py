"""Gives the way from a person to their budget a name; no table changes."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("video", "0010_original_expiry")]

    operations = [
        migrations.AlterField(
            model_name="watchbudget",
            name="user",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE,
                primary_key=True,
                related_name="watch_budget",
                serialize=False,
                to=settings.AUTH_USER_MODEL,
            ),
        ),
    ]
