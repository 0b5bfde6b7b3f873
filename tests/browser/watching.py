"""The player as a viewer uses it: pressing play, dragging, and reading where the film stands."""

import re
import time

from playwright.sync_api import Page, expect


def press_play(page: Page) -> None:
    """Start the player and see that it plays."""
    page.locator("[data-player-play]").click()
    expect(page.locator("video")).to_have_js_property("readyState", 4, timeout=60_000)
    wait_for_second(page, position_of(page) + 0.5)


def wait_for_second(page: Page, second: float, *, timeout_s: float = 90) -> None:
    deadline = time.monotonic() + timeout_s
    while (position := position_of(page)) < second:
        assert time.monotonic() < deadline, f"The film stands at {position} s instead of {second}."
        page.wait_for_timeout(200)


def position_of(page: Page) -> float:
    return float(page.locator("video").evaluate("video => video.currentTime"))


def drag_to(page: Page, *, share: float) -> None:
    """Seek to a share of the film on the bar below it."""
    page.locator("[data-player-range]").scroll_into_view_if_needed()
    box = page.locator("[data-player-strip]").bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] * share, box["y"] + box["height"] / 2)


def percent_counted(page: Page) -> int:
    found = re.search(r"\d+", page.locator("[data-player-strip]").get_attribute("aria-label") or "")
    assert found
    return int(found[0])
