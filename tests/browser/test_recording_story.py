"""From an upload over a line that is cut three times to minutes that count once: a clerk, an officer, a doctor."""

import hashlib
import re
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Page, expect

from tests.browser.conftest import DESK, PHONE, sign_in
from tests.browser.people import OFFICER, SPECIALIST
from tests.browser.uploading import CLIP, Line, Pieces, heavy_film, said, wait_for_share
from tests.browser.watching import drag_to, position_of, press_play, wait_for_second
from tests.factories.accounts import PASSWORD
from tests.processes import PortalStack

TITLE = "Hội chẩn qua đường truyền chập chờn"
QUESTION = "Tuyến huyện làm gì trước?"
DOCTOR = "bac-si-nguon@lientuyen.example"
LENGTH_S, CUT_S = 27.32, 4
# 256 kbit/s, half a second to the server.
POOR_LINE = {"offline": False, "latency": 500, "downloadThroughput": 32_000, "uploadThroughput": 32_000}
MEMBER = f"""
from foundation.accounts.models import Facility
from tests.factories.accounts import PractitionerFactory, UserFactory

doctor = UserFactory(email="{DOCTOR}", full_name="Mẫu Thị Nguồn", language="vi")
PractitionerFactory(user=doctor, facility=Facility.objects.get(slug="mau-son"), verified=True)
"""


def test_a_film_comes_over_a_cut_line_is_redacted_approved_and_its_minutes_count_once(
    staffed_portal, new_page, tmp_path
):
    clerk = upload_over_a_cut_line(staffed_portal, new_page, tmp_path)
    recording = clerk.url.removesuffix("prepare/")
    redact(clerk, recording)
    ask_a_question(clerk, recording)
    say_that_no_patient_is_there(clerk, recording)
    approve(new_page(staffed_portal, viewport=DESK), recording)
    clerk.goto(f"{recording}prepare/")
    clerk.locator("form[action$='/publish/'] button").click()
    expect(clerk.locator("h1")).to_have_text(TITLE)

    staffed_portal.python(MEMBER)
    watch_on_a_poor_line(new_page(staffed_portal, viewport=PHONE), recording)


# --- The clerk of the hub -------------------------------------------------------------------------------------------
def upload_over_a_cut_line(portal: PortalStack, new_page, folder: Path) -> Page:
    """Three cuts, a browser that is closed, another device; returns its page, where the film is being prepared."""
    film = heavy_film(folder / "buoi-hoi-chan.mp4")
    sent = Pieces()
    page = new_page(portal, viewport=DESK)
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
    copy = folder / "chep-tu-usb.mp4"
    copy.write_bytes(film.read_bytes())
    device = new_page(portal, viewport=PHONE)
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
    assert sha256_kept(portal, device.url.split("/")[-3]) == hashlib.sha256(film.read_bytes()).hexdigest()
    return device


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


def redact(page: Page, recording: str) -> None:
    """Cut four seconds, silence two, and cover a name tile; wrong times are asked for again."""
    marks = page.locator("[data-mark]")
    wait_for_page(page, f"{recording}redact/", "[data-marks]")
    mark(page, 0, kind="cut", start="0:06", end="0:02")
    page.locator("button[name=make]").click()
    expect(marks.first).to_contain_text("Thời điểm kết thúc phải sau thời điểm bắt đầu")
    mark(page, 0, kind="cut", start="0:02", end="0:06")
    page.locator("[data-mark-add]").click()
    mark(page, 1, kind="silence", start="0:08", end="0:10")
    page.locator("[data-mark-add]").click()
    mark(page, 2, kind="mask")
    marks.nth(2).locator("[data-mark-draw]").click()
    picture = page.locator("[data-redact] video").bounding_box()
    assert picture
    page.mouse.move(picture["x"] + picture["width"] * 0.7, picture["y"] + picture["height"] * 0.7)
    page.mouse.down()
    page.mouse.move(picture["x"] + picture["width"] * 0.95, picture["y"] + picture["height"] * 0.95, steps=5)
    page.mouse.up()
    assert 60 < float(marks.nth(2).locator("[name$='-x']").input_value()) < 80
    page.locator("button[name=make]").click()
    expect(page.locator(".job-progress")).to_be_visible()
    wait_for_page(page, f"{recording}redact/", ".notice--ok")
    length_s = float(page.locator("[data-redact]").get_attribute("data-duration") or 0)
    assert abs(length_s - (LENGTH_S - CUT_S)) < 0.5


