"""Captions as plain values: WebVTT and SRT in, WebVTT out. A line that cannot be read is refused by its number."""

import re
from dataclasses import asdict, dataclass
from html import unescape
from typing import Any

from foundation.kernel.vietnamese import nfc
from foundation.video.refusals import (
    CaptionsEmptyError,
    CaptionsOrderError,
    CaptionsTimeError,
    CaptionsTooManyError,
)

MAX_CUES = 10_000
_TIME = r"(?:(\d{1,3}):)?([0-5]?\d):([0-5]\d)(?:[.,](\d{1,3}))?"
_TIMES = re.compile(rf"\s*{_TIME}\s*-->\s*{_TIME}(?:\s.*)?")
_TAG = re.compile(r"</?[a-zA-Z0-9][^<>]{0,200}>")
_VOICE = re.compile(r"<v(?:\.[^\s<>]*)?\s+([^<>]{1,80})>")


@dataclass(frozen=True, slots=True)
class Cue:
    """Words that are spoken from `start_s` to `end_s`."""

    start_s: float
    end_s: float
    text: str

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def cues_of(text: str) -> list[Cue]:
    """The cues of a WebVTT or SRT file, by start. Speakers become "Name: words"; other mark-up goes.

    Raises a CaptionsRefusedError that names the line.
    """
    return [cue for _line, cue in numbered_cues_of(text)]


def numbered_cues_of(text: str) -> list[tuple[int, Cue]]:
    """The same, each with the line on which its times stand."""
    lines = nfc(text).removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    cues: list[tuple[int, Cue]] = []
    number = 0
    while number < len(lines):
        if _is_note(lines, number):
            number = _end_of_block(lines, number)
        elif "-->" in lines[number]:
            end = _end_of_block(lines, number)
            start_s, end_s = _times_of(lines[number], line=number + 1)
            words = _plain(lines[number + 1 : end])
            if words:
                cues.append((number + 1, Cue(start_s, end_s, words)))
            number = end
        else:
            number += 1
        if len(cues) > MAX_CUES:
            raise CaptionsTooManyError(line=number)
    if not cues:
        raise CaptionsEmptyError(line=1)
    return sorted(cues, key=lambda found: (found[1].start_s, found[1].end_s))


def webvtt_of(cues: list[Cue]) -> str:
    """A WebVTT file; mark-up characters in the words are written as such, so that they mean nothing."""
    blocks = [f"{timestamp(cue.start_s)} --> {timestamp(cue.end_s)}\n{_escaped(cue.text)}\n" for cue in cues]
    return "\n".join(["WEBVTT\n", *blocks])


def timestamp(seconds: float) -> str:
    """00:00:00.000, as WebVTT writes a moment."""
    milliseconds = round(seconds * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{rest // 1000:02}.{rest % 1000:03}"


def _times_of(line_text: str, *, line: int) -> tuple[float, float]:
    match = _TIMES.fullmatch(line_text)
    if match is None:
        raise CaptionsTimeError(line=line)
    start_s, end_s = _seconds(match.groups()[:4]), _seconds(match.groups()[4:])
    if end_s <= start_s:
        raise CaptionsOrderError(line=line)
    return start_s, end_s


def _seconds(parts: tuple[str | None, ...]) -> float:
    hours, minutes, seconds, fraction = parts
    whole = int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds or 0)
    return whole + int((fraction or "0").ljust(3, "0")) / 1000


def _is_note(lines: list[str], number: int) -> bool:
    """A remark, a style or a region: a block of its own that is not spoken."""
    is_first = number == 0 or not lines[number - 1].strip()
    return is_first and lines[number].split(" ")[0].strip() in {"NOTE", "STYLE", "REGION"}


def _end_of_block(lines: list[str], number: int) -> int:
    end = number + 1
    while end < len(lines) and lines[end].strip() and "-->" not in lines[end]:
        end += 1
    return end


def _plain(lines: list[str]) -> str:
    marked = _VOICE.sub(r"\1: ", "\n".join(line.strip() for line in lines))
    return unescape(_TAG.sub("", marked)).strip()


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
