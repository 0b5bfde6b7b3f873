"""What is asked for the hours, for the issuer to read; and proposals that were taken back."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cpd", "0002_guards"),
    ]

    operations = [
        migrations.AddField(
            model_name="activity",
            name="asked",
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name="activity",
            name="retracted_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
