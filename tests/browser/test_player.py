"""The player of a recording, where only a browser can show what happens."""

import re
import uuid
from itertools import pairwise
from urllib.parse import urlsplit

from playwright.sync_api import Page, Route, expect

from portal.demo.content import NAMESPACE
from tests.browser.conftest import DESK, NewPage, demo_password, sign_in
from tests.browser.watching import drag_to, percent_counted, position_of, press_play, wait_for_second
from tests.processes import PortalStack

WATCH = f"/vi/teleconsults/{uuid.uuid5(NAMESPACE, 'phan-ve-phut-thu-hai').hex[:24]}/"
SNAKE = f"/vi/teleconsults/{uuid.uuid5(NAMESPACE, 'ran-can-ngu-day-sup-mi').hex[:24]}/"
LEARNER = "hai-au@lientuyen.example"
IN_THE_HILLS = "thuy-tien@lientuyen.example"
# 256 kbit/s, half a second to the server.
POOR_LINE = {"offline": False, "latency": 500, "downloadThroughput": 32_000, "uploadThroughput": 32_000}
# A closed page left three seconds that the server has not heard of.
LEAVE_A_BEAT = """
async ({playUrl, beatUrl, token, person}) => {
  const answer = await fetch(playUrl, {method: "POST", headers: {"X-CSRFToken": token}});
  const { session } = await answer.json();
  await new Promise(resolve => setTimeout(resolve, 4000));
  const beat = {session, seq: 1, intervals: [[20, 23]], position: 23, rate: 1};
  localStorage.setItem(`beats:${person}:${beatUrl}`, JSON.stringify([beat]));
  localStorage.setItem(`beats:0:${beatUrl}`, JSON.stringify([beat]));
}
"""


def test_what_is_still_to_be_told_counts_before_the_film_goes_on(demo_portal: PortalStack, new_page: NewPage):
    page = new_page(demo_portal)
    sign_in(page, LEARNER, demo_password(demo_portal))
    page.goto(WATCH)
    player = page.locator("[data-player]")
    names = ("play-url", "beat-url", "token", "person")
    play_url, beat_url, token, person = (player.get_attribute(f"data-{name}") for name in names)
    page.evaluate(LEAVE_A_BEAT, {"playUrl": play_url, "beatUrl": beat_url, "token": token, "person": person})

    held: list[Route] = []
    asked: list[str] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route(f"**{beat_url}", hold)
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    page.locator("[data-player-play]").click()
    page.wait_for_timeout(500)
    assert len(held) == 1
    assert not [url for url in asked if url.endswith(play_url)], "a session was opened before the old seconds were told"
    with page.expect_response(f"**{play_url}") as answered:
        held[0].continue_()
    page.unroute(f"**{beat_url}")
    assert answered.value.json()["position"] == 23
    assert [20, 23] in answered.value.json()["watched_ranges"]

    # Beats wait for a new sign-in in another tab, and go with the token that it has brought.
    video, kept = page.locator("video"), "key => JSON.parse(localStorage.getItem(key)).length"
    page.route(f"**{beat_url}", lambda route: route.fulfill(status=403))
    wait_for_second(page, 24.5)
    with page.expect_response(f"**{beat_url}"):
        video.evaluate("video => video.pause()")
    page.unroute(f"**{beat_url}")
    assert page.evaluate(kept, f"beats:{person}:{beat_url}") == 1
    page.evaluate("() => (document.cookie = `csrftoken=${'a'.repeat(32)}; path=/`)")
    video.evaluate("video => video.play()")
    wait_for_second(page, 26)
    with page.expect_response(f"**{beat_url}") as told:
        video.evaluate("video => video.pause()")
    assert told.value.status == 200
    start, end = told.value.json()["watched_ranges"][0]
    assert (start, end >= 24) == (20, True)
    page.wait_for_function(f"() => ({kept})('beats:{person}:{beat_url}') === 0")
    assert page.evaluate(kept, f"beats:0:{beat_url}") == 1, "what somebody else has watched is theirs to tell"


def test_on_a_poor_line_slides_play_then_the_saver_and_each_second_counts_once(
    demo_portal: PortalStack, new_page: NewPage
):
    page = new_page(demo_portal)
    sign_in(page, IN_THE_HILLS, demo_password(demo_portal))
    page.goto(SNAKE)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(urlsplit(request.url).path.rsplit("/", 1)[1]))
    page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", POOR_LINE)
    quality, slide, video = (
        page.locator("[data-player-quality]"),
        page.locator("[data-player-slides] img"),
        page.locator("video"),
    )
    expect(quality.locator("option[value=slides]")).to_have_text(re.compile(r"\d+ (kB|MB) \(\d+ MB/giờ\)"))
    quality.select_option("slides")
    press_play(page)
    expect(slide).to_have_js_property("naturalWidth", 960)
    first = slide.get_attribute("src")
    drag_to(page, share=0.5)
    expect(slide).not_to_have_attribute("src", first or "")
    drag_to(page, share=0)
    wait_for_second(page, 6)
    assert not [name for name in asked if name.endswith(".m4s") and name != "voice.m4s"], (
        "Moving pictures were fetched."
    )

    stood = position_of(page)
    quality.select_option("saver")
    expect(video).to_have_js_property("videoHeight", 240, timeout=60_000)
    expect(slide).to_have_count(0)
    wait_for_second(page, stood + 4)
    assert not {"low.m4s", "standard.m4s", "clear.m4s"} & set(asked)

    # The same seconds once more, in the other quality: they count once.
    drag_to(page, share=0)
    wait_for_second(page, 5)
    with page.expect_response(lambda answer: "/beat" in answer.url) as answered:
        video.evaluate("video => video.pause()")
    told = answered.value.json()
    assert told["accepted"]
    assert all(earlier[1] < later[0] for earlier, later in pairwise(told["watched_ranges"]))
    assert told["seconds_watched"] == sum(end - start for start, end in told["watched_ranges"]) <= stood + 10
    assert percent_counted(page) == int(told["coverage"] * 100)

    # The choice is kept for the next film.
    page.goto(WATCH)
    expect(page.locator("[data-player-quality]")).to_have_value("saver")


