"""From a file in quarantine to a whole version in the clean storage, or nothing: examine it, then encode."""

import hashlib
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.db.models import ProtectedError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from foundation.jobs.actions import enqueue
from foundation.jobs.models import Job
from foundation.jobs.registry import JobHandle, LeaseLostError, job
from foundation.kernel.storages import WORK, AwayError, shelf
from foundation.video import content, encoding
from foundation.video.candidates import Candidate, candidate_finders
from foundation.video.captions import Cue
from foundation.video.incoming import LockedError, incoming
from foundation.video.listeners import redacted_listeners, settled_listeners, stuck_listeners
from foundation.video.models import FILMS, CaptionTrack, Chapter, Redaction, Upload, Video
from foundation.video.playback import may_play
from foundation.video.probe import Source, probe
from foundation.video.redaction import Plan, Span, chapters_after, composed, cuts_since, words_after
from foundation.video.refusals import VideoRefusedError
from foundation.video.removal import PLACES, delete_files, has_files
from foundation.video.rules import whole_seconds
from foundation.video.sandbox import ToolFailedError
from foundation.video.transcription import NothingToTranscribeError, transcriber_for
from foundation.video.watching import carry_over_cuts

if TYPE_CHECKING:
    from foundation.accounts.models import User

INCOMING_KEPT_S = 24 * 60 * 60
SPACE_FACTOR = 2.0  # the qualities, and each as a plain file
SPACE_AT_LEAST_BYTES = 200_000_000
# How long a worker waits, again and again, for a store of files that does not answer: longer than a service restarts.
WAITS_S = (5, 15, 60, 5 * 60, 15 * 60)
REPLACED_KEPT_S = 24 * 60 * 60  # for players that had begun with the version before
ENCODED = 0.93  # share of the bar; the rest is slides, checking and putting in place
_MADE_FIELDS = ["directory", "state", "duration_s", "renditions", "has_poster", "width_px", "height_px", "has_audio"]
_MADE_FIELDS += ["is_provisional", "slides", "sprites", "download", "content_sha256"]


class NoSpaceError(Exception):
    """The disk is too full to begin; an operator's business, and worth another attempt."""


class StoppedError(Exception):
    """Somebody asked the job to stop."""


def settle_given_up(job: Job) -> None:
    """The last attempt crashed, or its worker was lost: the page must not say "being prepared" for ever."""
    video = Video.objects.select_for_update().filter(pk=job.args["video_id"]).first()
    if video is not None and not video.is_broken:
        _settle(video, Video.State.FAILED if job.state == Job.State.FAILED else Video.State.UPLOADED)


@job(
    "video.probe",
    queue="probe",
    max_attempts=3,
    label=_("Examining the film"),
    can_cancel=True,
    on_given_up=settle_given_up,
)
def examine(handle: JobHandle, *, video_id: int) -> dict[str, Any] | None:
    """Take the file or refuse it, offer a fit one as it is, and have the qualities made."""
    video = Video.objects.get(pk=video_id)
    if video.is_removed:
        return None
    if video.is_whole:
        return {"directory": video.directory}
    source = _guarded(video, handle, _examine)
    if source is None:
        return None
    with transaction.atomic():
        if not Job.objects.for_subject(video.job_subject).unfinished().filter(kind="video.encode").exists():
            args = {"video_id": video.pk, "source": source.as_json()}
            enqueue("video.encode", args=args, subject=video.job_subject, by=video.owner)
    return {"is_provisional": video.is_provisional}


@job(
    "video.encode",
    queue="encode",
    max_attempts=3,
    label=_("Preparing the film"),
    can_cancel=True,
    on_given_up=settle_given_up,
)
def encode(handle: JobHandle, *, video_id: int, source: dict[str, Any] | None = None) -> dict[str, Any] | None:
    """Encode, verify, put in place, say so. Killed anywhere, it leaves the old version or nothing.

    `source` is what the examination found; without it the file is examined again.
    """
    video = Video.objects.get(pk=video_id)
    if video.is_removed:
        return None
    if video.is_whole:
        return {"directory": video.directory}
    made = _guarded(video, handle, partial(_encode, source=source))
    return (
        None if made is None else {"directory": video.directory, "renditions": [row["key"] for row in made.renditions]}
    )


