"""An upload that goes wrong on the way, and what the page says of it."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESK, PHONE, sign_in
from tests.browser.people import SPECIALIST
from tests.browser.uploading import Line, heavy_film, said, wait_for_share
from tests.factories.accounts import PASSWORD


@pytest.fixture
def film(tmp_path) -> Path:
    return heavy_film(tmp_path / "buoi-hoi-chan.mp4")


def test_who_is_signed_out_meanwhile_signs_in_and_goes_on_also_while_the_store_is_away(staffed_portal, new_page, film):
    page = new_page(staffed_portal, viewport=DESK)
    sign_in(page, SPECIALIST, PASSWORD)
    page.goto("/vi/teleconsults/upload/")
    page.locator("[name=title]").fill("Hết phiên đăng nhập giữa chừng")
    page.locator("[name=held_on]").fill("2026-03-05")
    page.locator("[name=specialty]").select_option(label="Truyền nhiễm")
    page.locator("[name=file]").set_input_files(film)
    Line(page)
    page.locator("form[data-upload] button[type=submit]").click()
    wait_for_share(page, 0.1)
    page.locator("[data-upload-pause]").click()
    page.context.clear_cookies(name="sessionid")
    page.locator("[data-upload-resume]").click()
    expect(said(page)).to_contain_text("đăng xuất")
    other = page.context.new_page()
    sign_in(other, SPECIALIST, PASSWORD)
    page.route("**/finish/", lambda route: route.fulfill(status=503), times=1)
    page.locator("[data-upload-resume]").click()
    expect(said(page)).to_contain_text("lúc này chưa đưa được vào kho", timeout=60_000)
    page.wait_for_url("**/prepare/", timeout=60_000)


def test_a_file_that_the_server_refuses_is_said_at_once_and_the_words_stay(staffed_portal, new_page, tmp_path):
    notes = tmp_path / "phim.mp4"
    # An archive: the browser cannot tell, the server can.
    notes.write_bytes(b"PK\x03\x04" + os.urandom(2_000_000))
    page = new_page(staffed_portal, viewport=PHONE)
    sign_in(page, SPECIALIST, PASSWORD)
    page.goto("/vi/teleconsults/upload/")
    page.locator("[name=title]").fill("Không phải phim")
    page.locator("[name=held_on]").fill("2026-03-05")
    page.locator("[name=specialty]").select_option(label="Truyền nhiễm")
    page.locator("[name=file]").set_input_files(notes)
    page.locator("form[data-upload] button[type=submit]").click()
    expect(page.locator("[data-upload-error]")).to_contain_text("MP4, MOV, MKV")
    expect(page.locator("[name=title]")).to_have_value("Không phải phim")
    page.reload()
    expect(page.locator("[data-unfinished]", has_text="Không phải phim")).to_have_count(0)
