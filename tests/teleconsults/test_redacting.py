"""An author marks what is to go; a second person approves the bytes that were made; nobody else sees the rest."""

import time
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import pytest
from django.contrib.auth.models import Group
from django.core.files.base import ContentFile
from django.urls import reverse
from django.utils import timezone
from wagtail.models import ModelLogEntry

from foundation.accounts.reference import load_roles
from foundation.jobs.models import Job
from foundation.jobs.runner import run_job
from foundation.kernel.registry import Registry
from foundation.kernel.roles import Role
from foundation.notifications.models import Notification
from foundation.video import originals
from foundation.video.actions import NothingToRetryError, keep_marks, retry_encode
from foundation.video.candidates import Candidate
from foundation.video.models import Redaction, Video
from foundation.video.playback import may_play
from foundation.video.redaction import Box, Mark
from foundation.video.refusals import OriginalGoneError
from teleconsults.actions import (
    answer_consent,
    check_recording,
    forget_originals,
    publish_recording,
    redact_recording,
    tell_of_redaction,
)
from teleconsults.models import OfficerCheck, Recording
from teleconsults.refusals import BeingRedactedError, NotCheckedError
from teleconsults.rules import moment_of, second_of
from tests.factories.accounts import UserFactory
from tests.factories.jobs import JobFactory
from tests.factories.teleconsults import RecordingFactory, seen
from tests.teleconsults.test_recordings import ADULT, APPROVAL, author_at_hub, member, officer, reviewer
from tests.video.conftest import *  # noqa: F403  # its empty storages

pytestmark = pytest.mark.django_db

CUT = Mark("cut", 10.0, 20.5)
BLUR = Mark("blur", 30.0, 40.0, Box(0.1, 0.2, 0.3, 0.4))


@pytest.fixture(autouse=True)
def _no_files(monkeypatch):
    """The videos of these tests are rows."""
    monkeypatch.setattr("foundation.video.actions.retire_addresses", lambda video: None)


def recording_of(author, **facts):
    return RecordingFactory(author=author, **facts)


def posted(*rows, initial=0, **buttons):
    data = {"marks-TOTAL_FORMS": len(rows), "marks-INITIAL_FORMS": initial}
    for number, row in enumerate(rows):
        data |= {f"marks-{number}-{name}": value for name, value in row.items()}
    return data | buttons


def made(recording):
    """As the worker leaves it."""
    redaction = recording.video.redactions.get()
    Video.objects.filter(pk=recording.video_id).update(
        is_withheld=False, redacted_at="2026-03-07T00:00Z", directory=f"{recording.video.public_id}/fedcba9876543210",
        content_sha256="beef" + "0" * 60,
    )  # fmt: skip
    Redaction.objects.filter(pk=redaction.pk).update(state=Redaction.State.MADE, made_film="x/y")
    Job.objects.all().delete()
    recording.refresh_from_db()
    tell_of_redaction(recording.video, [])


# --- the page -------------------------------------------------------------------------------------------------------
def test_marks_are_typed_kept_and_changed(client):
    recording = recording_of(author_at_hub())
    client.force_login(recording.author)
    address = reverse("teleconsults:redact", args=[recording.public_id])
    rows = [
        {"kind": "blur", "start": "0:30", "end": "0:40", "x": "10", "y": "20", "width": "30", "height": "40"},
        {"kind": "cut", "start": "10", "end": "0:20,5"},
        {"kind": "cut", "start": "", "end": ""},
    ]
    assert client.post(address, posted(*rows, save="")).status_code == 302
    redaction = recording.video.redactions.get()
    assert redaction.rows() == [CUT, BLUR]
    assert redaction.state == Redaction.State.DRAFT
    page = client.get(address).content.decode()
    for value in ("0:20.5", "0:30", 'value="30.0"'):
        assert value in page
    first = {"kind": "cut", "start": "0:10", "end": "0:20.5", "DELETE": "on"}
    second = {"kind": "mask", "x": "0", "y": "0", "width": "25", "height": "20"}
    assert client.post(address, posted(first, second, initial=2, save="")).status_code == 302
    assert recording.video.redactions.get().rows() == [Mark("mask", box=Box(0, 0, 0.25, 0.2))]
    client.post(address, {"give_up": ""})
    assert not recording.video.redactions.exists()


