"""Captions, chapters and the transcript of a recording."""

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from wagtail.rich_text import RichText

from foundation.accounts.models import User
from foundation.accounts.reference import load_roles
from foundation.jobs.runner import run_job
from foundation.kernel.models import PortalDocument
from foundation.kernel.roles import Role
from foundation.notifications.models import Notification
from foundation.video.actions import keep_captions
from foundation.video.captions import Cue
from foundation.video.models import Chapter, Video
from foundation.video.transcription import NothingToTranscribeError, transcribers
from teleconsults.actions import (
    WordsChangedError,
    ask_for_transcript,
    change_captions,
    change_chapters,
    change_details,
    change_point,
    check_recording,
    publish_recording,
    withdraw_recording,
)
from teleconsults.erasure import erase
from teleconsults.models import DecisionPoint, Handout, Recording
from teleconsults.refusals import CheckedWordsError, LeftHubError, NotCheckedError, UnreadWordsError
from teleconsults.rules import Question
from teleconsults.words import public_words
from tests.factories.accounts import FacilityFactory, PractitionerFactory, UserFactory
from tests.factories.teleconsults import RecordingFactory, make_point, seen
from tests.video.conftest import *  # noqa: F403  # empty storages

pytestmark = pytest.mark.django_db

VTT = "WEBVTT\n\n00:01.000 --> 00:02.000\nTruyền dịch <b>chậm</b>\n"


@pytest.fixture
def author():
    return PractitionerFactory(
        verified=True, facility=FacilityFactory(hub=True), user=UserFactory(roles=[Role.AUTHOR])
    ).user


@pytest.fixture
def recording(author):
    return RecordingFactory(published=True, consent=Recording.Consent.PATIENT_AGREED, author=author)


@pytest.fixture
def judge():
    user = UserFactory(roles=[Role.DEID_OFFICER])
    load_roles()
    return PractitionerFactory(verified=True, user=user).user


@pytest.fixture
def checked(author, judge):
    """A recording in which an officer found no patient, with captions."""
    draft = RecordingFactory(awaiting_check=True, author=author)
    keep_captions(draft.video, language="vi", text=VTT, by=author)
    return check_recording(draft, is_clear=True, **seen(draft), by=judge)


def save(client, name, recording, **fields):
    return client.post(reverse(f"teleconsults:{name}", args=[recording.public_id]), fields)


def test_captions_and_chapters_reach_who_may_watch(client, author, recording):
    client.force_login(author)
    file = SimpleUploadedFile("words.vtt", VTT.encode())
    assert save(client, "captions", recording, file=file, captions="").status_code == 302
    assert save(client, "chapters", recording, chapters="0:00 Mở đầu\n12:30.25 Dịch").status_code == 302
    client.force_login(PractitionerFactory(verified=True).user)
    page = client.get(recording.get_absolute_url()).content.decode()
    assert 'data-seek="750.25"' in page
    assert "Truyền dịch chậm" in page
    address = reverse("video:captions", args=[recording.video.public_id, "vi"])
    assert f'src="{address}"' in page
    answer = client.get(address)
    assert answer["Content-Type"].startswith("text/vtt")
    assert "00:00:01.000 --> 00:00:02.000\nTruyền dịch chậm" in answer.content.decode()
    client.force_login(UserFactory())
    assert client.get(address).status_code == 404


def test_the_editor_shows_chapters_as_exactly_as_they_are(client, author, recording):
    Chapter.objects.create(video=recording.video, at_s=750.25, title="Dịch")
    client.force_login(author)
    page = client.get(reverse("teleconsults:chapters", args=[recording.public_id]))
    shown = page.context["form"]["chapters"].value()
    assert shown == "12:30.250 Dịch"
    save(client, "chapters", recording, chapters=shown)
    assert recording.video.chapters.get().at_s == 750.25


def test_a_mistake_keeps_what_was_typed_and_changes_nothing(client, author, recording):
    client.force_login(author)
    answer = save(client, "captions", recording, captions=f"{VTT}\n\n00:03.000 --> soon\nTruyền nữa")
    assert answer.status_code == 422
    assert "7" in answer.context["form"].errors["captions"][0]
    assert "Truyền nữa" in answer.content.decode()
    assert not recording.video.caption_tracks.exists()
    answer = save(client, "chapters", recording, chapters="0:00 Mở đầu\nDịch")
    assert "2" in answer.context["form"].errors["chapters"][0]


