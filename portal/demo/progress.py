"""How far each person came: through the actions that a member's own clicks would call, on the days it happened."""

import datetime
import zlib
from decimal import Decimal
from typing import Any

from django.db import transaction

from courses.actions import enrol, mark_lesson_read, save_response, start_attempt, submit_attempt
from courses.models import CoursePage, Enrolment, LessonPage, QuizPage
from cpd.actions import issue_certificates, revoke_certificate
from cpd.models import Certificate, CreditEntry, IssuingBody
from foundation.accounts.models import User
from foundation.video.models import Video, WatchRecord
from foundation.video.rules import whole_seconds
from foundation.video.watching import watched_listeners
from portal.demo.clock import clock_at
from portal.demo.content import read
from teleconsults.actions import decide
from teleconsults.models import DecisionPoint

FINISHED = {"finished", "certified", "revoked"}
DONE_WITH_LESSONS = FINISHED | {"quiz_failed"}


def load_progress(users: dict[str, User], courses: dict[str, CoursePage]) -> None:
    """Enrolments at all stages, then certificates in the order of their days; what exists is left alone."""
    texts = sorted(read("enrolments")["enrolments"], key=lambda text: (text["enrolled_on"], text["person"]))
    for text in texts:
        _load_enrolment(text, users[text["person"]], courses[text["course"]])
    for text in sorted(
        (text for text in texts if "issued_on" in text), key=lambda text: (text["issued_on"], text["person"])
    ):
        _load_certificate(text, users, courses[text["course"]])


@transaction.atomic
def _load_enrolment(text: dict[str, Any], learner: User, course: CoursePage) -> None:
    if Enrolment.objects.filter(practitioner__user=learner, course=course).exists():
        return
    began: datetime.date = text["enrolled_on"]
    with clock_at(began):
        enrolment = enrol(course, by=learner)
    lessons = list(LessonPage.objects.child_of(course).live().order_by("path"))
    done = lessons if text["state"] in DONE_WITH_LESSONS else lessons[: text.get("lessons_done", 0)]
    with clock_at(text.get("failed_on") or text.get("finished_on") or began + datetime.timedelta(days=2)):
        for lesson in done:
            _finish_lesson(lesson, enrolment, learner)
        if text["state"] == "watching":
            _watch(learner, next(lesson for lesson in lessons if lesson.is_watched), Decimal(text["watched"]))
        for right in text.get("failed_attempts", []):
            _take_quiz(course, enrolment, learner, right=right)
    if text["state"] in FINISHED:
        with clock_at(text["finished_on"]):
            _take_quiz(course, enrolment, learner, right=text["correct_answers"])


def _finish_lesson(lesson: LessonPage, enrolment: Enrolment, learner: User) -> None:
    if lesson.is_watched:
        _watch(learner, lesson, Decimal(1))
    else:
        mark_lesson_read(lesson, enrolment, by=learner)


def _watch(learner: User, lesson: LessonPage, share: Decimal) -> None:
    """As if the seconds from the start had been watched; what follows from watching follows."""
    assert lesson.recording is not None  # only lessons that show one are watched
    video: Video = lesson.recording.video
    seconds = int(whole_seconds(video.duration_s) * share)
    record, _ = WatchRecord.objects.update_or_create(
        user=learner,
        video=video,
        defaults={
            "bitmap": ((1 << seconds) - 1).to_bytes((whole_seconds(video.duration_s) + 7) // 8, "little"),
            "seconds_watched": seconds,
            "position_s": float(seconds),
            "wall_s": float(seconds),
            "beats": seconds // 20 + 1,
        },
    )
    for point in DecisionPoint.objects.asked().filter(recording__video=video, at_s__lt=seconds).in_film_order():
        _decide(learner, point)
    for listener in watched_listeners:
        listener(learner, video, record)


def _decide(learner: User, point: DecisionPoint) -> None:
    """The same person decides the same on every machine; most as the specialist would."""
    options = list(point.options.all())
    preferred = next(option for option in options if option.is_preferred)
    place = zlib.crc32(f"{learner.email} {point.question}".encode()) % (2 * len(options))
    decide(point, option_id=(options[place] if place < len(options) else preferred).pk, by=learner)


def _take_quiz(course: CoursePage, enrolment: Enrolment, learner: User, *, right: int) -> None:
    """Answer the first `right` questions rightly and the others wrongly, and submit."""
    quiz = QuizPage.objects.child_of(course).live().get()
    attempt = start_attempt(quiz, enrolment, by=learner)
    for number, question in enumerate(attempt.questions):
        correct = [option["uid"] for option in question["options"] if option["is_correct"]]
        wrong = [option["uid"] for option in question["options"] if not option["is_correct"]]
        save_response(attempt, question["uid"], correct if number < right else wrong[:1], by=learner)
    submit_attempt(attempt, by=learner)


def _load_certificate(text: dict[str, Any], users: dict[str, User], course: CoursePage) -> None:
    entry = CreditEntry.objects.get(
        practitioner__user=users[text["person"]], activity__key__startswith=f"course:{course.uid}:"
    )
    if entry.certificates.exists():
        return
    issuer = _issuer(entry.activity.issuing_body)
    with clock_at(text["issued_on"]):
        issue_certificates([entry], by=issuer)
    if text["state"] == "revoked":
        with clock_at(text["revoked_on"]):
            certificate = Certificate.objects.get(entry=entry)
            revoke_certificate(certificate, reason=text["reason"], by=users[text["revoked_by"]])


def _issuer(body: IssuingBody) -> User:
    issuer = body.admins.order_by("pk").first()
    assert issuer is not None  # every demo body has an administrator, see people.toml
    return issuer
