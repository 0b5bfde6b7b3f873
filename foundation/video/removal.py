"""Takes the files of a film away: the original, every version, whatever a worker left half made."""

from typing import TYPE_CHECKING

from foundation.kernel.storages import shelf

if TYPE_CHECKING:
    from foundation.video.models import Video

PLACES = ("clean", "quarantine")


def has_files(video: "Video") -> bool:
    return any(shelf(place).folders_in(video.folder) for place in PLACES)


def delete_files(video: "Video") -> None:
    """May run any number of times. Raises OSError, or what the bucket's service says, where something stays."""
    for place in PLACES:
        shelf(place).delete_folder(video.folder)
