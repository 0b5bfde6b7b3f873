"""What people do with files of recordings: hand them in, try again."""

import os
import secrets
import shutil
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from django.core.files.base import File
from django.core.files.storage import storages
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from foundation.jobs.actions import enqueue
from foundation.jobs.models import Job
from foundation.kernel.audit import log
from foundation.kernel.errors import RefusedError
from foundation.video.models import Video, quarantine_path
from foundation.video.uploads import quarantined

if TYPE_CHECKING:
    from foundation.accounts.models import User

NAME_CHARS = 255


class NothingToRetryError(RefusedError):
    message = _("This file is being prepared, or is ready already.")
    code = "nothing_to_retry"


@transaction.atomic
def receive_upload(file: "File[bytes]", *, by: "User") -> Video:
    """Keep the original in quarantine and start the encode; a name that a person gave never reaches the disk.

    Raises VideoRefusedError's kinds for what is no recording at first sight, or too big.
    """
    upload = quarantined(file)
    video = Video(owner=by, original_name=Path(upload.name or "").name[-NAME_CHARS:])
    video.original_bytes, video.original_sha256 = upload.size, upload.sha256
    name = quarantine_path(video, "")
    target = Path(storages["quarantine"].path(name))
    target.parent.mkdir(parents=True)
    upload.path.replace(target)
    video.original.name = name
    video.save()
    log(video, "video.receive", user=by, data={"bytes": video.original_bytes, "sha256": video.original_sha256})
    _start(video, by=by)
    return video


@transaction.atomic
def retry_encode(video: Video, *, by: "User") -> Job:
    """Prepare a file again after a failure of ours; a refused file stays refused. Raises NothingToRetryError."""
    video = Video.objects.select_for_update().get(pk=video.pk)
    is_busy = Job.objects.for_subject(video.job_subject).unfinished().exists()
    if is_busy or video.is_whole or video.state == Video.State.REFUSED:
        raise NothingToRetryError
    log(video, "video.retry", user=by)
    return _start(video, by=by)


def _start(video: Video, *, by: "User") -> Job:
    """The examination goes first, in a queue of its own; it has the film encoded."""
    return enqueue("video.probe", args={"video_id": video.pk}, subject=video.job_subject, by=by)


def retire_addresses(video: Video) -> None:
    """Make every signed address of this video useless: the files move to a directory of another name.

    Versions before the present one, kept for those who were watching them, go.
    """
    if not video.directory:
        return
    clean = storages["clean"]
    old = Path(clean.path(f"video/{video.directory}"))
    new = old.with_name(secrets.token_hex(8))
    if old.is_dir():
        shutil.copytree(old, new, copy_function=os.link)
        for version in [path for path in old.parent.iterdir() if path != new]:
            transaction.on_commit(partial(shutil.rmtree, version, ignore_errors=True))
    video.directory = f"{video.public_id}/{new.name}"
    video.save(update_fields=["directory"])
