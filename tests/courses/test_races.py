"""Two people at the same moment, on two connections of PostgreSQL; SQLite lets one write at a time anyway."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from courses.actions import settle_hours, submit_attempt
from courses.models import CoursePage, Enrolment, LessonPage
from cpd.models import Activity, CreditEntry
from teleconsults.actions import withdraw_recording
from tests.factories.accounts import UserFactory
from tests.factories.courses import (
    answer,
    enrolled,
    make_course,
    mark_lesson_read,
    member,
    quiz_of,
    start_attempt,
    watch_all,
)
from tests.factories.cpd import ActivityKindFactory, CpdAdminFactory, IssuingBodyFactory, confirm_proposal

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time"),
]
# As long as the second waits, where it waits for the first; where it does not, it is done much sooner.
HOLD_S = 1.5


def all_but_the_quiz(course: CoursePage):
    """An attempt whose submission completes the course."""
    enrolment = enrolled(course)
    user = enrolment.practitioner.user
    for lesson in LessonPage.objects.child_of(course).exclude(kind="recording"):
        mark_lesson_read(lesson, enrolment, by=user)
    watch_all(course, user)
    attempt = start_attempt(quiz_of(course), enrolment, by=user)
    answer(attempt, rightly=True, by=user)
    return attempt


def side_by_side(first, second) -> None:
    """`second` begins when `first` has done its part and holds its transaction open for a while."""
    acted, ended = threading.Event(), threading.Event()

    def hold():
        try:
            with transaction.atomic():
                first()
                acted.set()
                ended.wait(HOLD_S)
        finally:
            acted.set()
            connection.close()

    def follow():
        try:
            acted.wait(20)
            second()
        finally:
            ended.set()
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        for future in [threads.submit(hold), threads.submit(follow)]:
            future.result(timeout=30)


@pytest.mark.parametrize("where", ["at the desk", "by publishing"])
@pytest.mark.parametrize("is_learner_first", [True, False])
def test_completing_while_the_issuer_confirms_gives_one_credit(where, is_learner_first):
    ActivityKindFactory()
    body = IssuingBodyFactory()
    issuer = CpdAdminFactory(bodies=[body])
    course = make_course()
    course.credit_hours, course.issuing_body, course.hours_confirmed = 2, body, True
    course.save()
    if where == "at the desk":
        settle_hours(course, by=UserFactory())
    attempt = all_but_the_quiz(course)

    def confirm():
        if where == "by publishing":
            settle_hours(course, by=issuer)
        else:
            confirm_proposal(Activity.objects.get(), by=issuer)

    def complete():
        submit_attempt(attempt, by=attempt.enrolment.practitioner.user)

    side_by_side(*((complete, confirm) if is_learner_first else (confirm, complete)))
    assert Enrolment.objects.get().is_completed
    assert CreditEntry.objects.count() == 1


@pytest.mark.parametrize("is_learner_first", [True, False])
def test_who_enrols_while_a_recording_is_withdrawn_is_not_asked_to_watch_it(is_learner_first):
    course, learner = make_course(), member()
    lesson = LessonPage.objects.child_of(course).get(kind="recording")

    def join():
        enrolled(course, learner)

    def withdraw():
        withdraw_recording(lesson.recording, reason="The family asked for it", by=lesson.recording.author)

    side_by_side(*((join, withdraw) if is_learner_first else (withdraw, join)))
    assert str(lesson.uid) not in Enrolment.objects.get().required_items
