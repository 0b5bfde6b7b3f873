"""What people do with files of recordings: hand them in, at once or piece by piece, and try again."""

import secrets
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.files.base import File
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from foundation.jobs.actions import cancel_job, enqueue
from foundation.jobs.models import Job
from foundation.kernel.audit import log
from foundation.kernel.errors import RefusedError
from foundation.kernel.storages import shelf
from foundation.video.candidates import candidate_finders
from foundation.video.captions import cues_of
from foundation.video.chapters import marks_of
from foundation.video.door import ENOUGH_BYTES, refuse_at_the_door
from foundation.video.incoming import Writer, incoming
from foundation.video.models import CaptionTrack, Chapter, Redaction, Upload, Video, quarantine_path, upload_expiry
from foundation.video.originals import new_key
from foundation.video.redaction import LEAST_LEFT_S, Mark, Plan
from foundation.video.refusals import (
    ChangedMeanwhileError,
    EmptyFileError,
    FilmMadeAnewError,
    NoCandidateError,
    NoFinderError,
    NothingLeftError,
    NothingMarkedError,
    NotWholeYetError,
    OriginalGoneError,
    OverQuotaError,
    TooBigError,
    UnderWayError,
    VideoRefusedError,
)
from foundation.video.removal import delete_files
from foundation.video.transcription import NothingToTranscribeError, transcriber_for
from foundation.video.tus import ChecksumError, GoneError, Piece, TooMuchError, WrongOffsetError
from foundation.video.uploads import quarantined

if TYPE_CHECKING:
    from foundation.accounts.models import User

NAME_CHARS = 255
UNFINISHED_AT_MOST = 20
# What has come is made to last this often while a piece is long.
KEEP_EVERY_BYTES = 8 * 1024 * 1024


class NothingToRetryError(RefusedError):
    message = _("This file is being prepared, or is ready already.")
    code = "nothing_to_retry"


class NotWholeError(RefusedError):
    message = _("The file has not arrived whole yet. Choose it again to send the rest.")
    code = "not_whole"


class DamagedError(RefusedError):
    message = _(
        "What arrived is not what your file holds; perhaps the file was changed while it was being sent. Your words are"
        " kept. Choose the file again to send it anew."
    )
    code = "damaged"


@transaction.atomic
def receive_upload(file: "File[bytes]", *, by: "User") -> Video:
    """Keep the original in quarantine and start the encode; a name that a person gave never reaches the disk.

    Raises VideoRefusedError's kinds for what is no recording at first sight, or too big.
    """
    upload = quarantined(file)
    video = Video(owner=by, original_name=Path(upload.name or "").name[-NAME_CHARS:])
    video.original_bytes, video.original_sha256 = upload.size, upload.sha256
    video.original.name = quarantine_path(video, "")
    shelf("quarantine").put_file(upload.path, video.original.name)
    video.save()
    log(video, "video.receive", user=by, data={"bytes": video.original_bytes, "sha256": video.original_sha256})
    _start(video, by=by)
    return video


# --- piece by piece -------------------------------------------------------------------------------------------------
@transaction.atomic
def begin_upload(
    name: str, *, length: int, fingerprint: str = "", details: dict[str, list[str]] | None = None, by: "User"
) -> Upload:
    """Promise room for a file of `length` bytes. Raises EmptyFileError, TooBigError, OverQuotaError."""
    if length <= 0:
        raise EmptyFileError
    if length > settings.UPLOAD_MAX_BYTES:
        raise TooBigError
    get_user_model().objects.select_for_update().get(pk=by.pk)  # two at the same moment count one another
    unfinished = Upload.objects.visible_to(by).unfinished().alive()
    waiting = Video.objects.owned_by(by).being_prepared().total_bytes()
    if unfinished.total_bytes() + waiting + length > settings.UPLOAD_QUOTA_BYTES:
        raise OverQuotaError
    if unfinished.count() >= UNFINISHED_AT_MOST:
        raise OverQuotaError
    return Upload.objects.create(
        owner=by,
        file_name=Path(name).name[-NAME_CHARS:],
        length_bytes=length,
        fingerprint=fingerprint[:64],
        details=details or {},
    )


def begin_or_go_on(name: str, *, length: int, fingerprint: str, details: dict[str, list[str]], by: "User") -> Upload:
    """The unfinished upload of the same file, with these words from now on, or a new one. Raises as `begin_upload`."""
    unfinished = Upload.objects.visible_to(by).unfinished().alive()
    begun = unfinished.same_file(fingerprint=fingerprint, length=length).first()
    if begun is None:
        return begin_upload(name, length=length, fingerprint=fingerprint, details=details, by=by)
    begun.details = details
    begun.save(update_fields=["details"])
    return begun


