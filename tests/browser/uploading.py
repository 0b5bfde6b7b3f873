"""Uploading as a clerk of a hub does, over a line that the test slows down and cuts."""

import os
import struct
from pathlib import Path

from playwright.sync_api import CDPSession, Locator, Page, Request

from tests.processes import BASE_DIR

CLIP = BASE_DIR / "tests/media/teleconsult.mp4"
LINE_BYTES_S = 1_500_000


def heavy_film(path: Path) -> Path:
    """A film that takes some seconds on the line: our clip, and after it a box that players pass over."""
    padding = os.urandom(9_000_000)
    path.write_bytes(CLIP.read_bytes() + struct.pack(">I4s", len(padding) + 8, b"free") + padding)
    return path


class Line:
    """The line of one page: slow, and cut or mended at will."""

    def __init__(self, page: Page) -> None:
        self.session: CDPSession = page.context.new_cdp_session(page)
        self.mend()

    def mend(self) -> None:
        self._be(offline=False)

    def cut(self) -> None:
        self._be(offline=True)

    def _be(self, *, offline: bool) -> None:
        conditions = {"offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": LINE_BYTES_S}
        self.session.send("Network.emulateNetworkConditions", conditions)


class Pieces:
    """Where every piece began that a page sent."""

    def __init__(self) -> None:
        self.offsets: list[int] = []

    def watch(self, page: Page) -> None:
        page.on("request", self._note)

    def _note(self, request: Request) -> None:
        if request.method == "PATCH":
            self.offsets.append(int(request.headers["upload-offset"]))


def wait_for_share(page: Page, share: float) -> None:
    bar = "document.querySelector('[data-upload-state] progress')"
    page.wait_for_function(f"share => {bar}.value > share * 1000", arg=share)


def said(page: Page) -> Locator:
    return page.locator("[data-upload-said]")