def test_marks_of_which_no_film_can_be_made_are_kept(client):
    recording = recording_of(author_at_hub())
    client.force_login(recording.author)
    address = reverse("teleconsults:redact", args=[recording.public_id])
    whole = {"kind": "cut", "start": "0:00", "end": moment_of(recording.video.duration_s)}
    page = client.post(address, posted(whole, make=""), follow=True).content.decode()
    assert "The cuts would leave less than two seconds" in page
    assert recording.video.redactions.get().rows() == [Mark("cut", 0.0, recording.video.duration_s)]
    assert not Job.objects.exists()


def test_no_mark_is_lost_where_it_is_refused(client):
    recording = recording_of(author_at_hub())
    client.force_login(recording.author)
    address = reverse("teleconsults:redact", args=[recording.public_id])
    seen, row = client.get(address).context["seen"], {"kind": "cut", "start": "0:00", "end": "59:59"}
    # Another window has kept others meanwhile.
    client.post(address, posted({"kind": "cut", "start": "0:10", "end": "0:20.5"}, save=""))
    refused = client.post(address, posted(row, save="") | {"seen": seen})
    assert refused.status_code == 422
    assert "changed elsewhere" in refused.content.decode()
    assert 'value="59:59"' in refused.content.decode()
    assert recording.video.redactions.get().rows() == [CUT]
    # The film was made anew: the seconds are others.
    Video.objects.update(content_sha256="another film")
    refused = client.post(address, posted(row, make="") | {"seen": refused.context["seen"]})
    assert "made anew" in refused.content.decode()
    assert not Job.objects.exists()
    # Nor is it while a film is being made.
    Job.objects.create(kind="video.redact", subject=recording.video.job_subject)
    refused = client.post(address, posted(row, save="") | {"seen": refused.context["seen"]})
    assert "is being made" in refused.content.decode()
    assert 'value="59:59"' in refused.content.decode()


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({"kind": "cut", "start": "0:61", "end": "2:00"}, "start"),
        ({"kind": "cut", "start": "soon", "end": "2:00"}, "start"),
        ({"kind": "cut", "start": "0:30", "end": "0:20"}, "end"),
        ({"kind": "silence", "start": "0:30", "end": ""}, "end"),
        ({"kind": "cut", "start": "1:00:00", "end": "1:00:01"}, "start"),
        ({"kind": "blur", "start": "0:30", "end": "0:40"}, "x"),
        ({"kind": "mask", "x": "80", "y": "0", "width": "30", "height": "10"}, "x"),
    ],
)
def test_a_mark_that_makes_no_sense_is_asked_for_again(client, row, field):
    recording = recording_of(author_at_hub())
    client.force_login(recording.author)
    response = client.post(reverse("teleconsults:redact", args=[recording.public_id]), posted(row, make=""))
    assert response.status_code == 422
    assert list(response.context["forms"].errors[0]) == [field]
    assert not recording.video.redactions.exists()


def test_moments_are_read_as_they_are_written():
    for second, words in ((0.0, "0:00"), (65.25, "1:05.25"), (3723.5, "1:02:03.5"), (59.9996, "1:00")):
        assert moment_of(second) == words
        assert second_of(words) == pytest.approx(second, abs=0.001)


def test_a_film_of_sound_alone_has_no_places(client):
    recording = recording_of(author_at_hub(), video__width_px=0, video__height_px=0)
    client.force_login(recording.author)
    address = reverse("teleconsults:redact", args=[recording.public_id])
    assert 'value="blur"' not in client.get(address).content.decode()
    row = {"kind": "mask", "x": "0", "y": "0", "width": "25", "height": "20"}
    assert client.post(address, posted(row, make="")).status_code == 422


def test_the_page_opens_in_every_state(client):
    author = author_at_hub()
    client.force_login(author)
    states = [
        recording_of(author),
        recording_of(author, published=True),
        recording_of(author, video__uploaded=True),
        recording_of(author, video__is_provisional=True),
        recording_of(author, video__original_gone_at=timezone.now()),
        recording_of(author, video__is_withheld=True),
    ]
    for recording in states:
        keep_marks(recording.video, [CUT, BLUR], by=author)
        page = client.get(reverse("teleconsults:redact", args=[recording.public_id]))
        assert page.status_code == 200
        may_make = recording.video.is_whole and recording.video.has_original
        assert ('name="make"' in page.content.decode()) == may_make
        assert client.get(reverse("teleconsults:prepare", args=[recording.public_id])).status_code == 200
    redact_recording(states[0], marks=[CUT], by=author)
    page = client.get(reverse("teleconsults:redact", args=[states[0].public_id])).content.decode()
    assert 'name="make"' not in page
    assert "only you and the officers" in page


