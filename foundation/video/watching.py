"""Takes the player's beats and keeps what the server's clock allows as proof of watching."""

import datetime
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core import signing
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from foundation.kernel.errors import RefusedError
from foundation.kernel.prepared import Prepared, PreparedUpdate
from foundation.kernel.registry import Registry
from foundation.video import rules
from foundation.video.models import Video, WatchBudget, WatchRecord, WatchSession

if TYPE_CHECKING:
    from foundation.accounts.models import User

SESSION_SALT = "foundation.video.session"
SESSION_MAX_AGE_S = 24 * 60 * 60
NEXT_BEAT_S = 20
# For so long after the right to play was looked at, a beat is taken on the word of its session alone.
CHECKED_FOR_S = 5 * 60

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
    """One opening of the player, as its signed token says; the moments by the server's clock.

    At `checked_at` this person might play this version (`directory`) of the film; a token from before that was written
    down says nothing of it.
    """

    key: str
    started_at: float
    user_id: int = 0
    video_id: int = 0
    directory: str = ""
    checked_at: float = 0.0

    def was_checked_lately(self, now: float) -> bool:
        return 0 <= now - self.checked_at < CHECKED_FOR_S


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
        """What the player hears of it."""
        return {
            "accepted": not self.reason,
            "reason": self.reason,
            "coverage": round(self.record.coverage, 4),
            "seconds_watched": self.record.seconds_watched,
            "watched_ranges": self.record.watched_ranges,
            "next_s": NEXT_BEAT_S,
        }


def new_session_token(user: "User", video: Video, *, of: Session | None = None) -> str:
    """Opens a watch session, or goes on with `of`: who, what, which, and the server's moments, signed.

    The caller has just seen to it that this person may play this film.
    """
    now = time.time()
    key, started_at = (of.key, of.started_at) if of else (secrets.token_hex(8), now)
    claims = {"user": user.pk, "video": video.pk, "key": key, "at": started_at, "version": video.directory}
    return signing.dumps(claims | {"checked": now}, salt=SESSION_SALT)


def session_in(raw: object) -> Session:
    """The session that a beat, as JSON brought it, says it belongs to. Raises BadSessionError: forged, or too old."""
    token = raw.get("session") if isinstance(raw, dict) else None
    try:
        claims = signing.loads(str(token), salt=SESSION_SALT)
    except signing.BadSignature as error:
        raise BadSessionError from error
    if time.time() - claims["at"] > SESSION_MAX_AGE_S:
        raise BadSessionError
    was_checked = claims.get("version", ""), claims.get("checked", 0.0)
    return Session(claims["key"], claims["at"], claims["user"], claims["video"], *was_checked)


def beat_from(raw: object, *, user: "User", video: Video) -> Beat:
    """Read a beat as JSON brought it. Raises BadSessionError, also for the session of somebody else or of another
    film, and MalformedBeatError for what makes no sense.
    """
    if not isinstance(raw, dict):
        raise MalformedBeatError
    session = session_in(raw)
    if (session.user_id, session.video_id) != (user.pk, video.pk):
        raise BadSessionError
    return _beat(raw, session, duration_s=video.duration_s)


def _beat(raw: dict[str, Any], session: Session, *, duration_s: float) -> Beat:
    if not isinstance(seq := raw.get("seq"), int) or not 0 < seq < 2**31:
        raise MalformedBeatError
    try:
        claim = rules.claim_from(raw.get("intervals"), duration_s=duration_s)
        position_s = min(rules.second_of(raw.get("position", 0)), duration_s)
    except rules.MalformedClaimError as error:
        raise MalformedBeatError from error
    return Beat(session, seq, claim, position_s)


def take_known_beat(raw: object, *, public_id: str, is_theirs: "Callable[[User], bool]") -> Answer | None:
    """As `take_beat`, with one read: for a player that has beaten before, whose right to play was looked at lately.

    `is_theirs` says whether the beat comes from the browser of the person whom its session names. None where anything
    is not as expected; `take_beat`, after all checks, knows what to make of it. Ten thousand players do this each
    half minute.
    """
    try:
        session = session_in(raw)
    except BadSessionError:
        return None
    if not isinstance(raw, dict) or not session.was_checked_lately(now := time.time()):
        return None
    with transaction.atomic():
        rows = _under_way(key=session.key, user_id=session.user_id, directory=session.directory)
        if not rows or rows[0].record.video.public_id != public_id or not is_theirs(rows[0].record.user):
            return None
        row = rows[0]
        try:
            beat = _beat(raw, session, duration_s=row.record.video.duration_s)
        except MalformedBeatError:
            return None
        return _take(beat, row, row.record.user.watch_budget, now=now)