def test_the_seek_bar_shows_what_is_there_and_the_keys_reach_it(demo_portal: PortalStack, new_page: NewPage):
    page = new_page(demo_portal, viewport=DESK)
    sign_in(page, IN_THE_HILLS, demo_password(demo_portal))
    page.goto(WATCH)
    sheets = catch_sheets(page)
    press_play(page)
    box = page.locator("[data-player-strip]").bounding_box()
    assert box
    assert not sheets, "The small pictures came before somebody wanted them."
    with page.expect_response("**/sprites.webp"):
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    shown = page.locator("[data-player-preview]")
    expect(shown).to_contain_text(re.compile("0:2[345]Có phải phản vệ không"))
    place = "element => element.firstElementChild.style.backgroundPosition"
    before = shown.evaluate(place)
    page.mouse.move(box["x"] + box["width"] / 4, box["y"] + box["height"] / 2)
    assert shown.evaluate(place) != before
    page.mouse.move(0, 0)
    expect(shown).to_be_hidden()

    page.locator("[data-player-range]").focus()
    page.keyboard.press("k")
    expect(page.locator("video")).to_have_js_property("paused", True)
    stood = position_of(page)
    page.keyboard.press("ArrowRight")
    assert abs(position_of(page) - stood - 5) < 0.1
    heard = re.compile(r"^0:\d\d / 0:48, Điều dưỡng kể lại$")
    expect(page.locator("[data-player-range]")).to_have_attribute("aria-valuetext", heard)

    # All of the player fills the screen, so that what lies over the film comes along. A tab that was pressed is not in
    # the way of the key.
    page.locator("a[href='#files']").click()
    page.keyboard.press("f")
    page.wait_for_timeout(300)
    assert page.evaluate("document.fullscreenElement.matches('[data-player]')")
    page.keyboard.press("f")
    page.wait_for_timeout(300)
    assert page.evaluate("document.fullscreenElement") is None


def catch_sheets(page: Page) -> list[str]:
    sheets: list[str] = []
    page.on("request", lambda request: sheets.append(request.url) if "sprites" in request.url else None)
    return sheets


def test_on_a_line_that_stalls_the_slides_are_offered(demo_portal: PortalStack, new_page: NewPage):
    page = new_page(demo_portal)
    sign_in(page, IN_THE_HILLS, demo_password(demo_portal))
    page.goto(WATCH)
    page.route(re.compile("/(edge|saver|low|standard|clear)[.]m4s"), lambda route: None)
    page.locator("[data-player-play]").click()
    page.locator("[data-player-offer]").click()
    expect(page.locator("[data-player-slides] img")).to_have_count(1)
    wait_for_second(page, position_of(page) + 1)
    expect(page.locator("[data-player-offer]")).to_be_hidden()


def test_who_saves_data_begins_with_slides_unless_they_chose_otherwise(demo_portal: PortalStack, new_page: NewPage):
    page = new_page(demo_portal)
    page.add_init_script("Object.defineProperty(navigator, 'connection', {value: {saveData: true}})")
    sign_in(page, IN_THE_HILLS, demo_password(demo_portal))
    page.goto(WATCH)
    quality = page.locator("[data-player-quality]")
    expect(quality).to_have_value("slides")
    quality.select_option("audio")
    page.reload()
    expect(quality).to_have_value("audio")


def test_every_quality_downloads_without_a_script_and_says_its_size_first(demo_portal: PortalStack, new_page: NewPage):
    page = new_page(demo_portal, java_script_enabled=False)
    sign_in(page, IN_THE_HILLS, demo_password(demo_portal))
    page.goto(SNAKE)
    expect(page.locator("video")).to_have_attribute("controls", "")
    rows = page.locator("#files .list-row")
    assert rows.count() >= 4
    expect(rows.first).to_contain_text(re.compile(r"\d+ (kB|MB)"))
    with page.expect_download() as begun:
        rows.first.locator("a").click()
    assert re.fullmatch(r"[a-z0-9-]+-\d+p\.mp4", begun.value.suggested_filename)
    assert begun.value.path().read_bytes()[4:8] == b"ftyp"
