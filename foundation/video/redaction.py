"""What is to go from a film: spans to cut or to silence, places to blur or to cover; plain values, times in seconds.

What follows the film (watched seconds, captions, chapters, questions) is moved by the functions at the end.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from math import ceil, floor
from typing import Any

from foundation.video.rules import position_after_cuts

CUT, SILENCE, BEEP, BLUR, MASK = "cut", "silence", "beep", "blur", "mask"
KINDS = (CUT, SILENCE, BEEP, BLUR, MASK)
KINDS_OF_SOUND = (CUT, SILENCE, BEEP)
KINDS_WITH_BOX = (BLUR, MASK)
MAX_MARKS = 200
LEAST_LEFT_S = 2.0
REMOVED = "[…]"  # in place of words that were silenced
_GRID = Fraction(1, 1000)  # cuts nearer to a frame than this share of it are on it
_HAIR_S = 0.001  # moments nearer to each other than this are one

type Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of the picture, in shares of its width and height from the upper left corner."""

    x: float
    y: float
    width: float
    height: float

    @property
    def is_within(self) -> bool:
        """It has an area, and none of it lies outside; a hair's breadth over the edge is a rounding."""
        far = max(self.x + self.width, self.y + self.height)
        return min(self.x, self.y) >= 0 and min(self.width, self.height) > 0 and far <= 1.0001

    def pixels(self, width_px: int, height_px: int) -> tuple[int, int, int, int]:
        """(x, y, width, height), grown to even numbers, since colour is kept for two pixels by two."""
        left, top = 2 * floor(self.x * width_px / 2), 2 * floor(self.y * height_px / 2)
        right = min(width_px, 2 * ceil((self.x + self.width) * width_px / 2))
        bottom = min(height_px, 2 * ceil((self.y + self.height) * height_px / 2))
        return left, top, max(2, right - left), max(2, bottom - top)


@dataclass(frozen=True, slots=True)
class Mark:
    """One thing to go. `box` belongs to blur and mask; a mask holds for the whole film, its times mean nothing."""

    kind: str
    start_s: float = 0.0
    end_s: float = 0.0
    box: Box | None = None

    @property
    def span(self) -> Span:
        return self.start_s, self.end_s

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, row: dict[str, Any]) -> "Mark":
        box = row.get("box")
        return cls(row["kind"], row["start_s"], row["end_s"], Box(**box) if box else None)


@dataclass(frozen=True, slots=True)
class Plan:
    """All that is to go from one film, on the timeline of that film."""

    marks: tuple[Mark, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.marks)

    @property
    def cuts(self) -> list[Span]:
        """In order, none touching another."""
        return merged(self._spans(CUT))

    @property
    def beeps(self) -> list[Span]:
        return merged(self._spans(BEEP))

    @property
    def muted(self) -> list[Span]:
        """Where nothing of the voice is left: silences and beeps."""
        return merged(self._spans(SILENCE, BEEP))

    @property
    def blurs(self) -> list[tuple[Box, Span]]:
        return [(mark.box, mark.span) for mark in self.marks if mark.kind == BLUR and mark.box]

    @property
    def masks(self) -> list[Box]:
        return [mark.box for mark in self.marks if mark.kind == MASK and mark.box]

    @property
    def is_heard(self) -> bool:
        """The sound is another than before."""
        return any(mark.kind in {CUT, SILENCE, BEEP} for mark in self.marks)

    def left_s(self, duration_s: float) -> float:
        """How long a film of that length is without the cuts."""
        return position_after_cuts(duration_s, self.cuts)

    def on_frames(self, fps: Fraction) -> "Plan":
        """With the cuts grown to whole frames, so that picture and sound lose the same."""
        grown = [_on_frames(mark, fps) if mark.kind == CUT else mark for mark in self.marks]
        return Plan(tuple(grown))

    def as_json(self) -> list[dict[str, Any]]:
        return [mark.as_json() for mark in self.marks]

    @classmethod
    def from_json(cls, rows: Iterable[dict[str, Any]]) -> "Plan":
        return cls(tuple(Mark.from_json(row) for row in rows))

    def _spans(self, *kinds: str) -> list[Span]:
        return [mark.span for mark in self.marks if mark.kind in kinds]


