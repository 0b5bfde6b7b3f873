"""Takes an upload off the line straight into quarantine: one copy, hashed on the way, refused at its first bytes."""

import hashlib
import os
import secrets
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.files.base import File
from django.core.files.uploadhandler import FileUploadHandler, SkipFile

from foundation.video.door import refuse_at_the_door
from foundation.video.refusals import EmptyFileError, TooBigError, VideoRefusedError

CHUNK_BYTES = 1024 * 1024


class QuarantinedFile(File):  # type: ignore[type-arg]  # Django's class takes no argument at run time
    """An upload that lies whole in quarantine, under a name of ours; `name` is the person's, for show only."""

    def __init__(self, path: Path, *, name: str, size: int, sha256: str, content_type: str = "") -> None:
        super().__init__(None, name)
        self.path, self.size, self.sha256 = path, size, sha256
        self.content_type, self.charset = content_type, None

    def open(self, mode: str | None = None, *args: Any, **kwargs: Any) -> "QuarantinedFile":  # noqa: ARG002  # the signature is Django's
        self.file: IO[bytes] | None = self.path.open("rb")
        return self

    def close(self) -> None:
        """Called at the end of the request: what nobody took is thrown away."""
        self.path.unlink(missing_ok=True)


class Intake:
    """Writes one incoming file and keeps count; refuses by kind at its first bytes, and by size."""

    def __init__(self) -> None:
        directory = Path(settings.INCOMING_DIR)
        directory.mkdir(parents=True, exist_ok=True)
        self.path = directory / secrets.token_hex(16)
        self.size, self._hash = 0, hashlib.sha256()
        self._handle = os.fdopen(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")

    def write(self, chunk: bytes) -> None:
        """Raises VideoRefusedError's kinds."""
        if not self.size:
            refuse_at_the_door(chunk[:4096])
        self.size += len(chunk)
        if self.size > settings.UPLOAD_MAX_BYTES:
            raise TooBigError
        self._hash.update(chunk)
        self._handle.write(chunk)

    def finished(self, *, name: str, content_type: str = "") -> QuarantinedFile:
        """Raises EmptyFileError."""
        if not self.size:
            self.abandon()
            raise EmptyFileError
        self._handle.flush()
        os.fsync(self._handle.fileno())
        self._handle.close()
        return QuarantinedFile(
            self.path, name=name, size=self.size, sha256=self._hash.hexdigest(), content_type=content_type
        )

    def abandon(self) -> None:
        self._handle.close()
        self.path.unlink(missing_ok=True)

    # Django closes the `file` of a handler when the line is cut or a part makes no sense.
    close = abandon


class QuarantineUploadHandler(FileUploadHandler):
    """Django's side of `Intake`; `refusal` says why there is no file."""

    refusal: VideoRefusedError | None = None
    _intake: Intake | None = None

    def new_file(self, *args: Any, **kwargs: Any) -> None:  # as Django's
        super().new_file(*args, **kwargs)
        self.chunk_size = CHUNK_BYTES
        self._intake = self.file = Intake()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:  # noqa: ARG002  # the signature is Django's
        if self._intake is None:
            return
        try:
            self._intake.write(raw_data)
        except VideoRefusedError as refusal:
            self._refuse(refusal)
            raise SkipFile from refusal

    def file_complete(self, file_size: int) -> QuarantinedFile | None:  # type: ignore[override]  # noqa: ARG002
        if self._intake is None:
            return None
        intake, self._intake = self._intake, None
        try:
            return intake.finished(name=self.file_name or "", content_type=self.content_type or "")
        except EmptyFileError as refusal:
            self.refusal = refusal
            return None

    def upload_interrupted(self) -> None:
        """The line was cut: what came is of no use."""
        if self._intake:
            self._intake.abandon()
            self._intake = None

    def _refuse(self, refusal: VideoRefusedError) -> None:
        self.refusal = refusal
        self.upload_interrupted()


def quarantined(file: "File[bytes]") -> QuarantinedFile:
    """Any file of ours (a test's, the demo network's), copied into quarantine. Raises VideoRefusedError's kinds."""
    if isinstance(file, QuarantinedFile):
        return file
    intake = Intake()
    try:
        for chunk in file.chunks(CHUNK_BYTES):
            intake.write(chunk)
    except BaseException:
        intake.abandon()
        raise
    return intake.finished(name=Path(file.name or "").name)
