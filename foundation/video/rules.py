"""The arithmetic of watching: what a claim costs, what the clock grants, which seconds count. Seconds throughout."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import ceil, floor, isfinite
from typing import Any, Self

BUCKET_CAPACITY_S = 150.0  # what may be claimed after a cut line: the player's buffer is 120 s
MAX_RATE = 1.5  # seconds of film per second of clock that still count as watching
SLACK_S = 5.0  # a beat may come this much before its time
MAX_INTERVALS = 50
WINDOW = 62  # beats that may arrive out of order; fits a signed 64-bit column
SAME_LENGTH_S = 2  # an encode may be this much longer or shorter than the one before and still show the same film
EMPTY_CHAIN = "0" * 64


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

    def taking_wall(self, cost_s: float, *, idle_s: float, now: float) -> tuple[float, float]:
        """(seconds of clock that a claim may call its own, those that stay unclaimed); `self` is the bucket before.

        They wait as long as the bucket lets claims wait, so that a late batch after a cut line has its clock time too.
        """
        idle = min(BUCKET_CAPACITY_S, idle_s + max(0.0, now - self.filled_at))
        taken = min(cost_s, idle)
        return taken, idle - taken


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


@dataclass(frozen=True, slots=True)
class Demand:
    """What a film must be watched like to count as watched: share of its seconds, and time by the clock.

    The time is `wall_factor` of what the film lasts at `max_rate`, the fastest that is still called watching.
    """

    coverage: float = 0.9
    wall_factor: float = 0.9
    max_rate: float = MAX_RATE

    def as_json(self) -> dict[str, str]:
        """As ledgers pin it."""
        return {name: str(value) for name, value in asdict(self).items()}

    @classmethod
    def from_json(cls, asked: Mapping[str, Any]) -> Self:
        """What `as_json` said; rows from before there were more than one number ask for no time."""
        return cls(
            coverage=float(asked["coverage"]),
            wall_factor=float(asked.get("wall_factor", 0)),
            max_rate=float(asked.get("max_rate", MAX_RATE)),
        )

    def wall_s(self, length_s: int) -> float:
        """Seconds of clock that watching must have taken; whoever is asked for half the film needs half the time."""
        return length_s * self.coverage * self.wall_factor / self.max_rate

    def is_met(self, *, coverage: float, wall_s: float, length_s: int) -> bool:
        return coverage >= self.coverage and wall_s >= self.wall_s(length_s)


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


def carried_over(bitmap: bytes, *, from_s: int, to_s: int) -> bytes:
    """The bitmap for a new version that shows the same film: kept when it is as long, empty when it is another length.

    A version made by cutting has `after_cuts` instead.
    """
    if abs(from_s - to_s) > SAME_LENGTH_S:
        return b""
    return with_bins(bitmap, [], length_s=to_s)


def after_cuts(bitmap: bytes, cuts: Iterable[tuple[float, float]], *, from_s: int) -> bytes:
    """The bitmap for a version without the spans `cuts` of the old one.

    A new second counts when every old second it was made of did: whoever missed a second gets none as a gift.
    """
    old, missing, at = int.from_bytes(bitmap, "little"), 0, 0.0
    for start, end in kept(cuts, from_s):
        shift = round(start - at, 3)
        for second in range(floor(at), ceil(round(at + end - start, 3))):
            first, last = max(start, second + shift), min(end, second + 1 + shift)
            if not all(old >> number & 1 for number in range(floor(first), ceil(last))):
                missing |= 1 << second
        at = round(at + end - start, 3)
    length_s = whole_seconds(at)
    return ((1 << length_s) - 1 & ~missing).to_bytes((length_s + 7) // 8, "little")


def position_after_cuts(position_s: float, cuts: Iterable[tuple[float, float]]) -> float:
    """Where the picture at `position_s` stands after the cuts; what lay in one goes on behind it."""
    return sum(min(end, position_s) - start for start, end in kept(cuts, max(position_s, 0.0)))


def kept(cuts: Iterable[tuple[float, float]], length_s: float) -> list[tuple[float, float]]:
    """What is left between the cuts, in order; they may overlap and stand in any order."""
    kept, at = list[tuple[float, float]](), 0.0
    for start, end in sorted(cuts):
        if start > at:
            kept.append((at, min(start, length_s)))
        at = max(at, end)
    if at < length_s:
        kept.append((at, length_s))
    return [(start, end) for start, end in kept if start < end]


def journal_line(session: str, seq: int, at: float, intervals: Sequence[tuple[float, float]]) -> str:
    """One accepted beat as the chain hashes it and the export shows it: [session, number, moment in ms, intervals]."""
    spans = [[round(start, 3), round(end, 3)] for start, end in intervals]
    return json.dumps([session, seq, round(at * 1000), spans], separators=(",", ":"))


def chained(before: str, line: str) -> str:
    """The next link of the rolling hash: SHA-256 of the link before and the line."""
    return hashlib.sha256(f"{before}\n{line}".encode()).hexdigest()


def links_of(lines: Iterable[str]) -> list[str]:
    """Every link in order: the one that was written down with a credit must be among them."""
    links = [EMPTY_CHAIN]
    for line in lines:
        links.append(chained(links[-1], line))
    return links


def chain_of(lines: Iterable[str]) -> str:
    """The last link over all lines, in the order of acceptance; what a record must say for its journal to be whole."""
    return links_of(lines)[-1]


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