@Prepared
def _under_way(*, key: str, user_id: int, directory: str) -> QuerySet[WatchSession]:
    return WatchSession.objects.under_way(key, user_id=user_id, directory=directory)


@transaction.atomic
def take_beat(beat: Beat, *, user: "User", video: Video, now: float | None = None) -> Answer:
    """Charge the person's clock and set the bits, once per beat, and tell the listeners.

    A beat that the clock does not allow is counted as refused and changes nothing else but the position.
    """
    budget = _locked_budget(user, beat.session)
    return _take(beat, _locked_session(user, video, beat.session), budget, now=time.time() if now is None else now)


def _take(beat: Beat, session: WatchSession, budget_row: WatchBudget, *, now: float) -> Answer:
    """All three rows are locked, the person and the film are at hand."""
    record = session.record
    window = rules.SeqWindow(session.highest_seq, session.seen_mask)
    if window.has_seen(beat.seq):
        return Answer(record, is_repeated=True)
    if beat.seq > window.highest:
        record.position_s = beat.position_s
    window = window.with_seen(beat.seq)
    session.highest_seq, session.seen_mask = window.highest, window.mask
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
    line = _count(beat, record, session, now=now) if verdict.is_accepted else ""
    if not verdict.is_accepted:
        record.refused_beats += 1
    _write_budget(budget_row)
    _write_record(record)
    _write_session(session, growth=line)
    if verdict.is_accepted:
        for listener in watched_listeners:
            listener(record.user, record.video, record)
    return Answer(record, verdict.reason)


def _count(beat: Beat, record: WatchRecord, session: WatchSession, *, now: float) -> str:
    """Set the bits and close the chain; returns the line of the journal."""
    length_s = record.video.whole_seconds
    before = rules.carried_over(bytes(record.bitmap), from_s=record.length_s or length_s, to_s=length_s)
    bitmap = rules.with_bins(before, beat.claim.bins(length_s), length_s=length_s)
    record.bitmap, record.seconds_watched, record.length_s = bitmap, rules.count_of(bitmap), length_s
    record.last_at = _moment(now)
    session.claimed_s += beat.claim.cost_s
    line = rules.journal_line(beat.session.key, beat.seq, now, beat.claim.intervals)
    record.chain = rules.chained(record.chain, line)
    return f"{record.beats} {line}\n"


_write_budget = PreparedUpdate(WatchBudget, ["level_s", "idle_s", "filled_at"])
_write_record = PreparedUpdate(WatchRecord, WatchRecord.COUNTED)
_write_session = PreparedUpdate(WatchSession, ["highest_seq", "seen_mask", "claimed_s"], growing="journal")


def _locked_budget(user: "User", session: Session) -> WatchBudget:
    """The first beat of all fills an empty bucket from the moment its player was opened."""
    opened = {"level_s": 0.0, "filled_at": _moment(session.started_at)}
    return WatchBudget.objects.select_for_update().get_or_create(user=user, defaults=opened)[0]


def _locked_session(user: "User", video: Video, session: Session) -> WatchSession:
    opened = _moment(session.started_at)
    record, _made = WatchRecord.objects.select_for_update().get_or_create(
        user=user, video=video, defaults={"first_at": opened, "last_at": opened}
    )
    row, is_new = WatchSession.objects.get_or_create(record=record, key=session.key, defaults={"started_at": opened})
    if is_new:
        too_old = opened - datetime.timedelta(seconds=SESSION_MAX_AGE_S)
        # One that had beats accepted stays: its journal is the evidence.
        record.sessions.filter(started_at__lt=too_old, journal="").delete()
    record.user, record.video, row.record = user, video, record
    return row


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


@transaction.atomic
def tell_again(user: "User", video: Video) -> None:
    """Whoever met a further demand after the last beat is heard of by the listeners now, if they watched at all.

    Waits for a beat that is being taken: of the two, the later one sees that everything is there.
    """
    records = WatchRecord.objects.select_for_update(of=("self",)).select_related("video")
    record = records.filter(user=user, video=video).first()
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
        "version": record.video.version,
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