def arrived_bytes(upload: Upload) -> int:
    """How much has arrived and will stay: what the next piece begins with."""
    if upload.video_id:
        return upload.length_bytes
    return min(upload.offset_bytes, incoming().size(upload.public_id))


def send_piece(upload: Upload, body: Iterable[bytes], *, piece: Piece) -> Upload:
    """Add the bytes of one request; where the line is cut, what had come stays, unless a checksum was promised for it.

    Raises LockedError, GoneError, WrongOffsetError, TooMuchError, ChecksumError; and VideoRefusedError's kinds, with
    which the upload is gone.
    """
    if upload.is_expired:
        raise GoneError
    try:
        with incoming().writing(upload.public_id) as writer:
            upload = _as_it_is_now(upload)
            if piece.at != arrived_bytes(upload):
                raise WrongOffsetError
            if piece.at + piece.length > upload.length_bytes:
                raise TooMuchError
            if not upload.video_id:
                _write(upload, writer, body, piece)
    except VideoRefusedError:
        throw_away_upload(upload)
        raise
    return upload


def _as_it_is_now(upload: Upload) -> Upload:
    fresh = Upload.objects.filter(pk=upload.pk).first()
    if fresh is None:
        raise GoneError
    return fresh


def _write(upload: Upload, writer: Writer, body: Iterable[bytes], piece: Piece) -> None:
    hasher = piece.checksum.hasher() if piece.checksum else None
    end = kept = piece.at
    door_at = min(ENOUGH_BYTES, upload.length_bytes)
    writer.begin_at(piece.at)
    for data in body:
        before, end = end, end + len(data)
        writer.write(data)
        if before < door_at <= end:
            refuse_at_the_door(writer.head(door_at))
        if hasher:
            hasher.update(data)
        elif end - kept >= KEEP_EVERY_BYTES:
            kept = _keep(upload, writer, end)
    if piece.checksum and hasher and hasher.digest() != piece.checksum.digest:
        raise ChecksumError
    if piece.whole_sha256:
        upload.declared_sha256 = piece.whole_sha256
    _keep(upload, writer, end)


def _keep(upload: Upload, writer: Writer, end: int) -> int:
    writer.keep()
    upload.offset_bytes, upload.expires_at = end, upload_expiry()
    upload.save(update_fields=["offset_bytes", "expires_at", "declared_sha256"])
    return end


def take_upload(upload: Upload, *, by: "User") -> Video:
    """Make a film of a file that has arrived whole; asked twice, it is the same film.

    Raises GoneError, NotWholeError, and DamagedError, after which nothing has arrived but the words are kept.
    """
    if upload.video:
        return upload.video
    if upload.is_expired:
        raise GoneError
    if arrived_bytes(upload) < upload.length_bytes:
        raise NotWholeError
    file = incoming().whole(upload.public_id, name=upload.file_name)
    try:
        if upload.declared_sha256 and file.sha256 != upload.declared_sha256:
            _forget_bytes(upload)
            raise DamagedError
        with transaction.atomic():
            upload = Upload.objects.select_for_update().get(pk=upload.pk)
            if upload.video is None:
                upload.video = receive_upload(file, by=by)
                upload.save(update_fields=["video"])
                transaction.on_commit(partial(incoming().delete, upload.public_id))
            return upload.video
    finally:
        file.close()


def _forget_bytes(upload: Upload) -> None:
    incoming().delete(upload.public_id)
    upload.offset_bytes, upload.declared_sha256 = 0, ""
    upload.save(update_fields=["offset_bytes", "declared_sha256"])


def throw_away_upload(upload: Upload) -> None:
    """Delete what has arrived, the words, and a film made of it unless a room holds it.

    Raises LockedError while it is being sent.
    """
    incoming().delete(upload.public_id)
    with transaction.atomic():
        upload.delete()
        if upload.video and Video.objects.unused().filter(pk=upload.video.pk).exists():
            remove_film(upload.video, by=upload.owner)


# --- after that -----------------------------------------------------------------------------------------------------
@transaction.atomic
def retry_encode(video: Video, *, by: "User") -> Job:
    """Prepare a file again after a failure of ours; a refused file stays refused. Raises NothingToRetryError."""
    video = Video.objects.select_for_update().get(pk=video.pk)
    is_busy = Job.objects.for_subject(video.job_subject).unfinished().exists()
    is_over = video.is_whole or video.is_removed or video.state == Video.State.REFUSED
    if is_busy or is_over or not video.has_original:
        raise NothingToRetryError
    log(video, "video.retry", user=by)
    return _start(video, by=by)


def is_being_redacted(video: Video) -> bool:
    """A worker makes the redacted film, or will."""
    return Job.objects.for_subject(video.job_subject).unfinished().filter(kind="video.redact").exists()


