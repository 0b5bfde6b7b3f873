"""Signed addresses of renditions: for one person, one directory, until one moment."""

import hashlib
import hmac
import time
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.text import slugify

from foundation.kernel.registry import Registry
from foundation.kernel.vietnamese import folded
from foundation.video.models import Rendition, Video
from foundation.video.watching import new_session_token

if TYPE_CHECKING:
    from collections.abc import Callable

    from foundation.accounts.models import User

HOUR_S = 60 * 60
MARGIN_S = 2 * HOUR_S  # an address outlives the film by this
DOWNLOAD_HOURS = 48
WATCHER_COOKIE = "watcher"

# (user, video) -> may this person play it? Rooms that show videos register; one yes is enough.
viewers: "Registry[Callable[[User, Video], bool]]" = Registry()
# (video) -> was it taken down? One yes outweighs every right to play it, the owner's too.
closures: "Registry[Callable[[Video], bool]]" = Registry()


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to watch, with its cost for the whole film and for an hour of it.

    `kind` is a rendition's, or slides: with the voice, or "stills" for a film without one.
    """

    value: str
    kind: str
    bytes: int
    hourly_bytes: int
    height_px: int = 0
    lines: int = 0


@dataclass(frozen=True, slots=True)
class Playback:
    """What a player needs for one person; `expires` is in seconds since 1970. `saver_url` plays without a script.

    `files` are plain files by the key of their rendition; `slides_url` and `sprites` are empty where there are none.
    `under_slides_url` is what plays beneath the slides and keeps their time: the voice, else the smallest picture.
    """

    master_url: str
    audio_url: str
    saver_url: str
    poster_url: str
    slides_url: str
    under_slides_url: str
    sprites: dict[str, Any]
    files: dict[str, str]
    play_url: str
    beat_url: str
    expires: int
    session: str
    choices: list[Choice]
    downloads: list[Rendition]


def may_play(user: "User", video: Video) -> bool:
    """The owner, and others when a room that shows the video says so; nobody what was taken down."""
    if not user.is_authenticated or any(is_closed(video) for is_closed in closures):
        return False
    return video.owner_id == user.pk or any(allows(user, video) for allows in viewers)


def playback_for(video: Video, user: "User") -> Playback | None:
    """Fresh addresses and a watch session, or None while there is nothing to play. The caller checked the right."""
    if not video.is_ready:
        return None
    expires = _expiry(video)
    prefix = signed_prefix(video.directory, user=user, expires=expires)
    qualities = video.qualities()
    sounds = [quality.file for quality in qualities if quality.is_audio]
    under_slides = _under_slides(video, qualities)
    return Playback(
        master_url=f"{prefix}master.m3u8",
        audio_url=f"{prefix}{sounds[-1]}" if sounds else "",
        saver_url=f"{prefix}{video.download.get('file', 'saver.mp4')}",
        poster_url=f"{prefix}poster.webp" if video.has_poster else "",
        slides_url=f"{prefix}slides.json" if under_slides else "",
        under_slides_url=f"{prefix}{under_slides.file}" if under_slides else "",
        sprites=video.sprites and video.sprites | {"url": f"{prefix}{video.sprites['file']}"},
        files={quality.key: f"{prefix}{quality.download}" for quality in video.downloads()},
        play_url=reverse("video:play", args=[video.public_id]),
        beat_url=reverse("video:beat", args=[video.public_id]),
        expires=expires,
        session=new_session_token(user, video),
        choices=_choices(video, qualities),
        downloads=video.downloads(),
    )


def _under_slides(video: Video, qualities: list[Rendition]) -> Rendition | None:
    """What carries the slides along; None where there are none, or where the film is as small as they are."""
    sounds = [quality for quality in qualities if quality.is_audio]
    pictures = [quality for quality in qualities if not quality.is_audio]
    if not video.slides or (not sounds and len(pictures) < 2):
        return None
    return (sounds or pictures)[-1]


def _choices(video: Video, qualities: list[Rendition]) -> list[Choice]:
    """Slides and sound first, then the pictures from the smallest."""

    def choice(value: str, kind: str, size: int, **picture: int) -> Choice:
        return Choice(value, kind, size, round(size * HOUR_S / max(1.0, video.duration_s)), **picture)

    sounds = [quality for quality in qualities if quality.is_audio][-1:]
    pictures = [quality for quality in reversed(qualities) if not quality.is_audio]
    under = _under_slides(video, qualities)
    slides = [choice("slides", "slides", video.slides["bytes"])] if under else []
    if under and not under.is_audio:
        slides = [choice("slides", "stills", video.slides["bytes"] + under.bytes)]
    return [
        *slides,
        *(choice("audio", "sound", sound.bytes) for sound in sounds),
        *(choice(row.key, row.kind, row.bytes, height_px=row.height_px, lines=row.lines) for row in pictures),
    ]


def download_url_for(video: Video, user: "User", *, key: str, name: str) -> str:
    """The plain file of one quality, to be kept under `name`; empty where there is none.

    The address lasts longer than a player's: a slow line that is cut goes on with the same one.
    """
    quality = next((quality for quality in video.downloads() if quality.key == key), None)
    if quality is None:
        return ""
    expires = HOUR_S * ceil(time.time() / HOUR_S + DOWNLOAD_HOURS)
    quality_words = "sound" if quality.is_audio else f"{quality.lines}p"
    file_name = "-".join([slugify(folded(name))[:60].strip("-") or "recording", quality_words])
    prefix = signed_prefix(video.directory, user=user, expires=expires)
    return f"{prefix}{quality.download}?{urlencode({'download': file_name})}"


def poster_url_for(video: Video, user: "User") -> str:
    """The still picture, small, for a card of a list; empty where there is none."""
    if not (video.is_ready and video.has_poster):
        return ""
    # Versions from before there were small ones have no slides either.
    name = "poster-small.webp" if video.slides or video.is_provisional else "poster.webp"
    return f"{signed_prefix(video.directory, user=user, expires=_expiry(video))}{name}"


def _expiry(video: Video) -> int:
    """The film's length and a margin from now, up to the full hour: a browser can keep what has the same address."""
    return HOUR_S * ceil((time.time() + video.duration_s + MARGIN_S) / HOUR_S)