def mark(page: Page, number: int, *, kind: str, **times: str) -> None:
    page.locator(f"[name=marks-{number}-kind]").select_option(kind)
    for name, value in times.items():
        page.locator(f"[name=marks-{number}-{name}]").fill(value)


def wait_for_page(page: Page, address: str, selector: str) -> None:
    """Look again until the worker has done its part."""
    for _second in range(180):
        page.goto(address)
        if page.locator(selector).count():
            return
        page.wait_for_timeout(1000)
    raise AssertionError(page.locator("main").inner_text())


def ask_a_question(page: Page, recording: str) -> None:
    page.goto(f"{recording}decisions/")
    page.locator("[name=at]").fill("0:05")
    page.locator("[name=question]").fill(QUESTION)
    page.locator("[name=option_1]").fill("Truyền dịch rồi hội chẩn")
    page.locator("[name=option_2]").fill("Chuyển ngay")
    page.locator("[name=reasoning]").fill("Ổn định trước khi chuyển.")
    page.locator("[name=preferred]").select_option("1")
    page.locator("[name=is_required]").check()
    page.locator("main form[data-guard] button[type=submit]").click()
    expect(page.locator(".decision__question")).to_have_text(QUESTION)


def say_that_no_patient_is_there(page: Page, recording: str) -> None:
    page.goto(f"{recording}consent/")
    page.locator("[name=answer][value=no_patient]").check()
    page.locator("[name=is_facility_approved]").check()
    page.locator("[name=approver]").fill("PGS.TS. Mẫu Văn Chủ, giám đốc")
    page.locator("[name=approved_on]").fill("2026-03-06")
    page.locator("main form button[type=submit]").click()
    expect(page.locator("form[action$='/publish/']")).to_have_count(0)


# --- The officer ----------------------------------------------------------------------------------------------------
def approve(page: Page, recording: str) -> None:
    sign_in(page, OFFICER, PASSWORD)
    page.goto("/vi/teleconsults/checks/")
    page.locator(f"a[href='{urlsplit(recording).path}check/']").click()
    expect(page.locator("main code")).to_have_text(re.compile("^[0-9a-f]{64}$"))
    expect(page.get_by_text(QUESTION)).to_be_visible()
    page.locator("[name=verdict][value=clear]").check()
    page.locator("form[data-check] button[type=submit]").click()
    page.goto("/vi/teleconsults/checks/")
    expect(page.locator(f"a[href='{urlsplit(recording).path}decisions/check/']")).to_have_count(0)


# --- The doctor at the end of a poor line ---------------------------------------------------------------------------
def watch_on_a_poor_line(page: Page, recording: str) -> None:
    """Slides, then 240p; the film stops to ask; what is seen twice counts once."""
    sign_in(page, DOCTOR, PASSWORD)
    page.goto(recording)
    page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", POOR_LINE)
    quality, video, panel = (
        page.locator("[data-player-quality]"), page.locator("video"), page.locator("[data-decision-panel]")
    )  # fmt: skip
    quality.select_option("slides")
    press_play(page)
    expect(page.locator("[data-player-slides] img")).to_have_js_property("naturalWidth", 960)

    expect(panel).to_be_visible(timeout=30_000)
    assert abs(position_of(page) - 5) < 0.5
    panel.get_by_label("Chuyển ngay").check()
    panel.locator("form button:not([type])").click()
    expect(panel.locator(".notice")).to_contain_text("Ổn định trước khi chuyển.", timeout=20_000)
    panel.locator("[data-decision-go] button").click()
    wait_for_second(page, 8)

    quality.select_option("saver")
    expect(video).to_have_js_property("videoHeight", 240, timeout=60_000)
    wait_for_second(page, 12)
    drag_to(page, share=0.2)
    wait_for_second(page, 8)
    with page.expect_response(lambda answer: "/beat" in answer.url) as answered:
        video.evaluate("video => video.pause()")
    told = answered.value.json()
    assert told["accepted"]
    assert all(earlier[1] < later[0] for earlier, later in pairwise(told["watched_ranges"]))
    assert 9 <= told["seconds_watched"] <= 15
    expect(panel).to_be_hidden()
