"""Chooses the still picture that stands for a film, and writes it for its page and for lists."""

import io
from pathlib import Path

from PIL import Image, ImageStat

DARK = 24  # mean brightness, of 255
BRIGHT = 245
QUALITY = 55
CANDIDATES = 8
POSTER_PX, SMALL_PX = 640, 320  # the longer side
SMALL_BYTES = 12_000


def write_poster(frames: list[Path], folder: Path) -> bool:
    """Write the frame that shows most as `poster.webp` and `poster-small.webp`; False when there is no frame at all."""
    step = max(1, len(frames) // CANDIDATES)
    best = max(frames[::step], key=_liveliness, default=None)
    if best is None:
        return False
    with Image.open(best) as picture:
        picture.thumbnail((POSTER_PX, POSTER_PX))
        picture.save(folder / "poster.webp", "WEBP", quality=QUALITY, method=4)
        picture.thumbnail((SMALL_PX, SMALL_PX))
        (folder / "poster-small.webp").write_bytes(_light(picture))
    return True


def _light(picture: Image.Image) -> bytes:
    """As good as it may be within `SMALL_BYTES`."""
    for quality in (QUALITY, 40, 25, 10, 1):
        written = io.BytesIO()
        picture.save(written, "WEBP", quality=quality, method=4)
        if written.tell() <= SMALL_BYTES:
            break
    return written.getvalue()


def _liveliness(frame: Path) -> float:
    """How much is to be seen: contrast, unless the frame is nearly black or blank."""
    with Image.open(frame) as picture:
        measured = ImageStat.Stat(picture.convert("L"))
    brightness, contrast = measured.mean[0], measured.stddev[0]
    return contrast if DARK < brightness < BRIGHT else contrast / 100
