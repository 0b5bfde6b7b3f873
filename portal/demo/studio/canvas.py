"""Paper, ink and letters: what every drawing of the demo network shares."""

import importlib.util
import unicodedata
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Literal

from PIL import Image, ImageDraw, ImageFont

type Colour = str
type Point = tuple[float, float]
type Anchor = Literal["la", "lm", "ma", "mm", "ra", "rm"]

PAPER, SURFACE, INK, INK_2, LINE = "#FBFAF7", "#FFFFFF", "#16212B", "#52606B", "#E3E1DA"
JADE, JADE_SOFT, GOLD, GOLD_SOFT = "#0B6B62", "#E2F1EE", "#8A6410", "#FBF1DA"
CORAL, CORAL_SOFT, SKY, SKY_SOFT = "#B3382C", "#FBE9E6", "#2462A8", "#E5EEF8"

# Everything is drawn this many times larger and scaled down, which is how Pillow gets smooth edges.
OVERSAMPLING = 2


@cache
def font(size_px: int, *, bold: bool = False) -> ImageFont.FreeTypeFont:
    """Be Vietnam Pro from the build dependencies, at `size_px` drawn pixels."""
    spec = importlib.util.find_spec("fontpkg_be_vietnam_pro")
    if spec is None or spec.origin is None:
        raise SystemExit("Install the build dependencies first: the drawings need fontpkg-be-vietnam-pro.")
    name = "BeVietnamPro-SemiBold.ttf" if bold else "BeVietnamPro-Regular.ttf"
    return ImageFont.truetype(str(Path(spec.origin).parent / "files" / name), size_px)


def blend(colour: Colour, towards: Colour, share: float) -> Colour:
    """The colour that lies `share` (0 to 1) of the way from `colour` to `towards`."""
    parts = zip(_rgb(colour), _rgb(towards), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02X}" for a, b in parts)


def _rgb(colour: Colour) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def smooth(points: list[Point], *, steps: int = 16) -> list[Point]:
    """A Catmull-Rom curve through `points`."""
    padded = [points[0], *points, points[-1]]
    curve: list[Point] = []
    for p0, p1, p2, p3 in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        for step in range(steps):
            t = step / steps
            curve.append((_spline(p0[0], p1[0], p2[0], p3[0], t), _spline(p0[1], p1[1], p2[1], p3[1], t)))
    return [*curve, points[-1]]


def _spline(a: float, b: float, c: float, d: float, t: float) -> float:
    return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)


@dataclass
class Canvas:
    """A sheet of `width` by `height` pixels; all measures are in pixels of the finished picture."""

    width: int
    height: int
    ground: Colour = PAPER
    _image: Image.Image = field(init=False)
    _draw: ImageDraw.ImageDraw = field(init=False)

    def __post_init__(self) -> None:
        self._image = Image.new("RGB", (self.width * OVERSAMPLING, self.height * OVERSAMPLING), self.ground)
        self._draw = ImageDraw.Draw(self._image)

    def finished(self) -> Image.Image:
        return self._image.resize((self.width, self.height), Image.Resampling.LANCZOS)

    def text(
        self,
        at: Point,
        words: str,
        *,
        size: int,
        colour: Colour = INK,
        bold: bool = False,
        anchor: Anchor = "la",
    ) -> None:
        self._draw.text(
            self._scaled(at),
            unicodedata.normalize("NFC", words),
            fill=colour,
            font=font(size * OVERSAMPLING, bold=bold),
            anchor=anchor,
        )

    def text_width(self, words: str, *, size: int, bold: bool = False) -> float:
        return font(size * OVERSAMPLING, bold=bold).getlength(words) / OVERSAMPLING

    def wrapped(self, words: str, *, width: float, size: int, bold: bool = False) -> list[str]:
        """`words` broken into lines no wider than `width`."""
        lines = [""]
        for word in words.split():
            longer = f"{lines[-1]} {word}".strip()
            if lines[-1] and self.text_width(longer, size=size, bold=bold) > width:
                lines.append(word)
            else:
                lines[-1] = longer
        return lines

    def paragraph(
        self,
        at: Point,
        words: str,
        *,
        width: float,
        size: int,
        colour: Colour = INK,
        bold: bool = False,
        leading: float = 1.35,
    ) -> float:
        """Write wrapped `words` from the top left corner `at`; return the y below the last line."""
        x, y = at
        for line in self.wrapped(words, width=width, size=size, bold=bold):
            self.text((x, y), line, size=size, colour=colour, bold=bold)
            y += size * leading
        return y

    def box(
        self, corner: Point, size: Point, *, fill: Colour | None = None, outline: Colour | None = None, radius: int = 18
    ) -> None:
        x, y = self._scaled(corner)
        width, height = self._scaled(size)
        self._draw.rounded_rectangle(
            (x, y, x + width, y + height),
            radius * OVERSAMPLING,
            fill=fill,
            outline=outline,
            width=3 * OVERSAMPLING if outline else 0,
        )

    def disc(self, centre: Point, radius: float, *, fill: Colour) -> None:
        (x, y), r = self._scaled(centre), radius * OVERSAMPLING
        self._draw.ellipse((x - r, y - r, x + r, y + r), fill=fill)

    def ring(self, centre: Point, radius: float, *, colour: Colour, width: float) -> None:
        (x, y), r = self._scaled(centre), radius * OVERSAMPLING
        self._draw.ellipse((x - r, y - r, x + r, y + r), outline=colour, width=round(width * OVERSAMPLING))

    def line(self, points: list[Point], *, colour: Colour, width: float) -> None:
        self._draw.line(
            [self._scaled(point) for point in points], fill=colour, width=round(width * OVERSAMPLING), joint="curve"
        )
        for point in (points[0], points[-1]):
            self.disc(point, width / 2, fill=colour)

    def rope(self, points: list[Point], *, radius: float, fill: Colour) -> None:
        """A thick curve through `points` with round ends and no cracks at its bends."""
        for point in smooth(points, steps=60):
            self.disc(point, radius, fill=fill)

    def dashes(self, start: Point, end: Point, *, colour: Colour, width: float, dash: float = 12) -> None:
        length = ((end[0] - start[0]) ** 2 + (end[1] - start[1]) ** 2) ** 0.5
        count = max(1, int(length // (2 * dash)))
        for index in range(count + 1):
            a, b = min(1.0, 2 * index * dash / length), min(1.0, (2 * index + 1) * dash / length)
            self.line([_between(start, end, a), _between(start, end, b)], colour=colour, width=width)

    def shape(self, points: list[Point], *, fill: Colour) -> None:
        self._draw.polygon([self._scaled(point) for point in points], fill=fill)

    def paste(self, picture: Image.Image, corner: Point) -> None:
        larger = picture.resize((picture.width * OVERSAMPLING, picture.height * OVERSAMPLING), Image.Resampling.LANCZOS)
        x, y = self._scaled(corner)
        self._image.paste(larger, (round(x), round(y)))

    def _scaled(self, point: Point) -> Point:
        return point[0] * OVERSAMPLING, point[1] * OVERSAMPLING


def _between(start: Point, end: Point, share: float) -> Point:
    return start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share
