"""Chromium, and a portal with the demo network that all pages of this folder share."""

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.people import STAFF
from tests.environment import group_of
from tests.processes import PortalStack, copy_test_database

PHONE = {"width": 360, "height": 740}
DESK = {"width": 1280, "height": 860}
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--autoplay-policy=no-user-gesture-required",
]

type NewPage = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser" in str(item.path):
            item.add_marker(pytest.mark.browser)
            is_on_demo_portal = "demo_portal" in getattr(item, "fixturenames", ())
            assert is_on_demo_portal == (group_of(item.nodeid) == "demo portal"), f"{item.nodeid}: see TOGETHER"


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    executable = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert executable, "No Chromium found: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def new_portal(tmp_path_factory: pytest.TempPathFactory, django_db_setup: None) -> Callable[..., PortalStack]:
    """(name, settings) -> a portal with an empty database; all share the collected static files."""
    own = tmp_path_factory.getbasetemp()
    # Each worker of a run has a folder below the run's own.
    static = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "static"

    def make(name: str, **settings: str) -> PortalStack:
        given = {"PORTAL_STATIC_DIR": str(static), **settings}
        server_url = os.environ.get("PORTAL_DATABASE_URL")
        portal = PortalStack(tmp_path_factory.mktemp(name), server_url=server_url, settings=given)
        copy_test_database(portal)
        return portal

    return make


@pytest.fixture(scope="package")
def demo_portal(new_portal: Callable[..., PortalStack]) -> Iterator[PortalStack]:
    """A running portal with the demo network, which asks staff for a second factor, as production does.

    Tests look, and change nothing that others look at.
    """
    with new_portal("demo", PORTAL_REQUIRE_MFA="true") as stack:
        stack.manage("load_reference")
        stack.start_broker()
        stack.manage("load_demo")
        stack.start_web()
        yield stack


@pytest.fixture(scope="package")
def staffed_portal(new_portal: Callable[..., PortalStack]) -> Iterator[PortalStack]:
    """A running portal with worker and beat, and the staff of people.py: tests act in it, each on things of its own."""
    with new_portal("staffed", PORTAL_JOBS_LEASE_S="4") as stack:
        stack.start_broker()
        stack.start_worker(wait=False)
        stack.start_beat()
        stack.python(STAFF)
        stack.start_web()
        stack.wait_for_worker()
        yield stack


@pytest.fixture
def new_page(chromium: Browser) -> Iterator[NewPage]:
    """(portal, …) -> a page in a browser context of its own: another person, or another device."""
    contexts: list[BrowserContext] = []

    def open_page(portal: PortalStack, *, viewport: dict[str, int] = PHONE, **options: Any) -> Page:
        context = chromium.new_context(viewport=viewport, **{"base_url": portal.base_url, "locale": "vi-VN"} | options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        return page

    yield open_page
    for context in contexts:
        context.close()


def demo_password(portal: PortalStack) -> str:
    """The password that the portal made for its demo accounts."""
    return (portal.var / "demo-accounts.txt").read_text(encoding="utf-8").splitlines()[0].rsplit(" ", 1)[-1]


def sign_in(page: Page, email: str, password: str) -> None:
    """Sign in through the form, in Vietnamese."""
    page.goto("/vi/account/login/")
    page.locator("input[name=login]").fill(email)
    page.locator("input[name=password]").fill(password)
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_url(lambda url: "/account/login/" not in url)
