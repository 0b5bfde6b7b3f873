"""The checks so far hold for the bytes that stand behind the checked version now; what has none goes off the site."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def name_bytes(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Taken off, a recording waits for an officer like any other."""
    alias = schema_editor.connection.alias
    recordings = apps.get_model("teleconsults", "Recording").objects.using(alias)
    video = apps.get_model("video", "Video").objects.using(alias).filter(pk=models.OuterRef("video_id"))
    checked = recordings.exclude(checked_film="").filter(checked_film=models.F("video__directory"))
    checked.update(checked_sha256=models.Subquery(video.values("content_sha256")[:1]))
    recordings.filter(live=True, consent="no_patient", checked_sha256="").update(live=False)


class Migration(migrations.Migration):

    dependencies = [("teleconsults", "0019_checked_bytes")]

    operations = [migrations.RunPython(name_bytes, migrations.RunPython.noop, elidable=True)]
