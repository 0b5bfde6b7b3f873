"""The product's main job, done by its six people: from a recorded teleconsult to a certificate that anyone can check.

`PORTAL_SCREENSHOTS=folder` keeps a picture of every step.
"""

import os
import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import DESK, PHONE, sign_in
from tests.browser.editing import PageEditor
from tests.browser.people import (
    COORDINATOR,
    CPD_ADMIN,
    DISTRICT,
    EDITOR,
    HUB,
    OFFICER,
    SPECIALIST,
    Album,
    Watcher,
    link_in_letter,
)
from tests.browser.watching import drag_to, percent_counted, position_of, press_play, wait_for_second
from tests.factories.accounts import PASSWORD
from tests.factories.courses import picture
from tests.paper import codes_on, pictured, words_of
from tests.processes import BASE_DIR, PortalStack

CLIP = BASE_DIR / "tests/media/teleconsult.mp4"

DOCTOR = "bac.si.tre@lientuyen.example"
DOCTORS_NAME = "Mẫu Nguyễn Thị Ánh Tuyết"
RECORDING = "Hội chẩn: sốt xuất huyết Dengue ngày thứ năm"
COURSE = "Sốt xuất huyết Dengue có dấu hiệu cảnh báo"
SLUG = "dengue-co-dau-hieu-canh-bao"
CASE = "Ca bệnh: ngày thứ năm của bệnh"
QUIZ = "Tự kiểm tra"

# (icon of the kind, question, {answer: (is it right, reason)})
QUESTIONS = [
    (
        "radio-full",
        "Dịch truyền nào được chọn đầu tiên?",
        {
            "Ringer lactat": (True, "Dung dịch điện giải đẳng trương là lựa chọn đầu tiên."),
            "Dextran 40": (False, "Cao phân tử chỉ dùng khi sốc không đáp ứng với điện giải."),
        },
    ),
    (
        "tasks",
        "Dấu hiệu nào là dấu hiệu cảnh báo?",
        {
            "Nôn nhiều": (True, "Nôn từ ba lần trong một giờ là dấu hiệu cảnh báo."),
            "Chảy máu niêm mạc": (True, "Chảy máu chân răng hay mũi là dấu hiệu cảnh báo."),
            "Phát ban": (False, "Phát ban thường gặp và không phải dấu hiệu cảnh báo."),
        },
    ),
]
RIGHT_ANSWERS = [[text for text, (is_right, _) in answers.items() if is_right] for _, _, answers in QUESTIONS]
WRONG_ANSWERS = [["Dextran 40"], ["Nôn nhiều", "Phát ban"]]

# Remembers, across the pages of one tab, what progress bars have shown: [[maximum, value], …].
NOTE_BARS = """
setInterval(() => {
  const seen = new Set(JSON.parse(sessionStorage.bars ?? "[]").map(String));
  for (const bar of document.querySelectorAll("progress")) seen.add(`${bar.max},${bar.value}`);
  sessionStorage.bars = JSON.stringify([...seen].map(pair => pair.split(",").map(Number)));
}, 100)
"""


def test_from_a_recorded_teleconsult_to_a_certificate_that_anyone_can_check(staffed_portal, new_page, tmp_path):
    portal, album, watcher = staffed_portal, Album(os.environ.get("PORTAL_SCREENSHOTS", "")), Watcher()

    def arrives(**options) -> Page:
        page = new_page(portal, **options)
        watcher.watch(page.context)
        return page

    specialist, officer, editor, issuer, coordinator = (arrives(viewport=DESK) for _ in range(5))
    doctor, doctors_desk = arrives(viewport=PHONE, has_touch=True), arrives(viewport=DESK)
    stranger = arrives(viewport=PHONE)

    hand_in_a_recording(specialist, album)
    find_no_patient(officer, album)
    publish_the_recording(specialist, album)
    compose_a_course(editor, tmp_path, album)
    confirm_the_hours(issuer, album)

    become_a_member(doctor, coordinator, portal, album)
    enrol_and_read(doctor, album)
    watch_on_two_devices(doctor, doctors_desk, album)
    fail_then_pass_the_quiz(doctor, album)
    see_the_hours(doctor, album)

    check_address = issue_the_certificate(issuer, portal, tmp_path, album)
    check_then_revoke(stranger, issuer, check_address, album)
    lose_the_file_but_keep_the_record(doctor, album)

    assert watcher.origins == {portal.base_url}
    assert watcher.complaints == []


