"""Captions and chapters written beside the film, as an author's hands do it."""

import json
import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESK, PHONE, sign_in
from tests.browser.people import SPECIALIST
from tests.factories.accounts import PASSWORD

CAPTIONS = """WEBVTT

00:00.000 --> 00:02.000
Sốt ngày thứ tư. Đau bụng nhiều.

00:02.000 --> 00:04.000
Huyết áp còn tốt,

00:04.000 --> 00:06.000
đầu chi ấm.
"""
# A recording whose film is there as far as the database knows, with three lines of captions.
SEED = f"""
import json
from foundation.accounts.models import User
from foundation.video.actions import keep_captions
from tests.factories.teleconsults import RecordingFactory

author = User.objects.get(email="{SPECIALIST}")
recording = RecordingFactory(author=author, title="Sửa lời", video__duration_s=60.0)
keep_captions(recording.video, language="vi", text={CAPTIONS!r}, by=author)
print(json.dumps({{"recording": f"/vi/teleconsults/{{recording.public_id}}/", "video": recording.video_id}}))
"""


@pytest.fixture(scope="module")
def words(staffed_portal) -> dict:
    return json.loads(staffed_portal.python(SEED).splitlines()[-1])


def rows(page: Page) -> list[list[str]]:
    """Begin, end and words of every line as the table shows them."""
    return page.locator(".cue").evaluate_all(
        "rows => rows.map(row => [...row.querySelectorAll('input, textarea')].map(field => field.value))"
    )


def saved(page: Page, name: str) -> None:
    page.locator(".editor__save button").click()
    expect(page.locator(f"[data-{name}-state]")).to_contain_text("Đã lưu")


def test_captions_are_mended_line_by_line(staffed_portal, new_page, words):
    page = new_page(staffed_portal, viewport=DESK)
    sign_in(page, SPECIALIST, PASSWORD)
    page.goto(f"{words['recording']}captions/")
    expect(page.locator(".cue")).to_have_count(3)

    first = page.locator(".cue").first.locator("textarea")
    first.focus()
    first.evaluate("field => field.setSelectionRange(16, 16)")
    page.locator(".cue [data-act=split]").click()
    assert rows(page)[:2] == [["0:00", "0:01", "Sốt ngày thứ tư."], ["0:01", "0:02", "Đau bụng nhiều."]]

    page.locator(".cue").nth(2).locator("textarea").focus()
    page.locator(".cue [data-act=join]").click()
    assert rows(page)[2] == ["0:02", "0:06", "Huyết áp còn tốt, đầu chi ấm."]

    page.locator(".cue [data-act=delete]").click()
    expect(page.locator(".cue")).to_have_count(2)
    page.locator("[data-act=undo]").click()
    expect(page.locator(".cue")).to_have_count(3)

    page.locator(".cues__shift summary").click()
    page.locator("[data-shift-by]").fill("0.25")
    page.locator("[data-act=shift-all]").click()
    assert [row[0] for row in rows(page)] == ["0:00.250", "0:01.250", "0:02.250"]

    page.locator(".cue").first.locator("[data-end]").fill("0:00.100")
    page.locator(".editor__save button").click()
    expect(page.locator(".cue").first.locator("[data-fault]")).to_be_visible()
    page.locator(".cue").first.locator("[data-end]").fill("0:01.2")
    page.locator(".cue").nth(1).locator("textarea").fill("Đau bụng & nôn <nhiều>.")
    saved(page, "captions")
    [(cues,)] = staffed_portal.query("SELECT cues FROM video_captiontrack WHERE video_id = ?", words["video"])
    cues = json.loads(cues) if isinstance(cues, str) else cues
    assert [(cue["start_s"], cue["end_s"], cue["text"]) for cue in cues] == [
        (0.25, 1.2, "Sốt ngày thứ tư."),
        (1.25, 2.25, "Đau bụng & nôn <nhiều>."),
        (2.25, 6.25, "Huyết áp còn tốt, đầu chi ấm."),
    ]

    # Nothing typed is lost where the line is cut.
    page.context.set_offline(True)
    page.locator(".cue").first.locator("textarea").fill("Chưa gửi được")
    page.locator(".editor__save button").click()
    expect(page.locator("[data-captions-state]")).to_contain_text("mất kết nối")
    page.context.set_offline(False)
    saved(page, "captions")

    # What another device has saved meanwhile is not written over unseen; nor is what was typed lost.
    page.locator(".cue").first.locator("textarea").fill("Trên máy này")
    elsewhere = page.context.new_page()
    elsewhere.goto(page.url)
    elsewhere.locator(".cue").first.locator("textarea").fill("Trên máy kia")
    saved(elsewhere, "captions")
    elsewhere.close()
    page.locator(".editor__save button").click()
    expect(page.locator(".error-summary")).to_contain_text("nơi khác")
    expect(page.locator("[name=captions]")).to_have_value(re.compile("Trên máy này"))
    page.locator(".editor__save button").click()
    expect(page.locator("[data-captions-state]")).to_contain_text("Đã lưu")

    # Nothing unsaved waits for whoever signs in next.
    page.goto(page.url)
    page.locator(".cue").first.locator("textarea").fill("Chưa lưu")
    drafts = "() => Object.keys(localStorage).filter(key => key.startsWith('draft:')).length"
    page.wait_for_function(drafts)
    page.evaluate("() => document.querySelector('form[data-sign-out]').requestSubmit()")
    page.wait_for_url(lambda url: "captions" not in url)
    assert page.evaluate(drafts) == 0


def test_chapters_are_set_on_the_line_of_time(staffed_portal, new_page, words):
    page = new_page(staffed_portal, viewport=PHONE)
    sign_in(page, SPECIALIST, PASSWORD)
    page.goto(f"{words['recording']}chapters/")
    line = page.locator("[data-chapters-line]")
    box = line.bounding_box()
    assert box
    line.click(position={"x": box["width"] / 2, "y": 10})
    page.keyboard.type("Dịch")
    line.click(position={"x": box["width"] / 4, "y": 10})
    page.keyboard.type("Mở đầu")
    page.locator(".mark").first.locator("[data-at]").fill("0:00")

    # A mark is dragged to another moment.
    page.evaluate("scrollTo(0, 0)")  # else the film, which stays in sight, lies over the line
    box = line.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + 10, steps=4)
    page.mouse.up()
    saved(page, "chapters")
    chapters = staffed_portal.query(
        "SELECT at_s, title FROM video_chapter WHERE video_id = ? ORDER BY at_s", words["video"]
    )
    assert [title for _at_s, title in chapters] == ["Mở đầu", "Dịch"]
    assert chapters[1][0] == pytest.approx(45, abs=1)


def test_captions_show_where_the_sound_is_off_unless_somebody_says_no(staffed_portal, new_page, words):
    page = new_page(staffed_portal, viewport=PHONE)
    sign_in(page, SPECIALIST, PASSWORD)
    page.goto(words["recording"])
    menu, shown = page.locator("[data-player-captions]"), "video => video.textTracks[0].mode"
    expect(menu).to_have_value("")
    page.keyboard.press("m")
    expect(menu).to_have_value("vi")
    assert page.locator("video").evaluate(shown) == "showing"
    menu.select_option("")
    page.locator("[data-player-sound]").click()
    page.locator("[data-player-sound]").click()
    expect(menu).to_have_value("")
    assert page.locator("video").evaluate(shown) == "disabled"

    # Who switched them on has them with every film.
    menu.select_option("vi")
    page.reload()
    page.locator("[data-player-sound]").click()
    page.locator("[data-player-sound]").click()
    expect(menu).to_have_value("vi")
