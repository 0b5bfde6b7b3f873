"""Course covers: calm, without words, in the colours of the product."""

from collections.abc import Callable
from math import cos, pi, sin, sqrt
from random import Random

from PIL import Image

from portal.demo.studio.canvas import (
    GOLD,
    GOLD_SOFT,
    JADE,
    JADE_SOFT,
    PAPER,
    SURFACE,
    Canvas,
    Point,
    blend,
    smooth,
)

SIZE = (1200, 675)
MIST, LEAF = blend(JADE, PAPER, 0.72), blend(JADE, PAPER, 0.38)
SAND = blend(GOLD, PAPER, 0.45)


def dengue_cover() -> Image.Image:
    """Rings on still water, where mosquitoes breed."""
    canvas = Canvas(*SIZE, ground=JADE_SOFT)
    for centre, count, step in (((860.0, 380.0), 9, 46.0), ((300.0, 190.0), 5, 34.0), ((420.0, 560.0), 4, 26.0)):
        for index in reversed(range(count)):
            canvas.ring(centre, 20 + index * step, colour=blend(JADE, JADE_SOFT, 0.12 + 0.84 * index / count), width=5)
        canvas.disc(centre, 14, fill=JADE)
    canvas.disc((860, 380), 14, fill=GOLD)
    return canvas.finished()


def newborn_cover() -> Image.Image:
    """A large circle holds a small one."""
    canvas = Canvas(*SIZE, ground=PAPER)
    canvas.disc((640, 400), 330, fill=JADE_SOFT)
    canvas.disc((620, 390), 250, fill=MIST)
    canvas.disc((600, 378), 170, fill=LEAF)
    canvas.disc((664, 420), 84, fill=GOLD_SOFT)
    canvas.disc((664, 420), 52, fill=SAND)
    canvas.line(smooth([(-20, 560), (240, 520), (420, 600), (700, 640), (980, 560), (1220, 600)]), colour=JADE, width=6)
    return canvas.finished()


def stroke_cover() -> Image.Image:
    """A vessel that branches, and the one branch that is dark."""
    canvas = Canvas(*SIZE, ground=PAPER)

    def grow(start: Point, angle: float, length: float, width: float, depth: int, *, dark: bool = False) -> None:
        end = (start[0] + length * cos(angle), start[1] + length * sin(angle))
        bend = ((start[0] + end[0]) / 2 + 18 * sin(angle), (start[1] + end[1]) / 2 - 18 * cos(angle))
        colour = SAND if dark else blend(JADE, PAPER, 0.62 - 0.11 * depth)
        canvas.rope([start, bend, end], radius=width / 2, fill=colour)
        if depth:
            for turn, lost in ((-0.46, depth == 4), (0.36, False)):
                grow(end, angle + turn, length * 0.78, width * 0.68, depth - 1, dark=dark or lost)

    grow((-30, 460), -0.12, 320, 46, 5)
    return canvas.finished()


def sepsis_cover() -> Image.Image:
    """A field of dots that a wave runs through."""
    canvas = Canvas(*SIZE, ground=JADE)
    for column in range(31):
        for row in range(18):
            x, y = column * 40.0 + (20 if row % 2 else 0), row * 40.0 + 8
            near = max(0.0, 1 - abs(y - 330 - 130 * sin(x / 190)) / 210)
            crest = GOLD_SOFT if near > 0.86 else JADE_SOFT
            canvas.disc((x, y), 3 + 11 * near, fill=blend(JADE, crest, 0.16 + 0.8 * near))
    return canvas.finished()


def snakebite_cover() -> Image.Image:
    """Winding bands of scales."""
    canvas = Canvas(*SIZE, ground=JADE_SOFT)
    path = smooth([(-60, 520), (160, 250), (430, 300), (600, 500), (850, 480), (980, 240), (1260, 150)], steps=26)
    for point in path:
        canvas.disc(point, 88, fill=LEAF)
    for point in path:
        canvas.disc((point[0], point[1] + 8), 62, fill=JADE)
    for index, (x, y) in enumerate(path[6::9]):
        size = 26
        diamond: list[Point] = [(x - size, y), (x, y - size * 0.72), (x + size, y), (x, y + size * 0.72)]
        canvas.shape(diamond, fill=SAND if index % 2 else MIST)
    return canvas.finished()


def insulin_cover() -> Image.Image:
    """Six-sided rings, a few of them filled, after the crystal of insulin."""
    canvas = Canvas(*SIZE, ground=PAPER)
    random, side = Random(7), 74.0  # noqa: S311  # a pattern, not a secret
    for column in range(-1, 12):
        for row in range(-1, 7):
            x = column * side * 1.5
            y = (row + (0.5 if column % 2 else 0)) * side * sqrt(3)
            size = side * 0.9
            corners = [(x + size * cos(pi / 3 * k), y + size * sin(pi / 3 * k)) for k in range(6)]
            (fill,) = random.choices([JADE, SAND, LEAF, MIST, JADE_SOFT], [10, 5, 15, 20, 50])
            canvas.shape(corners, fill=fill)
    return canvas.finished()


def anaphylaxis_cover() -> Image.Image:
    """A pulse that sinks and comes back."""
    canvas = Canvas(*SIZE, ground=SURFACE)
    canvas.box((0, 0), SIZE, fill=JADE_SOFT, radius=0)
    for index in range(7):
        lift = index * 26
        wave: list[Point] = [(-40, 250 + lift), (180, 250 + lift), (330, 470 + lift * 0.4), (470, 480 + lift * 0.4)]
        wave += [(660, 330 + lift), (860, 230 + lift), (1240, 200 + lift)]
        canvas.line(smooth(wave), colour=blend(JADE, JADE_SOFT, 0.1 + 0.13 * index), width=10 - index)
    canvas.disc((470, 480), 20, fill=GOLD)
    return canvas.finished()


COVERS: dict[str, Callable[[], Image.Image]] = {
    "cover-dengue": dengue_cover,
    "cover-newborn": newborn_cover,
    "cover-stroke": stroke_cover,
    "cover-sepsis": sepsis_cover,
    "cover-snakebite": snakebite_cover,
    "cover-insulin": insulin_cover,
    "cover-anaphylaxis": anaphylaxis_cover,
}
