"""Decisions on plain values: whose consent is enough, who is named in a line, where films ask."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

_WITH_ROLE = re.compile(r"(?P<name>.+?)(?:\s+[-–—]\s+(?P<after>.+)|\s*\((?P<within>[^()]+)\))")

# How a film must be watched to count, unless its author says otherwise.
DEFAULT_COVERAGE = Decimal("0.90")
DEFAULT_WALL_FACTOR = Decimal("0.90")
DEFAULT_MAX_RATE = Decimal("1.50")

# Whose word is needed for whom (Law 91/2025/QH15: from 7 years on, the child's besides the guardian's).
_ENOUGH = {
    "adult": {"patient", "both"},
    "represented": {"guardian", "both"},
    "child_from_7": {"both"},
    "child_under_7": {"guardian", "both"},
}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody as they wish to be named, and what they were there."""

    name: str
    role: str = ""


def people_in(text: str) -> list[Person]:
    """One a line: the name, and perhaps after a dash between blanks, or in brackets at the end, the role."""
    lines = (line.strip() for line in text.splitlines())
    return [_person(line) for line in lines if line]


def _person(line: str) -> Person:
    match = _WITH_ROLE.fullmatch(line)
    if match is None:
        return Person(line)
    return Person(match["name"].strip(), (match["after"] or match["within"]).strip())


@dataclass(frozen=True, slots=True)
class Agreement:
    """How the patients agreed; the values are those of the choices of `Consent`."""

    patient: str
    agreed_by: str
    agreed_on: date
    way: str

    @property
    def is_enough(self) -> bool:
        """Whether all have agreed who must, for this kind of patient."""
        return self.agreed_by in _ENOUGH.get(self.patient, set())


@dataclass(frozen=True, slots=True)
class FacilityApproval:
    """Who allowed the publication in the facility's name (name and position), and on which day."""

    approver: str
    approved_on: date


# --- moments as people type them --------------------------------------------------------------------------------------
_MOMENT = re.compile(r"(?:(?:(\d{1,2}):)?(\d{1,3}):)?(\d{1,5}(?:[.,]\d{1,3})?)")


def second_of(typed: str) -> float:
    """Seconds of "1:02:03.5", "62:03,5" or "75". Raises ValueError."""
    match = _MOMENT.fullmatch(typed.strip())
    if match is None:
        raise ValueError(typed)
    hours, minutes, seconds = match.groups()
    rest = float(seconds.replace(",", "."))
    if minutes is not None and rest >= 60:
        raise ValueError(typed)
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + rest


def moment_of(second: float) -> str:
    """As `second_of` reads it, to the millisecond: "1:02:03.5"."""
    milliseconds = round(second * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    seconds = f"{rest / 1000:06.3f}".rstrip("0").rstrip(".")
    return f"{hours}:{minutes:02}:{seconds}" if hours else f"{minutes}:{seconds}"


# --- decision points --------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Question:
    """What is asked at a decision point; `preferred` is the place in `options` of what the specialist would do."""

    text: str
    options: tuple[str, ...]
    reasoning: str
    preferred: int | None = None


def percents_of(counts: Sequence[int]) -> list[int]:
    """Whole per cents of the sum that make 100 together; the largest remainders are rounded up. All 0 for none."""
    total = sum(counts)
    if not total:
        return [0] * len(counts)
    floors = [100 * count // total for count in counts]
    by_remainder = sorted(range(len(counts)), key=lambda index: (-(100 * counts[index] % total), index))
    for index in by_remainder[: 100 - sum(floors)]:
        floors[index] += 1
    return floors
