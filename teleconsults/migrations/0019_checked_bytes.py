"""An officer's check names the bytes that were looked at."""

from django.db import migrations, models

from foundation.kernel.immutable import AppendOnly


class Migration(migrations.Migration):

    dependencies = [("teleconsults", "0018_hours_demand"), ("video", "0008_hash_versions")]

    operations = [
        migrations.AddField(
            model_name='recording',
            name='checked_sha256',
            field=models.CharField(blank=True, default='', max_length=64),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='officercheck',
            name='content_sha256',
            field=models.CharField(blank=True, default='', max_length=64),
            preserve_default=False,
        ),
        # SQLite has built the table anew, without its guards.
        AppendOnly("officercheck"),
    ]
