"""Storages without a public address, of files and of whole folders. Settings choose between a disk and a bucket."""

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import FileSystemStorage, storages

WORK = ".work-"  # how the names of folders begin that are not whole yet
PIECE_BYTES = 64 * 1024


class AwayError(OSError):
    """The service that keeps the files does not answer, or says no for a reason of its own: worth another attempt."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder by its own name, and when something was last put into it, in seconds since 1970."""

    name: str
    changed_at: float


@dataclass(frozen=True, slots=True)
class Stored:
    """A file's length, and when it was put there, in seconds since 1970."""

    bytes: int
    changed_at: float


class Shelf(Protocol):
    """A storage of whole folders. Names are paths with slashes, relative to the storage.

    Anything here may raise AwayError.
    """

    def workplace(self, name: str) -> AbstractContextManager[Path]:
        """An empty folder on a disk, where what becomes a folder below `name` is made; gone afterwards."""

    def put_folder(self, made: Path, name: str) -> None:
        """Give a workplace's files their lasting name: once this returns they are whole, and stay so in a power cut."""

    def put_file(self, file: Path, name: str) -> None:
        """Take a file from the disk; it is there no longer."""

    def delete(self, name: str) -> None:
        """One file; nothing happens where there is none."""

    def stored(self, name: str) -> Stored:
        """Raises FileNotFoundError."""

    def read(self, name: str, *, first: int = 0, last: int | None = None) -> Iterator[bytes]:
        """The bytes from `first` to `last`, both included, in pieces; to the end unless told.

        Raises FileNotFoundError, before the first piece.
        """

    def folders_in(self, name: str) -> list[Folder]:
        """Also those that are half there."""

    def copy_folder(self, name: str, *, to: str) -> None: ...

    def delete_folder(self, name: str) -> None:
        """Nothing happens where there is none; whatever else is in the way is raised."""

    def local(self, name: str) -> AbstractContextManager[Path]:
        """The path of the file on a disk, for tools that read nothing else."""

    def address(self, name: str, *, until: float, **headers: str) -> str | None:
        """Where a browser fetches the file by itself, until that moment; None where it has to ask us.

        `headers` are those that the answer is to carry, as S3 calls them (`ResponseContentDisposition`).
        """


def shelf(alias: str) -> Shelf:
    """The storage of this name."""
    found: Shelf = storages[alias]  # type: ignore[assignment]  # settings name one of those below
    return found


class PrivateStorage(FileSystemStorage):
    """Files of a disk, readable by the portal's own code only; asking for an address is a mistake in the code."""

    def url(self, name: str | None) -> str:
        raise SuspiciousFileOperation(f"{name!r} lies in a storage that has no address.")

    @contextmanager
    def workplace(self, name: str) -> Iterator[Path]:
        with workplace_in(Path(self.path(name))) as work:
            yield work

    def put_folder(self, made: Path, name: str) -> None:
        target = Path(self.path(name))
        _sync(made)
        made.rename(target)
        _sync(target.parent, deep=False)

    def put_file(self, file: Path, name: str) -> None:
        target = Path(self.path(name))
        target.parent.mkdir(parents=True, exist_ok=True)
        file.replace(target)

    def stored(self, name: str) -> Stored:
        facts = Path(self.path(name)).stat()
        return Stored(facts.st_size, facts.st_mtime)

    def read(self, name: str, *, first: int = 0, last: int | None = None) -> Iterator[bytes]:
        handle = Path(self.path(name)).open("rb")  # noqa: SIM115  # whoever reads the pieces closes it
        return _pieces(handle, first=first, left=self.stored(name).bytes if last is None else last - first + 1)

    def folders_in(self, name: str) -> list[Folder]:
        return folders_on_disk(Path(self.path(name)))

    def copy_folder(self, name: str, *, to: str) -> None:
        """The bytes are there once, under two names."""
        if Path(self.path(name)).is_dir():
            shutil.copytree(self.path(name), self.path(to), copy_function=os.link)

    def delete_folder(self, name: str) -> None:
        shutil.rmtree(self.path(name), onexc=_unless_missing)

    @contextmanager
    def local(self, name: str) -> Iterator[Path]:
        yield Path(self.path(name))

    def address(self, name: str, *, until: float, **headers: str) -> str | None:  # noqa: ARG002  # as Shelf says
        return None


def _pieces(handle: BinaryIO, *, first: int, left: int) -> Iterator[bytes]:
    with handle:
        handle.seek(first)
        while left > 0 and (piece := handle.read(min(PIECE_BYTES, left))):
            left -= len(piece)
            yield piece


def _unless_missing(_function: object, _path: object, error: BaseException) -> None:
    if not isinstance(error, FileNotFoundError):
        raise error


def folders_on_disk(path: Path) -> list[Folder]:
    return [Folder(found.name, found.stat().st_mtime) for found in path.iterdir()] if path.is_dir() else []


@contextmanager
def workplace_in(beside: Path) -> Iterator[Path]:
    work = beside / f"{WORK}{secrets.token_hex(8)}"
    work.mkdir(parents=True)
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _sync(folder: Path, *, deep: bool = True) -> None:
    """Bring names and bytes to the disk, so that a power cut after the switch leaves a whole version."""
    for path in [*(folder.iterdir() if deep else []), folder]:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
