"""Looks at the first bytes of an upload, so that a wrong file is refused before it has crossed the line."""

import codecs

import filetype

from foundation.video import refusals

ENOUGH_BYTES = 4096
_PLAYLISTS = (
    b"#EXTM3U",
    b"ffconcat",
    b"<?xml",
    b"<MPD",
    b"v=0\r\n",
    b"v=0\n",
    b"[playlist]",
    b"RTSPtext",
    b"[Reference]",
)
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


def refuse_at_the_door(head: bytes) -> None:
    """Raise the refusal that the first bytes give away; pass what may be a recording: the probe looks closer."""
    if not head:
        raise refusals.EmptyFileError
    if head.lstrip(b"".join(_MARKS) + b" \t\r\n").startswith(_PLAYLISTS):
        raise refusals.PlaylistError
    if is_text(head):
        raise refusals.TextFileError
    kind = filetype.guess(head)
    if kind is not None and kind.mime.partition("/")[0] not in {"video", "audio"}:
        raise refusals.OtherKindError


def is_text(head: bytes) -> bool:
    """True for readable text in UTF-8 or UTF-16; no container of media is."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    try:
        # Incremental: the last character may have been cut in two.
        text = codecs.getincrementaldecoder("utf-8-sig")().decode(head)
    except UnicodeDecodeError:
        return False
    return all(character.isprintable() or character in "\t\r\n\f" for character in text)
