"""An author hides a name tile and cuts a stretch on a phone; the worker makes the film anew."""

import json

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PHONE, sign_in
from tests.browser.people import SPECIALIST
from tests.factories.accounts import PASSWORD
from tests.video.conftest import H264, SMALL, SOUND, make_clip

SEED = """
import json
from django.core.files import File
from django.core.files.storage import storages
from foundation.accounts.models import User
from tests.factories.teleconsults import RecordingFactory
from tests.factories.video import VideoFactory

# The original is a real one; of the film that was made of it, the page needs the plain file only.
author = User.objects.get(email="{author}")
video = VideoFactory(owner=author, duration_s=6.0, width_px=320, height_px=240)
with open("{film}", "rb") as film:
    video.original.save("source", File(film))
    film.seek(0)
    storages["clean"].save("video/" + video.directory + "/saver.mp4", File(film))
recording = RecordingFactory(author=author, title="Che tên người bệnh", video=video)
print(json.dumps({{"page": "/vi/teleconsults/" + recording.public_id + "/redact/", "video": video.pk}}))
"""


@pytest.fixture
def recording(staffed_portal, tmp_path) -> dict:
    film = make_clip(tmp_path / "film.mp4", *SMALL, *SOUND, *H264, "-c:a", "aac", length_s=6)
    return json.loads(staffed_portal.python(SEED.format(author=SPECIALIST, film=film)).splitlines()[-1])


def test_an_author_hides_and_cuts_on_a_phone(staffed_portal, new_page, recording):
    page = new_page(staffed_portal, viewport=PHONE)
    sign_in(page, SPECIALIST, PASSWORD)
    page.goto(recording["page"])

    row = page.locator("[data-mark]").first
    row.locator("[name$=-start]").fill("0:01")
    row.locator("[name$=-end]").fill("0:03")
    expect(page.locator(".redact__strip .mark-cut")).to_have_count(1)

    page.locator("[data-mark-add]").click()
    row = page.locator("[data-mark]").nth(1)
    row.locator("select").select_option("mask")
    expect(row.locator("[name$=-start]")).to_be_hidden()
    row.locator("[data-mark-draw]").click()
    picture = page.locator(".redact__overlay--drawing")
    picture.scroll_into_view_if_needed()
    box = picture.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + box["height"] * 0.2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.5, steps=3)
    page.mouse.up()
    row.locator("summary").click()
    assert float(row.locator("[name$=-width]").input_value()) > 10
    expect(page.locator(".redact__overlay rect")).to_have_count(1)

    page.locator("button[name=make]").click()
    expect(page.locator("main")).to_contain_text("chỉ bạn và cán bộ kiểm tra xem được phim này")
    expect(page.locator("main")).to_contain_text("Đây là phim đã che", timeout=90_000)
    [(duration_s, sha256, is_withheld, marks)] = staffed_portal.query(
        "SELECT duration_s, content_sha256, is_withheld, plan FROM video_video WHERE id = ?", recording["video"]
    )
    assert duration_s == pytest.approx(4, abs=0.2)
    assert len(sha256) == 64
    assert not is_withheld
    marks = json.loads(marks) if isinstance(marks, str) else marks
    assert [mark["kind"] for mark in marks] == ["mask", "cut"]