def test_a_script_saves_without_leaving_the_page(client, author, recording):
    client.force_login(author)
    address = reverse("teleconsults:captions", args=[recording.public_id])
    saved = client.post(address, {"captions": VTT}, headers={"Accept": "application/json"})
    assert saved.json()["saved"]
    refused = client.post(address, {"captions": "WEBVTT\n\n0:1 --> soon"}, headers={"Accept": "application/json"})
    assert refused.status_code == 422
    assert "3" in refused.json()["errors"][0]
    assert recording.video.caption_tracks.get().cues[0]["text"] == "Truyền dịch chậm"


def test_a_file_in_another_encoding_is_refused(client, author, recording):
    client.force_login(author)
    file = SimpleUploadedFile("words.srt", VTT.encode("utf-16"))
    assert "file" in save(client, "captions", recording, file=file, captions="").context["form"].errors


def test_the_words_of_another_person_cannot_be_changed(client, author):
    client.force_login(author)
    other = RecordingFactory(published=True)
    assert save(client, "captions", other, captions=VTT).status_code == 404
    assert save(client, "chapters", other, chapters="0:00 A").status_code == 404


def test_captions_changed_after_the_check_void_it(author, judge, checked):
    Notification.objects.all().delete()
    change_captions(checked, language="vi", text=VTT, by=author)
    assert Recording.objects.get().is_checked, "nothing was changed, and yet the check is void"
    change_captions(checked, language="en", text=VTT, by=author)
    draft = Recording.objects.get()
    assert not draft.is_cleared
    assert draft in Recording.objects.awaiting_check().checkable_by(judge)
    assert Notification.objects.filter(user=judge).exists()


NAME = "Nguyễn Văn Mật"


def put(**details):
    """Changes the words in columns and rows, as the page of the details does."""

    def change(recording, author):
        tags = details.get("tags", [])
        for name, value in details.items():
            if name == "handouts":
                recording.handouts.add(Handout(document=value()))
            elif name != "tags":
                setattr(recording, name, value)
        return change_details(recording, tags=tags, by=author)

    return change


def file_of(name="fluids.pdf", content=b"%PDF-1.7 fluids"):
    document = PortalDocument(title=f"The table of {NAME}", file=ContentFile(content, name=name))
    document._set_document_file_metadata()
    document.save()
    return document


CHANGES = {
    "title": put(title=NAME),
    "chair": put(chair=NAME),
    "summary": put(summary=[("text", RichText(f"<p>{NAME}</p>"))]),
    "key points": put(key_points=[("point", NAME)]),
    "goals": put(goals=NAME),
    "tags": put(tags=[NAME]),
    "handouts": put(handouts=file_of),
    "chapters": lambda recording, author: change_chapters(recording, text=f"0:00 {NAME}", by=author),
    "captions": lambda recording, author: change_captions(recording, language="en", text=VTT + NAME, by=author),
}


@pytest.fixture
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.mark.parametrize("what", CHANGES)
def test_an_officer_reads_again_whatever_readers_read(client, author, judge, checked, media, what):
    CHANGES[what](checked, author)
    draft = Recording.objects.get()
    assert not draft.is_checked
    with pytest.raises(NotCheckedError):
        publish_recording(draft, by=author)
    client.force_login(judge)
    page = client.get(reverse("teleconsults:check", args=[draft.public_id]))
    assert NAME in page.content.decode().partition('id="words"')[2]
    check_recording(draft, is_clear=True, **seen(draft), by=judge)
    assert publish_recording(draft, by=author).live


@pytest.mark.parametrize("what", CHANGES)
def test_what_an_officer_read_stays_while_it_is_published(author, checked, media, what):
    publish_recording(checked, by=author)
    with pytest.raises(CheckedWordsError):
        CHANGES[what](Recording.objects.get(), author)
    assert NAME not in str(public_words(Recording.objects.get()))
    # What is no word of the film's may change.
    put(max_rate="1.25")(Recording.objects.get(), author)
    assert str(Recording.objects.get().max_rate) == "1.25"