@job("video.transcribe", queue="encode", max_attempts=2, label=_("Writing down what is said"), can_cancel=True)
def transcribe(handle: JobHandle, *, video_id: int, language: str) -> dict[str, Any] | None:
    """Write captions for their author to read; what a person has written meanwhile stays."""
    video = Video.objects.get(pk=video_id)
    transcriber = transcriber_for(language)
    sound = next((quality for quality in video.qualities() if quality.is_audio), None)
    if transcriber is None or sound is None:
        raise NothingToTranscribeError
    with shelf("clean").local(f"video/{video.directory}/{sound.key}.m4s") as stored:
        try:
            cues = transcriber.transcribe(stored, language=language, on_share=_Reporter(handle, 0.02, 0.98))
        except StoppedError:
            return None
    written = {"cues": [cue.as_json() for cue in cues], "is_automatic": True}
    with transaction.atomic():
        if not cues or not _is_still(video):
            return {"lines": 0}
        CaptionTrack.objects.get_or_create(video=video, language=language, defaults=written)
    return {"lines": len(cues)}


def _is_still(video: Video) -> bool:
    """The film is the version that was read, and stays so until the transaction ends: what was found is of its time."""
    now = Video.objects.select_for_update().ready().filter(pk=video.pk).first()
    return now is not None and now.film_name == video.film_name


@job("video.remove", max_attempts=50, label=_("Removing the film"))
def remove(handle: JobHandle, *, video_id: int) -> None:
    """What the request that took it down may have left, where it was killed or the disk refused.

    Tried again for eight hours, the longest that a store of files is away; then the daily sweep goes on.
    """
    handle.progress(0.1, gettext_noop("Deleting the files"))
    delete_files(Video.objects.removed().get(pk=video_id))


@job("video.find_candidates", queue="redact", max_attempts=2, label=_("Looking for what may have to go"))
def find_candidates(handle: JobHandle, *, video_id: int) -> dict[str, Any] | None:
    """Ask every detector there is, and lay what they found before the author."""
    video = Video.objects.get(pk=video_id)
    found = list[Candidate]()
    for number, finder in enumerate(candidate_finders):
        handle.progress(number / len(candidate_finders), gettext_noop("Looking at the film"))
        found += finder(video)
    with transaction.atomic():
        if not _is_still(video):
            return {"found": 0}
        redaction = video.redactions.open().first() or Redaction(video=video)
        known = [mark.as_json() for mark in redaction.rows()]
        redaction.candidates = [row for row in (one.as_json() for one in found) if row["mark"] not in known]
        redaction.save()
    return {"found": len(redaction.candidates)}


def may_act_on_redaction(job: Job, user: "User") -> bool:
    """Whoever started it, and of those who look after the work the officers: they may play what is to be hidden."""
    redaction = Redaction.objects.select_related("video").filter(pk=job.args["redaction_id"]).first()
    is_theirs = job.owner_id == user.pk or user.has_perm("jobs.act_on_job")
    return is_theirs and redaction is not None and may_play(user, redaction.video)


def settle_given_up_redaction(job: Job) -> None:
    """The last attempt crashed, or its worker was lost, perhaps after the switch."""
    redaction = Redaction.objects.select_related("video").filter(pk=job.args["redaction_id"]).first()
    if redaction is None:
        return
    if redaction.is_made:
        transaction.on_commit(partial(_remove_leftovers, redaction.video))
    elif redaction.is_under_way:
        is_stopped = job.state != Job.State.FAILED
        _settle_redaction(redaction, Redaction.State.DRAFT if is_stopped else Redaction.State.FAILED)


@job(
    "video.redact",
    queue="redact",
    max_attempts=3,
    label=_("Redacting the film"),
    can_cancel=True,
    may_act=may_act_on_redaction,
    on_given_up=settle_given_up_redaction,
)
def redact(handle: JobHandle, *, redaction_id: int) -> dict[str, Any] | None:
    """Encode the original anew without what is to go, put it in place, and leave nothing of the version before.

    Killed or stopped anywhere, the version before stands, withheld from all but its author and officers, or the new one
    does.
    """
    redaction = Redaction.objects.select_related("video").get(pk=redaction_id)
    if redaction.video.is_removed:
        return None
    if not redaction.is_made:
        _settle_redaction(redaction, Redaction.State.PROPOSED)
        try:
            with _faults_in(handle):
                _redact(redaction, handle)
        except StoppedError:
            _settle_redaction(redaction, Redaction.State.DRAFT)
            _forget_if_removed(redaction.video)
            return None
        except VideoRefusedError:
            _settle_redaction(redaction, Redaction.State.FAILED)
            raise
    _remove_leftovers(redaction.video)
    return {"directory": redaction.video.directory}


