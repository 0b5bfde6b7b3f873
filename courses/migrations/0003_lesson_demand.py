"""How fast a lesson's recording may be watched, and how much time must have passed by the clock."""

from decimal import Decimal

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("courses", "0002_ledgers"),
    ]

    operations = [
        migrations.AddField(
            model_name="lessonpage",
            name="max_rate",
            field=models.DecimalField(
                decimal_places=2,
                default=Decimal("1.50"),
                help_text="1.50 means that a film of 60 minutes takes 40 minutes at least.",
                max_digits=3,
                validators=[
                    django.core.validators.MinValueValidator(Decimal("1")),
                    django.core.validators.MaxValueValidator(Decimal("1.50")),
                ],
                verbose_name="fastest speed that counts",
            ),
        ),
        migrations.AddField(
            model_name="lessonpage",
            name="wall_factor",
            field=models.DecimalField(
                decimal_places=2,
                default=Decimal("0.90"),
                help_text="0.90 leaves a tenth for lines that drop; 0 asks for no time by the clock.",
                max_digits=3,
                validators=[
                    django.core.validators.MinValueValidator(Decimal(0)),
                    django.core.validators.MaxValueValidator(Decimal(1)),
                ],
                verbose_name="share of that time that must have passed",
            ),
        ),
    ]
