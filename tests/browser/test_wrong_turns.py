"""What goes wrong for people, and what the portal makes of it: a sentence, and nothing lost."""

import json
import re
import signal
import uuid
from collections import Counter

import pytest
from playwright.sync_api import Page, Route, expect

from portal.demo.content import NAMESPACE
from tests.browser.conftest import DESK, PHONE, demo_password, sign_in
from tests.browser.people import CPD_ADMIN, SPECIALIST, Watcher, letters_to, link_in_letter
from tests.browser.watching import drag_to, position_of, press_play, wait_for_second
from tests.factories.accounts import PASSWORD
from tests.processes import BASE_DIR, PortalStack

CLIP = BASE_DIR / "tests/media/teleconsult.mp4"
LEARNER = "hoc.vien@lientuyen.example"
INTERRUPTED = "bi.ngat@lientuyen.example"

# A course with a quiz on which a member is enrolled, and another member's hours that wait for a certificate.
SEED = f"""
import json
from cpd.models import IssuingBody
from tests.factories.accounts import PractitionerFactory, UserFactory
from tests.factories.courses import CoursePageFactory, QuizPageFactory, enrolled, start_attempt
from tests.factories.cpd import ActivityFactory, CreditEntryFactory

learner = UserFactory(email="{LEARNER}", full_name="Mẫu Văn Học", language="vi")
PractitionerFactory(user=learner, verified=True)
course = CoursePageFactory(title="Khóa học thử")
quiz = QuizPageFactory(parent=course, title="Bài thử")
enrolled(course, user=learner)
interrupted = UserFactory(email="{INTERRUPTED}", full_name="Mẫu Thị Ngắt", language="vi")
PractitionerFactory(user=interrupted, verified=True)
attempt = start_attempt(quiz, enrolled(course, user=interrupted), by=interrupted)
activity = ActivityFactory(issuing_body=IssuingBody.objects.get(serial_code="BVM"), title="Lớp đã xong")
holder = UserFactory(full_name="Mẫu Thị Bấm Hai Lần")
entry = CreditEntryFactory(practitioner=PractitionerFactory(user=holder, verified=True), activity=activity)
print(json.dumps({{"quiz": f"/vi/courses/{{course.slug}}/{{quiz.slug}}/", "entry": entry.pk, "attempt": attempt.pk}}))
"""


@pytest.fixture(scope="module")
def world(staffed_portal) -> dict:
    return json.loads(staffed_portal.python(SEED).splitlines()[-1])


@pytest.fixture
def open_page(staffed_portal, new_page):
    """Pages of one test; afterwards, no browser has asked anybody else or complained of the content policy."""
    watcher = Watcher()

    def arrive(**options) -> Page:
        page = new_page(staffed_portal, **options)
        watcher.watch(page.context)
        return page

    yield arrive
    assert watcher.origins <= {staffed_portal.base_url}
    # That an answer was a refusal is what these tests are about.
    assert not [complaint for complaint in watcher.complaints if "Failed to load resource" not in complaint]


VIEWER = "doctor@lientuyen.example"
FILM = uuid.uuid5(NAMESPACE, "dot-quy-con-70-phut").hex[:24]

# Prints the folder of that film as it was signed for its viewer in 2023.
EXPIRED_ADDRESS = f"""
from foundation.accounts.models import User
from foundation.video.playback import signed_prefix
from teleconsults.models import Recording
film = Recording.objects.get(public_id="{FILM}").video
print(signed_prefix(film.directory, user=User.objects.get(email="{VIEWER}"), expires=1_700_000_000))
"""
# Notes the second at which the film began to play, each time.
NOTE_STARTS = """() => {
  window.starts = [];
  const video = document.querySelector("video");
  video.addEventListener("loadeddata", () =>
    video.addEventListener("playing", () => window.starts.push(video.currentTime), {once: true}));
}"""


def fill_upload(page: Page, *, title: str) -> None:
    page.goto("/vi/teleconsults/upload/")
    page.locator("[name=title]").fill(title)
    page.locator("[name=held_on]").fill("2026-03-05")
    page.locator("[name=specialty]").select_option(label="Truyền nhiễm")