def refuse_stale(seen: str, now: str) -> None:
    """Nobody writes over what they have not seen. `seen` is what a form named, empty where none was filled in.

    Raises FilmMadeAnewError, ChangedMeanwhileError.
    """
    if seen and seen.partition(":")[0] != now.partition(":")[0]:
        raise FilmMadeAnewError
    if seen and seen != now:
        raise ChangedMeanwhileError


@transaction.atomic
def keep_marks(video: Video, marks: Sequence[Mark], *, seen: str = "", by: "User") -> Redaction:
    """Keep what somebody wants gone, to be gone on with; from now on only the owner and officers play the film.

    Raises StaleError's kinds where it is not what `seen` names (`Video.seen_marks`), UnderWayError.
    """
    video = Video.objects.select_for_update().get(pk=video.pk)
    refuse_stale(seen, video.seen_marks())
    if is_being_redacted(video):
        raise UnderWayError
    redaction = video.redactions.open().first() or Redaction(video=video)
    redaction.marks, redaction.proposed_by = [mark.as_json() for mark in marks], by
    redaction.state = Redaction.State.DRAFT
    redaction.save()
    _withhold(video, while_there_are=marks)
    return redaction


def _withhold(video: Video, *, while_there_are: Sequence[object]) -> None:
    """What is marked is not shown: whoever has addresses of this version loses them. Without marks it is shown again.

    The row is locked.
    """
    is_marked = bool(while_there_are)
    if is_marked == video.is_withheld:
        return
    if is_marked:
        retire_addresses(video)
    video.is_withheld = is_marked
    video.save(update_fields=["is_withheld"])


def look_for_candidates(video: Video, *, by: "User") -> Job:
    """Have the detectors look at the film. Raises NoFinderError, UnderWayError."""
    if not len(candidate_finders):
        raise NoFinderError
    subject = f"{video.job_subject}:candidates"
    if Job.objects.for_subject(subject).unfinished().exists():
        raise UnderWayError
    return enqueue("video.find_candidates", args={"video_id": video.pk}, subject=subject, by=by)


@transaction.atomic
def decide_candidate(video: Video, number: int, *, is_taken: bool, seen: str = "", by: "User") -> Redaction:
    """Make what a machine found a mark of the author's, or leave it out.

    Raises StaleError's kinds, UnderWayError, NoCandidateError.
    """
    video = Video.objects.select_for_update().get(pk=video.pk)
    refuse_stale(seen, video.seen_marks())
    redaction = video.redactions.open().first()
    if is_being_redacted(video):
        raise UnderWayError
    if redaction is None or not 0 <= number < len(redaction.candidates):
        raise NoCandidateError
    candidate = redaction.candidates.pop(number)
    if is_taken:
        redaction.marks.append(candidate["mark"])
        redaction.proposed_by = by
    redaction.save()
    _withhold(video, while_there_are=redaction.marks)
    return redaction


@transaction.atomic
def start_redaction(video: Video, marks: Sequence[Mark], *, by: "User") -> Redaction:
    """Have the film made anew without what is marked; until then only its owner and officers play it.

    Raises NotWholeYetError, OriginalGoneError, UnderWayError, NothingMarkedError, NothingLeftError.
    """
    video = Video.objects.select_for_update().get(pk=video.pk)
    if is_being_redacted(video):
        raise UnderWayError
    if not video.is_whole or Job.objects.for_subject(video.job_subject).unfinished().exists():
        raise NotWholeYetError
    if not video.has_original:
        raise OriginalGoneError
    if not marks:
        raise NothingMarkedError
    if Plan(tuple(marks)).left_s(video.duration_s) < LEAST_LEFT_S:
        raise NothingLeftError
    redaction = keep_marks(video, marks, by=by)
    video = redaction.video
    redaction.state, redaction.film, redaction.proposed_at = Redaction.State.PROPOSED, video.directory, timezone.now()
    redaction.save()
    log(video, "video.redact", user=by, data={"marks": redaction.marks, "film": redaction.film})
    enqueue("video.redact", args={"redaction_id": redaction.pk}, subject=video.job_subject, by=by)
    return redaction


@transaction.atomic
def give_up_redaction(video: Video, *, by: "User") -> None:
    """Throw the marks away; a film that was withheld for them is shown again. Raises UnderWayError."""
    video = Video.objects.select_for_update().get(pk=video.pk)
    redaction = video.redactions.open().first()
    if redaction is None:
        return
    if is_being_redacted(video):
        raise UnderWayError
    redaction.delete()
    _withhold(video, while_there_are=[])
    log(video, "video.redact_not", user=by)


