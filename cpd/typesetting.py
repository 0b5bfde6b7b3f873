"""Sets a certificate: payload → HTML → PDF. The same payload gives the same bytes on every machine.

WeasyPrint itself stands in `press.py`.
"""

import hashlib
import logging
from functools import cache
from pathlib import Path

from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _

from cpd.payload import Payload, printed_activities, printed_dates, texts_of
from cpd.qr import qr_path
from cpd.rules import canonical_json
from foundation.kernel.errors import RefusedError

ROOM = Path(__file__).parent
STYLES = ("regular", "bold", "italic")
FONT_FILES = {f"font:{path.name}": path for path in sorted((ROOM / "fonts").glob("*.ttf"))}
PRODUCER = "Liên Tuyến"


logger = logging.getLogger(__name__)


class TypesettingError(RefusedError):
    message = _("The certificate could not be printed. The portal's operators find the reason in the log.")
    code = "typesetting"


def certificate_html(payload: Payload, *, is_compact: bool = False) -> str:
    """The page of Appendix II with the payload's words; the fixed words belong to the template version."""
    side, path = qr_path(payload["check_url"])
    context = {
        "certificate": payload,
        "activities": printed_activities(payload),
        "qr_side": side,
        "qr_path": path,
        "producer": PRODUCER,
        "is_compact": is_compact,
        **printed_dates(payload),
    }
    return render_to_string("cpd/certificate_official.html", context)


def certificate_pdf(payload: Payload) -> bytes:
    """The certificate as PDF; long names and titles are set closer, so that it stays on one page.

    Raises TypesettingError, and nothing else, when WeasyPrint cannot do it.
    """
    from weasyprint.urls import FatalURLFetchingError

    from cpd.press import press  # WeasyPrint takes its time to load: only workers need it

    try:
        document = press().render(certificate_html(payload))
        if len(document.pages) > 1:
            document = press().render(certificate_html(payload, is_compact=True))
        pdf: bytes = document.write_pdf(pdf_identifier=pdf_identifier(payload))
    except (
        Exception,
        FatalURLFetchingError,
    ) as error:  # whatever goes wrong in there with one certificate must not stop the others
        logger.exception("Certificate %s could not be set", payload["serial"])
        raise TypesettingError from error
    return pdf


def pdf_identifier(payload: Payload) -> bytes:
    """Follows from the content, so that the same payload gives the same file."""
    return hashlib.sha256(canonical_json(payload)).digest()[:16]


def unprintable(payload: Payload) -> set[str]:
    """Characters for which our fonts have no glyph: a certificate with one of them must not be issued."""
    return {character for text in texts_of(payload) for character in text} - _glyphs()


@cache
def _glyphs() -> frozenset[str]:
    """What all three styles can print, and the signs that are borrowed."""
    from fontTools.ttLib import TTFont

    def letters(name: str) -> set[int]:
        return set(TTFont(FONT_FILES[f"font:certificate-{name}.ttf"], lazy=True).getBestCmap())

    codes = set.intersection(*map(letters, STYLES)) | letters("signs")
    return frozenset(map(chr, codes))
