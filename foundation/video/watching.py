"""Takes the player's beats and keeps what the server's clock allows as proof of watching."""

import datetime
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core import signing
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from foundation.kernel.errors import RefusedError
from foundation.kernel.registry import Registry
from foundation.video import rules
from foundation.video.models import Video, WatchBudget, WatchRecord, WatchSession

if TYPE_CHECKING:
    from foundation.accounts.models import User

SESSION_SALT = "foundation.video.session"
SESSION_MAX_AGE_S = 24 * 60 * 60
NEXT_BEAT_S = 20

# (user, video, record) called after each accepted beat, in its transaction; courses count a lesson there.
watched_listeners: "Registry[Callable[[User, Video, WatchRecord], None]]" = Registry()
# (user, video) -> has this person done what else a film asks for? Rooms that ask something while it plays register.
further_demands: "Registry[Callable[[User, Video], bool]]" = Registry()


class BadSessionError(RefusedError):
    message = _("Your watching could not be recorded. Reload the page and press play again.")
    code = "bad_session"


class MalformedBeatError(RefusedError):
    message = _("Your watching could not be recorded. Reload the page and press play again.")
    code = "malformed_beat"


@dataclass(frozen=True, slots=True)
class Session:
    """One opening of the player, as its signed token says; `started_at` by the server's clock."""

    key: str
    started_at: float


@dataclass(frozen=True, slots=True)
class Beat:
    """One report of a player: which seconds it has shown since the last one, and where it stands."""

    session: Session
    seq: int
    claim: rules.Claim
    position_s: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a beat; a refused one has a `reason`, a repeated one is accepted without effect."""

    record: WatchRecord
    reason: str = ""
    is_repeated: bool = False

    def as_json(self) -> dict[str, object]:
        return {
            "accepted": not self.reason,
            "reason": self.reason,
            "coverage": round(self.record.coverage, 4),
            "seconds_watched": self.record.seconds_watched,
            "watched_ranges": self.record.watched_ranges,
            "next_s": NEXT_BEAT_S,
        }


def new_session_token(user: "User", video: Video) -> str:
    """Opens a watch session: who, what, which, and the server's moment, signed."""
    claims = {"user": user.pk, "video": video.pk, "key": secrets.token_hex(8), "at": time.time()}
    return signing.dumps(claims, salt=SESSION_SALT)


def session_from(token: str, *, user: "User", video: Video) -> Session:
    """Raises BadSessionError for a token of somebody else, of another video, too old or forged."""
    try:
        claims = signing.loads(token, salt=SESSION_SALT, max_age=SESSION_MAX_AGE_S)
    except signing.BadSignature as error:
        raise BadSessionError from error
    if (claims["user"], claims["video"]) != (user.pk, video.pk):
        raise BadSessionError
    return Session(claims["key"], claims["at"])


def beat_from(raw: object, *, user: "User", video: Video) -> Beat:
    """Read a beat as JSON brought it. Raises BadSessionError, and MalformedBeatError for what makes no sense."""
    if not isinstance(raw, dict) or not isinstance(seq := raw.get("seq"), int) or not 0 < seq < 2**31:
        raise MalformedBeatError
    session = session_from(str(raw.get("session", "")), user=user, video=video)
    try:
        claim = rules.claim_from(raw.get("intervals"), duration_s=video.duration_s)
        position_s = min(rules.second_of(raw.get("position", 0)), video.duration_s)
    except rules.MalformedClaimError as error:
        raise MalformedBeatError from error
    return Beat(session, seq, claim, position_s)


@transaction.atomic
def take_beat(beat: Beat, *, user: "User", video: Video, now: float | None = None) -> Answer:
    """Charge the person's clock and set the bits, once per beat, and tell the listeners.

    A beat that the clock does not allow is counted as refused and changes nothing else but the position.
    """
    now = time.time() if now is None else now
    budget_row = _locked_budget(user, beat.session)
    record, session = _locked_session(user, video, beat.session)
    window = rules.SeqWindow(session.highest_seq, session.seen_mask)
    if window.has_seen(beat.seq):
        return Answer(record, is_repeated=True)
    is_newest = beat.seq > window.highest
    window = window.with_seen(beat.seq)
    session.highest_seq, session.seen_mask = window.highest, window.mask
    if is_newest:
        record.position_s = beat.position_s
    budget = rules.Budget(budget_row.level_s, budget_row.filled_at.timestamp())
    verdict = rules.judge(
        beat.claim,
        budget=budget,
        session_claimed_s=session.claimed_s,
        session_started_at=beat.session.started_at,
        now=now,
    )
    cost_s = beat.claim.cost_s if verdict.is_accepted else 0.0
    wall_s, budget_row.idle_s = budget.taking_wall(cost_s, idle_s=budget_row.idle_s, now=now)
    budget_row.level_s, budget_row.filled_at = verdict.budget.level_s, _moment(verdict.budget.filled_at)
    record.beats += 1
    record.wall_s += wall_s
    if verdict.is_accepted:
        _count(beat, record, session, now=now)
    else:
        record.refused_beats += 1
    for row in (budget_row, session, record):
        row.save()
    if verdict.is_accepted:
        for listener in watched_listeners:
            listener(user, video, record)
    return Answer(record, verdict.reason)


