"""Hours for watching a recording: proposed when it is published, confirmed by the issuing body, taken once."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from courses.models import LessonPage
from cpd.actions import confirm_activity
from cpd.models import Activity, CreditEntry
from foundation.notifications.models import Notification
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
from tests.factories.courses import enrolled, finish, make_course
from tests.factories.cpd import ActivityKindFactory, CpdAdminFactory, IssuingBodyFactory, issued
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


def test_minutes_that_a_course_would_credit_are_the_courses(client):
    recording, reader = confirmed(hub_recording()), PractitionerFactory(verified=True)
    watched(recording, reader.user)
    course = make_course(hours="2")
    lesson = LessonPage.objects.child_of(course).get(kind="recording")
    LessonPage.objects.filter(pk=lesson.pk).update(recording=recording)
    with pytest.raises(InCourseError):
        claim_hours(recording, by=reader.user)
    client.force_login(reader.user)
    assert "Take the hours" not in client.get(recording.get_absolute_url()).content.decode()
    course.unpublish()
    assert "Take the hours" in client.get(recording.get_absolute_url()).content.decode()
    assert claim_hours(recording, by=reader.user).hours == Decimal("0.5")


def course_showing(recording, **facts):
    course = make_course(**facts)
    LessonPage.objects.child_of(course).filter(kind="recording").update(recording=recording)
    return course


def test_a_course_whose_hours_nobody_has_confirmed_takes_none_away():
    recording, reader = confirmed(hub_recording()), PractitionerFactory(verified=True)
    watched(recording, reader.user)
    course = course_showing(recording, hours="2")
    Activity.objects.filter(pk=course.activity_id).update(confirmed_at=None, confirmed_by=None)
    assert claim_hours(recording, by=reader.user).hours == Decimal("0.5")


@pytest.mark.parametrize(("hours", "left"), [("2", [Decimal("1.5")]), ("0.5", [])])
def test_hours_taken_before_are_part_of_the_courses_and_of_one_course_only(hours, left):
    recording, reader = confirmed(hub_recording()), PractitionerFactory(verified=True)
    watched(recording, reader.user)
    taken = claim_hours(recording, by=reader.user)
    course = course_showing(recording, hours=hours)
    assert finish(course, enrolled(course, reader.user)).is_completed
    credited = reader.credit_entries.filter(activity=course.activity)
    assert [entry.hours for entry in credited] == left
    if left:
        assert credited.get().evidence["less"] == [taken.pk]
        another = course_showing(recording, hours="3")
        finish(another, enrolled(another, reader.user))
        assert reader.credit_entries.get(activity=another.activity).hours == 3
        assert "1.5" in Notification.objects.filter(user=reader.user, kind="courses.completed").first().text


def publish_again(recording, **changes):
    recording = Recording.objects.get(pk=recording.pk)
    for name, value in changes.items():
        setattr(recording, name, value)
    recording.save_revision(user=recording.author).publish(user=recording.author, skip_permission_checks=True)
    return Recording.objects.get(pk=recording.pk)


def test_hours_that_the_author_took_back_are_earned_by_nobody_and_confirmed_by_nobody(client):
    nothing = {"issuing_body": None, "activity_kind": None, "credit_hours": None}
    recording, reader = confirmed(hub_recording()), PractitionerFactory(verified=True).user
    watched(recording, reader)
    assert publish_again(recording, **nothing).activity is None
    with pytest.raises(NoHoursError):
        claim_hours(Recording.objects.get(pk=recording.pk), by=reader)
    proposed = publish_recording(hub_recording(), by=UserFactory())
    activity = Recording.objects.get(pk=proposed.pk).activity
    publish_again(proposed, **nothing)
    assert not Activity.objects.awaiting_confirmation().exists()
    client.force_login(activity.issuing_body.admins.get())
    assert client.get(reverse("cpd:activity_confirm", args=[activity.pk])).status_code == 404
    facts = {"issuing_body": activity.issuing_body, "activity_kind": activity.kind, "credit_hours": Decimal(1)}
    publish_again(proposed, **facts)
    assert Activity.objects.awaiting_confirmation().get() == activity


def test_asking_for_less_than_was_confirmed_needs_the_issuer_again(client):
    recording = confirmed(hub_recording())
    assert publish_again(recording, title="A new title").activity.is_confirmed
    activity = publish_again(recording, required_coverage=Decimal("0.60")).activity
    assert not activity.is_confirmed
    client.force_login(activity.issuing_body.admins.get())
    assert "60 %" in client.get(reverse("cpd:activity_confirm", args=[activity.pk])).content.decode()


def test_a_certificate_prints_the_title_of_the_day_of_the_credit():
    recording, reader = confirmed(hub_recording(title="Dengue shock")), PractitionerFactory(verified=True).user
    watched(recording, reader)
    entry = claim_hours(recording, by=reader)
    publish_again(recording, title="Dengue, second edition")
    assert issued(CreditEntry.objects.get(pk=entry.pk)).payload["activities"][0]["title"] == "Dengue shock"


def test_hours_need_a_body_a_kind_and_a_number():
    with pytest.raises(ValidationError):
        hub_recording(activity_kind=None).clean()
    hub_recording().clean()
