"""Chapters as plain values: pasted lines ("4:07 Fluids") or a WebVTT file of chapters in, moments and titles out."""

import re
from dataclasses import dataclass

from foundation.kernel.vietnamese import nfc
from foundation.video.captions import cues_of
from foundation.video.refusals import ChapterLateError, ChapterLineError, ChapterTwiceError

MAX_TITLE = 200
_LINE = re.compile(r"(?:(\d{1,3}):)?(\d{1,3}):([0-5]\d)(?:[.,]\d{1,3})?\s*[-–—:.)]?\s+(\S.*)")


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a chapter begins."""

    at_s: float
    title: str


def marks_of(text: str, *, duration_s: float) -> list[Mark]:
    """The chapters, by time; none for an empty text. Raises a CaptionsRefusedError that names the line."""
    text = nfc(text).removeprefix("\ufeff")
    if text.lstrip().startswith("WEBVTT"):
        numbered = [(1, Mark(cue.start_s, " ".join(cue.text.split())[:MAX_TITLE])) for cue in cues_of(text)]
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


def _mark_of(text: str, *, line: int) -> Mark:
    match = _LINE.fullmatch(text)
    if match is None:
        raise ChapterLineError(line=line)
    hours, minutes, seconds, title = match.groups()
    return Mark(int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds), title.strip()[:MAX_TITLE])