# --- The specialist of the hub --------------------------------------------------------------------------------------
def hand_in_a_recording(page: Page, album: Album) -> None:
    sign_in(page, SPECIALIST, PASSWORD)
    page.goto("/vi/teleconsults/upload/")
    page.locator("[name=title]").fill(RECORDING)
    page.locator("[name=held_on]").fill("2026-03-05")
    page.locator("[name=specialty]").select_option(label="Truyền nhiễm")
    page.locator("[name=presenters]").fill("BSCKII. Mẫu Thị Hạnh")
    page.locator("[name=summary]").fill("Khi nào truyền dịch, khi nào ngừng.")
    page.locator("[name=file]").set_input_files(CLIP)
    page.add_init_script(NOTE_BARS)
    page.evaluate(NOTE_BARS)
    slow_down_uploads(page, seconds=4, size_bytes=CLIP.stat().st_size)
    page.locator("form[data-upload] button[type=submit]").click()
    page.wait_for_url("**/prepare/", timeout=60_000)
    assert len(bars_seen(page, scale=1000)) >= 2, "The bar of the upload stood still."

    expect(page.locator(".job-progress--running progress")).to_be_visible(timeout=60_000)
    album.take(page, "encoding")
    # The film can be watched as it came, while its qualities are made.
    expect(page.locator("[data-player-play]")).to_be_visible(timeout=180_000)
    expect(page.locator(".job-progress--running, .job-progress--queued")).to_have_count(0, timeout=180_000)
    assert len(bars_seen(page, scale=100)) >= 2, "The bar of the encoding stood still."
    expect(page.locator("[data-player] video")).to_have_attribute("poster", re.compile(r"^/v/.+\.(jpg|webp)$"))
    album.take(page, "recording-ready", whole=True)

    page.locator("a[href$='/consent/']").click()
    expect(page.locator("[name=answer]:checked")).to_have_count(0)
    page.locator("[name=answer][value=no_patient]").check()
    page.locator("[name=is_facility_approved]").check()
    page.locator("[name=approver]").fill("PGS.TS. Mẫu Văn Chủ, giám đốc")
    page.locator("[name=approved_on]").fill("2026-03-06")
    album.take(page, "consent", whole=True)
    page.locator("main form button[type=submit]").click()
    expect(page.locator("form[action$='/publish/']")).to_have_count(0)


def find_no_patient(page: Page, album: Album) -> None:
    sign_in(page, OFFICER, PASSWORD)
    # It comes to the officers once every quality is there.
    for _second in range(120):
        page.goto("/vi/teleconsults/checks/")
        if page.get_by_role("link", name=RECORDING).count():
            break
        page.wait_for_timeout(1000)
    page.get_by_role("link", name=RECORDING).click()
    page.locator("[name=verdict][value=clear]").check()
    album.take(page, "officer-checks", whole=True)
    page.locator("form[data-check] button[type=submit]").click()
    expect(page.locator("main")).not_to_contain_text(RECORDING)


def publish_the_recording(page: Page, album: Album) -> None:
    page.reload()
    page.locator("form[action$='/publish/'] button").click()
    expect(page.locator("h1")).to_have_text(RECORDING)
    album.take(page, "recording-published")
    page.goto("/vi/teleconsults/")
    expect(page.locator("main")).to_contain_text(RECORDING)


def slow_down_uploads(page: Page, *, seconds: float, size_bytes: int) -> None:
    """A line on which the file takes `seconds`, as on a hospital's."""
    line = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": size_bytes / seconds}
    page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", line)


def bars_seen(page: Page, *, scale: int) -> set[float]:
    """Every value above nothing that the bars with this maximum have shown in this tab."""
    seen = page.evaluate("() => JSON.parse(sessionStorage.bars ?? '[]')")
    return {value for maximum, value in seen if maximum == scale and value > 0}


