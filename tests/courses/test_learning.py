"""Enrolling, reading, watching, completing: each counted once."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from courses.actions import (
    MustBeWatchedError,
    NothingToLearnError,
    NotVerifiedError,
    enrol,
    mark_lesson_read,
    release_lesson,
    settle_hours,
)
from courses.models import CoursePage, Enrolment, ItemProgress, LessonPage
from cpd.models import CreditEntry
from teleconsults.models import Recording
from tests.factories.accounts import PractitionerFactory, UserFactory
from tests.factories.courses import (
    CoursePageFactory,
    LessonPageFactory,
    enrolled,
    finish,
    make_course,
    member,
    quiz_of,
    take_quiz,
    watch_all,
)
from tests.factories.cpd import CpdAdminFactory, confirm_proposal
from tests.factories.teleconsults import RecordingFactory, make_point

pytestmark = pytest.mark.django_db


def fresh(enrolment: Enrolment) -> Enrolment:
    return Enrolment.objects.get(pk=enrolment.pk)


def test_enrolling_twice_keeps_one_enrolment():
    course, user = make_course(), member()
    assert enrol(course, by=user) == enrol(course, by=user)


def test_enrolling_pins_version_title_and_what_is_required():
    enrolment = enrolled(course := make_course())
    assert (enrolment.version, enrolment.title, enrolment.required_total) == (1, course.title, 5)
    assert set(enrolment.required_items) == {str(item.uid) for item in course.outline}


@pytest.mark.parametrize("person", [PractitionerFactory, PractitionerFactory.create])
def test_only_verified_members_enrol(person):
    with pytest.raises(NotVerifiedError):
        enrol(make_course(), by=person(pending=True).user)
    with pytest.raises(NotVerifiedError):
        enrol(make_course(), by=UserFactory())


def test_a_course_without_lessons_takes_nobody():
    with pytest.raises(NothingToLearnError):
        enrol(CoursePageFactory(), by=member())


def test_a_lesson_read_twice_counts_once():
    enrolment = enrolled(course := make_course())
    lesson = LessonPage.objects.child_of(course).first()
    for _ in range(2):
        enrolment = mark_lesson_read(lesson, enrolment, by=enrolment.practitioner.user)
    assert enrolment.required_done == 1
    assert enrolment.items.count() == 1


def test_saying_so_does_not_make_a_recording_watched():
    enrolment = enrolled(course := make_course())
    lesson = LessonPage.objects.child_of(course).get(kind="recording")
    with pytest.raises(MustBeWatchedError):
        mark_lesson_read(lesson, enrolment, by=enrolment.practitioner.user)


def test_a_recording_is_done_at_the_share_that_the_lesson_asks_for():
    enrolment = enrolled(course := make_course())
    user = enrolment.practitioner.user
    watch_all(course, user, share=0.89)
    assert fresh(enrolment).required_done == 0
    watch_all(course, user, share=0.9)
    watch_all(course, user, share=1)
    assert fresh(enrolment).required_done == 1
    assert enrolment.items.get().evidence["required"] == 0.9


def test_the_share_that_counts_is_the_one_asked_for_on_enrolling(client):
    enrolment = enrolled(course := make_course())
    Recording.objects.update(required_coverage=Decimal("0.50"))
    watch_all(course, enrolment.practitioner.user, share=0.6)
    assert fresh(enrolment).required_done == 0
    later = enrolled(course)
    watch_all(course, later.practitioner.user, share=0.6)
    assert fresh(later).required_done == 1
    Recording.objects.update(required_coverage=Decimal(1))
    client.force_login(enrolment.practitioner.user)
    page = client.get(LessonPage.objects.child_of(course).get(kind="recording").address).content.decode()
    assert "watched 90 %" in page
    assert 'data-watched-lesson="0.9' in page
    watch_all(course, enrolment.practitioner.user, share=0.9)
    assert fresh(enrolment).required_done == 1


def test_a_lesson_waits_for_the_answers_that_its_film_asks_for(client):
    enrolment = enrolled(course := make_course())
    user, lesson = enrolment.practitioner.user, LessonPage.objects.child_of(course).get(kind="recording")
    point = make_point(lesson.recording, is_required=True)
    watch_all(course, user)
    assert fresh(enrolment).required_done == 0
    client.force_login(user)
    page = client.get(lesson.address).content.decode()
    assert "One question in the film has still to be answered" in page
    answer = {"option": point.options.first().pk, "next": lesson.address}
    address = reverse("teleconsults:answer_decision", args=[lesson.recording.public_id, point.pk])
    assert client.post(address, answer)["Location"].startswith(lesson.address)
    assert fresh(enrolment).required_done == 1
    page = client.get(lesson.address).content.decode()
    assert "has still to be answered" not in page
    assert point.reasoning in page


@pytest.mark.parametrize(("share", "done"), [(0.95, 1), (0.5, 0)])
def test_what_was_watched_before_enrolling_counts(share, done):
    course, user = make_course(), member()
    watch_all(course, user, share=share)
    enrolment = enrol(course, by=user)
    assert (enrolment.required_done, fresh(enrolment).required_done) == (done, done)
    assert [item.evidence["coverage"] for item in enrolment.items.all()] == [share] * done


def test_a_course_of_watched_recordings_is_completed_by_enrolling():
    course, user = CoursePageFactory(), member()
    LessonPageFactory(parent=course, kind="recording", recording=RecordingFactory(published=True), body=[])
    watch_all(course, user)
    assert enrol(CoursePage.objects.get(pk=course.pk), by=user).is_completed


def test_watching_by_somebody_else_counts_for_nobody():
    enrolment = enrolled(course := make_course())
    watch_all(course, member())
    assert fresh(enrolment).required_done == 0


def test_everything_done_completes_once_and_credits_once():
    enrolment = enrolled(course := make_course(hours="2"))
    finish(course, enrolment)
    finish(course, enrolment, quiz=False)
    assert enrolment.is_completed
    entry = CreditEntry.objects.get()
    assert (entry.practitioner, entry.hours) == (enrolment.practitioner, Decimal(2))
    kinds = sorted(item["kind"] for item in entry.evidence["items"].values())
    assert kinds == ["case", "quiz", "reading", "reading", "recording"]


def test_a_course_without_confirmed_hours_credits_nothing():
    enrolment = finish(course := make_course(), enrolled(course))
    assert enrolment.is_completed
    assert not CreditEntry.objects.exists()


def test_hours_confirmed_later_reach_those_who_had_finished():
    course = make_course(hours="2")
    course.credit_hours = Decimal(3)
    course.save()
    proposal = settle_hours(course, by=UserFactory())
    course.refresh_from_db()
    enrolment = finish(course, enrolled(course))
    assert not CreditEntry.objects.exists()
    confirm_proposal(proposal, by=CpdAdminFactory(bodies=[course.issuing_body]))
    assert CreditEntry.objects.get().practitioner == enrolment.practitioner


def test_changed_hours_make_a_new_version_and_leave_earlier_learners_theirs():
    course = make_course(hours="2")
    earlier = enrolled(course)
    course.credit_hours = Decimal(3)
    course.save()
    settle_hours(course, by=CpdAdminFactory(bodies=[course.issuing_body]))
    course = CoursePage.objects.get(pk=course.pk)
    assert course.version == 2
    later = enrolled(course)
    for enrolment in (earlier, later):
        finish(course, enrolment)
    assert [entry.hours for entry in CreditEntry.objects.order_by("hours")] == [2, 3]


def test_publishing_again_unchanged_keeps_the_version():
    course = make_course(hours="2")
    settle_hours(course, by=CpdAdminFactory(bodies=[course.issuing_body]))
    assert CoursePage.objects.get().version == 1


def test_hours_that_are_no_longer_confirmed_are_not_promised():
    course = make_course(hours="2")
    course.hours_confirmed = False
    course.save()
    settle_hours(course, by=UserFactory())
    assert CoursePage.objects.get().activity is None


def test_a_withdrawn_lesson_is_no_longer_waited_for():
    enrolment = enrolled(course := make_course(hours="2"))
    first, *others = course.outline
    for lesson in LessonPage.objects.child_of(course).exclude(uid=first.uid).exclude(kind="recording"):
        mark_lesson_read(lesson, enrolment, by=enrolment.practitioner.user)
    watch_all(course, enrolment.practitioner.user)
    take_quiz(course, enrolment)
    assert fresh(enrolment).required_done == len(others)
    lesson = LessonPage.objects.get(uid=first.uid)
    release_lesson(lesson, reason=Enrolment.Release.LESSON_UNPUBLISHED, by=UserFactory())
    assert fresh(enrolment).is_completed
    released = CreditEntry.objects.get().evidence["released"][str(first.uid)]
    assert (released["title"], released["reason"]) == (first.title, "lesson_unpublished")


def test_a_lesson_added_later_is_not_required_of_those_enrolled():
    enrolment = enrolled(course := make_course())
    added = course.add_child(instance=LessonPage(title="Added", slug="added"))
    mark_lesson_read(added, enrolment, by=enrolment.practitioner.user)
    assert (fresh(enrolment).required_done, fresh(enrolment).required_total) == (0, 5)


def test_the_database_refuses_to_rewrite_what_was_done():
    enrolment = finish(course := make_course(), enrolled(course))
    attempt = enrolment.attempts.get()
    rows = [
        enrolment.items,
        attempt.responses,
        attempt.grades,
        ItemProgress.objects.filter(kind="quiz"),
    ]
    for queryset in rows:
        with pytest.raises(IntegrityError), transaction.atomic():
            queryset.all()._raw_delete(using="default")
    for changed in ({"snapshot": {}}, {"submitted_at": None}, {"number": 9}):
        with pytest.raises(IntegrityError), transaction.atomic():
            enrolment.attempts.update(**changed)
    assert quiz_of(course).uid == attempt.quiz_uid
