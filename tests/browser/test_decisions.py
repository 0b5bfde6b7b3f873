"""A film that stops and asks, where only a browser can show that it does."""

import uuid

from playwright.sync_api import Page, expect

from portal.demo.content import NAMESPACE
from tests.browser.conftest import DESK, NewPage, demo_password, sign_in
from tests.browser.watching import position_of, press_play, wait_for_second
from tests.processes import PortalStack

# It asks at 10.2 s, and at 27.2 s for the minutes to count.
WATCH = f"/vi/teleconsults/{uuid.uuid5(NAMESPACE, 'dengue-ngay-thu-nam').hex[:24]}/"
LEARNER = "hai-au@lientuyen.example"
OPTIONAL_S, REQUIRED_S = 10.2, 27.2


def seek(page: Page, second: float) -> None:
    page.locator("video").evaluate("(video, second) => { video.currentTime = second; }", second)


def test_the_film_stops_asks_once_and_shows_what_colleagues_chose(demo_portal: PortalStack, new_page: NewPage):
    page = new_page(demo_portal, viewport=DESK)
    sign_in(page, LEARNER, demo_password(demo_portal))
    page.goto(WATCH)
    panel, marks = page.locator("[data-decision-panel]"), page.locator("[data-player-marks] line")
    expect(marks).to_have_count(2)
    expect(panel).to_be_hidden()
    press_play(page)

    # Over one that need not be answered people may jump; over the other the film does not let them.
    seek(page, 15)
    wait_for_second(page, 15.3)
    expect(panel).to_be_hidden()
    seek(page, 40)
    expect(panel).to_be_visible()
    expect(page.locator("video")).to_have_js_property("paused", value=True)
    assert abs(position_of(page) - REQUIRED_S) < 0.5
    panel.locator("[data-decision-later]").click()
    expect(panel).to_be_hidden()

    # Where it plays up to a question it stops there, and the keyboard is enough to answer.
    seek(page, OPTIONAL_S - 2)
    expect(panel).to_be_visible(timeout=15_000)
    assert abs(position_of(page) - OPTIONAL_S) < 0.5
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(panel.locator(".notice")).to_contain_text("Hạ sốt ở ngày thứ ba")
    expect(panel).to_contain_text("%")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(panel).to_be_hidden()
    wait_for_second(page, OPTIONAL_S + 1)

    # Never twice, not on another day either; the other one still waits.
    seek(page, OPTIONAL_S - 1)
    wait_for_second(page, OPTIONAL_S + 0.8)
    page.reload()
    expect(page.locator("[data-decision][data-unanswered]")).to_have_count(1)


def test_an_answer_waits_for_the_line(demo_portal: PortalStack, new_page: NewPage):
    page = new_page(demo_portal)
    sign_in(page, "dong-phong@lientuyen.example", demo_password(demo_portal))
    page.goto(WATCH)
    page.locator("a[href='#questions']").click()
    page.locator("[data-decision-now]").last.click()
    panel = page.locator("[data-decision-panel]")
    panel.locator("input[type=radio]").nth(1).check()
    page.context.set_offline(True)
    panel.locator("form button:not([type])").click()
    expect(panel.locator("[data-decision-status]")).to_contain_text("Đang chờ mạng")
    page.context.set_offline(False)
    expect(panel.locator(".notice")).to_be_visible()
    page.reload()
    expect(page.locator("[data-decision][data-unanswered]")).to_have_count(1)