# --- who sees what, and who approves --------------------------------------------------------------------------------
def test_what_is_to_be_hidden_is_seen_by_its_author_and_officers_alone():
    recording = recording_of(author_at_hub(), published=True)
    reader, colleague, judge = member(), reviewer(), officer()
    assert all(may_play(person, recording.video) for person in (reader, colleague, judge))
    redact_recording(recording, marks=[CUT], by=recording.author)
    recording.refresh_from_db()
    assert not recording.live
    assert [may_play(person, recording.video) for person in (reader, colleague, judge, recording.author)] == [
        False,
        False,
        True,
        True,
    ]
    assert recording not in Recording.objects.visible_to(colleague)
    with pytest.raises(BeingRedactedError):
        publish_recording(recording, by=recording.author)
    assert recording not in Recording.objects.awaiting_check()


def test_what_is_marked_is_hidden_until_the_marks_are_dropped(client):
    """Whoever marks something knows of it; readers must not go on seeing it while the marks are being drawn."""
    recording = recording_of(author_at_hub(), published=True, consent="agreed")
    reader, colleague, judge = member(), reviewer(), officer()
    client.force_login(recording.author)
    address = reverse("teleconsults:redact", args=[recording.public_id])
    client.post(address, posted({"kind": "cut", "start": "0:10", "end": "0:20.5"}, save=""))
    recording = Recording.objects.get()
    assert not recording.live
    people = reader, colleague, judge, recording.author
    assert [may_play(person, recording.video) for person in people] == [False, False, True, True]
    page = client.get(address).content.decode()
    assert "Until the film is made without what they name" in page
    assert "could not be made" not in page
    with pytest.raises(BeingRedactedError):
        publish_recording(recording, by=recording.author)
    Video.objects.update(original_gone_at=timezone.now())
    assert 'name="give_up"' in client.get(address).content.decode(), "nothing else is left to do"
    client.post(address, {"give_up": ""})
    recording = Recording.objects.get()
    assert not recording.video.is_withheld
    assert publish_recording(recording, by=recording.author).live
    assert may_play(reader, recording.video)


def test_a_redaction_is_stopped_by_its_author_and_officers_alone(client):
    recording = recording_of(author_at_hub(), published=True)
    redact_recording(recording, marks=[CUT], by=recording.author)
    job = Job.objects.get(kind="video.redact")
    load_roles()
    for person, status in (
        (UserFactory(roles=[Role.SPECIALTY_REVIEWER]), 403),
        (recording.author, 302),
        (officer(), 302),
    ):
        client.force_login(person)
        Job.objects.filter(pk=job.pk).update(state=Job.State.QUEUED, is_cancel_requested=False)
        assert client.post(reverse("jobs:cancel", args=[job.pk])).status_code == status, person
        job.refresh_from_db()
        assert job.is_cancel_requested == (status == 302)
        assert Video.objects.get().is_withheld


def test_an_officer_approves_the_bytes_and_only_those_are_published(client):
    author, judge = author_at_hub(), officer()
    recording = recording_of(author)
    answer_consent(recording, answer="no_patient", approval=APPROVAL, by=author)
    redact_recording(recording, marks=[CUT, BLUR], by=author)
    made(recording)
    kinds = set(Notification.objects.values_list("user", "kind"))
    assert {(author.pk, "teleconsults.redacted"), (judge.pk, "teleconsults.check")} <= kinds
    with pytest.raises(NotCheckedError):
        publish_recording(recording, by=author)
    client.force_login(judge)
    address = reverse("teleconsults:check", args=[recording.public_id])
    assert recording.video.content_sha256 in client.get(address).content.decode()
    client.post(address, seen(recording) | {"verdict": "clear"})
    assert OfficerCheck.objects.get().content_sha256 == recording.video.content_sha256
    recording.refresh_from_db()
    assert recording.is_checked
    # Somebody changes a byte behind the same address.
    Video.objects.filter(pk=recording.video_id).update(content_sha256="bad" + "0" * 61)
    with pytest.raises(NotCheckedError):
        publish_recording(recording, by=author)
    assert recording in Recording.objects.awaiting_check()
    Video.objects.filter(pk=recording.video_id).update(content_sha256=recording.checked_sha256)
    assert publish_recording(recording, by=author).live