def _count(beat: Beat, record: WatchRecord, session: WatchSession, *, now: float) -> None:
    length_s = record.video.whole_seconds
    before = rules.carried_over(bytes(record.bitmap), from_s=record.length_s or length_s, to_s=length_s)
    bitmap = rules.with_bins(before, beat.claim.bins(length_s), length_s=length_s)
    record.bitmap, record.seconds_watched, record.length_s = bitmap, rules.count_of(bitmap), length_s
    record.last_at = _moment(now)
    session.claimed_s += beat.claim.cost_s
    line = rules.journal_line(beat.session.key, beat.seq, now, beat.claim.intervals)
    record.chain = rules.chained(record.chain, line)
    session.journal += f"{record.beats} {line}\n"


def _locked_budget(user: "User", session: Session) -> WatchBudget:
    """The first beat of all fills an empty bucket from the moment its player was opened."""
    opened = {"level_s": 0.0, "filled_at": _moment(session.started_at)}
    return WatchBudget.objects.select_for_update().get_or_create(user=user, defaults=opened)[0]


def _locked_session(user: "User", video: Video, session: Session) -> tuple[WatchRecord, WatchSession]:
    opened = _moment(session.started_at)
    record, _made = WatchRecord.objects.select_for_update().get_or_create(
        user=user, video=video, defaults={"first_at": opened, "last_at": opened}
    )
    record.video = video
    row, is_new = WatchSession.objects.get_or_create(record=record, key=session.key, defaults={"started_at": opened})
    if is_new:
        too_old = opened - datetime.timedelta(seconds=SESSION_MAX_AGE_S)
        # One that had beats accepted stays: its journal is the evidence.
        record.sessions.filter(started_at__lt=too_old, journal="").delete()
    return record, row


def _moment(seconds: float) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(seconds, tz=timezone.get_default_timezone())


def watch_record_for(user: "User", video: Video) -> WatchRecord:
    """The person's record of this video; an unsaved, empty one when they have not watched yet."""
    record = WatchRecord.objects.filter(user=user, video=video).first() or WatchRecord(user=user, video=video)
    record.video = video
    return record


def is_watched(record: WatchRecord, demand: rules.Demand) -> bool:
    """True when the film was watched as demanded, and the rooms that ask for more have got it."""
    length_s = record.video.whole_seconds
    if not demand.is_met(coverage=record.coverage, wall_s=record.wall_s, length_s=length_s):
        return False
    return all(is_done(record.user, record.video) for is_done in further_demands)


def tell_again(user: "User", video: Video) -> None:
    """Whoever met a further demand after the last beat is heard of by the listeners now, if they watched at all."""
    record = WatchRecord.objects.filter(user=user, video=video).select_related("video").first()
    if record is not None:
        for listener in watched_listeners:
            listener(user, video, record)


@transaction.atomic
def carry_over_cuts(video: Video, cuts: list[tuple[float, float]], *, from_s: int) -> None:
    """After a version without the spans `cuts` took the place of one of `from_s` seconds: what was watched stays so."""
    for record in WatchRecord.objects.select_for_update().filter(video=video, length_s__in=(0, from_s)).iterator():
        record.bitmap = rules.after_cuts(bytes(record.bitmap), cuts, from_s=from_s)
        record.seconds_watched, record.length_s = rules.count_of(bytes(record.bitmap)), video.whole_seconds
        record.position_s = rules.position_after_cuts(record.position_s, cuts)
        record.save(update_fields=["bitmap", "seconds_watched", "length_s", "position_s"])


def records_of(user: "User", public_ids: Iterable[str]) -> dict[str, WatchRecord]:
    """The person's records of these films, by public id, with all that a proof needs."""
    found = WatchRecord.objects.filter(user=user, video__public_id__in=list(public_ids))
    return {row.video.public_id: row for row in found.select_related("video").prefetch_related("sessions")}


def proof_of(record: WatchRecord) -> dict[str, Any]:
    """The proof as docs/watch-proof.md describes it: what counts, and every accepted beat."""
    numbered = (line.split(" ", 1) for session in record.sessions.all() for line in session.journal.splitlines())
    lines = [line for _number, line in sorted(numbered, key=lambda pair: int(pair[0]))]
    return {
        "schema": "lien-tuyen/watch-proof/1",
        "video": record.video.public_id,
        "version": record.video.directory.rpartition("/")[2],
        "length_s": record.video.whole_seconds,
        "seconds_watched": record.seconds_watched,
        "watched_ranges": record.watched_ranges,
        "coverage": round(record.coverage, 4),
        "wall_s": round(record.wall_s, 1),
        "first_at": record.first_at.isoformat(),
        "last_at": record.last_at.isoformat(),
        "beats": record.beats,
        "refused_beats": record.refused_beats,
        "max_rate": rules.MAX_RATE,
        "journal": lines,
        "chain": record.chain,
        "is_whole": rules.chain_of(lines) == record.chain,
    }