def test_a_wrong_password_gets_a_sentence_and_keeps_the_address(open_page):
    page = open_page(viewport=PHONE)
    page.goto("/vi/account/login/")
    page.locator("[name=login]").fill(SPECIALIST)
    page.locator("[name=password]").fill("khong phai mat khau")
    page.locator("form[action$='/login/'] button[type=submit]").click()
    expect(page.locator("main [role=alert], main .notice--danger").first).to_be_visible()
    expect(page.locator("[name=login]")).to_have_value(SPECIALIST)
    expect(page.locator("[name=password]")).to_have_value("")


@pytest.mark.parametrize("has_script", [True, False])
def test_a_text_file_named_mp4_gets_a_sentence_and_keeps_the_other_fields(has_script, open_page, tmp_path):
    notes = tmp_path / "hoi-chan.mp4"
    notes.write_text("Đây là ghi chép của buổi hội chẩn, không phải phim.\n" * 200)
    page = open_page(viewport=DESK, java_script_enabled=has_script)
    sign_in(page, SPECIALIST, PASSWORD)
    fill_upload(page, title="Ghi chép")
    page.locator("[name=file]").set_input_files(notes)
    page.locator("form[data-upload] button[type=submit]").click()
    said = page.locator("[data-upload-error]") if has_script else page.locator(".field--error .field__error")
    expect(said).to_contain_text("MP4, MOV, MKV")
    expect(page.locator("[name=title]")).to_have_value("Ghi chép")
    expect(page.locator("[name=held_on]")).to_have_value("2026-03-05")


def test_a_worker_killed_in_mid_encode_leaves_no_half_film(staffed_portal, open_page):
    page = open_page(viewport=DESK)
    sign_in(page, SPECIALIST, PASSWORD)
    fill_upload(page, title="Bị ngắt giữa chừng")
    page.locator("[name=file]").set_input_files(CLIP)
    page.locator("form[data-upload] button[type=submit]").click()
    page.wait_for_url("**/prepare/", timeout=60_000)
    public_id = page.url.split("/")[-3]
    staffed_portal.wait_until("the encoding", lambda: encode_of(staffed_portal, public_id)[2] > 0.1)

    staffed_portal.kill("worker", signal.SIGKILL)
    # Fit for browsers, the film is offered as it came, in one quality; of the qualities half made, nothing.
    assert len(encode_of(staffed_portal, public_id)[3]) == 2
    staffed_portal.start_worker(wait=False)

    staffed_portal.wait_until("the end", lambda: encode_of(staffed_portal, public_id)[0] == "done", timeout_s=120)
    page.reload()
    expect(page.locator("[data-player-play]")).to_be_visible()
    _state, attempt, _, renditions = encode_of(staffed_portal, public_id)
    assert attempt == 2
    # 144p to 720p, and the sound alone in two sizes.
    assert len(renditions) == 7

    # It plays, and to its end: the half that was written before the kill is not what people get.
    press_play(page)
    drag_to(page, share=0.85)
    expect(page.locator("video")).to_have_js_property("ended", True, timeout=60_000)
    assert 27 <= position_of(page) <= 28


def encode_of(portal: PortalStack, public_id: str) -> tuple[str, int, float, list]:
    """State, attempt and progress of the latest job on a recording's film, and the renditions it has."""
    found = portal.query(
        "SELECT job.state, job.attempt, job.progress, video.renditions"
        " FROM jobs_job job, video_video video, teleconsults_recording recording"
        " WHERE recording.public_id = ? AND video.id = recording.video_id AND job.subject = 'video:' || video.id"
        " AND job.kind = 'video.encode'"
        " ORDER BY job.created_at DESC",
        public_id,
    )
    state, attempt, progress, renditions = found[0] if found else ("", 0, 0.0, [])
    return state, attempt, progress, json.loads(renditions) if isinstance(renditions, str) else renditions


def test_issuing_in_two_tabs_makes_one_certificate(staffed_portal, world, open_page):
    first = open_page(viewport=DESK)
    sign_in(first, CPD_ADMIN, PASSWORD)
    second = first.context.new_page()
    for page in (first, second):
        page.goto("/vi/cpd/desk/")
        page.locator(f"[name=entry][value='{world['entry']}']").check()
        page.locator(".bulk-bar button").click()
        expect(page.locator(".names")).to_contain_text("Mẫu Thị Bấm Hai Lần")
    first.locator("button[name=confirmed]").dblclick(no_wait_after=True)
    second.locator("button[name=confirmed]").dblclick(no_wait_after=True)
    first.wait_for_url("**/cpd/desk/batches/*/")
    expect(first.locator("tbody a.number")).to_have_count(1, timeout=60_000)
    second.wait_for_load_state()
    issued = "SELECT count(*) FROM cpd_certificate WHERE entry_id = ?"
    assert staffed_portal.query(issued, world["entry"]) == [(1,)]


