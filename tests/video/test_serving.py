"""Signed addresses and byte ranges."""

import re
import time
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.urls import reverse

from foundation.video.playback import playback_for, signed_prefix, watcher_key
from foundation.video.ranges import ByteRange, UnsatisfiableError, is_servable, range_of
from tests.factories.accounts import UserFactory
from tests.factories.video import VideoFactory

pytestmark = pytest.mark.django_db
BODY = bytes(range(256)) * 400  # more than one chunk


@pytest.fixture
def user(client):
    user = UserFactory()
    client.force_login(user)
    return user


@pytest.fixture
def video(user):
    video = VideoFactory(owner=user)
    storages["clean"].save(f"video/{video.directory}/240.m4s", ContentFile(BODY))
    storages["clean"].save(f"video/{video.directory}/master.m3u8", ContentFile(b"#EXTM3U\n"))
    return video


@pytest.fixture
def prefix(video, user):
    return signed_prefix(video.directory, user=user, expires=int(time.time()) + 60)


def content(response) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


def test_the_whole_file(client, prefix):
    response = client.get(f"{prefix}240.m4s")
    assert response.status_code == 200
    assert content(response) == BODY
    assert response["Content-Length"] == str(len(BODY))
    assert response["Accept-Ranges"] == "bytes"
    assert response["Content-Type"] == "video/iso.segment"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "private" in response["Cache-Control"]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-99", (0, 100)),
        ("bytes=100-", (100, None)),
        ("bytes=-50", (-50, None)),
        ("bytes=102399-999999", (102399, None)),
    ],
)
def test_a_part_of_it(client, prefix, header, expected):
    response = client.get(f"{prefix}240.m4s", headers={"Range": header, "Accept-Encoding": "gzip"})
    wanted = BODY[slice(*expected)]
    assert response.status_code == 206
    assert content(response) == wanted
    assert response["Content-Length"] == str(len(wanted))
    assert response["Content-Range"].endswith(f"/{len(BODY)}")


def test_a_part_behind_the_end(client, prefix):
    response = client.get(f"{prefix}240.m4s", headers={"Range": "bytes=999999-"})
    assert response.status_code == 416
    assert response["Content-Range"] == f"bytes */{len(BODY)}"


@pytest.mark.parametrize("header", ["lines=1-2", "bytes=5-2", "bytes=0-1,5-6", "bytes=-", "bytes=a-b"])
def test_a_range_that_means_nothing_gives_the_whole(client, prefix, header):
    assert client.get(f"{prefix}240.m4s", headers={"Range": header}).status_code == 200


def test_a_head_request_has_the_length_and_no_body(client, prefix):
    response = client.head(f"{prefix}240.m4s", headers={"Range": "bytes=0-9"})
    assert (response.status_code, response["Content-Length"]) == (206, "10")
    assert not content(response)


def test_a_range_of_another_version_gives_the_whole(client, prefix):
    etag = client.get(f"{prefix}240.m4s")["ETag"]
    asked = {"Range": "bytes=0-9"}
    assert client.get(f"{prefix}240.m4s", headers=asked | {"If-Range": etag}).status_code == 206
    assert client.get(f"{prefix}240.m4s", headers=asked | {"If-Range": '"old"'}).status_code == 200
    assert client.get(f"{prefix}240.m4s", headers={"If-None-Match": etag}).status_code == 304


@pytest.mark.parametrize("size", [0, 1, 10])
def test_ranges_never_leave_the_file(size):
    for header in ("bytes=0-", "bytes=0-0", "bytes=-1", "bytes=5-7", "bytes=-0"):
        try:
            part = range_of(header, size=size)
        except UnsatisfiableError:
            continue
        assert part is None or 0 <= part.first <= part.last < size
    assert range_of("bytes=0-0", size=1) == ByteRange(0, 0)


def test_an_address_is_for_one_person(client, prefix):
    client.force_login(UserFactory())
    assert client.get(f"{prefix}240.m4s").status_code == 403
    client.logout()
    assert client.get(f"{prefix}240.m4s").status_code == 403


def test_an_address_ends_with_the_password(client, prefix, user):
    user.set_password("another one, quite long")
    user.save()
    client.force_login(user)
    assert client.get(f"{prefix}240.m4s").status_code == 403