def _redact(redaction: Redaction, handle: JobHandle) -> None:
    video = redaction.video
    with _workplace(video, handle) as work, _original_of(video) as original:
        handle.log(f"Attempt {handle.attempt}")
        handle.progress(0.01, gettext_noop("Examining the file"))
        source = probe(original)
        plan = encoding.on_frames_of(source, composed(video.plan_of_original, redaction.rows()))
        handle.progress(0.03, gettext_noop("Making the redacted film"))
        reporter = _Reporter(handle, 0.03, ENCODED)
        made = encoding.make(source, original, work, on_share=reporter, plan=plan, **_choices())
        handle.progress(1.0, gettext_noop("Putting it in place"))
        along = partial(_follow, redaction, plan, before_s=video.duration_s)
        _put_in_place(video, work, made, handle, along=along)


def _follow(redaction: Redaction, plan: Plan, *, before_s: float) -> None:
    """What belongs to the film goes along with it: what was watched, words, chapters, and what rooms above have."""
    video, now = redaction.video, timezone.now()
    cuts = cuts_since(video.plan_of_original, plan)
    _move_words(video, cuts=cuts, muted=Plan(tuple(redaction.rows())).muted)
    _move_chapters(video, cuts=cuts, before_s=before_s)
    video.plan, video.redacted_at, video.is_withheld = plan.as_json(), now, False
    video.save(update_fields=["chapters_found", "plan", "redacted_at", "is_withheld"])
    redaction.state, redaction.made_at, redaction.made_film = Redaction.State.MADE, now, video.directory
    redaction.save(update_fields=["state", "made_at", "made_film"])
    if cuts:
        carry_over_cuts(video, cuts, from_s=whole_seconds(before_s))
    for listener in redacted_listeners:
        listener(video, cuts)


def _move_words(video: Video, *, cuts: list[Span], muted: list[Span]) -> None:
    for track in video.caption_tracks.all():
        words = [(cue.start_s, cue.end_s, cue.text) for cue in track.rows()]
        track.cues = [Cue(*cue).as_json() for cue in words_after(words, cuts=cuts, muted=muted)]
        track.save(update_fields=["cues"])


def _move_chapters(video: Video, *, cuts: list[Span], before_s: float) -> None:
    found = [(row["at_s"], row["title"]) for row in video.chapters_found]
    left = chapters_after(found, cuts=cuts, duration_s=before_s)
    video.chapters_found = [{"at_s": at, "title": title} for at, title in left]
    rows = chapters_after([(mark.at_s, mark.title) for mark in video.marks()], cuts=cuts, duration_s=before_s)
    video.chapters.all().delete()
    Chapter.objects.bulk_create(Chapter(video=video, at_s=at, title=title) for at, title in rows)


def _settle_redaction(redaction: Redaction, state: Redaction.State) -> None:
    """What became of an attempt; what another one has made stays made. The marks stand, and the film stays withheld."""
    Redaction.objects.open().filter(pk=redaction.pk).update(state=state)


def _guarded[T](video: Video, handle: JobHandle, work: Callable[[Video, JobHandle], T]) -> T | None:
    """Do a piece of work, and write down what became of the film where it was refused or stopped (None)."""
    _settle(video, Video.State.ENCODING)
    try:
        with _faults_in(handle):
            return work(video, handle)
    except StoppedError:
        _settle(video, Video.State.UPLOADED)
        _forget_if_removed(video)
        return None
    except VideoRefusedError as refusal:
        _settle(video, Video.State.REFUSED, refusal.code)
        raise


@contextmanager
def _faults_in(handle: JobHandle) -> Iterator[None]:
    """Write into the job's log why work inside failed, with what the tool said; the job itself is settled outside."""
    try:
        yield
    except (StoppedError, LeaseLostError):
        raise
    except VideoRefusedError as refusal:
        handle.log(f"Refused: {refusal.code}")
        raise
    except Exception as error:
        handle.log(str(getattr(error, "log", error)))
        raise


def _forget_if_removed(video: Video) -> None:
    """What was put in place at the very moment in which it was taken down."""
    if Video.objects.removed().filter(pk=video.pk).exists():
        delete_files(video)


@transaction.atomic
def _settle(video: Video, state: Video.State, refusal_code: str = "") -> None:
    """Record the state, and tell the rooms above of one that lasts. What can be watched, or was removed, stays so."""
    if Video.objects.removed().filter(pk=video.pk).exists():
        return
    if video.is_ready:
        if video.is_provisional and state in Video.BROKEN:
            for listener in stuck_listeners:
                listener(video)
        return
    video.state, video.refusal_code = state, refusal_code
    video.save(update_fields=["state", "refusal_code"])
    if video.is_broken:
        _announce(video)


def _announce(video: Video) -> None:
    for listener in settled_listeners:
        listener(video)