def test_back_after_submitting_shows_the_result_and_changes_no_answer(world, open_page):
    page = open_page(viewport=PHONE)
    sign_in(page, LEARNER, PASSWORD)
    page.goto(world["quiz"])
    page.locator("form[action$='/start/'] button").click()
    page.locator("label.option", has_text="Dextran").click()
    page.locator(".quiz__forward").click()
    page.locator("label.option", has_text="Rash").click()
    page.locator(".quiz__forward").click()
    page.locator("form[action$='/submit/'] button").click()
    page.wait_for_url("**/result/")
    expect(page.locator(".quiz-score__number")).to_contain_text("0")

    page.go_back()
    page.go_back()
    if page.locator("label.option").count():  # the browser showed what it had kept
        page.locator("label.option").first.click()
        page.locator(".quiz__forward").click()
    page.wait_for_url("**/result/")
    expect(page.locator(".quiz-score__number")).to_contain_text("0")


def test_a_confirmation_link_that_is_too_old_offers_a_new_one(staffed_portal, open_page):
    address = "cham.tre@lientuyen.example"
    page = open_page(viewport=PHONE)
    page.goto("/vi/account/signup/")
    page.locator("[name=full_name]").fill("Mẫu Văn Chậm")
    page.locator("[name=email]").fill(address)
    for name in ("password1", "password2"):
        page.locator(f"[name={name}]").fill(PASSWORD)
    page.locator("[name=consent]").check()
    page.locator("form[action$='/signup/'] button").click()
    page.wait_for_url("**/confirm-email/")

    first_link = link_in_letter(staffed_portal, address, containing="/confirm-email/")
    page.goto(four_days_older(staffed_portal, first_link))
    expect(page.locator("main")).to_contain_text("quá hạn")
    expect(page.locator("main form button")).to_have_count(0)
    page.locator("main a[href$='/new-confirmation/']").click()
    page.locator("main [name=email]").fill(address)
    page.locator("main form button").click()
    page.wait_for_url("**/confirm-email/")
    second_letter = list(letters_to(staffed_portal, address))[1]
    second_link = re.search(r"https?://\S+", second_letter)
    assert second_link
    assert first_link not in second_letter
    page.goto(second_link[0])
    page.locator("main form button").click()
    page.wait_for_url("**/account/standing/")


def four_days_older(portal: PortalStack, link: str) -> str:
    """The link as it would be, had the letter been sent four days ago."""
    key = link.rstrip("/").rsplit("/", 1)[1]
    old_key = portal.python(f"""
import time
from unittest import mock
from allauth.account import app_settings
from django.core import signing
address = signing.loads({key!r}, salt=app_settings.SALT)
with mock.patch("django.core.signing.time.time", return_value=time.time() - 4 * 24 * 60 * 60):
    print(signing.dumps(address, salt=app_settings.SALT))
""").splitlines()[-1]
    return link.replace(key, old_key)


