"""The first view of a page: light, still, accessible, ours alone, readable without script and on a narrow phone."""

import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page

from portal.demo.content import NAMESPACE
from tests.browser.conftest import DESK, PHONE, NewPage
from tests.processes import PortalStack

BUDGET_BYTES = 100_000
COURSE = "/vi/courses/sot-xuat-huyet-dengue-dau-hieu-canh-bao/"
RECORDING = uuid.uuid5(NAMESPACE, "dengue-ngay-thu-nam").hex[:24]
WATCH = f"/vi/teleconsults/{RECORDING}/"

# Who opens what; words in braces are keys of what `SEED` prints.
PAGES = {
    "": [
        "/vi/",
        "/en/",
        "/vi/courses/",
        COURSE,
        "/vi/account/login/",
        "/vi/account/signup/",
        "/vi/account/password/reset/",
        "/vi/account/new-confirmation/",
        "/vi/account/data-use/",
        "/vi/check/",
        "/vi/check/{valid}/",
        "/en/check/{valid}/",
        "/vi/check/{revoked}/",
        "/vi/check/khong-co-giay-nay/",
        "/vi/khong-co-trang-nay/",
    ],
    "doctor": [
        "/vi/home/",
        "/vi/learn/",
        f"{COURSE}ba-giai-doan-va-phan-loai/",
        f"{COURSE}xem-hoi-chan/",
        f"{COURSE}kiem-tra/",
        WATCH,
        "/vi/teleconsults/",
        "/vi/cpd/",
        "/vi/cpd/certificates/{valid}/",
        "/vi/inbox/",
        "/vi/account/",
        "/vi/account/standing/",
        "/vi/account/profile/",
        "/vi/account/data/",
        "/vi/account/data/erase/",
        "/vi/account/email/",
        "/vi/account/password/change/",
        "/vi/account/2fa/",
    ],
    "specialist": [
        "/vi/teleconsults/mine/",
        "/vi/teleconsults/upload/",
        f"{WATCH}prepare/",
        f"{WATCH}captions/",
        f"{WATCH}chapters/",
        f"{WATCH}consent/",
    ],
    "coordinator": ["/vi/desk/people/", "/vi/desk/people/{waiting}/"],
    "cpd": ["/vi/home/", "/vi/cpd/desk/", "/vi/cpd/desk/batches/", "/vi/cpd/desk/activities/"],
}
FOUND_NOTHING = {"/vi/check/khong-co-giay-nay/", "/vi/khong-co-trang-nay/"}
EVERY_PAGE = [pytest.param(key, path, id=key + path) for key, paths in PAGES.items() for path in paths]

# A session for each person, so that not every test signs in anew; staff with the second factor that their role needs.
SEED = f"""
import json
from allauth.mfa.totp.internal import auth as totp
from django.test import Client
from cpd.models import Certificate
from foundation.accounts.models import Practitioner, User

seed = {{"sessions": {{}}}}
for key in {[key for key in PAGES if key]}:
    user = User.objects.get(email=f"{{key}}@lientuyen.example")
    if user.holds_staff_role:
        totp.TOTP.activate(user, totp.generate_totp_secret())
    client = Client()
    client.force_login(user)
    seed["sessions"][key] = client.cookies["sessionid"].value
certificates = Certificate.objects.order_by("pk")
own = certificates.filter(entry__practitioner__user__email="doctor@lientuyen.example", revoked_at=None)
waiting = Practitioner.objects.filter(
    verification=Practitioner.Verification.PENDING, facility__coordinators__email="coordinator@lientuyen.example"
)
seed["valid"], seed["waiting"] = own.first().public_id, waiting.first().pk
seed["revoked"] = certificates.exclude(revoked_at=None).first().public_id
print(json.dumps(seed))
"""

LAYOUT_SHIFT = """
window.layoutShift = 0;
new PerformanceObserver(list => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.layoutShift += entry.value;
}).observe({type: "layout-shift", buffered: true});
"""


class Traffic:
    """What a page asked for, and what it weighed on the wire; films and their pictures stand outside the budget."""

    def __init__(self, page: Page) -> None:
        self.begin_anew()
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.send("Network.setCacheDisabled", {"cacheDisabled": True})
        session.on("Network.responseReceived", self._answered)
        session.on("Network.loadingFinished", self._finished)
        page.on("request", lambda request: self.urls.append(request.url))

    def begin_anew(self) -> None:
        self.wire_bytes, self.urls, self._media = 0, list[str](), set[str]()

    def _answered(self, event: dict) -> None:
        # How many pictures of a list a browser loads ahead depends on how quick it finds the line.
        if urlsplit(event["response"]["url"]).path.startswith("/v/"):
            self._media.add(event["requestId"])

    def _finished(self, event: dict) -> None:
        if event["requestId"] not in self._media:
            self.wire_bytes += int(event["encodedDataLength"])


@dataclass(frozen=True)
class View:
    """What one visit showed: on a phone in light colours, at 320 px, on a desk in dark ones, and without script."""

    status: int
    wire_bytes: int
    hosts: set[str]
    layout_shift: float
    violations: str
    width_px: int
    heading: bool
    words: int


type Look = Callable[[str, str], View]


@pytest.fixture(scope="module")
def seed(demo_portal: PortalStack) -> dict:
    return json.loads(demo_portal.python(SEED).splitlines()[-1])


