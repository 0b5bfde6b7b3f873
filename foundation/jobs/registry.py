"""The kinds of long work that rooms declare, and the handle a running one holds."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol


class JobHandle(Protocol):
    """What a job's function may say to its row while it runs."""

    @property
    def attempt(self) -> int:
        """Counts from 1."""

    def progress(self, done: float, message: str = "") -> None:
        """Record the share done (0 to 1), renew the lease; writes at most twice a second.

        Raises LeaseLostError when another worker holds the job now: stop at once, leave nothing half-done.
        """

    def is_cancelled(self) -> bool:
        """True once somebody asked to stop; the function then returns early."""

    def log(self, line: str) -> None:
        """Keep a line for the tail that the desk shows when the job fails."""


type JobFunction = Callable[..., dict[str, Any] | None]


@dataclass(frozen=True, slots=True)
class JobKind:
    """One kind of long work, its queue and how often it is tried."""

    name: str
    function: JobFunction
    queue: str
    max_attempts: int


_kinds: dict[str, JobKind] = {}


def job(name: str, *, queue: str = "default", max_attempts: int = 3) -> Callable[[JobFunction], JobFunction]:
    """Declare `function(handle, **args)` as the work behind `name`; run twice, it leaves the same result."""

    def declare(function: JobFunction) -> JobFunction:
        _kinds[name] = JobKind(name, function, queue, max_attempts)
        return function

    return declare


def kind_named(name: str) -> JobKind:
    """Raises KeyError for a kind that no room declares."""
    return _kinds[name]
