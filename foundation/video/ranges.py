"""Sends files of the clean storage with byte ranges (RFC 9110), which Django does not do."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import Storage, storages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import http_date, parse_http_date_safe, quote_etag

CHUNK_BYTES = 64 * 1024
# What the pipeline writes; anything else is not there, and nothing is ever served as a page.
CONTENT_TYPES = {
    "m3u8": "application/vnd.apple.mpegurl",
    "m4s": "video/iso.segment",
    "mp4": "video/mp4",
    "webp": "image/webp",
    "jpg": "image/jpeg",
    "vtt": "text/vtt; charset=utf-8",
    "json": "application/json",
}
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}\.(?P<ending>[a-z0-9]{2,4})")
# The name under which a browser is to keep a file, asked for in the address: nothing that a header or a disk minds.
_DOWNLOAD = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")
_RANGE = re.compile(r"bytes=(?P<first>\d{0,18})-(?P<last>\d{0,18})")


class UnsatisfiableError(ValueError):
    """No byte of the file lies in the range."""


@dataclass(frozen=True, slots=True)
class ByteRange:
    """Bytes `first` to `last`, both included."""

    first: int
    last: int

    @property
    def length(self) -> int:
        return self.last - self.first + 1


def range_of(header: str, *, size: int) -> ByteRange | None:
    """The range asked for, cut to the file; None where the header is to be ignored (other unit, several, nonsense).

    Raises UnsatisfiableError.
    """
    match = _RANGE.fullmatch(header.strip())
    if match is None or (not match["first"] and not match["last"]):
        return None
    if not match["first"]:
        first, last = max(0, size - int(match["last"])), size - 1
        if int(match["last"]) == 0:
            raise UnsatisfiableError
    else:
        first, last = int(match["first"]), min(int(match["last"] or size), size - 1)
        if match["last"] and int(match["last"]) < first:
            return None
    if first >= size:
        raise UnsatisfiableError
    return ByteRange(first, last)


def is_servable(file_name: str) -> bool:
    """One of the kinds of files that the pipeline makes, without a path."""
    match = _NAME.fullmatch(file_name)
    return match is not None and match["ending"] in CONTENT_TYPES


def answer(request: HttpRequest, path: str, *, storage: str = "clean", content_type: str = "") -> HttpResponseBase:
    """The file at `path` of the storage: 200, 206, 304 or 416. Raises Http404. Its name tells its kind, or you do."""
    response = _answer(request, path, storages[storage])
    response["Content-Type"] = content_type or _content_type(path)
    return response


def _answer(request: HttpRequest, path: str, storage: Storage) -> HttpResponseBase:
    try:
        handle: BinaryIO = storage.open(path)  # type: ignore[assignment]  # a File reads like one
        modified = storage.get_modified_time(path).timestamp()
        size = storage.size(path)
    except (OSError, SuspiciousFileOperation) as error:
        raise Http404 from error
    # The directory is named by content and never changes: its path is the tag.
    etag, http_modified = quote_etag(path.replace("/", "-")), http_date(modified)
    if request.headers.get("If-None-Match") == etag:
        handle.close()
        return _with_headers(HttpResponse(status=304), request, path, etag=etag, modified=http_modified)
    try:
        part = _asked(request, size=size, etag=etag, modified=modified)
    except UnsatisfiableError:
        handle.close()
        refusal = HttpResponse(status=416)
        refusal["Content-Range"] = f"bytes */{size}"
        return _with_headers(refusal, request, path, etag=etag, modified=http_modified)
    whole = ByteRange(0, size - 1)
    body = _body(handle, part or whole) if request.method == "GET" else _nothing(handle)
    response = StreamingHttpResponse(body, status=206 if part else 200)
    response["Content-Length"] = str((part or whole).length)
    if part:
        response["Content-Range"] = f"bytes {part.first}-{part.last}/{size}"
    return _with_headers(response, request, path, etag=etag, modified=http_modified)


def handed_to_nginx(request: HttpRequest, path: str) -> HttpResponse:
    """Nothing but the order to nginx to send the file; it does ranges itself."""
    response = HttpResponse()
    response["X-Accel-Redirect"] = f"/protected/{path}"
    response["Content-Type"] = _content_type(path)
    response["Cache-Control"] = "private, max-age=86400, immutable"
    return _kept_as(response, request, path)


def _asked(request: HttpRequest, *, size: int, etag: str, modified: float) -> ByteRange | None:
    header = request.headers.get("Range", "")
    condition = request.headers.get("If-Range", "")
    if not header or (condition and condition != etag and parse_http_date_safe(condition) != int(modified)):
        return None
    return range_of(header, size=size)


def _with_headers[R: HttpResponseBase](response: R, request: HttpRequest, path: str, *, etag: str, modified: str) -> R:
    response["Accept-Ranges"] = "bytes"
    response["ETag"] = etag
    response["Last-Modified"] = modified
    response["Cache-Control"] = "private, max-age=86400, immutable"
    # The bytes are compressed already, and a compressed answer would have no length.
    response["Content-Encoding"] = "identity"
    return _kept_as(response, request, path)


def _kept_as[R: HttpResponseBase](response: R, request: HttpRequest, path: str) -> R:
    """Where the address asks for it, the browser is told to keep the file, and under which name."""
    name = request.GET.get("download", "")
    if _DOWNLOAD.fullmatch(name):
        response["Content-Disposition"] = f'attachment; filename="{name}.{path.rpartition(".")[2]}"'
    return response


def _content_type(path: str) -> str:
    return CONTENT_TYPES[path.rpartition(".")[2]]


def _body(handle: BinaryIO, part: ByteRange) -> Iterator[bytes]:
    with handle:
        handle.seek(part.first)
        left = part.length
        while left > 0 and (chunk := handle.read(min(CHUNK_BYTES, left))):
            left -= len(chunk)
            yield chunk


def _nothing(handle: BinaryIO) -> Iterator[bytes]:
    handle.close()
    yield b""
