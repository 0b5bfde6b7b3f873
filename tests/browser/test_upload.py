"""An upload over a line that is cut three times, from a browser that is closed, to the end on another device."""

import hashlib
import os
import struct
from pathlib import Path

import pytest
from playwright.sync_api import CDPSession, Locator, Page, Request, expect

from tests.browser.conftest import DESK, PHONE, sign_in
from tests.browser.people import SPECIALIST
from tests.factories.accounts import PASSWORD
from tests.processes import BASE_DIR, PortalStack

CLIP = BASE_DIR / "tests/media/teleconsult.mp4"
TITLE = "Hội chẩn qua đường truyền chập chờn"
LINE_BYTES_S = 1_500_000


@pytest.fixture
def film(tmp_path) -> Path:
    """A film that takes some seconds on the line: our clip, and after it a box that players pass over."""
    padding = os.urandom(9_000_000)
    path = tmp_path / "buoi-hoi-chan.mp4"
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


def test_an_upload_survives_three_cuts_a_closed_browser_and_another_device(staffed_portal, new_page, film, tmp_path):
    sent = Pieces()
    page = new_page(staffed_portal, viewport=DESK)
    sent.watch(page)
    sign_in(page, SPECIALIST, PASSWORD)
    page.goto("/vi/teleconsults/upload/")
    page.locator("[name=title]").fill(TITLE)
    page.locator("[name=held_on]").fill("2026-03-05")
    page.locator("[name=specialty]").select_option(label="Truyền nhiễm")
    page.locator("[name=file]").set_input_files(film)
    line = Line(page)
    page.locator("form[data-upload] button[type=submit]").click()

    for share in (0.15, 0.35):
        wait_for_share(page, share)
        line.cut()
        expect(said(page)).to_contain_text("Đường truyền bị ngắt")
        line.mend()
        expect(said(page)).to_be_empty()

    # The third time the line is there, but nothing comes through.
    page.locator("[data-upload-pause]").click()
    page.route("**/video/uploads/*", lambda route: route.abort())
    page.locator("[data-upload-resume]").click()
    expect(said(page)).to_contain_text("Đường truyền bị ngắt")
    page.unroute("**/video/uploads/*")
    wait_for_share(page, 0.5)
    expect(page.locator("[data-upload-words]")).to_contain_text("MB")
    page.context.close()

    # Another day, another device; the file has another name there.
    copy = tmp_path / "chep-tu-usb.mp4"
    copy.write_bytes(film.read_bytes())
    device = new_page(staffed_portal, viewport=PHONE)
    sent.watch(device)
    sign_in(device, SPECIALIST, PASSWORD)
    device.goto("/vi/teleconsults/upload/")
    unfinished = device.locator("[data-unfinished]", has_text=TITLE)
    again = unfinished.locator("[data-upload-again] input")
    again.set_input_files(CLIP)
    expect(unfinished.locator("[data-unfinished-error]")).to_be_visible()
    again.set_input_files(copy)
    expect(device.locator("[data-upload-title]")).to_have_text(TITLE)
    device.wait_for_url("**/prepare/", timeout=60_000)
    expect(device.locator("h1")).to_have_text(TITLE)

    assert sent.offsets[0] == 0
    assert 0 not in sent.offsets[1:], "It began anew."
    assert sent.offsets[-1] > film.stat().st_size / 4
    assert sha256_kept(staffed_portal, device.url.split("/")[-3]) == hashlib.sha256(film.read_bytes()).hexdigest()


def sha256_kept(portal: PortalStack, recording: str) -> str:
    """Of the file in quarantine, which must be what the row says."""
    [(public_id, noted)] = portal.query(
        "SELECT video.public_id, video.original_sha256 FROM video_video video, teleconsults_recording recording"
        " WHERE recording.public_id = ? AND video.id = recording.video_id",
        recording,
    )
    kept = hashlib.sha256((portal.var / "quarantine/video" / public_id / "source").read_bytes()).hexdigest()
    assert kept == noted
    return kept


def test_who_is_signed_out_meanwhile_signs_in_and_goes_on(staffed_portal, new_page, film):
    page = new_page(staffed_portal, viewport=DESK)
    sign_in(page, SPECIALIST, PASSWORD)
    page.goto("/vi/teleconsults/upload/")
    page.locator("[name=title]").fill("Hết phiên đăng nhập giữa chừng")
    page.locator("[name=held_on]").fill("2026-03-05")
    page.locator("[name=specialty]").select_option(label="Truyền nhiễm")
    page.locator("[name=file]").set_input_files(film)
    Line(page)
    page.locator("form[data-upload] button[type=submit]").click()
    wait_for_share(page, 0.1)
    page.locator("[data-upload-pause]").click()
    page.context.clear_cookies(name="sessionid")
    page.locator("[data-upload-resume]").click()
    expect(said(page)).to_contain_text("đăng xuất")
    other = page.context.new_page()
    sign_in(other, SPECIALIST, PASSWORD)
    page.locator("[data-upload-resume]").click()
    page.wait_for_url("**/prepare/", timeout=60_000)


def test_a_file_that_the_server_refuses_is_said_at_once_and_the_words_stay(staffed_portal, new_page, tmp_path):
    notes = tmp_path / "phim.mp4"
    # An archive: the browser cannot tell, the server can.
    notes.write_bytes(b"PK\x03\x04" + os.urandom(2_000_000))
    page = new_page(staffed_portal, viewport=PHONE)
    sign_in(page, SPECIALIST, PASSWORD)
    page.goto("/vi/teleconsults/upload/")
    page.locator("[name=title]").fill("Không phải phim")
    page.locator("[name=held_on]").fill("2026-03-05")
    page.locator("[name=specialty]").select_option(label="Truyền nhiễm")
    page.locator("[name=file]").set_input_files(notes)
    page.locator("form[data-upload] button[type=submit]").click()
    expect(page.locator("[data-upload-error]")).to_contain_text("MP4, MOV, MKV")
    expect(page.locator("[name=title]")).to_have_value("Không phải phim")
    page.reload()
    expect(page.locator("[data-unfinished]", has_text="Không phải phim")).to_have_count(0)
