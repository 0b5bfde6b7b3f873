"""The protocol tus 1.0 (https://tus.io/protocols/resumable-upload): what its headers ask for, what its answers say."""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

from django.http import HttpResponse
from django.utils.http import http_date
from django.utils.translation import gettext_lazy as _

from foundation.kernel.errors import RefusedError
from foundation.video.incoming import LockedError
from foundation.video.refusals import OverQuotaError, TooBigError

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,expiration,checksum,termination"
ALGORITHMS = ("sha256", "sha1")
BODY_TYPE = "application/offset+octet-stream"
# Ours: the SHA-256 of the whole file in hexadecimal digits, sent with a piece once the browser has worked it out.
WHOLE_HASH = "Upload-Sha256"
METADATA_CHARS = 4096
CHECKSUM_MISMATCH = 460


class MalformedError(RefusedError):
    message = _("This request does not follow the tus protocol.")
    code = "malformed"


class WrongVersionError(RefusedError):
    message = _("Only version 1.0.0 of the tus protocol is spoken here.")
    code = "wrong_version"


class WrongBodyTypeError(RefusedError):
    message = _("The bytes must come as application/offset+octet-stream.")
    code = "wrong_body_type"


class WrongOffsetError(RefusedError):
    message = _("Other bytes are expected here. Ask how much has arrived, and go on from there.")
    code = "wrong_offset"


class ChecksumError(RefusedError):
    message = _("These bytes were changed on their way. Send them again.")
    code = "checksum"


class GoneError(RefusedError):
    message = _("This upload is no longer here: nobody went on with it in time. Choose the file again to begin anew.")
    code = "gone"


class TooMuchError(RefusedError):
    message = _("More bytes came than the file was said to have. Choose the file again to begin anew.")
    code = "too_much"


# What is not listed is a refusal of the file or of the person's wish: 422.
STATUSES: dict[type[RefusedError], int] = {
    MalformedError: HTTPStatus.BAD_REQUEST,
    WrongOffsetError: HTTPStatus.CONFLICT,
    GoneError: HTTPStatus.GONE,
    WrongVersionError: HTTPStatus.PRECONDITION_FAILED,
    TooMuchError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    TooBigError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    OverQuotaError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    WrongBodyTypeError: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    LockedError: HTTPStatus.LOCKED,
    ChecksumError: CHECKSUM_MISMATCH,
}


@dataclass(frozen=True, slots=True)
class Checksum:
    """What the sender says of the bytes of one request."""

    algorithm: str
    digest: bytes

    def hasher(self) -> "hashlib._Hash":
        return hashlib.new(self.algorithm, usedforsecurity=False)


@dataclass(frozen=True, slots=True)
class Piece:
    """One request with bytes: where they begin, how many there should be, and what is said of them."""

    at: int
    length: int
    checksum: Checksum | None = None
    whole_sha256: str = ""


@dataclass(frozen=True, slots=True)
class Wish:
    """A request for a new upload; `piece` holds what came with it."""

    length: int
    name: str
    fingerprint: str
    piece: Piece | None


def check_version(headers: Mapping[str, str]) -> None:
    """Raises WrongVersionError."""
    if headers.get("Tus-Resumable") != VERSION:
        raise WrongVersionError


def wish_in(headers: Mapping[str, str]) -> Wish:
    """Raises MalformedError, also for a length that is not told at once; WrongBodyTypeError."""
    facts = _metadata(headers.get("Upload-Metadata", ""))
    has_bytes = _number(headers.get("Content-Length") or "0") > 0
    return Wish(
        length=_number(headers.get("Upload-Length", "")),
        name=facts.get("filename") or facts.get("name") or "",
        fingerprint=facts.get("fingerprint", ""),
        piece=_piece(headers, at=0) if has_bytes else None,
    )


def piece_in(headers: Mapping[str, str]) -> Piece:
    """Raises MalformedError, WrongBodyTypeError."""
    return _piece(headers, at=_number(headers.get("Upload-Offset", "")))


def _piece(headers: Mapping[str, str], *, at: int) -> Piece:
    if headers.get("Content-Type", "").partition(";")[0].strip() != BODY_TYPE:
        raise WrongBodyTypeError
    return Piece(
        at=at,
        length=_number(headers.get("Content-Length") or "0"),
        checksum=_checksum(headers["Upload-Checksum"]) if "Upload-Checksum" in headers else None,
        whole_sha256=_sha256(headers.get(WHOLE_HASH, "")),
    )


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or len(text) > 18:
        raise MalformedError
    return int(text)


def _checksum(text: str) -> Checksum:
    algorithm, _space, digest = text.partition(" ")
    if algorithm not in ALGORITHMS:
        raise MalformedError
    return Checksum(algorithm, _decoded(digest))


def _sha256(text: str) -> str:
    if text and (len(text) != 64 or set(text) - set("0123456789abcdef")):
        raise MalformedError
    return text


def _metadata(text: str) -> dict[str, str]:
    """`filename aGk=,flag`: pairs of a name and its value in base64; a name alone has an empty value."""
    if len(text) > METADATA_CHARS:
        raise MalformedError
    facts = {}
    for pair in filter(None, (part.strip() for part in text.split(","))):
        name, _space, value = pair.partition(" ")
        facts[name] = _decoded(value).decode("utf-8", "replace")
    return facts


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise MalformedError from error


def answer(
    status: int,
    *,
    offset: int | None = None,
    length: int | None = None,
    expires: datetime | None = None,
    text: object = "",
) -> HttpResponse:
    """An answer of the protocol; `text` is for people."""
    response = HttpResponse(str(text), status=status, content_type="text/plain; charset=utf-8")
    response.headers["Tus-Resumable"] = VERSION
    response.headers["Cache-Control"] = "no-store"
    if offset is not None:
        response.headers["Upload-Offset"] = str(offset)
    if length is not None:
        response.headers["Upload-Length"] = str(length)
    if expires is not None:
        response.headers["Upload-Expires"] = http_date(expires.timestamp())
    return response


def refused(refusal: RefusedError) -> HttpResponse:
    """The status that the protocol has for it, and the sentence."""
    response = answer(STATUSES.get(type(refusal), HTTPStatus.UNPROCESSABLE_ENTITY), text=refusal)
    if isinstance(refusal, WrongVersionError):
        response.headers["Tus-Version"] = VERSION
    return response


def abilities(*, max_bytes: int) -> HttpResponse:
    """What OPTIONS asks for."""
    response = answer(HTTPStatus.NO_CONTENT)
    response.headers["Tus-Version"] = VERSION
    response.headers["Tus-Extension"] = EXTENSIONS
    response.headers["Tus-Checksum-Algorithm"] = ",".join(ALGORITHMS)
    response.headers["Tus-Max-Size"] = str(max_bytes)
    return response
