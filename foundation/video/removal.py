"""Takes the files of a film away: the original, every version, whatever a worker left half made."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from django.core.files.storage import storages

if TYPE_CHECKING:
    from foundation.video.models import Video


def folders_of(video: "Video") -> list[Path]:
    """Where a film may lie, in both stores."""
    return [Path(storages[place].path(f"video/{video.public_id}")) for place in ("clean", "quarantine")]


def has_files(video: "Video") -> bool:
    return any(folder.exists() for folder in folders_of(video))


def delete_files(video: "Video") -> None:
    """May run any number of times. Raises OSError where something cannot be deleted."""
    for folder in folders_of(video):
        if folder.exists():
            shutil.rmtree(folder)
