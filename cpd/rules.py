"""Arithmetic of credit hours, serials and hashes: plain values in, plain values out.

120 credit hours in 5 consecutive years: Circular 32/2023/TT-BYT Art. 3, Law 15/2023/QH15 Art. 22. Periods follow one
another from the date of the licence; without a licence date the last five years count.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from foundation.kernel.vietnamese import folded

REQUIRED_HOURS = Decimal(120)
PERIOD_YEARS = 5


@dataclass(frozen=True, slots=True)
class Period:
    """Five years, both days included. `is_anchored` is False where no licence date is known."""

    start: date
    end: date
    is_anchored: bool


@dataclass(frozen=True, slots=True)
class HoursSummary:
    """What the ring shows: hours earned in the running period, and what is missing by `period_end`."""

    earned: Decimal
    required: Decimal
    period_start: date
    period_end: date
    is_anchored: bool

    @property
    def missing(self) -> Decimal:
        return max(Decimal(0), self.required - self.earned)

    @property
    def percent(self) -> int:
        """0 to 100, never 100 while an hour is missing."""
        return min(100, int(self.earned * 100 / self.required))

    @property
    def is_fulfilled(self) -> bool:
        return self.missing == 0


def years_after(day: date, years: int) -> date:
    """The same day `years` later; 29 February becomes 28 February in other years."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def current_period(*, today: date, licence_date: date | None) -> Period:
    """The period in which `today` lies; the first one for a licence that begins in the future."""
    if licence_date is None:
        return Period(years_after(today, -PERIOD_YEARS) + timedelta(days=1), today, is_anchored=False)
    periods_over = max(0, (today.year - licence_date.year) // PERIOD_YEARS)
    if periods_over and years_after(licence_date, periods_over * PERIOD_YEARS) > today:
        periods_over -= 1
    start = years_after(licence_date, periods_over * PERIOD_YEARS)
    end = years_after(licence_date, (periods_over + 1) * PERIOD_YEARS) - timedelta(days=1)
    return Period(start, end, is_anchored=True)


def summarise(*, earned: Decimal, period: Period) -> HoursSummary:
    """The standing of a person who earned `earned` credit hours in `period`."""
    return HoursSummary(earned, REQUIRED_HOURS, period.start, period.end, period.is_anchored)


def sha256_bytes(data: bytes) -> str:
    """SHA-256 of a file's bytes."""
    return hashlib.sha256(data).hexdigest()


def format_serial(code: str, year: int, number: int) -> str:
    """`HUB07/2026/000123`."""
    return f"{code}/{year}/{number:06}"


def canonical_json(value: Any) -> bytes:  # Any: JSON
    """One byte string for one content: sorted keys, no spaces, UTF-8."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def sha256_hex(value: Any) -> str:  # Any: JSON
    """SHA-256 of the canonical JSON."""
    return sha256_bytes(canonical_json(value))


def name_pattern(words: str) -> str:
    """A regular expression that finds names by `words` in `User.name_sort`, typed with or without marks.

    `name_sort` writes a mark as a digit after its letter ("nguye2n"); each word may be the beginning of one.
    """
    letters = "".join(character for character in folded(words) if character.isalnum())
    return "(^| )" + "".join(f"{letter}[0-9]?" if letter in "adeou" else letter for letter in letters)


def plain_hours(hours: Decimal) -> str:
    """`2`, `0.5`: a dot, no trailing zeros, no exponent."""
    return f"{hours:f}".rstrip("0").rstrip(".") if "." in f"{hours:f}" else f"{hours:f}"