def test_who_signs_in_gets_the_cookie_that_nginx_asks_for_and_loses_it_again(client, user):
    for person in (user, UserFactory()):  # the second one in the same browser, without signing out
        client.force_login(person)
        answer = client.get(reverse("home:dashboard"))
        assert answer.cookies["watcher"].value == watcher_key(person)
        assert answer.cookies["watcher"]["httponly"]
        assert "watcher" not in client.get(reverse("home:dashboard")).cookies
    client.logout()
    client.cookies["watcher"] = watcher_key(user)
    assert client.get(reverse("account_login")).cookies["watcher"]["max-age"] == 0


def test_an_address_expires(client, video, user):
    old = signed_prefix(video.directory, user=user, expires=int(time.time()) - 1)
    assert client.get(f"{old}240.m4s").status_code == 410


def test_a_changed_address_is_refused(client, video, user, prefix):
    other = VideoFactory(owner=user)
    changed = [
        prefix.replace(video.directory, other.directory),
        prefix.replace(f"/{user.pk}/", f"/{user.pk + 1}/"),
        signed_prefix(video.directory, user=user, expires=int(time.time()) + 60).replace("/v/", "/v/9"),
        prefix.replace(video.directory, f"{video.directory}/../../{other.directory}"),
        prefix.replace(video.directory, f"{video.directory}/%2e%2e/%2e%2e/{other.directory}"),
        prefix.replace(video.directory, f"..%2f{other.directory}"),
        prefix.replace(video.directory, other.directory.replace("/", "%2f")),
    ]
    for address in changed:
        assert client.get(f"{address}240.m4s", follow=True).status_code in {403, 404}


@pytest.mark.parametrize(
    "name",
    ["../240.m4s", "%2e%2e%2f240.m4s", "..", ".work", "x.html", "x.svg", "240.m4s.html", "240.m4s/", "x.js", "source"],
)
def test_only_our_files_of_our_kinds_are_there(client, prefix, name):
    assert client.get(f"{prefix}{name}", follow=True).status_code in {403, 404}
    assert not is_servable(name)


def test_nginx_sends_the_bytes_where_it_is_told_to(client, prefix, video, settings):
    settings.X_ACCEL = True
    response = client.get(f"{prefix}240.m4s")
    assert response["X-Accel-Redirect"] == f"/protected/video/{video.directory}/240.m4s"
    assert not response.content
    assert client.get(f"{prefix}x.html").status_code == 404


def test_addresses_outlive_the_film_by_two_hours(video, user):
    playback = playback_for(video, user)
    assert 7200 <= playback.expires - time.time() - video.duration_s <= 3 * 3600
    assert Path(playback.master_url).parent == Path(playback.poster_url).parent


def test_the_menu_says_what_each_way_of_watching_costs(client, user):
    video = VideoFactory(owner=user, duration_s=1800, slides={"count": 9, "bytes": 8_000_000})
    choices = playback_for(video, user).choices
    assert [(choice.value, choice.kind, choice.lines) for choice in choices] == [
        ("slides", "slides", 0),
        ("audio", "sound", 0),
        ("saver", "saver", 240),
        ("standard", "standard", 480),
        ("clear", "clear", 720),
    ]
    assert (choices[0].bytes, choices[0].hourly_bytes) == (8_000_000, 16_000_000)
    page = client.post(reverse("video:play", args=[video.public_id])).json()
    assert page["slides"].endswith(f"/{video.directory}/slides.json")


def test_slides_of_a_film_without_a_voice_lie_over_its_smallest_picture(client, user):
    silent = [row for row in VideoFactory.build(owner=user).renditions if row["key"] != "audio"]
    video = VideoFactory(owner=user, slides={"count": 9, "bytes": 8_000_000}, has_audio=False, renditions=silent)
    slides = playback_for(video, user).choices[0]
    assert (slides.value, slides.kind, slides.bytes) == ("slides", "stills", 78_000_000)
    page = client.post(reverse("video:play", args=[video.public_id])).json()
    assert (Path(page["slides"]).name, Path(page["under_slides"]).name) == ("slides.json", "saver.m3u8")


