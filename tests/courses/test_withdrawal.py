"""What becomes of a course whose recording is withdrawn: nobody waits for it, and nobody publishes it again so."""

import pytest
from django.urls import reverse
from wagtail.models import ModelLogEntry

from courses.actions import NothingToLearnError, enrol, mark_lesson_read
from courses.models import CoursePage, Enrolment, LessonPage
from cpd.models import CreditEntry
from foundation.kernel.erasure import exporters
from foundation.notifications.models import Notification
from teleconsults.actions import withdraw_recording
from tests.courses.test_editing import course_form, in_bulk
from tests.factories.accounts import UserFactory
from tests.factories.courses import (
    CoursePageFactory,
    LessonPageFactory,
    enrolled,
    finish,
    make_course,
    member,
    take_quiz,
    watch_all,
)
from tests.factories.teleconsults import RecordingFactory
from tests.factories.video import VideoFactory

pytestmark = pytest.mark.django_db


def watched_lesson(course: CoursePage) -> LessonPage:
    return LessonPage.objects.child_of(course).get(kind="recording")


def withdraw(course: CoursePage) -> LessonPage:
    lesson = watched_lesson(course)
    assert lesson.recording
    withdraw_recording(lesson.recording, reason="A face", by=lesson.recording.author)
    return lesson


def do_the_rest(course: CoursePage, enrolment: Enrolment) -> Enrolment:
    """All but watching."""
    for lesson in LessonPage.objects.child_of(course).exclude(kind="recording"):
        mark_lesson_read(lesson, enrolment, by=enrolment.practitioner.user)
    take_quiz(course, enrolment)
    return Enrolment.objects.get(pk=enrolment.pk)


def test_who_had_only_the_withdrawn_recording_left_completes_and_the_proof_says_so():
    course = make_course(hours="2")
    enrolment = do_the_rest(course, enrolled(course))
    assert not enrolment.is_completed
    lesson = withdraw(course)
    enrolment.refresh_from_db()
    assert enrolment.is_completed
    released = CreditEntry.objects.get().evidence["released"][str(lesson.uid)]
    assert (released["kind"], released["title"], released["reason"]) == (
        "recording",
        lesson.title,
        "recording_withdrawn",
    )
    entry = ModelLogEntry.objects.get(action="courses.release")
    assert (entry.user, entry.object_id) == (lesson.recording.author, str(enrolment.pk))


def test_who_is_under_way_is_told_and_goes_on_without_it(client):
    enrolment = enrolled(course := make_course())
    user = enrolment.practitioner.user
    lesson = withdraw(course)
    told = Notification.objects.get(user=user, kind="courses.released")
    assert course.title in told.text
    assert lesson.title in told.text
    enrolment.refresh_from_db()
    assert (enrolment.required_total, enrolment.is_completed) == (4, False)
    copy = dict(export(user) for export in exporters)
    assert str(lesson.uid) in copy["courses"]["enrolments"][0]["released"]
    client.force_login(user)
    page = client.get(lesson.address).content.decode()
    assert "This recording was withdrawn" in page
    assert "when you have watched" not in page


def test_who_had_watched_it_keeps_what_they_did():
    enrolment = enrolled(course := make_course())
    watch_all(course, enrolment.practitioner.user)
    withdraw(course)
    enrolment.refresh_from_db()
    assert (enrolment.required_total, enrolment.required_done, enrolment.released_items) == (5, 1, {})
    assert not Notification.objects.filter(kind="courses.released").exists()


def test_who_enrols_later_is_not_asked_to_watch_it(client):
    course = make_course(hours="2")
    withdraw(course)
    course = CoursePage.objects.get(pk=course.pk)
    enrolment = enrolled(course)
    assert enrolment.required_total == 4
    assert do_the_rest(course, enrolment).is_completed
    client.force_login(enrolment.practitioner.user)
    assert client.get(course.address).context["next_open"] is None


def test_a_film_that_is_not_ready_is_asked_of_nobody():
    course = CoursePageFactory()
    recording = RecordingFactory(video=VideoFactory(uploaded=True))
    LessonPageFactory(parent=course, kind="recording", recording=recording, body=[])
    with pytest.raises(NothingToLearnError):
        enrol(CoursePage.objects.get(pk=course.pk), by=member())


@pytest.fixture
def editor(client, settings):
    user = UserFactory(is_staff=True, is_superuser=True)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    return user


def publish_in_bulk(client, page, **data):
    return in_bulk(client, "publish", page, **data)


@pytest.mark.parametrize("is_bulk", [True, False])
def test_a_course_with_a_recording_that_cannot_be_watched_is_not_published(client, editor, is_bulk):
    course = make_course()
    lesson = withdraw(course)
    course.unpublish()
    edit = reverse("wagtailadmin_pages:edit", args=[course.pk])

    def publish():
        return publish_in_bulk(client, course) if is_bulk else client.post(edit, course_form(course), follow=True)

    assert f"The recording of “{lesson.title}” cannot be watched" in publish().content.decode()
    assert not CoursePage.objects.get(pk=course.pk).live
    lesson.unpublish()
    publish()
    assert CoursePage.objects.get(pk=course.pk).live


def test_neither_is_such_a_lesson_published_with_its_course(client, editor):
    course = make_course()
    lesson = withdraw(course)
    lesson.unpublish()
    course.unpublish()
    page = publish_in_bulk(client, course, include_descendants="on").content.decode()
    assert "cannot be watched" in page
    assert not CoursePage.objects.get(pk=course.pk).live
    assert "cannot be watched" in publish_in_bulk(client, lesson).content.decode()
    assert not LessonPage.objects.get(pk=lesson.pk).live


def test_a_course_that_can_be_done_is_not_in_the_way_of_another(client, editor):
    withdraw(make_course())
    other = make_course()
    assert finish(other, enrolled(other)).is_completed
    assert "cannot be watched" not in publish_in_bulk(client, other).content.decode()
