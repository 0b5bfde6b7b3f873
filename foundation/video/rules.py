"""The arithmetic of watching: what a claim costs, what the clock grants, which seconds count. Seconds throughout."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, isfinite

BUCKET_CAPACITY_S = 150.0  # what may be claimed after a cut line: the player's buffer is 120 s
MAX_RATE = 1.5  # seconds of film per second of clock that still count as watching
SLACK_S = 5.0  # a beat may come this much before its time
MAX_INTERVALS = 50
WINDOW = 62  # beats that may arrive out of order; fits a signed 64-bit column


class MalformedClaimError(ValueError):
    """The claim makes no sense: not a list of intervals, backwards, endless."""


@dataclass(frozen=True, slots=True)
class Budget:
    """A token bucket of one person: `level_s` at the moment `filled_at` (seconds of the server's clock)."""

    level_s: float
    filled_at: float

    def refilled(self, now: float) -> "Budget":
        """The bucket at `now`; a server clock that went backwards adds nothing."""
        elapsed = max(0.0, now - self.filled_at)
        return Budget(min(BUCKET_CAPACITY_S, self.level_s + elapsed * MAX_RATE), max(now, self.filled_at))

    def affords(self, cost_s: float) -> bool:
        return cost_s <= self.level_s + SLACK_S

    def charged(self, cost_s: float) -> "Budget":
        return Budget(self.level_s - cost_s, self.filled_at)


@dataclass(frozen=True, slots=True)
class SeqWindow:
    """Which beats of a session have been seen: the highest number, and a mask of those just below it."""

    highest: int = 0
    mask: int = 0

    def has_seen(self, seq: int) -> bool:
        """True for a beat that came already, or is so old that nobody knows."""
        if seq > self.highest:
            return False
        age = self.highest - seq
        return age >= WINDOW or bool(self.mask >> age & 1)

    def with_seen(self, seq: int) -> "SeqWindow":
        if seq > self.highest:
            shift = seq - self.highest
            mask = (self.mask << shift | 1) if shift < WINDOW else 1
            return SeqWindow(seq, mask & (1 << WINDOW) - 1)
        return SeqWindow(self.highest, self.mask | 1 << self.highest - seq)


@dataclass(frozen=True, slots=True)
class Claim:
    """Intervals of film that a player says it has shown, in seconds from the start."""

    intervals: tuple[tuple[float, float], ...]

    @property
    def cost_s(self) -> float:
        """What the claim takes from the bucket; what is claimed twice is paid twice, and a bin never costs less."""
        return sum(max(end - start, _round(end) - _round(start)) for start, end in self.intervals)

    def bins(self, length_s: int) -> list[tuple[int, int]]:
        """Whole seconds claimed, as half-open ranges; neighbours share no second and leave none out."""
        rounded = ((max(0, _round(start)), min(length_s, _round(end))) for start, end in self.intervals)
        return [(start, end) for start, end in rounded if start < end]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one beat: `reason` is empty when it counts."""

    reason: str
    budget: Budget

    @property
    def is_accepted(self) -> bool:
        return not self.reason


def claim_from(raw: object, *, duration_s: float) -> Claim:
    """Read `[[from, to], …]` as JSON brought it, clipped to the film. Raises MalformedClaimError."""
    if not isinstance(raw, list) or len(raw) > MAX_INTERVALS:
        raise MalformedClaimError
    return Claim(tuple(_interval(item, duration_s) for item in raw))


def _interval(item: object, duration_s: float) -> tuple[float, float]:
    if not isinstance(item, list) or len(item) != 2:
        raise MalformedClaimError
    start, end = (second_of(value) for value in item)
    if start > end:
        raise MalformedClaimError
    return min(start, duration_s), min(end, duration_s)


def second_of(value: object) -> float:
    """A point of the film as JSON brought it. Raises MalformedClaimError for what is no finite number from 0 up."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value) or value < 0:
        raise MalformedClaimError
    return float(value)


def judge(claim: Claim, *, budget: Budget, session_claimed_s: float, session_started_at: float, now: float) -> Verdict:
    """Let the clock decide: over all of the person's players, and within this one since it was opened."""
    filled = budget.refilled(now)
    if not filled.affords(claim.cost_s):
        return Verdict("faster_than_clock", filled)
    since_start = max(0.0, now - session_started_at)
    if session_claimed_s + claim.cost_s > since_start * MAX_RATE + SLACK_S:
        return Verdict("faster_than_clock", filled)
    return Verdict("", filled.charged(claim.cost_s))


def whole_seconds(duration_s: float) -> int:
    """How many one-second bins a film has; at least one."""
    return max(1, floor(duration_s))


def with_bins(bitmap: bytes, bins: Sequence[tuple[int, int]], *, length_s: int) -> bytes:
    """The bitmap with the seconds of `bins` set, cut to the film; its first bit is the lowest bit of the first byte."""
    bits = int.from_bytes(bitmap, "little")
    for start, end in bins:
        bits |= (1 << end) - (1 << start)
    bits &= (1 << length_s) - 1
    return bits.to_bytes((length_s + 7) // 8, "little")


def count_of(bitmap: bytes) -> int:
    """How many seconds are set."""
    return int.from_bytes(bitmap, "little").bit_count()


def ranges_of(bitmap: bytes) -> list[tuple[int, int]]:
    """The set seconds as half-open ranges, in order."""
    bits, at, ranges = int.from_bytes(bitmap, "little"), 0, list[tuple[int, int]]()
    while bits:
        gap = (bits & -bits).bit_length() - 1
        bits >>= gap
        run = (~bits & bits + 1).bit_length() - 1
        bits >>= run
        ranges.append((at + gap, at + gap + run))
        at += gap + run
    return ranges


def _round(seconds: float) -> int:
    """Half up, so that two intervals that meet at a point share neither a second nor a gap."""
    return floor(seconds + 0.5)