NOTHING = Plan()


def _on_frames(cut: Mark, fps: Fraction) -> Mark:
    first, last = floor(Fraction(cut.start_s) * fps + _GRID), ceil(Fraction(cut.end_s) * fps - _GRID)
    return Mark(CUT, float(first / fps), float(last / fps))


def merged(spans: Iterable[Span]) -> list[Span]:
    """The same seconds in order, none touching another."""
    whole = list[Span]()
    for start, end in sorted(spans):
        if whole and start <= whole[-1][1]:
            whole[-1] = (whole[-1][0], max(end, whole[-1][1]))
        else:
            whole.append((start, end))
    return whole


def composed(before: Plan, marks: Iterable[Mark]) -> Plan:
    """The plan for the original, where `marks` were drawn on the film that `before` has made of it."""
    cuts = before.cuts
    moved = (
        Mark(mark.kind, _moment_in_original(mark.start_s, cuts, is_start=True), _end_in_original(mark, cuts), mark.box)
        for mark in marks
    )
    return Plan((*before.marks, *moved))


def _end_in_original(mark: Mark, cuts: Sequence[Span]) -> float:
    return _moment_in_original(mark.end_s, cuts, is_start=False)


def _moment_in_original(at_s: float, cuts: Sequence[Span], *, is_start: bool) -> float:
    """Where a moment of the cut film stands in the original: what begins at a cut begins behind it."""
    for start, end in cuts:
        if start > at_s + (_HAIR_S if is_start else -_HAIR_S):
            break
        at_s += end - start
    return at_s


def cuts_since(before: Plan, plan: Plan) -> list[Span]:
    """What `plan` cuts besides `before`, on the timeline of the film that `before` has made."""
    cuts = before.cuts
    spans = [(position_after_cuts(start, cuts), position_after_cuts(end, cuts)) for start, end in plan.cuts]
    return merged((start, end) for start, end in spans if end - start > _HAIR_S)


# --- what follows the film ------------------------------------------------------------------------------------------
def words_after(
    words: Iterable[tuple[float, float, str]], *, cuts: Sequence[Span], muted: Sequence[Span]
) -> list[tuple[float, float, str]]:
    """Captions, as (start, end, text), of the redacted film.

    Of what is cut or silenced even in part, no word stays, since nobody knows which of its words was meant; where it
    is still heard or seen that somebody speaks, there is a sign.
    """
    left = list[tuple[float, float, str]]()
    for start, end, text in words:
        new_start, new_end = position_after_cuts(start, cuts), position_after_cuts(end, cuts)
        is_touched = any(_overlaps((start, end), span) for span in (*cuts, *muted))
        if new_end - new_start > _HAIR_S:
            left.append((round(new_start, 3), round(new_end, 3), REMOVED if is_touched else text))
    return left


def _overlaps(one: Span, other: Span) -> bool:
    return min(one[1], other[1]) - max(one[0], other[0]) > _HAIR_S


def chapters_after(
    chapters: Sequence[tuple[float, str]], *, cuts: Sequence[Span], duration_s: float
) -> list[tuple[float, str]]:
    """Chapters, as (moment, title) in order, of the redacted film: one that is cut as a whole goes.

    `duration_s` is the length before the cuts.
    """
    moved = [position_after_cuts(at, cuts) for at, _title in chapters]
    ends = [*moved[1:], position_after_cuts(duration_s, cuts)][: len(moved)]
    return [
        (round(at, 3), title)
        for (_before, title), at, end in zip(chapters, moved, ends, strict=True)
        if end - at > _HAIR_S
    ]
