"""The player of a recording, where only a browser can show what happens."""

import uuid

from playwright.sync_api import Route

from portal.demo.content import NAMESPACE
from tests.browser.conftest import NewPage, demo_password, sign_in
from tests.processes import PortalStack

WATCH = f"/vi/teleconsults/{uuid.uuid5(NAMESPACE, 'phan-ve-phut-thu-hai').hex[:24]}/"
LEARNER = "hai-au@lientuyen.example"
# A closed page left three seconds that the server has not heard of.
LEAVE_A_BEAT = """
async ({playUrl, beatUrl, token}) => {
  const answer = await fetch(playUrl, {method: "POST", headers: {"X-CSRFToken": token}});
  const { session } = await answer.json();
  await new Promise(resolve => setTimeout(resolve, 4000));
  const beat = {session, seq: 1, intervals: [[20, 23]], position: 23, rate: 1};
  localStorage.setItem(`beats:${beatUrl}`, JSON.stringify([beat]));
}
"""


def test_what_is_still_to_be_told_counts_before_the_film_goes_on(demo_portal: PortalStack, new_page: NewPage):
    page = new_page(demo_portal)
    sign_in(page, LEARNER, demo_password(demo_portal))
    page.goto(WATCH)
    player = page.locator("[data-player]")
    play_url, beat_url, token = (player.get_attribute(f"data-{name}") for name in ("play-url", "beat-url", "token"))
    page.evaluate(LEAVE_A_BEAT, {"playUrl": play_url, "beatUrl": beat_url, "token": token})

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
