"""The tus protocol, status by status, and what becomes of an upload that nobody goes on with."""

import base64
import fcntl
import hashlib
import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.storage import storages
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from foundation.kernel.erasure import erasers, exporters
from foundation.kernel.roles import Role
from foundation.video import jobs
from foundation.video.actions import DamagedError, NotWholeError, take_upload
from foundation.video.models import Upload, Video
from tests.factories.accounts import FacilityFactory, PractitionerFactory, UserFactory
from tests.factories.video import VideoFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_storages")]

# Looks like a film for as long as the door looks.
FILM = b"\0\0\0\x18ftypmp42" + bytes(range(256)) * 400
LENGTH = len(FILM)
BODY = "application/offset+octet-stream"


def author():
    return PractitionerFactory(
        verified=True, facility=FacilityFactory(hub=True), user=UserFactory(roles=[Role.AUTHOR])
    ).user


@pytest.fixture
def sender(client):
    user = author()
    client.force_login(user)
    return user


def ask(client, method, url, data=b"", *, version="1.0.0", content_type=BODY, **headers):
    names = {name.replace("_", "-"): str(value) for name, value in headers.items()}
    if version:
        names["Tus-Resumable"] = version
    return client.generic(method, url, data, CONTENT_TYPE=content_type, headers=names)


def metadata(**facts):
    return ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in facts.items())


def begin(client, length=LENGTH, data=b"", **headers):
    headers = {"Upload_Length": length, "Upload_Metadata": metadata(filename="hội chẩn.mp4"), **headers}
    return ask(client, "POST", reverse("video:uploads"), data, **headers)


def begun(client, **options):
    response = begin(client, **options)
    assert response.status_code == 201
    return response["Location"]


def patch(client, url, data, at, **headers):
    return ask(client, "PATCH", url, data, Upload_Offset=at, **headers)


def row() -> Upload:
    return Upload.objects.get()


def stored(upload: Upload) -> Path:
    return Path(storages["quarantine"].path(f"incoming/{upload.public_id}"))


def sha256_of(data: bytes) -> str:
    return f"sha256 {base64.b64encode(hashlib.sha256(data).digest()).decode()}"


# --- begin, go on, ask how far --------------------------------------------------------------------------------------
def test_a_file_arrives_in_pieces_and_becomes_a_film(client, sender):
    url = begun(client)
    assert (row().owner, row().file_name) == (sender, "hội chẩn.mp4")
    head = ask(client, "HEAD", url)
    assert (head.status_code, head["Upload-Offset"], head["Upload-Length"]) == (200, "0", str(len(FILM)))
    assert head["Cache-Control"] == "no-store"
    assert "Upload-Expires" in head
    for at in range(0, len(FILM), 40_000):
        response = patch(client, url, FILM[at : at + 40_000], at)
        assert response.status_code == 204
        assert response["Upload-Offset"] == str(min(at + 40_000, len(FILM)))
        assert response["Tus-Resumable"] == "1.0.0"
    assert ask(client, "HEAD", url)["Upload-Offset"] == str(len(FILM))
    video = take_upload(row(), by=sender)
    assert Path(video.original.path).read_bytes() == FILM
    assert video.original_sha256 == hashlib.sha256(FILM).hexdigest()
    assert (video.owner, video.original_name) == (sender, "hội chẩn.mp4")


def test_a_name_that_a_person_gave_never_reaches_the_disk(client, sender):
    begun(client, Upload_Metadata=metadata(filename="../../etc/passwd.mp4"), data=FILM)
    assert row().file_name == "passwd.mp4"
    assert [path.name for path in stored(row()).parent.iterdir()] == [row().public_id]


def test_what_the_server_can_do_is_told(client):
    response = client.options(reverse("video:uploads"))
    assert response.status_code == 204
    assert response["Tus-Version"] == "1.0.0"
    assert response["Tus-Extension"] == "creation,creation-with-upload,expiration,checksum,termination"
    assert response["Tus-Checksum-Algorithm"] == "sha256,sha1"
    assert int(response["Tus-Max-Size"]) > 0


def test_the_first_bytes_may_come_with_the_wish(client, sender):
    response = begin(client, data=FILM[:5000])
    assert (response.status_code, response["Upload-Offset"]) == (201, "5000")
    assert stored(row()).read_bytes() == FILM[:5000]
    assert patch(client, response["Location"], FILM[5000:], 5000).status_code == 204
    assert row().has_arrived


def test_another_version_is_refused(client, sender):
    url = begun(client)
    for response in (
        ask(client, "POST", reverse("video:uploads"), version="0.2.2", Upload_Length=5),
        ask(client, "HEAD", url, version=""),
        ask(client, "PATCH", url, FILM, version="2.0.0", Upload_Offset=0),
        ask(client, "DELETE", url, version=""),
    ):
        assert (response.status_code, response["Tus-Version"]) == (412, "1.0.0")
    assert row().offset_bytes == 0


