"""The storage without a public address as a bucket of a service that speaks S3."""

import mimetypes
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from boto3.exceptions import Boto3Error
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.exceptions import SuspiciousFileOperation
from storages.backends.s3 import S3Storage

from foundation.kernel.storages import PIECE_BYTES, AwayError, Folder, Stored, folders_on_disk, workplace_in

# Names stand for content: what a browser has it may keep.
FACTS = {"CacheControl": "private, max-age=86400, immutable"}
TYPES = mimetypes.MimeTypes()
for _type, _ending in (
    ("application/vnd.apple.mpegurl", ".m3u8"),
    ("video/iso.segment", ".m4s"),
    ("image/webp", ".webp"),
    ("text/vtt", ".vtt"),
):
    TYPES.add_type(_type, _ending)

# A page waits a quarter of a minute at most for a service that does not answer; boto's own patience is five minutes.
PATIENCE = Config(connect_timeout=5, read_timeout=30, retries={"mode": "standard", "total_max_attempts": 3})
MISSING = {"404", "NoSuchKey"}
LONGEST_WORK_S = 12 * 60 * 60  # whoever needed a file for longer was killed
LONGEST_S = 7 * 24 * 60 * 60  # S3 signs addresses for a week at most


@contextmanager
def _reached() -> Iterator[None]:
    """Raises FileNotFoundError or AwayError in place of what boto says."""
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] in MISSING:
            raise FileNotFoundError(str(error)) from error
        raise AwayError(str(error)) from error
    except (BotoCoreError, Boto3Error) as error:
        raise AwayError(str(error)) from error


class PrivateBucket(S3Storage):
    """Files of a bucket that nobody may read but by an address that we signed; what is made lies in `work_dir` first.

    A folder is what the names of files say: one that is put there is seen file by file, and whole for whoever was told
    of it afterwards.
    """

    client_config: Any  # boto has no types

    def __init__(self, *, work_dir: Path, **options: Any) -> None:
        super().__init__(**options)
        self.client_config = self.client_config.merge(PATIENCE)
        self._work_dir = Path(work_dir)

    def url(self, name: str | None, *args: Any, **options: Any) -> str:  # noqa: ARG002  # the signature is Django's
        raise SuspiciousFileOperation(f"{name!r} lies in a storage that has no lasting address.")

    @contextmanager
    def workplace(self, name: str) -> Iterator[Path]:
        with workplace_in(self._work_dir / name) as work:
            yield work

    def put_folder(self, made: Path, name: str) -> None:
        for file in sorted(made.iterdir()):
            self._upload(file, f"{name}/{file.name}")

    def put_file(self, file: Path, name: str) -> None:
        self._upload(file, name)
        file.unlink()

    @_reached()
    def delete(self, name: str) -> None:
        self.bucket.Object(self._key(name)).delete()

    @_reached()
    def stored(self, name: str) -> Stored:
        found = self.bucket.Object(self._key(name))
        return Stored(found.content_length, found.last_modified.timestamp())

    @_reached()
    def read(self, name: str, *, first: int = 0, last: int | None = None) -> Iterator[bytes]:
        """The service sends no other bytes, and a piece at a time is in memory."""
        part = {"Range": f"bytes={first}-{'' if last is None else last}"} if first or last is not None else {}
        return _pieces(self.bucket.Object(self._key(name)).get(**part)["Body"])

    @_reached()
    def folders_in(self, name: str) -> list[Folder]:
        """Also what a worker that was killed left on its disk."""
        latest = {folder.name: folder.changed_at for folder in folders_on_disk(self._work_dir / name)}
        for found in self._files_in(name):
            folder = found.key.removeprefix(self._key(name) + "/").partition("/")[0]
            latest[folder] = max(latest.get(folder, 0.0), found.last_modified.timestamp())
        return [Folder(*facts) for facts in latest.items()]

    @_reached()
    def copy_folder(self, name: str, *, to: str) -> None:
        for found in self._files_in(name):
            target = self._key(to) + found.key.removeprefix(self._key(name))
            self.bucket.copy({"Bucket": self.bucket_name, "Key": found.key}, target)

    @_reached()
    def delete_folder(self, name: str) -> None:
        for answer in self._files_in(name).delete():
            # Each up to a thousand files, of which some may have stayed.
            if stayed := answer.get("Errors"):
                raise AwayError(f"{len(stayed)} files of {name} stayed: {stayed[0].get('Message')}")
        shutil.rmtree(self._work_dir / name, ignore_errors=True)

    @contextmanager
    def local(self, name: str) -> Iterator[Path]:
        for left in folders_on_disk(self._work_dir / name):
            if time.time() - left.changed_at > LONGEST_WORK_S:
                shutil.rmtree(self._work_dir / name / left.name, ignore_errors=True)
        with workplace_in(self._work_dir / name) as work:
            with _reached():
                self.bucket.Object(self._key(name)).download_file(str(work / "file"))
            yield work / "file"

    def address(self, name: str, *, until: float, **headers: str) -> str | None:
        expire = max(1, min(LONGEST_S, int(until - time.time())))
        signed: str = super().url(name, parameters=headers, expire=expire)
        return signed

    def _files_in(self, name: str) -> Any:
        return self.bucket.objects.filter(Prefix=self._key(name) + "/")

    def _key(self, name: str) -> str:
        key: str = self._normalize_name(name)
        return key

    @_reached()
    def _upload(self, file: Path, name: str) -> None:
        facts = FACTS | {"ContentType": TYPES.guess_type(file.name)[0] or "application/octet-stream"}
        self.bucket.Object(self._key(name)).upload_file(str(file), ExtraArgs=facts, Config=self.transfer_config)


def _pieces(body: Any) -> Iterator[bytes]:
    """Closed early, it lets go of the line, which nobody reads to its end."""
    with _reached(), body:
        yield from body.iter_chunks(PIECE_BYTES)