def test_a_film_goes_on_by_itself_when_its_address_expires_under_way(demo_portal, new_page):
    """As with a page left open overnight: after the first seconds, the address is one of long ago."""
    page = new_page(demo_portal, viewport=DESK)
    sign_in(page, VIEWER, demo_password(demo_portal))
    page.goto(f"/vi/teleconsults/{FILM}/")
    expired = demo_portal.python(EXPIRED_ADDRESS).splitlines()[-1]
    asked, plays, answers, held = Counter(), [], [], []
    page.on("request", lambda request: plays.append(request.url) if request.url.endswith("/play") else None)
    page.on("response", lambda response: answers.append(response.status) if "/v/" in response.url else None)

    def expire(route: Route) -> None:
        url = route.request.url
        route.continue_(url=demo_portal.base_url + expired + url.rsplit("/", 1)[1])

    def hold_what_comes_later(route: Route) -> None:
        """The head of a file and two segments come through; the player asks for the next long before it shows them."""
        url = route.request.url
        asked[url] += 1
        if not url.endswith(".m4s") or len(plays) > 1:
            route.continue_()
        elif held is None:
            expire(route)
        elif asked[url] <= 3:
            route.continue_()
        else:
            held.append(route)

    page.route("**/v/**", hold_what_comes_later)
    page.evaluate(NOTE_STARTS)
    page.locator("[data-player-speed]").select_option("1.5")
    page.locator("[data-player-quality]").select_option("edge")
    press_play(page)
    began = position_of(page)
    wait_for_second(page, began + 4)
    routes, held = held, None
    for route in routes:
        expire(route)
    wait_for_second(page, began + 15)
    assert 410 in answers
    assert len(plays) == 2, "The player has not asked for a fresh address."
    expect(page.locator("[data-player-error]")).to_be_hidden()
    _, went_on = page.evaluate("window.starts")
    assert began + 3 < went_on < began + 15, "The film began again, or went on elsewhere."

    # A second time within a minute is a fault: it is said, and nothing is lost by trying again.
    page.unroute("**/v/**")
    page.route("**/v/**", lambda route: route.fulfill(status=410))
    stopped = position_of(page)
    page.locator("[data-player-quality]").select_option("saver")
    expect(page.locator("[data-player-error]")).to_be_visible()
    page.unroute("**/v/**")
    page.locator("[data-player-retry]").click()
    expect(page.locator("video")).to_have_js_property("readyState", 4, timeout=30_000)
    wait_for_second(page, stopped + 0.5)
    assert page.evaluate("window.starts")[-1] > stopped - 1

    # The server has kept the place as well.
    with page.expect_response(lambda answer: "/beat" in answer.url):
        page.locator("video").evaluate("video => video.pause()")
    stopped = position_of(page)
    page.reload()
    press_play(page)
    assert position_of(page) > stopped - 1

    # Who opens the address itself reads what to do.
    raw = page.request.get(expired + "saver.mp4")
    assert raw.status == 410
    assert "hết hạn" in raw.text()


def open_question(page: Page, world: dict) -> int:
    """The first question of a try that is under way; returns the attempt's id."""
    sign_in(page, INTERRUPTED, PASSWORD)
    page.goto(f"/vi/learn/attempts/{world['attempt']}/1/")
    return int(world["attempt"])


def answers_kept(portal: PortalStack, attempt_id: int) -> int:
    found = portal.query("SELECT count(*) FROM courses_response WHERE attempt_id = ?", attempt_id)
    return int(found[0][0])


def test_an_answer_is_sent_again_while_the_server_fails(staffed_portal, world, open_page):
    page = open_page(viewport=PHONE)
    attempt_id = open_question(page, world)
    before, failures = answers_kept(staffed_portal, attempt_id), []

    def fail_twice(route: Route) -> None:
        if route.request.method == "POST" and len(failures) < 2:
            failures.append(route)
            route.fulfill(status=500, body="")
        else:
            route.continue_()

    page.route("**/learn/attempts/**", fail_twice)
    page.locator("label.option", has_text="Plasma").click()
    expect(page.locator("[data-status]")).to_have_text(status_text(page, "waiting"))
    expect(page.locator("[data-status]")).to_have_text(status_text(page, "saved"), timeout=25_000)
    assert len(failures) == 2
    assert answers_kept(staffed_portal, attempt_id) == before + 1


def status_text(page: Page, state: str) -> str:
    return page.locator("form[data-save-answer]").get_attribute(f"data-{state}") or ""


def test_an_answer_outlives_the_session(staffed_portal, world, open_page):
    page = open_page(viewport=PHONE)
    attempt_id = open_question(page, world)
    before = answers_kept(staffed_portal, attempt_id)
    page.context.clear_cookies(name="sessionid")
    page.locator("label.option", has_text="Dextran").click()
    said = page.locator("[data-signed-out]")
    expect(said).to_be_visible()
    page.locator(".quiz__forward").click()
    expect(said).to_be_visible()
    expect(page.locator("label.option", has_text="Dextran").locator("input")).to_be_checked()
    with page.context.expect_page() as opened:
        said.locator("a").click()
    sign_in(opened.value, INTERRUPTED, PASSWORD)
    opened.value.close()
    page.bring_to_front()
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(page.locator("[data-status]")).to_have_text(status_text(page, "saved"))
    expect(said).to_be_hidden()
    assert answers_kept(staffed_portal, attempt_id) == before + 1
    page.locator(".quiz__forward").click()
    page.wait_for_url("**/2/")
