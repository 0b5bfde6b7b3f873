"""Keys to the file in quarantine: for one person, one film, one hour; whoever gets one has given a reason."""

from typing import TYPE_CHECKING

from django.core import signing

from foundation.kernel.storages import shelf
from foundation.video.models import Video

if TYPE_CHECKING:
    from foundation.accounts.models import User

SALT = "foundation.video.original"
KEPT_S = 60 * 60
WEBM = b"\x1aE\xdf\xa3"  # and of Matroska, which browsers try under the same name


def new_key(user: "User", video: Video) -> str:
    return signing.dumps([user.pk, video.pk], salt=SALT)


def opens(key: str, video: Video, *, user: "User") -> bool:
    """False for a key of somebody else, of another film, one too old or forged."""
    try:
        return bool(signing.loads(key, salt=SALT, max_age=KEPT_S) == [user.pk, video.pk])
    except signing.BadSignature:
        return False


def content_type_of(video: Video) -> str:
    """What a browser needs to know to try; never anything that it would show as a page."""
    head = b"".join(shelf("quarantine").read(str(video.original.name), last=len(WEBM) - 1))
    return "video/webm" if head == WEBM else "video/mp4"