def test_bytes_for_another_place_are_refused(client, sender):
    url = begun(client, data=FILM[:5000])
    for at in (0, 4999, 5001):
        assert patch(client, url, FILM[at:], at).status_code == 409
    assert stored(row()).read_bytes() == FILM[:5000]


def test_the_last_piece_sent_twice_changes_nothing(client, sender):
    url = begun(client, data=FILM)
    assert patch(client, url, FILM[-100:], len(FILM) - 100).status_code == 409
    assert patch(client, url, b"", len(FILM)).status_code == 204
    assert stored(row()).read_bytes() == FILM


@pytest.mark.parametrize(
    "headers",
    [
        {"Upload_Length": "-1"},
        {"Upload_Length": "many"},
        {"Upload_Length": "9" * 19},
        {"Upload_Length": "", "Upload_Defer_Length": "1"},
        {"Upload_Metadata": "filename %%%"},
        {"Upload_Metadata": metadata(filename="x" * 5000)},
    ],
)
def test_a_wish_that_makes_no_sense_is_refused(client, sender, headers):
    """A length that is told later, too: quota and size limit need it at once."""
    assert begin(client, **headers).status_code == 400
    assert not Upload.objects.exists()


def test_a_piece_that_makes_no_sense_is_refused(client, sender):
    url = begun(client)
    assert patch(client, url, FILM, "x").status_code == 400
    assert ask(client, "PATCH", url, FILM).status_code == 400
    assert patch(client, url, FILM, 0, Upload_Checksum="md5 aGk=").status_code == 400
    assert patch(client, url, FILM, 0, Upload_Checksum="sha1 %").status_code == 400
    assert patch(client, url, FILM, 0, Upload_Sha256="abc").status_code == 400
    assert patch(client, url, FILM, 0, content_type="video/mp4").status_code == 415
    assert row().offset_bytes == 0


def test_old_methods_are_refused_or_stand_for_others(client, sender):
    url = begun(client)
    for method, address in (("GET", url), ("PUT", url), ("GET", reverse("video:uploads")), ("POST", url)):
        response = ask(client, method, address)
        assert response.status_code == 405
        assert "OPTIONS" in response["Allow"]
    override = {"Upload_Offset": 0, "X_HTTP_Method_Override": "PATCH"}
    assert ask(client, "POST", url, FILM, **override).status_code == 204
    # A GET needs no token, so it stands for nothing else.
    assert ask(client, "GET", url, X_HTTP_Method_Override="DELETE").status_code == 405
    assert row().has_arrived