def test_a_redacted_film_is_looked_at_also_where_the_patient_agreed():
    author, judge = author_at_hub(), officer()
    recording = recording_of(author)
    answer_consent(recording, answer="agreed", approval=APPROVAL, agreement=ADULT, by=author)
    assert recording not in Recording.objects.awaiting_check()
    redact_recording(recording, marks=[CUT], by=author)
    made(recording)
    with pytest.raises(NotCheckedError):
        publish_recording(recording, by=author)
    check_recording(recording, is_clear=True, **seen(recording), by=judge)
    assert publish_recording(recording, by=author).live


def test_the_author_never_approves_the_own_redaction():
    author, judge = author_at_hub(), officer()
    recording = recording_of(author)
    answer_consent(recording, answer="no_patient", approval=APPROVAL, by=author)
    redact_recording(recording, marks=[CUT], by=author)
    made(recording)
    assert not Recording.objects.awaiting_check().checkable_by(author).exists()
    assert Recording.objects.awaiting_check().checkable_by(judge).exists()


def test_what_is_being_redacted_can_still_be_withdrawn(client):
    recording = recording_of(author_at_hub(), published=True)
    redact_recording(recording, marks=[CUT], by=recording.author)
    client.force_login(recording.author)
    address = reverse("teleconsults:withdraw", args=[recording.public_id])
    assert address in client.get(reverse("teleconsults:prepare", args=[recording.public_id])).content.decode()
    client.post(address, {"reason": "The family asked."})
    recording.refresh_from_db()
    assert recording.is_withdrawn


def test_others_find_no_page(client):
    recording = recording_of(author_at_hub())
    address = reverse("teleconsults:redact", args=[recording.public_id])
    client.force_login(author_at_hub())
    assert client.get(address).status_code == 404
    client.force_login(officer())
    assert client.post(address, posted({"kind": "cut"}, make="")).status_code == 403


# --- what a machine found -------------------------------------------------------------------------------------------
def test_without_a_detector_the_page_says_nothing_of_one(client):
    recording = recording_of(author_at_hub())
    client.force_login(recording.author)
    address = reverse("teleconsults:redact", args=[recording.public_id])
    assert 'name="look"' not in client.get(address).content.decode()
    assert "Mark them by hand" in client.post(address, {"look": ""}, follow=True).content.decode()


def test_what_a_detector_finds_is_the_authors_to_decide(client, monkeypatch):
    recording = recording_of(author_at_hub())
    client.force_login(recording.author)
    finders = Registry()
    found = [Candidate(BLUR, "A face"), Candidate(CUT, "A name is said"), Candidate(Mark("beep", 1.0, 2.0), "A number")]
    finders.register(lambda video: found if video == recording.video else [])
    for place in ("jobs", "actions"):
        monkeypatch.setattr(f"foundation.video.{place}.candidate_finders", finders)
    monkeypatch.setattr("teleconsults.views.candidate_finders", finders)
    address = reverse("teleconsults:redact", args=[recording.public_id])
    client.post(address, posted({"kind": "cut", "start": "0:10", "end": "0:20.5"}, save=""))
    client.post(address, {"look": ""})
    run_job(Job.objects.get(kind="video.find_candidates").pk)
    page = client.get(address).content.decode()
    assert "A face" in page
    assert "A name is said" not in page
    client.post(address, {"take": "0"})
    client.post(address, {"leave": "0"})
    assert "This was decided already" in client.post(address, {"take": "7"}, follow=True).content.decode()
    redaction = recording.video.redactions.get()
    assert (redaction.rows(), redaction.found()) == ([CUT, BLUR], [])
    assert "It found nothing more" in client.get(address).content.decode()


# --- originals ------------------------------------------------------------------------------------------------------
@pytest.fixture
def with_file(empty_storages):
    """A recording whose original lies in quarantine."""
    recording = RecordingFactory(author=author_at_hub(), awaiting_check=True)
    recording.video.original.save("source", ContentFile(b"\x1aE\xdf\xa3 a film with a face"))
    return recording


