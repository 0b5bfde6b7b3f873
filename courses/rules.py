"""Grading and counting: plain values in, plain values out."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

# The share of a recording that must be watched, unless the lesson says otherwise.
DEFAULT_PASS_MARK_PERCENT = 80


@dataclass(frozen=True, slots=True)
class Grade:
    """The outcome of one attempt: questions answered rightly, out of how many, and which were not."""

    score: int
    maximum: int
    is_passed: bool
    wrong: frozenset[str]

    @property
    def percent(self) -> int:
        return percent(self.score, self.maximum)


def is_right(correct: frozenset[str], chosen: frozenset[str]) -> bool:
    """All or nothing: every right answer and no other. Each option's own feedback says where it went wrong."""
    return bool(chosen) and chosen == correct


def grade(
    correct: Mapping[str, frozenset[str]], chosen: Mapping[str, frozenset[str]], *, pass_mark_percent: int
) -> Grade:
    """Grade the answers `chosen` by question; a question without an answer is wrong. One mark a question."""
    wrong = frozenset(uid for uid, right in correct.items() if not is_right(right, chosen.get(uid, frozenset())))
    score, maximum = len(correct) - len(wrong), len(correct)
    return Grade(score, maximum, is_passed=maximum > 0 and score * 100 >= pass_mark_percent * maximum, wrong=wrong)


def percent(done: int, total: int) -> int:
    """Rounded down, so that 100 means all of it."""
    return 100 * done // total if total else 0


def shuffled[T](items: Sequence[T], *, seed: str) -> list[T]:
    """The same order for the same seed, on every machine."""
    result = list(items)
    random.Random(seed).shuffle(result)  # noqa: S311  # an order of answers, no secret
    return result
