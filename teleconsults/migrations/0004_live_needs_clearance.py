"""The database refuses what was not cleared, and keeps every answer and check as it was given."""

from django.db import migrations, models

from foundation.kernel.immutable import AppendOnly


class Migration(migrations.Migration):

    dependencies = [("teleconsults", "0003_take_down_unchecked")]

    operations = [
        migrations.AddConstraint(
            model_name='recording',
            constraint=models.CheckConstraint(condition=models.Q(('live', False), ('consent', 'agreed'), models.Q(('checked_at__isnull', False), ('checked_by__isnull', False), ('consent', 'no_patient'), models.Q(('checked_film', ''), _negated=True)), _connector='OR'), name='teleconsults_live_needs_clearance'),
        ),
        migrations.AddConstraint(
            model_name='recording',
            constraint=models.CheckConstraint(condition=models.Q(('checked_by__isnull', True), models.Q(models.Q(('checked_by', models.F('author')), _negated=True), models.Q(('checked_by', models.F('consent_by')), _negated=True)), _connector='OR'), name='teleconsults_checked_by_a_second_person'),
        ),
        AppendOnly("consentwording"),
        AppendOnly("consent"),
        AppendOnly("officercheck"),
    ]