@transaction.atomic
def read_original(video: Video, *, reason: str, by: "User") -> str:
    """Write down who looks at the file in quarantine, and why; the key that is returned opens it for an hour.

    Raises OriginalGoneError.
    """
    if not video.has_original:
        raise OriginalGoneError
    log(video, "video.read_original", user=by, data={"reason": reason})
    return new_key(by, video)


@transaction.atomic
def forget_original(video: Video) -> bool:
    """Delete the file in quarantine; from then on the film cannot be made anew. False while it is being worked on.

    The file goes first: after a crash in between, the next call ends what was begun. The row is held meanwhile, so that
    no work on the file begins.
    """
    video = Video.objects.select_for_update().get(pk=video.pk)
    if not video.has_original or Job.objects.for_subject(video.job_subject).unfinished().exists():
        return False
    if video.original:
        shelf("quarantine").delete(str(video.original.name))
    video.original.name, video.original_gone_at = "", timezone.now()
    video.save(update_fields=["original", "original_gone_at"])
    log(video, "video.forget_original", user=None)
    return True


def _start(video: Video, *, by: "User") -> Job:
    """The examination goes first, in a queue of its own; it has the film encoded."""
    return enqueue("video.probe", args={"video_id": video.pk}, subject=video.job_subject, by=by)


@transaction.atomic
def remove_film(video: Video, *, by: "User") -> None:
    """Take away for good what was received and made: original, versions, slides, captions. The row stays as the proof.

    Work under way is stopped. The files go once this is committed; a job, and a daily sweep, see to what is left.
    """
    video = Video.objects.select_for_update().get(pk=video.pk)
    video.state, video.is_provisional, video.has_poster = Video.State.REMOVED, False, False
    video.renditions, video.chapters_found = [], []
    video.slides, video.sprites, video.download = {}, {}, {}
    video.save()
    video.caption_tracks.all().delete()
    video.chapters.all().delete()
    for job in Job.objects.for_subject(video.job_subject).unfinished():
        if job.is_cancellable:
            cancel_job(job, by=by)
    log(video, "video.remove", user=by, data={"sha256": video.original_sha256})
    transaction.on_commit(partial(delete_files, video), robust=True)
    enqueue("video.remove", args={"video_id": video.pk}, subject=video.job_subject, by=by)


def retire_addresses(video: Video) -> None:
    """Make every signed address of this video useless: the files move to a directory of another name.

    Versions before the present one, kept for those who were watching them, go.
    """
    if not video.directory:
        return
    clean = shelf("clean")
    before, name = clean.folders_in(video.folder), secrets.token_hex(8)
    clean.copy_folder(f"video/{video.directory}", to=f"{video.folder}/{name}")
    for version in before:
        transaction.on_commit(partial(clean.delete_folder, f"{video.folder}/{version.name}"))
    video.directory = f"{video.public_id}/{name}"
    video.save(update_fields=["directory"])


@transaction.atomic
def keep_captions(video: Video, *, language: str, text: str, by: "User") -> bool:
    """Put the words of a WebVTT or SRT text in place of what stood there; an empty text takes the track away.

    False where they were these already. Raises CaptionsRefusedError.
    """
    cues = [cue.as_json() for cue in cues_of(text)] if text.strip() else []
    before = video.caption_tracks.filter(language=language).first()
    if cues == (before.cues if before else []) and not (before and before.is_automatic):
        return False
    if cues:
        facts = {"cues": cues, "is_automatic": False, "updated_by": by, "updated_at": timezone.now()}
        CaptionTrack.objects.update_or_create(video=video, language=language, defaults=facts)
    else:
        CaptionTrack.objects.filter(video=video, language=language).delete()
    log(video, "video.captions", user=by, data={"language": language})
    return True


@transaction.atomic
def ask_for_captions(video: Video, *, language: str, by: "User") -> Job:
    """Have speech recognition write captions where there are none; nobody but their author sees them before they read.

    Raises NothingToTranscribeError.
    """
    is_silent = not video.is_ready or not video.has_audio
    if is_silent or transcriber_for(language) is None or video.caption_tracks.filter(language=language).exists():
        raise NothingToTranscribeError
    subject = video.captions_subject(language)
    if busy := Job.objects.for_subject(subject).unfinished().first():
        return busy
    log(video, "video.transcribe", user=by, data={"language": language})
    return enqueue("video.transcribe", args={"video_id": video.pk, "language": language}, subject=subject, by=by)


@transaction.atomic
def keep_chapters(video: Video, *, text: str, by: "User") -> None:
    """Put the chapters of a text in place of those before. Raises CaptionsRefusedError."""
    marks = marks_of(text, duration_s=video.duration_s)
    video.chapters.all().delete()
    Chapter.objects.bulk_create(Chapter(video=video, at_s=mark.at_s, title=mark.title) for mark in marks)
    log(video, "video.chapters", user=by)
