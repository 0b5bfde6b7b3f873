"""Reads the versions that are there and writes the hashes of their bytes down."""

import hashlib
from pathlib import Path

from django.apps.registry import Apps
from django.core.files.storage import storages
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def hash_versions(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """One whose files are not where they should be stays without, and is not published."""
    videos = apps.get_model("video", "Video").objects.using(schema_editor.connection.alias)
    for video in videos.filter(content_sha256="").exclude(directory=""):
        folder = _folder_of(video.directory)
        if folder and folder.is_dir():
            videos.filter(pk=video.pk).update(content_sha256=_sha256_of(folder))


def _folder_of(directory: str) -> Path | None:
    """None where films lie in a bucket, which came after the hashes: nothing there is without one."""
    try:
        return Path(storages["clean"].path(f"video/{directory}"))
    except NotImplementedError:
        return None


def _sha256_of(folder: Path) -> str:
    lines = []
    for path in sorted(folder.iterdir(), key=lambda path: path.name):
        with path.open("rb") as handle:
            lines.append(f"{hashlib.file_digest(handle, 'sha256').hexdigest()}  {path.name}\n")
    return hashlib.sha256("".join(lines).encode()).hexdigest()


class Migration(migrations.Migration):

    dependencies = [("video", "0007_content_hash")]

    operations = [migrations.RunPython(hash_versions, migrations.RunPython.noop, elidable=True)]
