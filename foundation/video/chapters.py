"""Chapters as plain values: pasted lines ("4:07 Fluids") or a WebVTT file of chapters in, moments and titles out."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from foundation.kernel.vietnamese import nfc
from foundation.video.captions import numbered_cues_of
from foundation.video.refusals import ChapterLateError, ChapterLineError, ChapterTwiceError

MAX_TITLE = 200
_LINE = re.compile(r"(?:(\d{1,3}):)?(\d{1,3}):([0-5]\d)(?:[.,](\d{1,3}))?\s*[-–—:.)]?\s+(\S.*)")


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a chapter begins."""

    at_s: float
    title: str


def marks_of(text: str, *, duration_s: float) -> list[Mark]:
    """The chapters, by time; none for an empty text. Raises a CaptionsRefusedError that names the line."""
    text = nfc(text).removeprefix("\ufeff")
    if text.lstrip().startswith("WEBVTT"):
        cues = numbered_cues_of(text)
        numbered = [(line, Mark(cue.start_s, " ".join(cue.text.split())[:MAX_TITLE])) for line, cue in cues]
    else:
        lines = enumerate(text.splitlines(), start=1)
        numbered = [(number, _mark_of(line.strip(), line=number)) for number, line in lines if line.strip()]
    seen: set[float] = set()
    for line, mark in numbered:
        if mark.at_s >= duration_s:
            raise ChapterLateError(line=line)
        if mark.at_s in seen:
            raise ChapterTwiceError(line=line)
        seen.add(mark.at_s)
    return sorted((mark for _line, mark in numbered), key=lambda mark: mark.at_s)


def lines_of(marks: Iterable[Mark]) -> str:
    """The chapters as `marks_of` reads them, a line each; thousandths only where there are any."""
    return "\n".join(f"{_moment(mark.at_s)} {mark.title}" for mark in marks)


def proposed(changes: Iterable[float], marks: list[Mark], *, duration_s: float, title: str) -> list[Mark]:
    """The marks, and new ones where the slides change, none close to another; `title` has a place for a number."""
    gap_s = min(120.0, max(5.0, duration_s / 30))
    merged = list(marks)
    for at_s in sorted(changes):
        if at_s < duration_s and all(abs(at_s - mark.at_s) >= gap_s for mark in merged):
            merged.append(Mark(at_s, ""))
    merged.sort(key=lambda mark: mark.at_s)
    return [Mark(mark.at_s, mark.title or title % {"number": number}) for number, mark in enumerate(merged, start=1)]


def _moment(at_s: float) -> str:
    milliseconds = round(at_s * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    clock = f"{hours}:{minutes:02}:{rest // 1000:02}" if hours else f"{minutes}:{rest // 1000:02}"
    return f"{clock}.{rest % 1000:03}" if rest % 1000 else clock


def _mark_of(text: str, *, line: int) -> Mark:
    match = _LINE.fullmatch(text)
    if match is None:
        raise ChapterLineError(line=line)
    hours, minutes, seconds, fraction, title = match.groups()
    whole = int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds)
    return Mark(whole + int((fraction or "0").ljust(3, "0")) / 1000, title.strip()[:MAX_TITLE])
