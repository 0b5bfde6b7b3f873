"""Sends files of the clean storage with byte ranges (RFC 9110), which Django does not do, or says where they are."""

import re
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.core.cache import cache
from django.core.exceptions import SuspiciousOperation
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.utils.http import http_date, parse_http_date_safe, quote_etag

from foundation.kernel.storages import AwayError, shelf
from foundation.video.playlists import with_addresses

HOUR_S = 60 * 60
# Small, and read by scripts: not worth another origin.
SENT_BY_US = {"json", "vtt"}
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
    response = _answer(request, path, storage)
    response["Content-Type"] = content_type or _content_type(path)
    return response


def _answer(request: HttpRequest, path: str, storage: str) -> HttpResponseBase:
    with _or_404():
        stored = shelf(storage).stored(path)
    size, modified = stored.bytes, stored.changed_at
    # The directory is named by content and never changes: its path is the tag.
    etag, http_modified = quote_etag(path.replace("/", "-")), http_date(modified)
    if request.headers.get("If-None-Match") == etag:
        return _with_headers(HttpResponse(status=304), request, path, etag=etag, modified=http_modified)
    try:
        part = _asked(request, size=size, etag=etag, modified=modified)
    except UnsatisfiableError:
        refusal = HttpResponse(status=416)
        refusal["Content-Range"] = f"bytes */{size}"
        return _with_headers(refusal, request, path, etag=etag, modified=http_modified)
    response = StreamingHttpResponse(_body(request, path, storage, part), status=206 if part else 200)
    response["Content-Length"] = str(part.length if part else size)
    if part:
        response["Content-Range"] = f"bytes {part.first}-{part.last}/{size}"
    return _with_headers(response, request, path, etag=etag, modified=http_modified)


def elsewhere(request: HttpRequest, path: str, *, until: float) -> HttpResponseBase | None:
    """Where a bucket holds the file: the way to it, until that moment. None where the file is ours to send.

    A playlist carries the addresses of its media, so that a player asks us once for each quality.
    """
    directory, _slash, file_name = path.rpartition("/")
    ending = file_name.rpartition(".")[2]
    kept_as = {"ResponseContentDisposition": words} if (words := _disposition(request, path)) else {}
    if ending in SENT_BY_US or (address := shelf("clean").address(path, until=until, **kept_as)) is None:
        return None
    if ending != "m3u8":
        response: HttpResponse = HttpResponseRedirect(address)
    else:
        addresses: dict[str, str] = {}

        def address_of(name: str) -> str:
            if name not in addresses:
                addresses[name] = shelf("clean").address(f"{directory}/{name}", until=until) or name
            return addresses[name]

        response = HttpResponse(with_addresses(_text(path), address_of), content_type=CONTENT_TYPES["m3u8"])
    response["Cache-Control"] = f"private, max-age={max(0, min(HOUR_S, int(until - time.time()) // 2))}"
    return response


def _text(path: str) -> str:
    """A playlist never changes, and everybody who plays the film asks for it. Raises Http404."""
    text: str | None = cache.get(key := f"playlist:{path}")
    if text is None:
        with _or_404():
            text = b"".join(shelf("clean").read(path)).decode()
        cache.set(key, text, HOUR_S)
    return text


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
    if words := _disposition(request, path):
        response["Content-Disposition"] = words
    return response


def _disposition(request: HttpRequest, path: str) -> str:
    """Where the address asks for it, the browser is told to keep the file, and under which name; else empty."""
    name = request.GET.get("download", "")
    return f'attachment; filename="{name}.{path.rpartition(".")[2]}"' if _DOWNLOAD.fullmatch(name) else ""


def _content_type(path: str) -> str:
    return CONTENT_TYPES[path.rpartition(".")[2]]


def _body(request: HttpRequest, path: str, storage: str, part: ByteRange | None) -> Iterable[bytes]:
    if request.method != "GET":
        return ()
    with _or_404():
        return shelf(storage).read(path, first=part.first, last=part.last) if part else shelf(storage).read(path)


@contextmanager
def _or_404() -> Iterator[None]:
    """What is not there, or has no name that can be; but who keeps the files may also be away."""
    try:
        yield
    except AwayError:
        raise
    except (OSError, SuspiciousOperation) as error:
        raise Http404 from error