def _examine(video: Video, handle: JobHandle) -> Source:
    handle.progress(0.05, gettext_noop("Examining the file"))
    with _original_of(video) as original:
        source = probe(original)
        video.chapters_found = [{"at_s": chapter.at_s, "title": chapter.title} for chapter in source.chapters]
        with transaction.atomic():
            video.save(update_fields=["chapters_found"])
            video.take_over_chapters()
        if not video.is_ready and not video.plan and encoding.is_fit(source, original):
            handle.progress(0.5, gettext_noop("Making it watchable as it is"))
            _offer_as_it_is(video, source, original, handle)
    return source


def _original_of(video: Video) -> AbstractContextManager[Path]:
    """The file as it was handed in, on a disk."""
    return shelf("quarantine").local(str(video.original.name))


def _offer_as_it_is(video: Video, source: Source, original: Path, handle: JobHandle) -> None:
    """Nothing is lost where this fails: the qualities are made anyway, and they find what is wrong with the file."""
    with _workplace(video, handle) as work:
        try:
            made = encoding.remux(source, original, work, on_share=_Reporter(handle, 0.5, 0.9))
        except (ToolFailedError, encoding.BrokenPlaylistError, VideoRefusedError) as error:
            handle.log(f"Not watchable as it is: {error}")
            return
        if made is not None:
            handle.progress(1.0, gettext_noop("Putting it in place"))
            _put_in_place(video, work, made, handle, is_provisional=True)


def _choices() -> dict[str, Any]:
    """What the operator has chosen for every encode."""
    return {"preset": settings.VIDEO_PRESET, "download_lines": settings.VIDEO_DOWNLOAD_LINES}


def _encode(video: Video, handle: JobHandle, *, source: dict[str, Any] | None = None) -> encoding.Made:
    with _workplace(video, handle) as work, _original_of(video) as original:
        handle.log(f"Attempt {handle.attempt}")
        handle.progress(0.01, gettext_noop("Making the qualities"))
        facts = Source.from_json(source) if source else probe(original)
        reporter = _Reporter(handle, 0.01, ENCODED)
        made = encoding.make(facts, original, work, on_share=reporter, plan=video.plan_of_original, **_choices())
        handle.progress(1.0, gettext_noop("Putting it in place"))
        _put_in_place(video, work, made, handle)
        return made


@contextmanager
def _workplace(video: Video, handle: JobHandle) -> Iterator[Path]:
    """A folder on a disk with room, empty, of which a version is made; gone afterwards."""
    _patiently(handle, partial(_remove_leftovers, video))
    with shelf("clean").workplace(video.folder) as work:
        _refuse_full_disk(work, video)
        yield work


def _patiently(handle: JobHandle, act: Callable[[], None]) -> None:
    """Again and again while the store of files is away: an hour's encode is not thrown away for its restart.

    Raises AwayError in the end, StoppedError.
    """
    for wait_s in WAITS_S:
        try:
            return act()
        except AwayError as error:
            handle.log(f"The store of files is away, again in {wait_s} s: {error}")
            handle.progress(0.0, gettext_noop("Waiting for the store of files"))
        again_at = time.monotonic() + wait_s
        while time.monotonic() < again_at:
            time.sleep(min(1, wait_s))
            if handle.is_cancelled():
                raise StoppedError
    return act()


class _Reporter:
    """Passes ffmpeg's progress on to the row, and stops when somebody asked."""

    def __init__(self, handle: JobHandle, begin: float, end: float) -> None:
        self._handle, self._begin, self._end = handle, begin, end

    def __call__(self, share: float) -> None:
        if self._handle.is_cancelled():
            raise StoppedError
        self._handle.progress(self._begin + (self._end - self._begin) * share)


def forget_abandoned_uploads() -> int:
    """Uploads that nobody went on with, what a crash left, and films that nobody made anything of; with their files."""
    gone = sum(_forget_upload(upload) for upload in Upload.objects.expired())
    return gone + _forget_incoming() + sum(_forget_film(video) for video in Video.objects.abandoned())


def _forget_upload(upload: Upload) -> int:
    """0 when somebody goes on with it at this very moment."""
    try:
        incoming().delete(upload.public_id)
    except LockedError:
        return 0
    upload.delete()
    return 1


def forget_replaced_versions() -> int:
    """Versions that gave way to a better one a day ago: whoever was watching them has asked for new addresses.

    Those with something in them that was redacted since have no such day.
    """
    films = Video.objects.ready().only("public_id").iterator()
    return sum(_forget_replaced(video) for video in films if len(shelf("clean").folders_in(video.folder)) > 1)


