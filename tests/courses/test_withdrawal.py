"""What becomes of a course whose recording is withdrawn: nobody waits for it, and nobody publishes it again so."""

import pytest
from django.urls import reverse
from wagtail.models import GroupApprovalTask, ModelLogEntry, Workflow, WorkflowTask

from courses.actions import NothingToLearnError, enrol, mark_lesson_read
from courses.models import CoursePage, Enrolment, LessonPage
from cpd.models import CreditEntry
from foundation.kernel.erasure import exporters
from foundation.notifications.models import Notification
from foundation.video.models import Video
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
    recording = RecordingFactory(published=True)
    LessonPageFactory(parent=course, kind="recording", recording=recording, body=[])
    Video.objects.update(state=Video.State.FAILED)
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


def start_review(page, editor):
    workflow = Workflow.objects.create(name="Two pairs of eyes")
    task = GroupApprovalTask.objects.create(name="Second look")
    WorkflowTask.objects.create(workflow=workflow, task=task, sort_order=0)
    page.save_revision(user=editor)
    return workflow.start(page, editor)


@pytest.mark.parametrize("way", ["editor", "bulk", "approval", "approval in the editor"])
def test_a_course_with_a_recording_that_cannot_be_watched_is_not_published(client, editor, way):
    course = make_course()
    lesson = withdraw(course)
    course.unpublish()
    edit, words = reverse("wagtailadmin_pages:edit", args=[course.pk]), course_form(course)
    if "approval" in way:
        state = start_review(course, editor)
        review = [course.pk, "approve", state.current_task_state_id]
        approve = {"action-workflow-action": "true", "workflow-action-name": "approve"}

    def publish():
        match way:
            case "bulk":
                return publish_in_bulk(client, course)
            case "approval":
                return client.post(reverse("wagtailadmin_pages:workflow_action", args=review), follow=True)
            case "approval in the editor":
                del words["action-publish"]
                return client.post(edit, words | approve, follow=True)
        return client.post(edit, words, follow=True)

    assert f"The recording of “{lesson.title}” cannot be watched" in publish().content.decode()
    assert not CoursePage.objects.get(pk=course.pk).live
    lesson.unpublish()
    words = course_form(course)
    publish()
    assert CoursePage.objects.get(pk=course.pk).live


def test_neither_is_such_a_lesson_approved(client, editor):
    lesson = withdraw(make_course())
    lesson.unpublish()
    state = start_review(lesson, editor)
    review = reverse("wagtailadmin_pages:workflow_action", args=[lesson.pk, "approve", state.current_task_state_id])
    answer = client.post(review, headers={"X-Requested-With": "XMLHttpRequest"}).json()
    assert (answer["step"], "cannot be watched" in client.get(answer["redirect"]).content.decode()) == ("success", True)
    assert not LessonPage.objects.get(pk=lesson.pk).live


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