# --- what goes wrong on the line ------------------------------------------------------------------------------------
class CutLine:
    """A body that ends in the middle, as Django reports it."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def read(self, size: int) -> bytes:
        if not self.data:
            raise OSError("connection reset")
        piece, self.data = self.data[:size], self.data[size:]
        return piece

    readline = read


def cut_patch(client, url, data, *, said, at=0, **headers):
    extra = {"wsgi.input": CutLine(data), "CONTENT_LENGTH": str(said), "CONTENT_TYPE": BODY}
    names = {f"HTTP_{name.upper()}": str(value) for name, value in headers.items()}
    return client.generic("PATCH", url, HTTP_TUS_RESUMABLE="1.0.0", HTTP_UPLOAD_OFFSET=str(at), **extra, **names)


def test_what_came_before_the_line_was_cut_stays(client, sender):
    url = begun(client)
    cut_patch(client, url, FILM[:70_000], said=len(FILM))
    assert ask(client, "HEAD", url)["Upload-Offset"] == "70000"
    assert patch(client, url, FILM[70_000:], 70_000).status_code == 204
    assert stored(row()).read_bytes() == FILM


def test_a_piece_with_a_checksum_comes_whole_or_not_at_all(client, sender):
    url = begun(client, data=FILM[:5000])
    cut_patch(client, url, FILM[5000:70_000], at=5000, said=len(FILM) - 5000, upload_checksum=sha256_of(FILM[5000:]))
    assert ask(client, "HEAD", url)["Upload-Offset"] == "5000"
    assert stored(row()).read_bytes() == FILM[:5000]


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_changed_bytes_are_refused_and_forgotten(client, sender, algorithm):
    url = begun(client, data=FILM[:5000])
    digest = base64.b64encode(hashlib.new(algorithm, FILM[5000:]).digest()).decode()
    changed = b"!" + FILM[5001:]
    response = patch(client, url, changed, 5000, Upload_Checksum=f"{algorithm} {digest}")
    assert response.status_code == 460
    assert stored(row()).read_bytes() == FILM[:5000]
    assert patch(client, url, FILM[5000:], 5000, Upload_Checksum=f"{algorithm} {digest}").status_code == 204
    assert stored(row()).read_bytes() == FILM


def test_bytes_that_a_killed_server_left_are_not_counted(client, sender):
    url = begun(client, data=FILM[:5000])
    with stored(row()).open("ab") as handle:
        handle.write(b"never kept")
    assert ask(client, "HEAD", url)["Upload-Offset"] == "5000"
    assert patch(client, url, FILM[5000:], 5000).status_code == 204
    assert stored(row()).read_bytes() == FILM


def test_a_disk_that_lost_the_file_is_told_of_by_the_offset(client, sender):
    url = begun(client, data=FILM[:5000])
    stored(row()).unlink()
    assert ask(client, "HEAD", url)["Upload-Offset"] == "0"
    assert patch(client, url, FILM, 0).status_code == 204
    assert stored(row()).read_bytes() == FILM


def test_of_two_writers_one_waits(client, sender):
    url = begun(client, data=FILM[:5000])
    with stored(row()).open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        response = patch(client, url, FILM[5000:], 5000)
        assert response.status_code == 423
        assert "Another window or device" in response.content.decode()
        assert ask(client, "DELETE", url).status_code == 423
        assert ask(client, "HEAD", url)["Upload-Offset"] == "5000"
    assert patch(client, url, FILM[5000:], 5000).status_code == 204
    assert stored(row()).read_bytes() == FILM


def test_a_thousand_more_bytes_than_promised_are_refused(client, sender):
    url = begun(client, length=len(FILM) - 1000)
    assert patch(client, url, FILM, 0).status_code == 413
    assert row().offset_bytes == 0
    with pytest.raises(IntegrityError), transaction.atomic():
        Upload.objects.update(offset_bytes=len(FILM))


# --- what is refused ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("is_first", [True, False])
def test_a_text_file_is_refused_at_its_first_bytes(client, sender, is_first):
    notes = "Ghi chú của buổi hội chẩn.\n".encode() * 1000
    if is_first:
        response = begin(client, length=10**9, data=notes)
    else:
        url = begun(client, length=10**9)
        # Too little to tell: RIFF and OggS are letters, too.
        assert patch(client, url, notes[:100], 0).status_code == 204
        response = patch(client, url, notes[100:], 100)
    assert response.status_code == 422
    assert "This is a text file, whatever its name says" in response.content.decode()
    assert not Upload.objects.exists()
    assert not list(Path(storages["quarantine"].path("incoming")).iterdir())


def test_a_film_cut_within_its_first_bytes_is_no_text(client, sender):
    url = begun(client)
    cut_patch(client, url, FILM[4:8], said=len(FILM) - 4)
    assert row().offset_bytes == 4


def test_a_file_that_is_too_large_is_refused_before_it_comes(client, sender, settings):
    settings.UPLOAD_MAX_BYTES = 1000
    response = begin(client, length=1001)
    assert response.status_code == 413
    assert "larger than the portal accepts" in response.content.decode()
    assert not Upload.objects.exists()


def test_an_empty_file_is_refused(client, sender):
    response = begin(client, length=0)
    assert response.status_code == 422
    assert "The file is empty" in response.content.decode()


def test_nobody_has_more_under_way_than_the_quota(client, sender, settings):
    settings.UPLOAD_QUOTA_BYTES = 10_000
    VideoFactory(owner=sender, uploaded=True, original_bytes=3000)
    VideoFactory(owner=sender, original_bytes=9000)
    VideoFactory(uploaded=True, original_bytes=9000)
    begun(client, length=4000)
    response = begin(client, length=3001)
    assert response.status_code == 413
    assert "too much under way" in response.content.decode()
    Upload.objects.update(expires_at=timezone.now())
    assert begin(client, length=7000).status_code == 201


def test_nobody_begins_any_number_of_uploads(client, sender):
    for _upload in range(20):
        begun(client, length=1)
    assert begin(client, length=1).status_code == 413


# --- who may --------------------------------------------------------------------------------------------------------
def test_anothers_upload_is_not_there(client, sender):
    url = begun(client, data=FILM[:5000])
    other = Client()
    other.force_login(author())
    for response in (ask(other, "HEAD", url), patch(other, url, FILM[5000:], 5000), ask(other, "DELETE", url)):
        assert response.status_code == 404
    assert row().offset_bytes == 5000


@pytest.mark.parametrize("who", ["stranger", "member", "author without a hub", "former author"])
def test_who_may_not_upload_sends_nothing(client, sender, who):
    url = begun(client)
    if who == "stranger":
        client.logout()
    elif who == "member":
        client.force_login(PractitionerFactory(verified=True).user)
    elif who == "author without a hub":
        client.force_login(PractitionerFactory(verified=True, user=UserFactory(roles=[Role.AUTHOR])).user)
    else:
        sender.groups.clear()
    for response in (begin(client), ask(client, "HEAD", url), patch(client, url, FILM, 0)):
        assert response.status_code == 403
    assert row().offset_bytes == 0


def test_without_the_token_nothing_is_sent(sender):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(sender)
    assert begin(strict).status_code == 403
    strict.cookies["csrftoken"] = "a" * 32
    url = begun(strict, X_CSRFToken="a" * 32)
    assert patch(strict, url, FILM, 0).status_code == 403
    assert ask(strict, "DELETE", url).status_code == 403
    assert patch(strict, url, FILM, 0, X_CSRFToken="a" * 32).status_code == 204


# --- the end --------------------------------------------------------------------------------------------------------
def test_an_upload_is_thrown_away(client, sender):
    url = begun(client, data=FILM[:5000])
    path = stored(row())
    response = ask(client, "DELETE", url)
    assert (response.status_code, response["Tus-Resumable"]) == (204, "1.0.0")
    assert not path.exists()
    assert ask(client, "HEAD", url).status_code == 404
    assert patch(client, url, FILM[5000:], 5000).status_code == 404


def test_going_on_gives_more_time_and_too_late_is_gone(client, sender, settings):
    url = begun(client, data=FILM[:5000])
    soon = timezone.now() + timedelta(minutes=5)
    Upload.objects.update(expires_at=soon)
    patch(client, url, FILM[5000:6000], 5000)
    assert row().expires_at > soon
    Upload.objects.update(expires_at=timezone.now())
    for response in (ask(client, "HEAD", url), patch(client, url, FILM[6000:], 6000)):
        assert response.status_code == 410
    assert jobs.forget_abandoned_uploads() == 1
    assert not Upload.objects.exists()
    assert not list(Path(storages["quarantine"].path("incoming")).iterdir())


def test_an_upload_of_last_week_that_is_gone_on_with_is_not_swept(client, sender):
    url = begun(client, data=FILM[:5000])
    long_ago = timezone.now() - timedelta(days=6)
    os.utime(stored(row()), (long_ago.timestamp(), long_ago.timestamp()))
    assert jobs.forget_abandoned_uploads() == 0
    assert ask(client, "HEAD", url)["Upload-Offset"] == "5000"


def test_half_a_file_is_no_film(client, sender):
    begun(client, data=FILM[:5000])
    with pytest.raises(NotWholeError):
        take_upload(row(), by=sender)
    assert not Video.objects.exists()


def test_the_whole_is_compared_with_what_the_browser_has_read(client, sender):
    url = begun(client, data=FILM[:5000])
    other = hashlib.sha256(b"the file was changed meanwhile").hexdigest()
    patch(client, url, FILM[5000:], 5000, Upload_Sha256=other)
    with pytest.raises(DamagedError):
        take_upload(row(), by=sender)
    assert not Video.objects.exists()
    assert ask(client, "HEAD", url)["Upload-Offset"] == "0"
    patch(client, url, FILM, 0, Upload_Sha256=hashlib.sha256(FILM).hexdigest())
    assert take_upload(row(), by=sender).original_sha256 == hashlib.sha256(FILM).hexdigest()
    assert len(list(Path(storages["quarantine"].path("incoming")).iterdir())) <= 1


def test_taken_twice_it_is_one_film(client, sender, django_capture_on_commit_callbacks):
    url = begun(client, data=FILM)
    with django_capture_on_commit_callbacks(execute=True):
        first = take_upload(row(), by=sender)
    assert take_upload(row(), by=sender) == first
    assert Video.objects.count() == 1
    assert not list(Path(storages["quarantine"].path("incoming")).iterdir())
    head = ask(client, "HEAD", url)
    assert (head.status_code, head["Upload-Offset"]) == (200, str(len(FILM)))


def test_what_fails_while_being_taken_loses_no_byte(client, sender, monkeypatch):
    begun(client, data=FILM)

    def fail(*_args, **_facts):
        raise RuntimeError("the database is away")

    monkeypatch.setattr("foundation.video.actions.enqueue", fail)
    with pytest.raises(RuntimeError):
        take_upload(row(), by=sender)
    monkeypatch.undo()
    assert stored(row()).read_bytes() == FILM
    assert take_upload(row(), by=sender).original_bytes == len(FILM)


def test_a_person_gets_a_copy_of_the_list_and_is_forgotten(client, sender, django_capture_on_commit_callbacks):
    begun(client, data=FILM[:5000])
    copy = dict(export(sender) for export in exporters)
    assert copy["watching"]["unfinished_uploads"][0]["file_name"] == "hội chẩn.mp4"
    with django_capture_on_commit_callbacks(execute=True):
        for erase in erasers:
            erase(sender)
    assert not Upload.objects.exists()
    assert not list(Path(storages["quarantine"].path("incoming")).iterdir())