# --- The editor -----------------------------------------------------------------------------------------------------
def compose_a_course(page: Page, folder: Path, album: Album) -> None:
    sign_in(page, EDITOR, PASSWORD)
    course = PageEditor.adding(page, "coursepage", below=["Khóa học"])
    course.fill(
        title=COURSE,
        summary="Dành cho bác sĩ tuyến huyện: nhận ra sớm, truyền dịch đúng, chuyển tuyến kịp thời.",
        specialty="Truyền nhiễm",
        goals="Nhận ra các dấu hiệu cảnh báo\nTính lượng dịch của giờ đầu",
        credit_hours="2",
    )
    course.choose("issuing_body", HUB)
    course.field("hours_confirmed").check()
    course.open_tab_with("slug")
    course.fill(slug=SLUG)
    album.take(page, "editor-course")
    course.publish()

    for title in ("Ba giai đoạn của bệnh", "Dịch truyền trong giờ đầu"):
        lesson = PageEditor.adding(page, "lessonpage", below=["Khóa học", COURSE])
        lesson.fill(title=title)
        lesson.add_block("body", "pilcrow")
        lesson.write("body-0-value", "Bệnh diễn biến qua ba giai đoạn: sốt, nguy hiểm và hồi phục.")
        lesson.publish()

    watched = PageEditor.adding(page, "lessonpage", below=["Khóa học", COURSE])
    watched.fill(title="Buổi hội chẩn", kind="recording")
    watched.choose("recording", RECORDING)
    watched.publish()

    chart = folder / "bieu-do.png"
    chart.write_bytes(picture(960, 540))
    case = PageEditor.adding(page, "lessonpage", below=["Khóa học", COURSE])
    case.fill(title=CASE, kind="case")
    case.add_block("body", "image")
    case.upload("body-0-value-image", chart, title="Biểu đồ mạch và huyết áp")
    case.fill(**{"body-0-value-alt": "Mạch tăng dần, huyết áp kẹp ở giờ thứ tư."})
    case.add_block("body", "pilcrow")
    case.write("body-1-value", "Bệnh nhân nữ, 19 tuổi, ngày thứ năm, hết sốt nhưng đau bụng tăng.")
    album.take(page, "editor-case")
    case.publish()

    quiz = PageEditor.adding(page, "quizpage", below=["Khóa học", COURSE])
    quiz.fill(title=QUIZ)
    for number, (icon, stem, answers) in enumerate(QUESTIONS):
        question = f"questions-{number}-value"
        quiz.add_block("questions", icon)
        quiz.write(f"{question}-stem", stem)
        for place, (text, (is_right, reason)) in enumerate(answers.items()):
            answer = f"{question}-options-{place}-value"
            if place:  # the first stands there already
                quiz.add_block(f"{question}-options")
            quiz.fill(**{f"{answer}-text": text, f"{answer}-feedback": reason})
            quiz.field(f"{answer}-is_correct").set_checked(is_right)
    album.take(page, "editor-quiz")
    quiz.publish()

    page.goto(f"/vi/courses/{SLUG}/")
    expect(page.locator("h1")).to_have_text(COURSE)
    expect(page.locator("main ol a, main ol li").first).to_be_visible()
    album.take(page, "course", whole=True)


# --- The CPD administrator of the hub -------------------------------------------------------------------------------
def confirm_the_hours(page: Page, album: Album) -> None:
    """An editor proposes hours; they count once the issuing body stands for them."""
    sign_in(page, CPD_ADMIN, PASSWORD)
    page.goto(f"/vi/courses/{SLUG}/")
    expect(page.locator("h1")).to_have_text(COURSE)
    expect(page.locator(".course-head .tag--gold")).to_have_count(0)
    page.goto("/vi/cpd/desk/activities/")
    page.locator(".list-row__title a", has_text=COURSE).click()
    expect(page.locator("[name=hours]")).to_have_value("2")
    album.take(page, "hours-to-confirm", whole=True)
    page.locator("main form button[type=submit]").click()
    page.wait_for_url("**/cpd/desk/activities/")
    page.goto(f"/vi/courses/{SLUG}/")
    expect(page.locator(".course-head .tag--gold")).to_contain_text("2")


# --- The junior doctor ----------------------------------------------------------------------------------------------
def become_a_member(doctor: Page, coordinator: Page, portal: PortalStack, album: Album) -> None:
    doctor.goto("/vi/account/signup/")
    doctor.locator("[name=full_name]").fill(DOCTORS_NAME)
    doctor.locator("[name=email]").fill(DOCTOR)
    doctor.locator("[name=password1]").fill(PASSWORD)
    doctor.locator("[name=password2]").fill(PASSWORD)
    doctor.locator("[name=consent]").check()
    album.take(doctor, "sign-up", whole=True)
    doctor.locator("form[action$='/signup/'] button[type=submit]").click()
    doctor.wait_for_url("**/confirm-email/")

    doctor.goto(link_in_letter(portal, DOCTOR, containing="/confirm-email/"))
    doctor.locator("main form button[type=submit]").click()
    doctor.wait_for_url("**/account/standing/")
    doctor.locator("main a[href$='/account/profile/']").click()
    doctor.locator("[name=title]").fill("BS")
    doctor.locator("[name=date_of_birth]").fill("1996-05-06")
    doctor.locator("[name=profession]").select_option(label="Bác sĩ")
    doctor.locator("[name=licence_number]").fill("001234/MAU-CCHN")
    doctor.locator("[name=licence_issuer]").fill("Sở Y tế Hà Nội")
    doctor.locator("[name=licence_date]").fill("2024-01-15")
    doctor.locator("[name=facility_words]").press_sequentially("mau son")
    found = doctor.locator("[name=facility] option", has_text=DISTRICT)
    expect(found).to_have_count(1)
    doctor.locator("[name=facility]").select_option(found.get_attribute("value"))
    album.take(doctor, "profile", whole=True)
    doctor.locator("form[action$='/profile/'] .button-row button").click()
    doctor.wait_for_url("**/account/standing/")
    album.take(doctor, "waiting")
    doctor.goto("/vi/teleconsults/")
    expect(doctor).to_have_url(re.compile("/account/standing/"))

    sign_in(coordinator, COORDINATOR, PASSWORD)
    coordinator.goto("/vi/desk/people/")
    coordinator.locator(".list-row__title a", has_text=DOCTORS_NAME).click()
    expect(coordinator.locator("main")).to_contain_text("001234/MAU-CCHN")
    album.take(coordinator, "coordinator", whole=True)
    coordinator.locator("form[action$='/verify/'] button").click()
    coordinator.wait_for_url("**/desk/people/")

    doctor.goto("/vi/account/standing/")
    expect(doctor.locator(".notice--ok")).to_contain_text(DISTRICT)