def test_no_revision_but_the_one_that_was_read_goes_public(author, judge, checked):
    earlier = checked.save_revision()
    CHANGES["title"](Recording.objects.get(), author)
    draft = Recording.objects.get()
    check_recording(draft, is_clear=True, **seen(draft), by=judge)
    with pytest.raises(UnreadWordsError):
        earlier.publish()
    publish_recording(draft, by=author)
    with pytest.raises(CheckedWordsError):
        earlier.publish()
    assert Recording.objects.get().title == NAME


def test_a_file_that_was_read_is_not_exchanged(author, judge, checked, media):
    CHANGES["handouts"](checked, author)
    document, draft = PortalDocument.objects.get(), Recording.objects.get()
    document.title = "Mended"
    document.full_clean()
    document.save()
    check_recording(draft, is_clear=True, **seen(draft), by=judge)
    document.file = ContentFile(b"%PDF-1.7 a name", name="fluids.pdf")
    with pytest.raises(ValidationError, match="an officer read it"):
        document.full_clean()


def test_who_clears_the_film_has_read_its_questions(author, judge, checked):
    publish_recording(checked, by=author)
    Recording.objects.update(live=False, checked_at=None, checked_by=None)
    later, sent_back = (make_point(checked, at_s=at_s, is_read=False) for at_s in (60, 90))
    sent_back.remark = "A name."
    sent_back.save()
    before = seen(checked)
    change_point(later, Question(NAME, ("A", "B"), "C"), at_s=60, is_required=False, by=author)
    with pytest.raises(WordsChangedError):
        check_recording(checked, is_clear=True, **before, by=judge)
    check_recording(checked, is_clear=True, **seen(checked), by=judge)
    assert [point.question for point in DecisionPoint.objects.asked()] == [NAME]
    make_point(publish_recording(checked, by=author), at_s=120, is_read=False)


def test_a_name_that_is_forgotten_voids_no_check(author, judge, checked):
    put(chair=f"BS. {author.full_name}")(checked, author)
    check_recording(checked, is_clear=True, **seen(Recording.objects.get()), by=judge)
    erase(author)
    draft = Recording.objects.get()
    assert draft.chair == "BS. —"
    assert publish_recording(draft, by=judge).live


def test_the_page_says_that_the_words_stay(client, author, checked):
    publish_recording(checked, by=author)
    client.force_login(author)
    assert save(client, "captions", checked, captions="").status_code == 422
    assert checked.video.caption_tracks.exists()
    for name in ("captions", "chapters", "edit"):
        page = client.get(reverse(f"teleconsults:{name}", args=[checked.public_id])).content.decode()
        assert "they stay as they are" in page


def test_an_officer_decides_on_the_captions_that_were_read(client, author, judge):
    draft = RecordingFactory(awaiting_check=True, author=author)
    client.force_login(judge)
    address = reverse("teleconsults:check", args=[draft.public_id])
    shown = client.get(address).context["form"].initial
    keep_captions(draft.video, language="vi", text=VTT, by=author)
    refused = client.post(address, shown | {"verdict": "clear", "remark": "A plate at minute 3"})
    assert refused.status_code == 422
    assert "A plate at minute 3" in refused.content.decode()
    with pytest.raises(WordsChangedError):
        check_recording(draft, is_clear=True, film=shown["film"], words=shown["words"], by=judge)
    draft.refresh_from_db()
    assert not draft.is_checked
    page = client.get(address)
    assert "Truyền dịch chậm" in page.content.decode()
    client.post(address, page.context["form"].initial | {"verdict": "clear"})
    draft.refresh_from_db()
    assert draft.is_checked


@pytest.mark.parametrize(
    ("name", "mine", "theirs"),
    [("captions", VTT, VTT.replace("chậm", "nhanh")), ("chapters", "0:00 Of one", "0:00 Of the other")],
)
def test_nobody_writes_over_what_they_have_not_seen(client, author, recording, name, mine, theirs):
    client.force_login(author)
    address = reverse(f"teleconsults:{name}", args=[recording.public_id])
    seen = client.get(address).context["seen"]
    kept = client.post(address, {name: theirs, "seen": seen}, headers={"Accept": "application/json"}).json()
    late = client.post(address, {name: mine, "seen": seen})
    assert late.status_code == 422
    assert late.context["form"][name].value() == mine
    assert "changed elsewhere" in late.content.decode()
    assert kept["seen"] == late.context["seen"] == client.get(address).context["seen"]
    told = client.post(address, {name: mine, "seen": seen}, headers={"Accept": "application/json"}).json()
    assert told["is_stale"]
    Video.objects.update(content_sha256="another film")
    late = client.post(address, {name: mine, "seen": kept["seen"]})
    assert "made anew" in late.content.decode()
    assert client.post(address, {name: mine, "seen": late.context["seen"]}).status_code == 302
    assert str(late.context["form"][name].value()) == mine