def test_slides_that_cost_more_than_the_only_picture_are_not_offered(user):
    video = VideoFactory(owner=user, slides={"count": 9, "bytes": 8_000_000}, has_audio=False)
    video.renditions = [row for row in video.renditions if row["key"] == "saver"]
    playback = playback_for(video, user)
    assert [choice.value for choice in playback.choices] == ["saver"]
    assert playback.slides_url == ""


def test_pictures_for_seeking_and_plain_files_have_addresses_of_their_own(client, user):
    sheet = {"file": "sprites.webp", "columns": 10, "width": 160, "height": 90, "every": 10.0, "count": 360}
    video = VideoFactory(owner=user, sprites=sheet)
    page = client.post(reverse("video:play", args=[video.public_id])).json()
    assert page["sprites"]["url"].endswith(f"/{video.directory}/sprites.webp")
    assert {key: url.rsplit("/", 1)[1] for key, url in page["files"].items()} == {
        "clear": "film-clear.mp4",
        "saver": "small.mp4",
    }
    assert client.post(reverse("video:play", args=[VideoFactory(owner=user).public_id])).json()["sprites"] is None


# --- downloads ------------------------------------------------------------------------------------------------------
@pytest.fixture
def small_file(video):
    storages["clean"].save(f"video/{video.directory}/small.mp4", ContentFile(BODY))
    return reverse("video:download", args=[video.public_id, "saver"])


def test_a_download_has_a_name_that_people_know_it_by(client, small_file):
    response = client.get(small_file, {"name": "Sốt xuất huyết: Đồng Tháp, ca 7"}, follow=True)
    assert response["Content-Disposition"] == 'attachment; filename="sot-xuat-huyet-dong-thap-ca-7-240p.mp4"'
    assert response["Content-Length"] == str(len(BODY))
    assert content(response) == BODY


@pytest.mark.parametrize("name", ["", "…", '"; filename="x.exe', "a\r\nSet-Cookie: b=c", "../../x", "x" * 500])
def test_no_name_breaks_out_of_the_header(client, small_file, name):
    response = client.get(small_file, {"name": name}, follow=True)
    assert re.fullmatch(r'attachment; filename="[a-z0-9-]{1,80}-240p\.mp4"', response["Content-Disposition"])
    address = response.redirect_chain[-1][0].partition("?")[0]
    for forged in ('x"; a="', "x.exe", "X"):
        assert "Content-Disposition" not in client.get(address, {"download": forged})


def test_a_download_that_was_cut_goes_on_with_the_same_address(client, small_file):
    first = client.get(small_file, follow=True)
    address, etag = first.redirect_chain[-1][0], first["ETag"]
    rest = client.get(address, headers={"Range": "bytes=1000-", "If-Range": etag})
    assert rest.status_code == 206
    assert content(rest) == BODY[1000:]
    assert rest["Content-Disposition"] == first["Content-Disposition"]
    again = client.get(small_file, headers={"Range": "bytes=1000-", "If-Range": etag}, follow=True)
    assert (again.status_code, again["ETag"]) == (206, etag)


def test_an_address_of_a_download_lasts_for_two_days(client, small_file):
    expires = int(client.get(small_file)["Location"].split("/")[2])
    assert 48 * 3600 <= expires - time.time() <= 49 * 3600


def test_a_download_is_for_those_who_may_play_the_film(client, small_file, video):
    client.force_login(UserFactory())
    assert client.get(small_file).status_code == 404
    client.logout()
    assert "/account/login/" in client.get(small_file)["Location"]


def test_a_quality_without_a_plain_file_cannot_be_downloaded(client, small_file, video):
    for key in ("standard", "audio", "nothing"):
        assert client.get(reverse("video:download", args=[video.public_id, key])).status_code == 404


def test_nginx_is_told_the_name_too(client, small_file, settings):
    settings.X_ACCEL = True
    response = client.get(small_file, {"name": "Ca bệnh"}, follow=True)
    assert response["Content-Disposition"] == 'attachment; filename="ca-benh-240p.mp4"'


def test_there_is_nothing_to_play_before_the_encode_is_whole(user):
    assert playback_for(VideoFactory(owner=user, uploaded=True), user) is None
