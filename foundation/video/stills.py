"""Still pictures of a film: slides where the picture changes, a sheet of small ones for seeking; plain Python."""

import io
import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from PIL import Image

SLIDE_QUALITY, SHEET_QUALITY = 60, 50
# Slides and voice together: 36 kbit/s, an hour in 16 MB. A short film may have a few slides all the same.
BYTES_PER_S = 4500
LEAST_BUDGET_BYTES = 40_000
THUMB_BOX = (160, 90)
COLUMNS = 10
MOST_THUMBS = 400
EVERY_S = 10.0


@dataclass(frozen=True, slots=True)
class Still:
    """A frame on the disk: when it is shown, and how much it differs from the one before (0 to 1)."""

    at_s: float
    change: float
    path: Path


@dataclass(frozen=True, slots=True)
class Slide:
    """A slide as the player reads it."""

    at: float
    file: str
    bytes: int


def stills_in(said: str, folder: Path) -> list[Still]:
    """The slides that `ffmpeg.stills_command` left in the folder, from what it said, in order."""
    moments, changes = list[float](), list[float]()
    for line in said.splitlines():
        if line.startswith("frame:"):
            moments.append(float(line.rpartition("pts_time:")[2]))
        elif line.startswith("lavfi.scene_score="):
            changes.append(float(line.rpartition("=")[2]))
    paths = sorted(folder.glob("slide-*.jpg"))
    return [Still(*facts) for facts in zip(moments, changes, paths, strict=True)]


def write_slides(
    stills: list[Still], folder: Path, *, duration_s: float, sound: str, sound_bytes: int
) -> dict[str, int]:
    """Write `slides.json` and its pictures: the first, then those that change most, as many as the line can bear.

    `sound` names the playlist of the voice, empty for a film without. Returns how many slides there are, and the bytes
    of slides and sound together.
    """
    budget = max(LEAST_BUDGET_BYTES, int(duration_s * BYTES_PER_S) - sound_bytes)
    chosen = list[tuple[Still, bytes]]()
    for still in sorted(stills, key=lambda still: (still.at_s > stills[0].at_s, -still.change)):
        picture = _webp(still.path)
        budget -= len(picture)
        if chosen and budget < 0:
            break
        chosen.append((still, picture))
    slides = list[Slide]()
    for number, (still, picture) in enumerate(sorted(chosen, key=lambda pair: pair[0].at_s), start=1):
        name = f"slides-{number:04d}.webp"
        (folder / name).write_bytes(picture)
        slides.append(Slide(round(still.at_s, 3) if number > 1 else 0.0, name, len(picture)))
    total = sum(slide.bytes for slide in slides) + sound_bytes
    index = {"slides": [asdict(slide) for slide in slides], "audio": sound, "bytes": total}
    (folder / "slides.json").write_text(json.dumps(index))
    return {"count": len(slides), "bytes": total}


def every_s(duration_s: float) -> float:
    """How far the pictures for seeking are apart: near, in a short film; never more than a few hundred of them."""
    if duration_s <= 12 * EVERY_S:
        return 4.0
    return max(EVERY_S, math.ceil(duration_s / MOST_THUMBS))


def write_sheet(thumbs: list[Path], folder: Path, *, size: tuple[int, int], every: float) -> dict[str, Any]:
    """Lay the small pictures out on one sheet, `sprites.webp`, row by row, and say how in `sprites.json`."""
    width, height = size
    columns = min(COLUMNS, len(thumbs))
    sheet = Image.new("RGB", (columns * width, math.ceil(len(thumbs) / columns) * height))
    for number, path in enumerate(thumbs):
        with Image.open(path) as thumb:
            sheet.paste(thumb, (number % columns * width, number // columns * height))
    sheet.save(folder / "sprites.webp", "WEBP", quality=SHEET_QUALITY, method=2)
    facts = {"file": "sprites.webp", "columns": columns, "width": width, "height": height}
    facts |= {"every": every, "count": len(thumbs)}
    (folder / "sprites.json").write_text(json.dumps(facts))
    return facts


def _webp(path: Path) -> bytes:
    written = io.BytesIO()
    with Image.open(path) as picture:
        picture.save(written, "WEBP", quality=SLIDE_QUALITY, method=2)
    return written.getvalue()