def test_who_left_the_hub_says_nothing_more_in_its_name(author, recording, checked):
    practitioner, hub = author.practitioner, recording.hub
    practitioner.facility = FacilityFactory(hub=True)
    practitioner.save()
    left, recording = User.objects.get(pk=author.pk), Recording.objects.get(pk=recording.pk)
    for act in (CHANGES["captions"], CHANGES["chapters"], CHANGES["goals"]):
        with pytest.raises(LeftHubError):
            act(recording, left)
    with pytest.raises(LeftHubError):
        make_point(recording, is_read=False)
    practitioner.facility, practitioner.verification = hub, practitioner.Verification.REFUSED
    practitioner.save()
    with pytest.raises(LeftHubError):
        publish_recording(checked, by=User.objects.get(pk=author.pk))
    assert publish_recording(checked, by=UserFactory(is_superuser=True)).live
    withdraw_recording(recording, reason="A face", by=left)


def test_chapters_are_proposed_where_the_slides_change(client, author, recording, empty_storages):
    video = recording.video
    video.slides = {"count": 4, "bytes": 1}
    video.save()
    Chapter.objects.create(video=video, at_s=300, title="Dịch")
    slides = '{"slides": [{"at": 0.0}, {"at": 310.0}, {"at": 900.5}, {"at": 905.0}]}'
    storages["clean"].save(f"video/{video.directory}/slides.json", SimpleUploadedFile("slides.json", slides.encode()))
    client.force_login(author)
    page = client.get(reverse("teleconsults:chapters", args=[recording.public_id]), {"from": "slides"})
    assert page.context["form"]["chapters"].value() == "0:00 Part 1\n5:00 Dịch\n15:00.500 Part 3"
    assert video.chapters.count() == 1


class Listener:
    """Hears the name of a patient in any sound."""

    languages = frozenset({"vi", "en"})

    def transcribe(self, sound, *, language, on_share):
        on_share(0.5)
        if language == "en":
            Video.objects.update(content_sha256="another film")
        return [Cue(0.0, 2.0, f"{language}: {sound.read_bytes().decode()}")]


def test_what_a_machine_heard_is_its_authors_until_they_save_it(client, author, recording, empty_storages, monkeypatch):
    monkeypatch.setattr(transcribers, "_items", [Listener()])
    video = recording.video
    storages["clean"].save(f"video/{video.directory}/audio.m4s", SimpleUploadedFile("a", "bà Lê Thị Bí Mật".encode()))
    client.force_login(author)
    address = reverse("teleconsults:captions", args=[recording.public_id])
    transcribe = reverse("teleconsults:transcribe", args=[recording.public_id])
    assert transcribe in client.get(address).content.decode()
    job = ask_for_transcript(recording, language="en", by=author)
    run_job(job.pk)
    assert not video.caption_tracks.exists(), "what was said in another version of the film"
    video.save()
    job = ask_for_transcript(recording, language="vi", by=author)
    run_job(job.pk)
    page = client.get(address)
    heard = page.context["form"]["captions"].value()
    assert "vi: bà Lê Thị Bí Mật" in heard
    words = reverse("video:captions", args=[video.public_id, "vi"])
    assert client.get(words).status_code == 404
    assert "Bí Mật" not in client.get(recording.get_absolute_url()).content.decode()
    assert "captions" not in [passage.name for passage in public_words(recording)]
    client.post(address, {"captions": heard})
    assert client.get(words).status_code == 200
    with pytest.raises(NothingToTranscribeError):
        ask_for_transcript(recording, language="vi", by=author)


def test_without_speech_recognition_the_page_says_so(client, author, recording):
    client.force_login(author)
    with pytest.raises(NothingToTranscribeError):
        ask_for_transcript(recording, language="vi", by=author)
    address = reverse("teleconsults:captions", args=[recording.public_id])
    assert "no speech recognition is set up" in client.get(address).content.decode()
