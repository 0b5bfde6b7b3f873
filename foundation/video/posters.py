"""Chooses the still picture that stands for a film."""

from pathlib import Path

from PIL import Image, ImageStat

DARK = 24  # mean brightness, of 255
BRIGHT = 245
QUALITY = 55


def write_poster(frames: list[Path], poster: Path) -> bool:
    """Write the frame that shows most as WebP to `poster`; False when there is no frame at all."""
    best = max(frames, key=_liveliness, default=None)
    if best is None:
        return False
    with Image.open(best) as picture:
        picture.convert("RGB").save(poster, "WEBP", quality=QUALITY, method=4)
    return True


def _liveliness(frame: Path) -> float:
    """How much is to be seen: contrast, unless the frame is nearly black or blank."""
    with Image.open(frame) as picture:
        measured = ImageStat.Stat(picture.convert("L"))
    brightness, contrast = measured.mean[0], measured.stddev[0]
    return contrast if DARK < brightness < BRIGHT else contrast / 100
