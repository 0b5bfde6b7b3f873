"""The database refuses what was checked without the hash of its bytes."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("teleconsults", "0020_bytes_of_checks")]

    operations = [
        migrations.RemoveConstraint(model_name='recording', name='teleconsults_live_needs_clearance'),
        migrations.AddConstraint(
            model_name='recording',
            constraint=models.CheckConstraint(condition=models.Q(('live', False), ('consent', 'agreed'), models.Q(('checked_at__isnull', False), ('checked_by__isnull', False), ('consent', 'no_patient'), models.Q(('checked_film', ''), _negated=True), models.Q(('checked_sha256', ''), _negated=True)), _connector='OR'), name='teleconsults_live_needs_clearance'),
        ),
    ]
