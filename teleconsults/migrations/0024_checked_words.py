"""An officer's check names the words that were read beside the film."""

from django.db import migrations, models

from foundation.kernel.immutable import AppendOnly


class Migration(migrations.Migration):

    dependencies = [("teleconsults", "0023_answers_stay")]

    operations = [
        migrations.AddField(
            model_name='recording',
            name='checked_words',
            field=models.CharField(blank=True, default='', max_length=64),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='officercheck',
            name='words_sha256',
            field=models.CharField(blank=True, default='', max_length=64),
            preserve_default=False,
        ),
        # SQLite has built the table anew, without its guards.
        AppendOnly("officercheck"),
    ]
