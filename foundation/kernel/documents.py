"""Looks at the first bytes of an editor's document: what a browser would run must not pass under a harmless name."""

import codecs
import re
from collections.abc import Callable
from typing import IO, TYPE_CHECKING

from foundation.kernel.registry import Registry

if TYPE_CHECKING:
    from foundation.kernel.models import PortalDocument

HEAD_BYTES = 4096
_ZIP = (b"PK\x03\x04",)
# How a file of each kind begins; text has no sign of its own.
_BEGINNINGS = {"pdf": (b"%PDF-",), "docx": _ZIP, "xlsx": _ZIP, "pptx": _ZIP}
_MARKUP = re.compile(
    r"<(!doctype|\?xml|html|head|body|script|svg|iframe|math|img|a|div|style|link|meta|object)\b", re.IGNORECASE
)

# (document, about to be changed) -> nothing; raises RefusedError where somebody relies on it as it was.
document_keepers: "Registry[Callable[[PortalDocument], None]]" = Registry()


def is_what_it_says(file: IO[bytes], *, extension: str) -> bool:
    """Whether the content fits the extension (without a dot, any case); text with markup in its beginning does not."""
    file.seek(0)
    head = file.read(HEAD_BYTES)
    file.seek(0)
    beginnings = _BEGINNINGS.get(extension.lower())
    return head.startswith(beginnings) if beginnings else _is_plain_text(head)


def _is_plain_text(head: bytes) -> bool:
    encoding = "utf-16" if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        # Incremental: the last character may have been cut in two.
        text = codecs.getincrementaldecoder(encoding)().decode(head)
    except UnicodeDecodeError:
        return False
    return "\0" not in text and not _MARKUP.search(text)
