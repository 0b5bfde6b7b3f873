"""What goes wrong for people, and what the portal makes of it: a sentence, and nothing lost."""

import json
import signal

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESK, PHONE, sign_in
from tests.browser.people import CPD_ADMIN, SPECIALIST, Watcher
from tests.factories.accounts import PASSWORD
from tests.processes import BASE_DIR, PortalStack

CLIP = BASE_DIR / "tests/media/teleconsult.mp4"
LEARNER = "hoc.vien@lientuyen.example"

# A course with a quiz on which a member is enrolled, and another member's hours that wait for a certificate.
SEED = f"""
import json
from cpd.models import IssuingBody
from tests.factories.accounts import PractitionerFactory, UserFactory
from tests.factories.courses import CoursePageFactory, QuizPageFactory, enrolled
from tests.factories.cpd import ActivityFactory, CreditEntryFactory

learner = UserFactory(email="{LEARNER}", full_name="Mẫu Văn Học", language="vi")
PractitionerFactory(user=learner, verified=True)
course = CoursePageFactory(title="Khóa học thử")
quiz = QuizPageFactory(parent=course, title="Bài thử")
enrolled(course, user=learner)
activity = ActivityFactory(issuing_body=IssuingBody.objects.get(serial_code="BVM"), title="Lớp đã xong")
holder = UserFactory(full_name="Mẫu Thị Bấm Hai Lần")
entry = CreditEntryFactory(practitioner=PractitionerFactory(user=holder, verified=True), activity=activity)
print(json.dumps({{"quiz": f"/vi/courses/{{course.slug}}/{{quiz.slug}}/", "entry": entry.pk}}))
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
    page.reload()
    expect(page.locator("[data-player]")).to_have_count(0)
    staffed_portal.start_worker(wait=False)

    expect(page.locator("[data-player-play]")).to_be_visible(timeout=120_000)
    state, attempt, _, renditions = encode_of(staffed_portal, public_id)
    assert (state, attempt) == ("done", 2)
    # 240p, 480p, 720p and the sound alone.
    assert len(renditions) == 4


def encode_of(portal: PortalStack, public_id: str) -> tuple[str, int, float, list]:
    """State, attempt and progress of the latest job on a recording's film, and the renditions it has."""
    found = portal.query(
        "SELECT job.state, job.attempt, job.progress, video.renditions"
        " FROM jobs_job job, video_video video, teleconsults_recording recording"
        " WHERE recording.public_id = ? AND video.id = recording.video_id AND job.subject = 'video:' || video.id"
        " ORDER BY job.created_at DESC",
        public_id,
    )
    state, attempt, progress, renditions = found[0]
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
