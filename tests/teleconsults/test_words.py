"""Captions, chapters and the transcript of a recording."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from foundation.kernel.roles import Role
from tests.factories.accounts import FacilityFactory, PractitionerFactory, UserFactory
from tests.factories.teleconsults import RecordingFactory

pytestmark = pytest.mark.django_db

VTT = "WEBVTT\n\n00:01.000 --> 00:02.000\nTruyền dịch <b>chậm</b>\n"


@pytest.fixture
def author():
    return PractitionerFactory(
        verified=True, facility=FacilityFactory(hub=True), user=UserFactory(roles=[Role.AUTHOR])
    ).user


@pytest.fixture
def recording(author):
    return RecordingFactory(published=True, author=author)


def save(client, recording, **fields):
    return client.post(reverse("teleconsults:words", args=[recording.public_id]), fields)


def test_captions_and_chapters_reach_who_may_watch(client, author, recording):
    client.force_login(author)
    file = SimpleUploadedFile("words.vtt", VTT.encode())
    assert save(client, recording, file=file, captions="", chapters="0:00 Mở đầu\n12:30 Dịch").status_code == 302
    client.force_login(PractitionerFactory(verified=True).user)
    page = client.get(recording.get_absolute_url()).content.decode()
    assert 'data-seek="750"' in page
    assert "Truyền dịch chậm" in page
    address = reverse("video:captions", args=[recording.video.public_id, "vi"])
    assert f'src="{address}"' in page
    answer = client.get(address)
    assert answer["Content-Type"].startswith("text/vtt")
    assert "00:00:01.000 --> 00:00:02.000\nTruyền dịch chậm" in answer.content.decode()
    client.force_login(UserFactory())
    assert client.get(address).status_code == 404


def test_a_mistake_keeps_what_was_typed_and_changes_nothing(client, author, recording):
    client.force_login(author)
    answer = save(client, recording, captions=VTT, chapters="0:00 Mở đầu\nDịch")
    assert answer.status_code == 422
    assert "2" in answer.context["form"].errors["chapters"][0]
    assert "Truyền dịch" in answer.content.decode()
    assert not recording.video.caption_tracks.exists()


def test_a_file_in_another_encoding_is_refused(client, author, recording):
    client.force_login(author)
    file = SimpleUploadedFile("words.srt", VTT.encode("utf-16"))
    assert "file" in save(client, recording, file=file, captions="", chapters="").context["form"].errors


def test_the_captions_of_another_person_cannot_be_changed(client, author):
    client.force_login(author)
    other = RecordingFactory(published=True)
    assert save(client, other, captions=VTT, chapters="").status_code == 404