class Visitor:
    """Two tabs of one person, the second without script; opening new ones takes longer than looking at a page."""

    def __init__(self, scripted: BrowserContext, plain: BrowserContext) -> None:
        self.page, self.plain = scripted.new_page(), plain.new_page()
        self.page.add_init_script(LAYOUT_SHIFT)
        self.traffic = Traffic(self.page)

    def visit(self, address: str) -> View:
        page, plain = self.page, self.plain
        page.goto("about:blank")  # the page before may still have something to say
        page.set_viewport_size(PHONE)
        page.emulate_media(color_scheme="light", reduced_motion="no-preference")
        self.traffic.begin_anew()
        response = page.goto(address, wait_until="networkidle")
        assert response
        assert page.url == address
        wire_bytes, layout_shift = self.traffic.wire_bytes, page.evaluate("window.layoutShift")
        page.emulate_media(reduced_motion="reduce")
        violations = complaints_of_axe(page)
        page.set_viewport_size({"width": 320, "height": 640})
        width_px = page.evaluate("document.documentElement.scrollWidth")
        page.set_viewport_size(DESK)
        page.emulate_media(color_scheme="dark")
        violations += complaints_of_axe(page)
        plain.goto(address)
        return View(
            status=response.status,
            wire_bytes=wire_bytes,
            hosts={urlsplit(url).netloc for url in self.traffic.urls if not url.startswith("data:")},
            layout_shift=layout_shift,
            violations="\n".join(violations),
            width_px=width_px,
            heading=plain.locator("h1").first.is_visible(),
            words=len(plain.locator("main").inner_text().split()),
        )


@pytest.fixture(scope="module")
def look(demo_portal: PortalStack, chromium: Browser, seed: dict) -> Iterator[Look]:
    """(person, path) -> what the page is like; each is visited once."""
    contexts: list[BrowserContext] = []
    visitors: dict[str, Visitor] = {}
    views: dict[tuple[str, str], View] = {}

    def context_of(key: str, *, has_script: bool) -> BrowserContext:
        options = {"locale": "vi-VN", "viewport": PHONE}
        context = chromium.new_context(java_script_enabled=has_script, bypass_csp=has_script, **options)
        context.add_cookies(cookies_of(key, seed, demo_portal))
        contexts.append(context)
        return context

    def view(key: str, path: str) -> View:
        if key not in visitors:
            visitors[key] = Visitor(context_of(key, has_script=True), context_of(key, has_script=False))
        if (key, path) not in views:
            views[key, path] = visitors[key].visit(demo_portal.base_url + path.format(**seed))
        return views[key, path]

    yield view
    for context in contexts:
        context.close()


def cookies_of(key: str, seed: dict, portal: PortalStack) -> list:
    """The session of a person; none for a stranger."""
    return [{"name": "sessionid", "value": seed["sessions"][key], "url": portal.base_url}] if key else []


def complaints_of_axe(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {node['html'][:200]}" for each in found for node in each["nodes"][:3]]


@pytest.mark.parametrize(("key", "path"), EVERY_PAGE)
def test_a_first_view_is_light_still_and_ours_alone(key, path, look, demo_portal):
    view = look(key, path)
    assert view.status == (404 if path in FOUND_NOTHING else 200)
    assert view.wire_bytes <= BUDGET_BYTES
    assert view.hosts == {urlsplit(demo_portal.base_url).netloc}
    assert view.layout_shift <= 0.05


@pytest.mark.parametrize(("key", "path"), EVERY_PAGE)
def test_axe_finds_nothing_in_light_and_dark(key, path, look):
    assert not look(key, path).violations


@pytest.mark.parametrize(("key", "path"), EVERY_PAGE)
def test_no_page_scrolls_sideways_on_a_narrow_phone(key, path, look):
    assert look(key, path).width_px <= 320


@pytest.mark.parametrize(("key", "path"), EVERY_PAGE)
def test_a_page_can_be_read_without_script(key, path, look):
    view = look(key, path)
    assert view.heading
    assert view.words >= 15


@pytest.fixture
def open_as(demo_portal: PortalStack, new_page: NewPage, seed: dict):
    """(person, …) -> a page of a browser of that person's."""

    def open_page(key: str = "", **options) -> Page:
        page = new_page(demo_portal, **options)
        page.context.add_cookies(cookies_of(key, seed, demo_portal))
        return page

    return open_page


def test_a_question_of_the_quiz_keeps_within_the_budget_and_axe_finds_nothing(open_as):
    page = open_as("doctor", bypass_csp=True)
    page.goto(f"{COURSE}kiem-tra/")
    page.locator("main form button").first.click()
    page.wait_for_url("**/learn/attempts/**")
    traffic = Traffic(page)
    page.reload(wait_until="networkidle")
    assert page.locator("main input[type=radio], main input[type=checkbox]").count() >= 2
    assert traffic.wire_bytes <= BUDGET_BYTES
    assert not Axe().run(page).response["violations"]


def test_the_players_library_loads_when_play_is_pressed_and_not_before(open_as):
    page = open_as("doctor", bypass_csp=True)  # wait_for_function evaluates a string
    traffic = Traffic(page)
    page.goto(WATCH, wait_until="networkidle")
    assert not [url for url in traffic.urls if "/vendor/hls/" in url]
    page.locator("[data-player] button").first.click()
    page.wait_for_function("document.querySelector('video').currentTime > 0.5", timeout=30_000)
    assert [url for url in traffic.urls if "/vendor/hls/" in url]


def test_saving_data_saves_the_fonts(open_as):
    page = open_as(extra_http_headers={"Save-Data": "on"})
    traffic = Traffic(page)
    page.goto("/vi/", wait_until="networkidle")
    assert not [url for url in traffic.urls if Path(url).suffix == ".woff2"]
