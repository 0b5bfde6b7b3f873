"""The database keeps every answer at a decision point as it was given; erasing a person takes theirs away."""

from django.db import migrations

from foundation.kernel.immutable import Immutable


class Migration(migrations.Migration):

    dependencies = [("teleconsults", "0022_decision_points")]

    operations = [Immutable("decisionanswer", columns=["point", "user", "option", "answered_at"], is_deletable=True)]
