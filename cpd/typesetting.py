"""Sets a certificate: payload → HTML → PDF. The same payload gives the same bytes on every machine.

WeasyPrint sees three font files and nothing else: no network, no other file, no font of the system. Parsing the style
sheet and reading the fonts happen once per process.
"""

import hashlib
from functools import cache
from pathlib import Path
from threading import Lock

from django.template.loader import render_to_string
from fontTools.ttLib import TTFont
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from cpd.payload import Payload, printed_activities, printed_dates, texts_of
from cpd.qr import qr_path
from cpd.rules import canonical_json

ROOM = Path(__file__).parent
FONT_FILES = {
    f"font:{path.name}": path for style in ("regular", "bold", "italic") if (path := ROOM / "fonts" / f"certificate-{style}.ttf")
}
STYLE_SHEET = ROOM / "data" / "certificate.css"
PRODUCER = "Liên Tuyến"


class OurFontsOnly(URLFetcher):  # type: ignore[misc]  # WeasyPrint has no types
    """Hands out our three fonts by name; anything else stops the rendering."""

    def fetch(self, url: str, headers: object = None) -> URLFetcherResponse:
        """Raises FatalURLFetchingError for every address but `font:certificate-….ttf`."""
        if url not in FONT_FILES:
            raise FatalURLFetchingError(f"A certificate asked for {url!r}")
        return URLFetcherResponse(url, FONT_FILES[url].read_bytes(), {"Content-Type": "font/ttf"})


class Press:
    """One process's warm WeasyPrint; not safe for two threads at once, hence the lock."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.fetcher = OurFontsOnly()
        self.fonts = FontConfiguration()
        self.style = CSS(
            string=STYLE_SHEET.read_text(encoding="utf-8"), font_config=self.fonts, url_fetcher=self.fetcher
        )

    def pdf(self, html: str, *, identifier: bytes) -> bytes:
        """Set `html` with the certificate's style; `identifier` stands in the file and decides nothing else."""
        with self.lock:
            page = HTML(string=html, url_fetcher=self.fetcher)
            result: bytes = page.write_pdf(
                stylesheets=[self.style], font_config=self.fonts, pdf_identifier=identifier
            )
        return result


@cache
def press() -> Press:
    """The press of this process, made when the first certificate is set."""
    return Press()


def certificate_html(payload: Payload) -> str:
    """The page of Appendix II with the payload's words; the fixed words belong to the template version."""
    side, path = qr_path(payload["check_url"])
    context = {
        "certificate": payload,
        "activities": printed_activities(payload),
        "qr_side": side,
        "qr_path": path,
        "producer": PRODUCER,
        **printed_dates(payload),
    }
    return render_to_string("cpd/certificate_official.html", context)


def certificate_pdf(payload: Payload) -> bytes:
    """The certificate as PDF."""
    return press().pdf(certificate_html(payload), identifier=pdf_identifier(payload))


def pdf_identifier(payload: Payload) -> bytes:
    """Follows from the content, so that the same payload gives the same file."""
    return hashlib.sha256(canonical_json(payload)).digest()[:16]


def unprintable(payload: Payload) -> set[str]:
    """Characters for which our fonts have no glyph: a certificate with one of them must not be issued."""
    return {character for text in texts_of(payload) for character in text} - _glyphs()


@cache
def _glyphs() -> frozenset[str]:
    """What all three styles can print."""
    styles = [set(TTFont(path, lazy=True).getBestCmap()) for path in FONT_FILES.values()]
    return frozenset(chr(code) for code in set.intersection(*styles))
