"""The kinds of long work that rooms declare, and the handle a running one holds."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from django.utils.functional import Promise

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from foundation.accounts.models import User
    from foundation.jobs.models import Job


class LeaseLostError(Exception):
    """Another worker holds this job now: stop at once, and let this exception go up."""


class JobHandle(Protocol):
    """What a job's function may say to its row while it runs.

    The lease is renewed in the background too, however long one step takes; only do not hold a database transaction
    open for longer than a few seconds, since on SQLite nothing else can write meanwhile.
    """

    @property
    def attempt(self) -> int:
        """Counts from 1."""

    def progress(self, done: float, message: str = "") -> None:
        """Record the share done (0 to 1) and what is happening; call it as often as you like.

        `message` is in English, marked with `gettext_noop`: the page says it in its reader's language. The row is
        written at most twice a second, the share never falls within one attempt, and an empty message keeps the last
        one. Raises LeaseLostError.
        """

    def is_cancelled(self) -> bool:
        """True once somebody asked to stop: clean up and return, the job then counts as cancelled.

        Asks the database at most twice a second. Raises LeaseLostError.
        """

    def make_sure(self) -> None:
        """Ask the row whether the job is still ours, whatever the time since the last report: before what lasts.

        Writes nothing, so it may be called inside a transaction. Raises LeaseLostError.
        """

    def log(self, line: str) -> None:
        """Keep a line for the tail that staff see when the job fails; never a person's data or a secret."""


type JobFunction = Callable[..., dict[str, Any] | None]
type MayAct = Callable[["Job", "User"], bool]
type OnGivenUp = Callable[["Job"], None]


@dataclass(frozen=True, slots=True)
class JobKind:
    """One kind of long work: what people call it, its queue, how often it is tried, who may see it and act."""

    name: str
    function: JobFunction
    queue: str
    max_attempts: int
    label: str | Promise
    seen_with: str
    can_cancel: bool
    may_act: MayAct | None
    on_given_up: OnGivenUp | None


_kinds: dict[str, JobKind] = {}


def job(
    name: str,
    *,
    queue: str = "default",
    max_attempts: int = 3,
    label: str | Promise = "",
    seen_with: str = "",
    can_cancel: bool = False,
    may_act: MayAct | None = None,
    on_given_up: OnGivenUp | None = None,
) -> Callable[[JobFunction], JobFunction]:
    """Declare `function(handle, **args)` as the work behind `name`; run twice, it leaves the same result.

    Besides the owner, holders of the permission `seen_with` may see such jobs. To cancel one (when the function asks
    `is_cancelled`, hence `can_cancel`) or try it again is its owner's, unless `may_act` decides for each job and
    person. Texts that the function writes are in the owner's language.

    `on_given_up` is called in the transaction that ends a job without the function's having had the last word: failed,
    after the last attempt crashed or its worker was lost, or cancelled, when the worker was lost meanwhile. What the
    function wrote down elsewhere ("being prepared") must not stand for ever.
    """

    def declare(function: JobFunction) -> JobFunction:
        _kinds[name] = JobKind(name, function, queue, max_attempts, label, seen_with, can_cancel, may_act, on_given_up)
        return function

    return declare


def kind_named(name: str) -> JobKind:
    """Raises KeyError for a kind that no room declares."""
    return _kinds[name]


def kind_or_none(name: str) -> JobKind | None:
    """For rows that outlive their kind."""
    return _kinds.get(name)


def kinds_seen_by(user: "User | AnonymousUser") -> list[str]:
    """Names of the kinds of which `user` may see other people's jobs."""
    return [kind.name for kind in _kinds.values() if kind.seen_with and user.has_perm(kind.seen_with)]
