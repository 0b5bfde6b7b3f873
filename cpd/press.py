"""WeasyPrint, warm: it sees the font files of this room and nothing else, no network and no other file.

Parsing the style sheet and reading the fonts happen once per process.
"""

from functools import cache
from threading import Lock

from weasyprint import CSS, HTML
from weasyprint.document import Document
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from cpd.typesetting import FONT_FILES, ROOM

STYLE_SHEET = ROOM / "data" / "certificate.css"


class OurFontsOnly(URLFetcher):
    """Hands out our fonts by name; anything else stops the rendering."""

    def fetch(self, url: str, _headers: object = None) -> URLFetcherResponse:
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

    def render(self, html: str) -> Document:
        """The laid out pages of `html` in the certificate's style."""
        with self.lock:
            return HTML(string=html, url_fetcher=self.fetcher).render(stylesheets=[self.style], font_config=self.fonts)


@cache
def press() -> Press:
    """The press of this process, made when the first certificate is set."""
    return Press()