@transaction.atomic
def _forget_replaced(video: Video) -> int:
    """Holds on to the row: nothing is put in place or moved meanwhile. 0 for a film that is being worked on."""
    video = Video.objects.select_for_update().get(pk=video.pk)
    if Job.objects.for_subject(video.job_subject).unfinished().exists():
        return 0
    gone = 0
    for version in shelf("clean").folders_in(video.folder):
        has_its_day = video.redacted_at is None or version.name.startswith(WORK)
        is_old = not has_its_day or time.time() - version.changed_at > REPLACED_KEPT_S
        if is_old and version.name != video.version:
            shelf("clean").delete_folder(f"{video.folder}/{version.name}")
            gone += 1
    return gone


def forget_removed_films() -> int:
    """Files of films that were taken down, wherever they come from: a worker that noticed late, a copy put back."""
    left = [video for video in Video.objects.removed().only("public_id") if has_files(video)]
    for video in left:
        delete_files(video)
    return len(left)


def forget_files_without_a_film() -> int:
    """What a crash left between a file and its row, or a store that was away when the row went.

    A month old: where a copy of the database is put back, the newest files have no row for a while.
    """
    known, gone = set(Video.objects.values_list("public_id", flat=True)), 0
    for place in PLACES:
        for folder in shelf(place).folders_in(FILMS):
            is_old = time.time() - folder.changed_at > Video.KEPT_UNFINISHED_FOR.total_seconds()
            if is_old and folder.name not in known:
                shelf(place).delete_folder(f"{FILMS}/{folder.name}")
                gone += 1
    return gone


def _forget_incoming() -> int:
    """What a killed web worker left: an upload of one go is written to all the time, the others have a row."""
    folder, gone = Path(settings.INCOMING_DIR), 0
    with_row = set(Upload.objects.values_list("public_id", flat=True))
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.name not in with_row and time.time() - path.stat().st_mtime > INCOMING_KEPT_S:
            path.unlink(missing_ok=True)
            gone += 1
    return gone


@transaction.atomic
def _forget_film(video: Video) -> int:
    """0 when something above this room holds on to it, or it is being worked on."""
    if Job.objects.for_subject(video.job_subject).unfinished().exists():
        return 0
    try:
        with transaction.atomic():
            video.delete()
    except ProtectedError:
        return 0
    for place in PLACES:
        transaction.on_commit(partial(shelf(place).delete_folder, video.folder))
    return 1


def _put_in_place(
    video: Video,
    work: Path,
    made: encoding.Made,
    handle: JobHandle,
    *,
    is_provisional: bool = False,
    along: Callable[[], None] | None = None,
) -> None:
    """Put the finished folder in its lasting place, then point the row to it: a reader sees the old or the new.

    `along` is done in the same transaction. The version before stays for a day, for those who are watching it. Nothing
    is switched where another attempt was quicker.
    """
    before = video.directory
    name = hashlib.sha256(f"{video.original_sha256}:{handle.attempt}:{secrets.token_hex(8)}".encode()).hexdigest()[:16]
    video.content_sha256 = content.sha256_of(work)
    _patiently(handle, partial(shelf("clean").put_folder, work, f"{video.folder}/{name}"))
    was_ready = video.is_ready
    video.directory, video.state = f"{video.public_id}/{name}", Video.State.READY
    video.duration_s, video.renditions, video.has_poster = made.duration_s, made.renditions, made.has_poster
    video.slides, video.sprites, video.download = made.slides, made.sprites, made.download
    best = made.renditions[0]
    video.width_px, video.height_px = best["width_px"], best["height_px"]
    video.has_audio = any(quality.is_audio for quality in video.qualities())
    video.is_provisional = is_provisional
    with transaction.atomic():
        now = Video.objects.select_for_update().get(pk=video.pk)
        if now.is_removed or (now.is_whole and now.directory != before):
            raise StoppedError
        handle.make_sure()
        video.save(update_fields=_MADE_FIELDS)
        if along is not None:
            along()
        if not was_ready:
            _announce(video)


def _remove_leftovers(video: Video) -> None:
    """What attempts that died, and versions that were replaced, left behind."""
    clean = shelf("clean")
    for found in clean.folders_in(video.folder):
        if found.name != video.version:
            clean.delete_folder(f"{video.folder}/{found.name}")


def _refuse_full_disk(folder: Path, video: Video) -> None:
    needed = max(SPACE_AT_LEAST_BYTES, int(video.original_bytes * SPACE_FACTOR))
    if shutil.disk_usage(folder).free < needed:
        raise NoSpaceError(f"{needed} bytes are needed in {folder}.")
