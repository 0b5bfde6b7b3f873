"""Where the bytes of an upload wait until they are all there: a store that goes on at the byte where it stopped.

The disk is the only one, also where quarantine is a bucket: docs/decisions/0008-films-in-a-bucket.md says why.
"""

import fcntl
import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from foundation.kernel.errors import RefusedError
from foundation.video.uploads import QuarantinedFile


class LockedError(RefusedError):
    message = _("Another window or device is sending this file just now. Close it there, or wait a moment.")
    code = "locked"


class Writer(Protocol):
    """What the one who holds the lock of an upload may do. What was not kept is forgotten on leaving."""

    def begin_at(self, offset: int) -> None:
        """Forget whatever lies beyond, and write from there."""

    def write(self, piece: bytes) -> None: ...

    def head(self, length: int) -> bytes:
        """The first bytes of the file, those just written included."""

    def keep(self) -> None:
        """What was written stays, though the process be killed or the power cut in the next moment."""


class IncomingStore(Protocol):
    """Files that grow, by key; a key that nobody has written to is an empty file."""

    def size(self, key: str) -> int: ...

    def writing(self, key: str) -> AbstractContextManager[Writer]:
        """Raises LockedError while another process or thread writes the same key."""

    def whole(self, key: str, *, name: str) -> QuarantinedFile:
        """The file as the rest of the room takes it, hashed now; the key stays until it is deleted."""

    def delete(self, key: str) -> None:
        """Raises LockedError while somebody writes; a key that is not there is deleted already."""


class DiskStore:
    """Files in quarantine, each locked by `flock`: the lock of a process that dies is free at once."""

    def size(self, key: str) -> int:
        try:
            return self._path(key).stat().st_size
        except FileNotFoundError:
            return 0

    @contextmanager
    def writing(self, key: str) -> Iterator["_DiskWriter"]:
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as handle:
            _lock(handle)
            writer = _DiskWriter(handle)
            try:
                yield writer
            finally:
                writer.forget_unkept()

    def whole(self, key: str, *, name: str) -> QuarantinedFile:
        path = self._path(key)
        # A second name for the same bytes: should what follows be undone, the first still holds them.
        taken = path.with_name(secrets.token_hex(16))
        taken.hardlink_to(path)
        try:
            with taken.open("rb") as handle:
                digest = hashlib.file_digest(handle, "sha256").hexdigest()
        except BaseException:
            taken.unlink()
            raise
        return QuarantinedFile(taken, name=name, size=taken.stat().st_size, sha256=digest)

    def delete(self, key: str) -> None:
        path = self._path(key)
        try:
            handle = path.open("rb")
        except FileNotFoundError:
            return
        with handle:
            _lock(handle)
            path.unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        return Path(settings.INCOMING_DIR, key)


def _lock(handle: BinaryIO) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise LockedError from error
    if not os.fstat(handle.fileno()).st_nlink:
        # Deleted between being opened and being locked.
        raise LockedError


class _DiskWriter:
    def __init__(self, handle: BinaryIO) -> None:
        self._handle = handle
        self._kept: int | None = None

    def begin_at(self, offset: int) -> None:
        self._kept = offset
        self.forget_unkept()
        self._handle.seek(offset)

    def write(self, piece: bytes) -> None:
        self._handle.write(piece)

    def head(self, length: int) -> bytes:
        self._handle.flush()
        return os.pread(self._handle.fileno(), length, 0)

    def keep(self) -> None:
        self._handle.flush()
        os.fsync(self._handle.fileno())
        self._kept = self._handle.tell()

    def forget_unkept(self) -> None:
        if self._kept is not None:
            self._handle.flush()
            os.truncate(self._handle.fileno(), self._kept)


def incoming() -> IncomingStore:
    """The store of this set-up."""
    return DiskStore()
