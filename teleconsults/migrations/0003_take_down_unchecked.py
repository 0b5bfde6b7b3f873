"""Takes off the site what was published as "no patient can be recognised" without a second person's eyes."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def take_down(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """They wait for an officer like any other; their authors publish them again."""
    recordings = apps.get_model("teleconsults", "Recording").objects.using(schema_editor.connection.alias)
    recordings.filter(live=True, consent="no_patient", checked_at=None).update(live=False)


class Migration(migrations.Migration):

    dependencies = [("teleconsults", "0002_consent_rows")]

    operations = [migrations.RunPython(take_down, migrations.RunPython.noop, elidable=True)]