def signed_prefix(directory: str, *, user: "User", expires: int) -> str:
    """The address of a directory of the clean storage, ending in a slash; relative playlists inherit it."""
    return f"/v/{expires}/{user.pk}/{signature(directory, user=user, expires=expires)}/{directory}/"


def signature(directory: str, *, user: "User", expires: int) -> str:
    """Over expiry, person and directory, and what only this person's browser knows, as nginx's secure_link reckons it.

    It knows no HMAC: MD5 with a secret of 256 bits behind it. Collisions are of no use: nobody else writes the text.
    """
    text = f"{expires}/{user.pk}/{directory}/{watcher_key(user)} {server_key()}"
    return _in_url(hashlib.md5(text.encode(), usedforsecurity=False).digest())


def is_signed(given: str, directory: str, *, user: "User", expires: int) -> bool:
    """Compares in constant time."""
    return hmac.compare_digest(given.encode(), signature(directory, user=user, expires=expires).encode())


def watcher_key(user: "User") -> str:
    """What the cookie of a person holds, so that nginx tells them from others; another one after a new password."""
    mac = salted_hmac("foundation.video.watcher", f"{user.pk}/{user.password}", algorithm="sha256")
    return _in_url(mac.digest())[:32]


def is_browser_of(request: HttpRequest, user: "User") -> bool:
    """True where it sends the cookie that only this person's browser has; compares in constant time."""
    return hmac.compare_digest(request.COOKIES.get(WATCHER_COOKIE, "").encode(), watcher_key(user).encode())


def server_key() -> str:
    """The secret that Django and nginx share, made from SECRET_KEY; `manage.py film_key` prints it for nginx."""
    return salted_hmac("foundation.video.server", "nginx", secret=settings.SECRET_KEY, algorithm="sha256").hexdigest()


def _in_url(digest: bytes) -> str:
    return urlsafe_b64encode(digest).rstrip(b"=").decode()
