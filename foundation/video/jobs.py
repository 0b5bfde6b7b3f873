"""The encode: from a file in quarantine to a whole version in the clean storage, or nothing."""

import hashlib
import os
import secrets
import shutil
import time
from functools import partial
from pathlib import Path
from typing import Any

from django.core.files.storage import storages
from django.db import transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from foundation.jobs.models import Job
from foundation.jobs.registry import JobHandle, LeaseLostError, job
from foundation.video import encoding
from foundation.video.listeners import settled_listeners
from foundation.video.models import Video
from foundation.video.probe import probe
from foundation.video.refusals import VideoRefusedError
from foundation.video.uploads import INCOMING

INCOMING_KEPT_S = 24 * 60 * 60
SPACE_FACTOR = 1.2
SPACE_AT_LEAST_BYTES = 200_000_000
# Shares of the bar: examining, then encoding; the rest is checking and putting in place.
PROBED, ENCODED = 0.04, 0.95
_MADE_FIELDS = ["directory", "state", "duration_s", "renditions", "has_poster", "width_px", "height_px", "has_audio"]


class NoSpaceError(Exception):
    """The disk is too full to begin; an operator's business, and worth another attempt."""


class StoppedError(Exception):
    """Somebody asked the job to stop."""


def settle_given_up(job: Job) -> None:
    """The last attempt crashed, or its worker was lost: the page must not say "being prepared" for ever."""
    video = Video.objects.select_for_update().filter(pk=job.args["video_id"]).first()
    if video is not None and video.state in {Video.State.UPLOADED, Video.State.ENCODING}:
        _settle(video, Video.State.FAILED if job.state == Job.State.FAILED else Video.State.UPLOADED)


@job(
    "video.encode",
    queue="media",
    max_attempts=3,
    label=_("Preparing the film"),
    can_cancel=True,
    on_given_up=settle_given_up,
)
def encode(handle: JobHandle, *, video_id: int) -> dict[str, Any] | None:
    """Probe, encode, verify, put in place, say so. Killed anywhere, it leaves the old version or nothing."""
    video = Video.objects.get(pk=video_id)
    if video.is_ready:
        return {"directory": video.directory}
    _settle(video, Video.State.ENCODING)
    try:
        made = _encode(video, handle)
    except StoppedError:
        _settle(video, Video.State.UPLOADED)
        return None
    except LeaseLostError:
        raise
    except VideoRefusedError as refusal:
        _settle(video, Video.State.REFUSED, refusal.code)
        raise
    except Exception as error:
        handle.log(str(getattr(error, "log", error)))
        raise
    return {"directory": video.directory, "renditions": [row["key"] for row in made.renditions]}


@transaction.atomic
def _settle(video: Video, state: Video.State, refusal_code: str = "") -> None:
    """Record the state, and tell the rooms above of one that lasts."""
    video.state, video.refusal_code = state, refusal_code
    video.save(update_fields=["state", "refusal_code"])
    if video.is_broken:
        _announce(video)


def _announce(video: Video) -> None:
    for listener in settled_listeners:
        listener(video)


def _encode(video: Video, handle: JobHandle) -> encoding.Made:
    folder = Path(storages["clean"].path(f"video/{video.public_id}"))
    folder.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(folder, keep=video.directory)
    _refuse_full_disk(folder, video)
    original = Path(video.original.path)
    handle.progress(0.01, gettext_noop("Examining the file"))
    source = probe(original)
    handle.progress(PROBED, gettext_noop("Making the qualities"))
    work = folder / f".work-{secrets.token_hex(8)}"
    work.mkdir()
    try:
        made = encoding.make(source, original, work, on_share=_Reporter(handle))
        # Checks that the lease is still ours, whatever the time since the last report.
        handle.progress(1.0, gettext_noop("Putting it in place"))
        _put_in_place(video, work, made, attempt=handle.attempt)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    _remove_leftovers(folder, keep=video.directory)
    return made


class _Reporter:
    """Passes ffmpeg's progress on to the row, and stops when somebody asked."""

    def __init__(self, handle: JobHandle) -> None:
        self._handle = handle

    def __call__(self, share: float) -> None:
        if self._handle.is_cancelled():
            raise StoppedError
        self._handle.progress(PROBED + (ENCODED - PROBED) * share)


def forget_abandoned_uploads() -> int:
    """Files of uploads that broke off, and films that nobody made anything of, with their files."""
    return _forget_incoming() + sum(_forget_film(video) for video in Video.objects.abandoned())


def _forget_incoming() -> int:
    """What a killed web worker left: an upload that goes on is written to all the time."""
    folder, gone = Path(storages["quarantine"].path(INCOMING)), 0
    for path in folder.iterdir() if folder.is_dir() else ():
        if time.time() - path.stat().st_mtime > INCOMING_KEPT_S:
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
    for place in ("quarantine", "clean"):
        folder = storages[place].path(f"video/{video.public_id}")
        transaction.on_commit(partial(shutil.rmtree, folder, ignore_errors=True))
    return 1


def _put_in_place(video: Video, work: Path, made: encoding.Made, *, attempt: int) -> None:
    """Give the finished folder its lasting name, then point the row to it: a reader sees the old or the new."""
    name = hashlib.sha256(f"{video.original_sha256}:{attempt}:{secrets.token_hex(8)}".encode()).hexdigest()[:16]
    _sync(work)
    work.rename(work.parent / name)
    _sync(work.parent, deep=False)
    video.directory, video.state = f"{video.public_id}/{name}", Video.State.READY
    video.duration_s, video.renditions, video.has_poster = made.duration_s, made.renditions, made.has_poster
    best = made.renditions[0]
    video.width_px, video.height_px = best["width_px"], best["height_px"]
    video.has_audio = made.renditions[-1]["key"] == "audio"
    with transaction.atomic():
        video.save(update_fields=_MADE_FIELDS)
        _announce(video)


def _sync(folder: Path, *, deep: bool = True) -> None:
    """Bring names and bytes to the disk, so that a power cut after the switch leaves a whole version."""
    for path in [*(folder.iterdir() if deep else []), folder]:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _remove_leftovers(folder: Path, *, keep: str) -> None:
    """What attempts that died, and versions that were replaced, left behind."""
    for path in folder.iterdir():
        if path.name != keep.rpartition("/")[2]:
            shutil.rmtree(path, ignore_errors=True)


def _refuse_full_disk(folder: Path, video: Video) -> None:
    needed = max(SPACE_AT_LEAST_BYTES, int(video.original_bytes * SPACE_FACTOR))
    if shutil.disk_usage(folder).free < needed:
        raise NoSpaceError(f"{needed} bytes are needed in {folder}.")