def enrol_and_read(page: Page, album: Album) -> None:
    page.goto("/vi/courses/")
    page.locator("main a", has_text=COURSE).first.click()
    album.take(page, "course-phone", whole=True)
    page.locator("form[action$='/enrol/'] button").click()
    for title in ("Ba giai đoạn của bệnh", "Dịch truyền trong giờ đầu"):
        expect(page.locator("h1")).to_have_text(title)
        expect(page.locator(".prose")).to_contain_text("ba giai đoạn")
        album.take(page, "reading")
        page.locator("form[action$='/done/'] button").click()
    expect(page.locator("h1")).to_have_text("Buổi hội chẩn")


def watch_on_two_devices(phone: Page, desk: Page, album: Album) -> None:
    lesson = phone.url

    press_play(phone)
    album.take(phone, "watching-phone")
    expect(phone.locator("video")).to_have_js_property("paused", False)
    wait_for_second(phone, 9)
    with phone.expect_response(lambda answer: "/beat" in answer.url):
        phone.locator("video").evaluate("video => video.pause()")

    sign_in(desk, DOCTOR, PASSWORD)
    desk.goto(lesson)
    expect(desk.locator("[data-player-play]")).to_contain_text(re.compile(r"0:(09|1\d)"))
    press_play(desk)
    assert position_of(desk) >= 8.5
    drag_to(desk, share=0.985)
    expect(desk.locator("video")).to_have_js_property("ended", True, timeout=60_000)
    desk.reload()
    assert 20 <= percent_counted(desk) <= 60, "Only what was watched counts, not what was skipped."
    expect(desk.locator(".course-next__state")).to_be_hidden()

    press_play(desk)
    drag_to(desk, share=0.32)
    desk.locator("[data-player-speed]").select_option("1.5")
    with desk.expect_response(lambda answer: "/beat" in answer.url, timeout=90_000):
        expect(desk.locator("video")).to_have_js_property("ended", True, timeout=90_000)
    expect(desk.locator(".course-next__state")).to_be_visible()
    album.take(desk, "watched-desk")
    expect(desk.locator("[data-player-counted]")).to_contain_text(re.compile(r"(9\d|100) %"))

    phone.reload()
    expect(phone.locator(".course-next__state")).to_be_visible()
    phone.locator(".course-next a.button").click()
    expect(phone.locator("h1")).to_have_text(CASE)
    expect(phone.locator("figure img")).to_have_js_property("complete", True)
    assert phone.locator("figure img").evaluate("image => image.naturalWidth") > 0
    album.take(phone, "case", whole=True)
    phone.locator("form[action$='/done/'] button").click()
    expect(phone.locator("h1")).to_have_text(QUIZ)


def fail_then_pass_the_quiz(page: Page, album: Album) -> None:
    page.locator("form[action$='/start/'] button").click()
    answer_all(page, WRONG_ANSWERS, album)
    expect(page.locator(".quiz-score__number")).to_contain_text("0")
    for chosen, (_, _, answers) in zip(WRONG_ANSWERS, QUESTIONS, strict=True):
        for text in chosen:
            expect(page.locator(".quiz-feedback")).to_contain_text(answers[text][1])
    # What one did not choose is not given away before one has passed.
    expect(page.locator(".quiz-feedback")).not_to_contain_text("Ringer lactat")
    album.take(page, "quiz-failed", whole=True)

    page.locator(".quiz-score a.button").click()
    page.locator("form[action$='/start/'] button").click()
    answer_all(page, RIGHT_ANSWERS, album)
    expect(page.locator(".quiz-score--passed .quiz-score__number")).to_contain_text("2")
    expect(page.locator(".quiz-feedback")).to_contain_text("Ringer lactat")
    album.take(page, "quiz-passed", whole=True)