def test_every_look_at_an_original_is_in_the_log(client, with_file):
    judge = officer()
    client.force_login(judge)
    address = reverse("teleconsults:original", args=[with_file.public_id])
    assert "<video" not in client.get(address).content.decode()
    assert client.post(address, {"reason": ""}).status_code == 422
    assert not ModelLogEntry.objects.filter(action="video.read_original").exists()
    page = client.post(address, {"reason": "A face was seen at 3:00."})
    entry = ModelLogEntry.objects.get(action="video.read_original")
    assert (entry.user, entry.data["reason"]) == (judge, "A face was seen at 3:00.")
    film = page.context["address"]
    assert film in page.content.decode()
    answer = client.get(film, headers={"Range": "bytes=5-"})
    assert (answer.status_code, answer["Content-Type"], answer["Cache-Control"]) == (206, "video/webm", "no-store")
    assert b"".join(answer.streaming_content) == b"a film with a face"
    for other in (officer(), reviewer(), member(), with_file.author):
        client.force_login(other)
        assert client.get(film).status_code in {302, 403, 404}
    client.force_login(judge)
    assert client.get(film + "x").status_code == 404
    with time_machine_at(originals.KEPT_S + 1):
        assert client.get(film).status_code == 404


@contextmanager
def time_machine_at(seconds_from_now):
    now = time.time()
    with patch("django.core.signing.time.time", lambda: now + seconds_from_now):
        yield


def test_an_author_who_is_an_officer_has_no_way_to_the_own_original(client, with_file):
    with_file.author.groups.add(Group.objects.get_or_create(name=Role.DEID_OFFICER)[0])
    load_roles()
    client.force_login(with_file.author)
    assert client.get(reverse("teleconsults:original", args=[with_file.public_id])).status_code == 404


def test_originals_expire_after_publication(client, with_file, settings):
    path = Path(with_file.video.original.path)
    long_ago = timezone.now() - settings.ORIGINALS_KEPT_FOR - timedelta(days=1)
    assert forget_originals() == 0
    facts = {"consent": "agreed", "live": True}
    Recording.objects.filter(pk=with_file.pk).update(**facts, published_at=timezone.now())
    assert forget_originals() == 0
    Recording.objects.filter(pk=with_file.pk).update(published_at=long_ago)
    job = JobFactory(kind="video.redact", subject=with_file.video.job_subject)
    assert forget_originals() == 0
    job.delete()
    assert path.exists()
    assert forget_originals() == 1
    assert not path.exists()
    video = Video.objects.get(pk=with_file.video_id)
    assert not video.has_original
    assert video.original_gone_at
    assert forget_originals() == 0
    client.force_login(with_file.author)
    page = client.get(reverse("teleconsults:redact", args=[with_file.public_id])).content.decode()
    assert "The original has expired" in page
    assert 'name="make"' not in page
    with pytest.raises(OriginalGoneError):
        redact_recording(with_file, marks=[CUT], by=with_file.author)
    Video.objects.filter(pk=video.pk).update(state=Video.State.FAILED)
    with pytest.raises(NothingToRetryError):
        retry_encode(video, by=with_file.author)
    Video.objects.filter(pk=video.pk).update(state=Video.State.READY)
    client.force_login(officer())
    page = client.get(reverse("teleconsults:original", args=[with_file.public_id])).content.decode()
    assert "The original has expired" in page


def test_originals_of_what_never_goes_public_expire_too(client, with_file, settings):
    long_ago = timezone.now() - settings.ORIGINALS_KEPT_FOR - timedelta(days=1)
    path = Path(with_file.video.original.path)
    assert forget_originals() == 0
    Video.objects.update(created_at=long_ago)
    redaction = keep_marks(with_file.video, [CUT], by=with_file.author)
    Redaction.objects.update(proposed_at=timezone.now())
    assert forget_originals() == 0, "the redacted film may still have to be made"
    redaction.delete()
    assert forget_originals() == 1
    assert not path.exists()
    Video.objects.update(state=Video.State.FAILED)
    client.force_login(with_file.author)
    page = client.get(reverse("teleconsults:prepare", args=[with_file.public_id])).content.decode()
    assert "Your file has expired meanwhile" in page
    assert reverse("teleconsults:retry", args=[with_file.public_id]) not in page


def test_what_a_crash_left_of_an_original_goes_the_next_day(with_file, settings):
    long_ago = timezone.now() - settings.ORIGINALS_KEPT_FOR - timedelta(days=1)
    Recording.objects.filter(pk=with_file.pk).update(consent="agreed", live=True, published_at=long_ago)
    Path(with_file.video.original.path).unlink()
    assert forget_originals() == 1
    assert not Video.objects.get(pk=with_file.video_id).has_original
