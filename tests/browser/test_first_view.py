"""The first view of a page: light, still, accessible, ours alone, readable without script and on a narrow phone."""

import json
import uuid
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from portal.demo.content import NAMESPACE
from tests.browser.conftest import DESK, PHONE, NewPage, demo_password, sign_in
from tests.processes import PortalStack

BUDGET_BYTES = 100_000
COURSE = "/vi/courses/sot-xuat-huyet-dengue-dau-hieu-canh-bao/"
DOCTOR = "doctor@lientuyen.example"
PUBLIC = ["/vi/", "/en/", "/vi/courses/", COURSE, "/vi/account/login/", "/vi/account/signup/"]
WATCH = f"/vi/teleconsults/{uuid.uuid5(NAMESPACE, 'dengue-ngay-thu-nam').hex[:24]}/"
FOR_MEMBERS = [
    "/vi/home/",
    f"{COURSE}ba-giai-doan-va-phan-loai/",
    f"{COURSE}xem-hoi-chan/",
    f"{COURSE}kiem-tra/",
    WATCH,
    "/vi/teleconsults/",
    "/vi/cpd/",
    "/vi/inbox/",
]

LAYOUT_SHIFT = """
window.layoutShift = 0;
new PerformanceObserver(list => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.layoutShift += entry.value;
}).observe({type: "layout-shift", buffered: true});
"""


class Traffic:
    """What a page asked for, and what it weighed on the wire."""

    def __init__(self, page: Page) -> None:
        self.wire_bytes = 0
        self.urls: list[str] = []
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.send("Network.setCacheDisabled", {"cacheDisabled": True})
        session.on("Network.loadingFinished", self._finished)
        page.on("request", lambda request: self.urls.append(request.url))

    def _finished(self, event: dict[str, float]) -> None:
        self.wire_bytes += int(event["encodedDataLength"])


@pytest.fixture(scope="module")
def doctors_cookies(demo_portal: PortalStack, chromium) -> list[dict[str, object]]:
    """The doctor's session, so that not every test signs in anew."""
    context = chromium.new_context(base_url=demo_portal.base_url)
    sign_in(context.new_page(), DOCTOR, demo_password(demo_portal))
    cookies = context.cookies()
    context.close()
    return cookies


@pytest.fixture
def open_as(demo_portal, new_page: NewPage, doctors_cookies):
    """(path, …) -> a page, as a stranger for public addresses and as the doctor for the others."""

    def open_page(path: str, **options) -> Page:
        page = new_page(demo_portal, **options)
        if path in FOR_MEMBERS:
            page.context.add_cookies(doctors_cookies)
        return page

    return open_page


@pytest.mark.parametrize("path", PUBLIC + FOR_MEMBERS)
def test_a_first_view_is_light_still_and_ours_alone(path, open_as, demo_portal):
    page = open_as(path)
    page.add_init_script(LAYOUT_SHIFT)
    traffic = Traffic(page)
    response = page.goto(path, wait_until="networkidle")
    assert response.status == 200
    assert page.url.endswith(path)
    assert traffic.wire_bytes <= BUDGET_BYTES
    assert {url.split("/")[2] for url in traffic.urls if not url.startswith("data:")} == {demo_portal.base_url[7:]}
    assert page.evaluate("window.layoutShift") <= 0.05


@pytest.mark.parametrize("path", PUBLIC + FOR_MEMBERS)
@pytest.mark.parametrize(("viewport", "scheme"), [(PHONE, "light"), (DESK, "dark")])
def test_axe_finds_nothing(path, viewport, scheme, open_as):
    page = open_as(path, viewport=viewport, color_scheme=scheme, reduced_motion="reduce", bypass_csp=True)
    page.goto(path)
    violations = Axe().run(page).response["violations"]
    assert not violations, json.dumps(
        [{"id": each["id"], "where": [node["html"][:200] for node in each["nodes"][:3]]} for each in violations],
        indent=1,
    )


@pytest.mark.parametrize("path", PUBLIC + FOR_MEMBERS)
def test_no_page_scrolls_sideways_on_a_narrow_phone(path, open_as):
    page = open_as(path, viewport={"width": 320, "height": 640})
    page.goto(path)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.parametrize("path", PUBLIC + FOR_MEMBERS)
def test_a_page_can_be_read_without_script(path, open_as):
    page = open_as(path, java_script_enabled=False)
    page.goto(path)
    assert page.locator("h1").first.is_visible()
    assert len(page.locator("main").inner_text()) > 80


def test_a_question_of_the_quiz_keeps_within_the_budget_and_axe_finds_nothing(open_as):
    page = open_as(f"{COURSE}kiem-tra/", bypass_csp=True)
    page.goto(f"{COURSE}kiem-tra/")
    page.locator("main form button").first.click()
    page.wait_for_url("**/learn/attempts/**")
    traffic = Traffic(page)
    page.reload(wait_until="networkidle")
    assert page.locator("main input[type=radio], main input[type=checkbox]").count() >= 2
    assert traffic.wire_bytes <= BUDGET_BYTES
    assert not Axe().run(page).response["violations"]


def test_the_players_library_loads_when_play_is_pressed_and_not_before(open_as):
    page = open_as(WATCH, bypass_csp=True)  # wait_for_function evaluates a string
    traffic = Traffic(page)
    page.goto(WATCH, wait_until="networkidle")
    assert not [url for url in traffic.urls if "/vendor/hls/" in url]
    page.locator("[data-player] button").first.click()
    page.wait_for_function("document.querySelector('video').currentTime > 0.5", timeout=30_000)
    assert [url for url in traffic.urls if "/vendor/hls/" in url]


def test_saving_data_saves_the_fonts(open_as):
    page = open_as("/vi/", extra_http_headers={"Save-Data": "on"})
    traffic = Traffic(page)
    page.goto("/vi/", wait_until="networkidle")
    assert not [url for url in traffic.urls if Path(url).suffix == ".woff2"]