def answer_all(page: Page, chosen: list[list[str]], album: Album) -> None:
    for texts in chosen:
        for text in texts:
            page.locator("label.option", has_text=text).click()
        album.take(page, "question")
        page.locator(".quiz__forward").click()
    page.locator("form[action$='/submit/'] button").click()
    page.wait_for_url("**/result/")


def see_the_hours(page: Page, album: Album) -> None:
    page.goto("/vi/home/")
    expect(page.locator(".ring:visible .ring__number")).to_have_text("2")
    album.take(page, "dashboard", whole=True)
    page.goto("/vi/cpd/")
    expect(page.locator(".ring .ring__number")).to_have_text("2")
    expect(page.locator("main")).to_contain_text(COURSE)
    album.take(page, "hours", whole=True)


# --- The certificate ------------------------------------------------------------------------------------------------
def issue_the_certificate(page: Page, portal: PortalStack, folder: Path, album: Album) -> str:
    """Issue with a double click, download, read the paper; returns the address that its code leads to."""
    page.goto("/vi/cpd/desk/")
    row = page.locator("tbody tr", has_text=DOCTORS_NAME)
    expect(row).to_contain_text(COURSE)
    page.locator("[data-bulk-all]").check()
    expect(row.locator("input[type=checkbox]")).to_be_checked()
    album.take(page, "cpd-desk")
    page.locator(".bulk-bar button").click()
    expect(page.locator(".names")).to_contain_text(DOCTORS_NAME)
    page.locator("button[name=confirmed]").dblclick()
    page.wait_for_url("**/cpd/desk/batches/*/")
    serial = page.locator("tbody tr", has_text=DOCTORS_NAME).locator("a.number")
    expect(serial).to_have_count(1, timeout=60_000)
    album.take(page, "batch")
    assert portal.query("SELECT count(*) FROM cpd_certificate") == [(1,)]

    printed_serial = serial.inner_text()
    serial.click()
    album.take(page, "certificate", whole=True)
    with page.expect_download() as download:
        page.locator("a[href$='/file/']").click()
    paper = folder / "certificate.pdf"
    download.value.save_as(paper)
    words = words_of(paper)
    for expected in (DOCTORS_NAME, DISTRICT, COURSE, HUB, printed_serial, "06/05/1996"):
        assert expected.casefold() in words.casefold(), f"{expected} is not printed:\n{words}"
    [address] = codes_on(pictured(paper))
    # Who has no reader of codes types what stands beside it.
    assert address in words
    assert re.fullmatch(re.escape(portal.base_url) + r"/c/[\w-]{16,}", address)
    return address


def check_then_revoke(stranger: Page, issuer: Page, check_address: str, album: Album) -> None:
    stranger.goto(check_address)
    expect(stranger).to_have_url(re.compile(r"/vi/check/"))
    expect(stranger.locator(".verdict--valid")).to_be_visible()
    for printed in (DOCTORS_NAME, re.compile("06[/-]05[/-]1996"), DISTRICT, HUB, COURSE, "BVM/"):
        expect(stranger.locator("main")).to_contain_text(printed)
    album.take(stranger, "check-valid", whole=True)

    issuer.locator("a[href$='/revoke/']").click()
    issuer.locator("[name=reason]").fill("Ghi sai ngày sinh.")
    issuer.locator("main form button[type=submit]").click()
    issuer.wait_for_url(lambda url: "/revoke/" not in url)

    stranger.goto(check_address)
    expect(stranger.locator(".verdict--revoked")).to_contain_text("Ghi sai ngày sinh.")
    expect(stranger.locator(".verdict--valid")).to_have_count(0)
    album.take(stranger, "check-revoked", whole=True)


def lose_the_file_but_keep_the_record(doctor: Page, album: Album) -> None:
    """Revoked is the paper; what was learnt stays on the account."""
    doctor.goto("/vi/cpd/")
    expect(doctor.locator(".certificate-card--revoked")).to_be_visible()
    expect(doctor.locator("a[href$='/file/']")).to_have_count(0)
    expect(doctor.locator(".ring .ring__number")).to_have_text("2")
    album.take(doctor, "hours-after", whole=True)
