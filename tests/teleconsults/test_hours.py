"""Hours for watching a recording: proposed when it is published, confirmed by the issuing body, taken once."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from courses.models import LessonPage
from cpd.actions import confirm_activity
from cpd.models import CreditEntry
from foundation.video.models import WatchRecord
from teleconsults.actions import (
    AnswersMissingError,
    CountedElsewhereError,
    InCourseError,
    NoHoursError,
    NotMemberError,
    NotWatchedError,
    claim_hours,
    decide,
    publish_recording,
)
from teleconsults.models import Recording
from tests.factories.accounts import PractitionerFactory, UserFactory
from tests.factories.courses import make_course
from tests.factories.cpd import ActivityKindFactory, CpdAdminFactory, IssuingBodyFactory
from tests.factories.teleconsults import RecordingFactory, make_point

pytestmark = pytest.mark.django_db


def hub_recording(**facts):
    """Cleared and not yet published, with half an hour to be confirmed."""
    body, kind = IssuingBodyFactory(admins=[CpdAdminFactory()]), ActivityKindFactory()
    wanted = {"issuing_body": body, "activity_kind": kind, "credit_hours": Decimal("0.5")}
    recording = RecordingFactory(awaiting_check=True, **(wanted | facts))
    Recording.objects.filter(pk=recording.pk).update(consent="agreed")
    return recording


def confirmed(recording):
    body, kind = recording.issuing_body, recording.activity_kind
    recording = publish_recording(recording, by=recording.author)
    activity = Recording.objects.get(pk=recording.pk).activity
    facts = {"kind_code": kind.code, "title": activity.title, "issuing_body": body, "hours": activity.hours}
    confirm_activity(activity.key, **facts, by=body.admins.get())
    return Recording.objects.get(pk=recording.pk)


def watched(recording, user, *, share=1.0, wall=1.0):
    length = recording.video.whole_seconds
    facts = {"seconds_watched": int(length * share), "wall_s": length * wall, "length_s": length}
    return WatchRecord.objects.update_or_create(user=user, video=recording.video, defaults=facts)[0]


def test_publishing_proposes_and_the_issuer_confirms():
    recording = publish_recording(hub_recording(), by=UserFactory())
    recording.refresh_from_db()
    assert (recording.activity.hours, recording.activity.is_confirmed) == (Decimal("0.5"), False)
    with pytest.raises(NoHoursError):
        claim_hours(recording, by=PractitionerFactory(verified=True).user)


def test_an_administrator_who_publishes_confirms():
    recording = hub_recording()
    publish_recording(recording, by=recording.issuing_body.admins.get())
    recording.refresh_from_db()
    assert recording.activity.is_confirmed


def test_hours_are_taken_once_by_who_watched_as_asked(client):
    recording, reader = confirmed(hub_recording()), PractitionerFactory(verified=True).user
    with pytest.raises(NotMemberError):
        claim_hours(recording, by=UserFactory())
    client.force_login(reader)
    address = reverse("teleconsults:hours", args=[recording.public_id])
    for facts in ({"share": 0.8}, {"share": 1.0, "wall": 0.1}):
        watched(recording, reader, **facts)
        client.post(address)
        assert not CreditEntry.objects.exists()
    watched(recording, reader)
    for _again in range(2):
        assert client.post(address).url == recording.get_absolute_url()
    entry = CreditEntry.objects.get()
    assert (entry.hours, entry.practitioner.user) == (Decimal("0.5"), reader)
    assert entry.watched[0]["video"] == recording.video.public_id
    assert client.get(recording.get_absolute_url()).context["credit"] == entry


def test_the_author_sets_how_much_is_asked():
    recording, reader = confirmed(hub_recording(required_coverage="0.50")), PractitionerFactory(verified=True).user
    watched(recording, reader, share=0.4)
    with pytest.raises(NotWatchedError):
        claim_hours(recording, by=reader)
    watched(recording, reader, share=0.6)
    assert claim_hours(recording, by=reader).hours == Decimal("0.5")


def test_hours_wait_for_the_answers_that_the_film_asks_for():
    recording, reader = confirmed(hub_recording()), PractitionerFactory(verified=True).user
    point = make_point(recording, is_required=True)
    watched(recording, reader)
    with pytest.raises(AnswersMissingError):
        claim_hours(recording, by=reader)
    decide(point, option_id=point.options.first().pk, by=reader)
    assert claim_hours(recording, by=reader).hours == Decimal("0.5")


def test_minutes_that_a_course_has_credited_count_no_more():
    recording, reader = confirmed(hub_recording()), PractitionerFactory(verified=True)
    watched(recording, reader.user)
    course = confirmed(hub_recording()).activity
    evidence = {"items": {"lesson": {"video": recording.video.public_id}}}
    CreditEntry.objects.create(
        practitioner=reader, activity=course, hours=1, began_on=timezone.localdate(), on_date=timezone.localdate(),
        evidence=evidence,
    )  # fmt: skip
    with pytest.raises(CountedElsewhereError):
        claim_hours(recording, by=reader.user)


def test_minutes_that_a_course_would_credit_are_the_courses():
    recording, reader = confirmed(hub_recording()), PractitionerFactory(verified=True)
    watched(recording, reader.user)
    course = make_course(hours="2")
    lesson = LessonPage.objects.child_of(course).get(kind="recording")
    LessonPage.objects.filter(pk=lesson.pk).update(recording=recording)
    with pytest.raises(InCourseError):
        claim_hours(recording, by=reader.user)
    course.unpublish()
    assert claim_hours(recording, by=reader.user).hours == Decimal("0.5")


def test_hours_need_a_body_a_kind_and_a_number():
    with pytest.raises(ValidationError):
        hub_recording(activity_kind=None).clean()
    hub_recording().clean()
