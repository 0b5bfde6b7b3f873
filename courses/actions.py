"""What members and editors do with courses. Every action may be pressed twice and leaves the same result."""

import uuid
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Max, QuerySet
from django.utils import timezone, translation
from django.utils.formats import number_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page

from courses import rules
from courses.models import Attempt, CoursePage, Enrolment, GradeEvent, ItemProgress, LessonPage, QuizPage, Response
from courses.models.pages import GatedPage, OutlineItem
from cpd.actions import award_credit, confirm_activity, hold_ledger_of, propose_activity, retract_proposal
from cpd.models import Activity, CreditEntry
from foundation.accounts.models import User
from foundation.kernel.audit import log
from foundation.kernel.errors import RefusedError
from foundation.kernel.prepared import Prepared
from foundation.notifications.actions import tell
from foundation.video.models import Video, WatchRecord
from foundation.video.watching import is_watched
from teleconsults.actions import credits_for_watching
from teleconsults.models import Recording

# «Short-term training course» of cpd/data/cpd_activity_kinds.csv. Purely online learning has a kind of its own, which
# is switched off until the ministry rules on it: until then the issuing body answers for what it confirms.
ACTIVITY_KIND = "course_learner"


class NotVerifiedError(RefusedError):
    message = _("Courses are for verified members. Your page “My standing” says what is missing.")
    code = "not_verified"


class NotOpenError(RefusedError):
    message = _("This course is not open at the moment.")
    code = "not_open"


class NothingToLearnError(RefusedError):
    message = _("This course has no lessons yet. Come back a little later.")
    code = "nothing_to_learn"


class MustBeWatchedError(RefusedError):
    message = _("This lesson is done when the recording has been watched. Press play: it counts by itself.")
    code = "must_be_watched"


class AlreadyPassedError(RefusedError):
    message = _("You have passed this quiz already. There is nothing left to do here.")
    code = "already_passed"


class NoAttemptsLeftError(RefusedError):
    message = _("You have used all attempts at this quiz. Write to the course's issuing body if you need another.")
    code = "no_attempts_left"


class AlreadySubmittedError(RefusedError):
    message = _("This attempt was submitted already, so its answers no longer change. Here is the result.")
    code = "already_submitted"


class QuizNeededError(RefusedError):
    """Somebody enrolled has still to pass it: nobody is credited unexamined."""

    code = "quiz_needed"


class LearnersUnderWayError(RefusedError):
    message = _(
        "People are taking a course here, so its lessons stay published. Unpublish the course alone, without the pages"
        " below it: what people have done is kept."
    )
    code = "learners_under_way"


class HasLearnersError(RefusedError):
    message = _("People have enrolled here, so it cannot be deleted. Unpublish it instead.")
    code = "has_learners"


class UnknownAnswerError(RefusedError):
    message = _("That answer does not belong to this question. Reload the page and choose again.")
    code = "unknown_answer"


class OneAnswerError(RefusedError):
    message = _("Choose one answer only.")
    code = "one_answer"


# --- Enrolling and reading ------------------------------------------------------------------------------------------


@transaction.atomic
def enrol(course: CoursePage, *, by: User) -> Enrolment:
    """Put a verified member on the present version of a course; a second call returns the first enrolment.

    Raises NotVerifiedError, NotOpenError, NothingToLearnError.
    """
    practitioner = by.practitioner_or_none
    if practitioner is None or not practitioner.is_verified:
        raise NotVerifiedError
    course = CoursePage.objects.get(pk=course.pk)
    if not course.live:
        raise NotOpenError
    # Who withdraws one of them meanwhile waits for us and then finds the enrolment; who was first is waited for.
    shown = LessonPage.objects.child_of(course).values("recording")
    list(Recording.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=shown).order_by("pk"))
    requirements = _requirements(course.outline)
    if not requirements:
        raise NothingToLearnError
    enrolment, is_new = Enrolment.objects.get_or_create(
        practitioner=practitioner,
        course=course,
        defaults={
            "version": course.version,
            "title": course.title,
            "enrolled_at": timezone.now(),
            "last_active_at": timezone.now(),
            "required_total": len(requirements),
            "rule_snapshot": {"items": requirements},
        },
    )
    if is_new:
        log(enrolment, "courses.enrol", user=by, data={"course": str(course.uid), "version": course.version})
        _count_watched_before(enrolment, by)
    return enrolment


def _count_watched_before(enrolment: Enrolment, user: User) -> None:
    """What somebody has seen in the library already they need not see again."""
    lessons = LessonPage.objects.child_of(enrolment.course).live().watchable().select_related("recording__video")
    records = WatchRecord.objects.filter(user=user, video__recording__lessons__in=lessons)
    by_video = {record.video_id: record for record in records.select_related("video")}
    for lesson in lessons:
        if record := by_video.get(lesson.recording.video_id):
            _count_watched(enrolment, lesson, record)
    enrolment.refresh_from_db(fields=["status", "required_done", "completed_at"])


def mark_lesson_read(lesson: LessonPage, enrolment: Enrolment, *, by: User) -> Enrolment:
    """The reader says that a reading or a case is done. Raises MustBeWatchedError for a recording."""
    if lesson.is_watched:
        raise MustBeWatchedError
    return _mark_done(enrolment, lesson.uid, kind=lesson.kind, evidence={"by": "reader"})


def note_watching(user: User, video: Video, record: WatchRecord) -> None:
    """Called by the video room after each accepted beat: lessons that show this video may now be done."""
    for lesson in _lessons_showing(video_id=video.pk, learner_id=user.pk):
        if lesson.enrolment_pk:
            # As much of the enrolment as a demand is read from; what follows from one that is met fetches it.
            enrolment = Enrolment(pk=lesson.enrolment_pk, rule_snapshot=lesson.rule_snapshot)
            _count_watched(enrolment, lesson, record)


@Prepared
def _lessons_showing(*, video_id: int, learner_id: int) -> QuerySet[LessonPage]:
    shown: QuerySet[LessonPage] = LessonPage.objects.live().showing(Video(pk=video_id))
    return shown.with_enrolment_of(User(pk=learner_id))  # type: ignore[attr-defined,no-any-return]  # Wagtail is untyped


def _count_watched(enrolment: Enrolment, lesson: LessonPage, record: WatchRecord) -> None:
    """Done by what was asked for on enrolling; one of a lesson added later by what the lesson asks for itself."""
    demand = enrolment.demand_of(lesson)
    if is_watched(record, demand):
        evidence = {
            "video": record.video.public_id,
            "title": lesson.title,
            "coverage": round(record.coverage, 4),
            "required": demand.coverage,
            "wall_s": round(record.wall_s, 1),
            "required_wall_s": round(demand.wall_s(record.video.whole_seconds), 1),
            "chain": record.chain,
        }
        _mark_done(enrolment, lesson.uid, kind=lesson.kind, evidence=evidence)


# --- Quizzes --------------------------------------------------------------------------------------------------------


def start_attempt(quiz: QuizPage, enrolment: Enrolment, *, by: User) -> Attempt:
    """Begin a try, or go on with the open one. Pins questions, the order of answers and the pass mark.

    Raises AlreadyPassedError, NoAttemptsLeftError.
    """
    try:
        with transaction.atomic():
            return _start_attempt(quiz, Enrolment.objects.select_for_update().get(pk=enrolment.pk))
    except IntegrityError:  # another tab was quicker
        return enrolment.attempts.of_quiz(quiz.uid).open().get()


def _start_attempt(quiz: QuizPage, enrolment: Enrolment) -> Attempt:
    attempts = enrolment.attempts.of_quiz(quiz.uid)
    if attempt := attempts.open().first():
        return attempt
    if enrolment.items.filter(item_uid=quiz.uid).exists():
        raise AlreadyPassedError
    number = (attempts.aggregate(last=Max("number"))["last"] or 0) + 1
    if quiz.max_attempts and number > quiz.max_attempts:
        raise NoAttemptsLeftError
    seed = f"{enrolment.pk}:{quiz.uid}:{number}"
    return Attempt.objects.create(
        enrolment=enrolment,
        quiz_uid=quiz.uid,
        number=number,
        snapshot={
            "title": quiz.title,
            "pass_mark": quiz.pass_mark_percent,
            "questions": [_pinned(question, seed=seed) for question in quiz.questions],
        },
    )


@transaction.atomic
def save_response(attempt: Attempt, question_uid: str, chosen: Iterable[str], *, by: User) -> None:
    """Keep an answer at once; the last one counts. Raises AlreadySubmittedError, UnknownAnswerError, OneAnswerError."""
    attempt = _locked(attempt)
    if attempt.submitted_at:
        raise AlreadySubmittedError
    question = next((question for question in attempt.questions if question["uid"] == question_uid), None)
    picked = sorted(set(chosen))
    if question is None or not {option["uid"] for option in question["options"]}.issuperset(picked):
        raise UnknownAnswerError
    if question["kind"] == "single" and len(picked) > 1:
        raise OneAnswerError
    if attempt.answers.get(question_uid, frozenset()) == frozenset(picked):
        return
    seq = (attempt.responses.aggregate(last=Max("seq"))["last"] or 0) + 1
    Response.objects.create(attempt=attempt, question_uid=question_uid, seq=seq, chosen=picked)


@transaction.atomic
def submit_attempt(attempt: Attempt, *, by: User) -> GradeEvent:
    """Grade an attempt once, and count the quiz as done when it is passed; a second call returns the same grade."""
    attempt = _locked(attempt)
    if attempt.submitted_at and attempt.latest_grade:
        return attempt.latest_grade
    Attempt.objects.filter(pk=attempt.pk).update(submitted_at=timezone.now())
    result = grade_of(attempt)
    grade = GradeEvent.objects.create(
        attempt=attempt, score=result.score, maximum=result.maximum, is_passed=result.is_passed
    )
    log(attempt, "courses.submit_attempt", user=by, data={"score": result.score, "maximum": result.maximum})
    if result.is_passed:
        evidence = {"attempt": attempt.pk, "number": attempt.number, "score": result.score, "maximum": result.maximum}
        _mark_done(attempt.enrolment, attempt.quiz_uid, kind="quiz", evidence=evidence)
    return grade


def grade_of(attempt: Attempt) -> rules.Grade:
    """What the answers as last saved are worth, by the rules pinned at the start."""
    correct = {
        question["uid"]: frozenset(option["uid"] for option in question["options"] if option["is_correct"])
        for question in attempt.questions
    }
    return rules.grade(correct, attempt.answers, pass_mark_percent=attempt.pass_mark_percent)


# --- Completion and credit ------------------------------------------------------------------------------------------


@transaction.atomic
def _mark_done(enrolment: Enrolment, item_uid: uuid.UUID, *, kind: str, evidence: dict[str, Any]) -> Enrolment:
    """Count an item once, when it becomes done; complete the enrolment when it was the last one."""
    enrolment = Enrolment.objects.for_counting().get(pk=enrolment.pk)
    _row, is_new = ItemProgress.objects.get_or_create(
        enrolment=enrolment, item_uid=item_uid, defaults={"kind": kind, "evidence": evidence}
    )
    if is_new:
        counted = int(str(item_uid) in enrolment.required_items)
        Enrolment.objects.filter(pk=enrolment.pk).update(
            required_done=F("required_done") + counted, last_active_at=timezone.now()
        )
        _complete_if_done(enrolment)
    enrolment.refresh_from_db(fields=["status", "required_done", "completed_at"])
    return enrolment


def _complete_if_done(enrolment: Enrolment) -> None:
    """One UPDATE decides; whoever flips the row awards the credit."""
    flipped = (
        Enrolment.objects.active()
        .filter(pk=enrolment.pk, required_done__gte=F("required_total"))
        .update(status=Enrolment.Status.COMPLETED, completed_at=timezone.now())
    )
    if not flipped:
        return
    log(enrolment, "courses.complete", user=enrolment.practitioner.user, data={"version": enrolment.version})
    if activity := _confirmed_activity(enrolment):
        _award(enrolment, activity)
    else:
        _tell_completed(enrolment)


def _confirmed_activity(enrolment: Enrolment) -> Activity | None:
    """What the ledger credits for this enrolment, if an issuer stands for it.

    Waits for an issuer who is confirming at this moment; one who comes after waits for us, and then finds the
    completion. So exactly one of the two awards the credit.
    """
    same_version = Activity.objects.filter(key=enrolment.activity_key)
    activity = same_version.select_for_update(no_key=True).first()
    if activity is None:  # nothing to lock yet: publishing, which may write it, locks the course
        CoursePage.objects.select_for_update(of=("self",), no_key=True).get(pk=enrolment.course_id)
        activity = same_version.first()
    return activity if activity and activity.is_confirmed else None


def _award(enrolment: Enrolment, activity: Activity) -> None:
    """Hours that the person took for a recording by itself are part of the course's: the same minutes count once."""
    enrolment.refresh_from_db(fields=["completed_at"])
    if enrolment.completed_at is None:
        return
    hold_ledger_of(enrolment.practitioner)
    items = {str(row.item_uid): {"kind": row.kind} | row.evidence for row in enrolment.items.all()}
    videos = {item["video"] for item in items.values() if "video" in item}
    parts = credits_for_watching(enrolment.practitioner, videos)
    if sum(part.hours for part in parts) >= activity.hours:
        _tell_completed(enrolment)
        return
    entry = award_credit(
        enrolment.practitioner,
        activity,
        on=timezone.localdate(enrolment.completed_at),
        since=timezone.localdate(enrolment.enrolled_at),
        evidence={
            "course": str(enrolment.course.uid),
            "version": enrolment.version,
            "enrolment": enrolment.pk,
            "items": items,
        }
        | ({"released": enrolment.released_items} if enrolment.released_items else {}),
        less=parts,
    )
    _tell_completed(enrolment, entry)


def _tell_completed(enrolment: Enrolment, entry: CreditEntry | None = None) -> None:
    user = enrolment.practitioner.user
    with translation.override(user.language):
        if entry:
            text = gettext("You have completed “%(title)s”: %(hours)s credit hours are on your account.")
            hours = number_format(entry.hours.normalize())
        else:
            text, hours = gettext("You have completed “%(title)s”."), ""
        tell(
            user,
            kind="courses.completed",
            text=text % {"title": enrolment.title, "hours": hours},
            url=enrolment.course.address,
        )


def credit_earlier_completions(activity: Activity) -> None:
    """Called by the ledger when an issuer confirms: those who finished this version before get their hours now."""
    for enrolment in (
        Enrolment.objects.completed().of_activity(activity.key).select_related("course", "practitioner__user")
    ):
        if not enrolment.practitioner.credit_entries.filter(activity=activity).exists():
            _award(enrolment, activity)


# --- What editors do ------------------------------------------------------------------------------------------------


@transaction.atomic
def settle_hours(course: CoursePage, *, by: User) -> Activity | None:
    """After publishing: bring the ledger's activity in line with what the editor says of the hours.

    An administrator of the issuing body confirms by publishing; anyone else's hours are a proposal which that body
    confirms at its desk. A confirmed activity is left as it is: other hours, body or title make a new version.
    """
    # The activity first, then the course: the desk locks them in this order, see `take_over_confirmed_hours`.
    Activity.objects.select_for_update().filter(key=course.activity_key).first()
    course = CoursePage.objects.select_for_update(of=("self",)).get(pk=course.pk)
    before, body, hours = course.activity, course.issuing_body, course.credit_hours
    if before and before.is_confirmed:
        if course.hours_confirmed and (before.hours, before.issuing_body, before.title) == (hours, body, course.title):
            return before
        course.version += 1
    course.activity = None
    if before and not course.hours_confirmed:
        retract_proposal(before.key, by=by)
    if course.hours_confirmed and body and hours:
        write_down = confirm_activity if body.is_administered_by(by) else propose_activity
        course.activity = write_down(
            course.activity_key, kind_code=ACTIVITY_KIND, title=course.title, issuing_body=body, hours=hours, by=by
        )
    CoursePage.objects.filter(pk=course.pk).update(version=course.version, activity=course.activity)
    return course.activity


def take_over_confirmed_hours(activity: Activity) -> None:
    """Called by the ledger when an issuer confirms: the course and its latest revision say the hours that count.

    So publishing it again unchanged proposes nothing. A draft in which an editor chose other hours keeps them.
    """
    course = CoursePage.objects.select_for_update(of=("self",)).filter(activity=activity).first()
    if course is None or course.credit_hours == activity.hours:
        return
    proposed = course.credit_hours
    CoursePage.objects.filter(pk=course.pk).update(credit_hours=activity.hours)
    for revision in course.revisions.filter(pk__in=[course.latest_revision_id, course.live_revision_id]):
        if Decimal(revision.content["credit_hours"] or 0) == (proposed or 0):
            content = revision.content | {"credit_hours": str(activity.hours)}
            course.revisions.filter(pk=revision.pk).update(content=content)
    data = {"proposed": str(proposed), "confirmed": str(activity.hours)}
    log(course, "courses.take_over_hours", user=activity.confirmed_by, data=data)


def check_may_leave(page: Page, *, with_descendants: bool = False) -> None:
    """Before a page is unpublished or moved: what those enrolled have still to pass stays where it is.

    Raises QuizNeededError; with its descendants, a course or a page above courses raises LearnersUnderWayError.
    """
    if isinstance(page, QuizPage) and (count := Enrolment.objects.still_needing(page.uid).count()):
        text = ngettext(
            "%(count)s person is taking the course and has not passed “%(title)s” yet, so it stays where it is."
            " Change its questions and publish it again, or unpublish the course alone, without the pages below it.",
            "%(count)s people are taking the course and have not passed “%(title)s” yet, so it stays where it is."
            " Change its questions and publish it again, or unpublish the course alone, without the pages below it.",
            count,
        )
        raise QuizNeededError(text % {"count": count, "title": page.title})
    if with_descendants and Enrolment.objects.on_courses_below(page).active().exists():
        raise LearnersUnderWayError


def check_may_delete(page: Page) -> None:
    """What somebody learnt must stay provable. Raises HasLearnersError, QuizNeededError."""
    if Enrolment.objects.on_courses_below(page).exists():
        raise HasLearnersError
    check_may_leave(page)


def check_may_publish(page: Page) -> None:
    """Before a page is published by an editor, alone or with others. Raises UnwatchableError."""
    if isinstance(page, GatedPage):
        page.refuse_to_go_live()


def release_from_withdrawn(recording: Recording, by: User) -> None:
    """Called by the teleconsults when a recording is withdrawn: nobody waits for its lessons, and they learn why."""
    for lesson in LessonPage.objects.showing(recording.video):
        release_lesson(lesson, reason=Enrolment.Release.RECORDING_WITHDRAWN, by=by)


def gives_hours_for(recording: Recording) -> bool:
    """Registered with the teleconsults: does a published course with confirmed hours show it?"""
    lessons = LessonPage.objects.live().showing(recording.video).values_list("path", flat=True)
    courses = {path[: -LessonPage.steplen] for path in lessons}
    crediting = CoursePage.objects.live().filter(path__in=courses, activity__confirmed_at__isnull=False)
    return bool(crediting.exists())


@transaction.atomic
def release_lesson(lesson: LessonPage, *, reason: Enrolment.Release, by: User) -> None:
    """A lesson left its course or can no longer be done: no running enrolment waits for it.

    What was done stays done. A lesson that stands in another course now still binds those enrolled there. A quiz has
    no such way out, see `check_may_leave`.
    """
    waiting = Enrolment.objects.still_needing(lesson.uid)
    if reason == Enrolment.Release.LESSON_MOVED:
        waiting = waiting.not_on_course_of(lesson)
    for enrolment in waiting.for_counting().order_by("pk"):
        pinned = enrolment.rule_snapshot["items"].pop(str(lesson.uid))
        note = pinned | {"reason": reason.value, "at": timezone.now().isoformat()}
        enrolment.rule_snapshot.setdefault("released", {})[str(lesson.uid)] = note
        enrolment.required_total -= 1
        enrolment.save(update_fields=["rule_snapshot", "required_total"])
        data = {"lesson": str(lesson.uid), "title": pinned["title"], "reason": reason.value}
        log(enrolment, "courses.release", user=by, data=data)
        if reason == Enrolment.Release.RECORDING_WITHDRAWN:
            _tell_withdrawn(enrolment, pinned["title"])
        if enrolment.required_total:
            _complete_if_done(enrolment)


def _tell_withdrawn(enrolment: Enrolment, lesson_title: str) -> None:
    user = enrolment.practitioner.user
    with translation.override(user.language):
        text = gettext("“%(lesson)s” in “%(course)s” is no longer asked of you: its recording was withdrawn.")
        tell(
            user,
            kind="courses.released",
            text=text % {"lesson": lesson_title, "course": enrolment.title},
            url=enrolment.course.address,
        )


def _requirements(outline: Iterable[OutlineItem]) -> dict[str, dict[str, Any]]:
    """Nobody is asked to watch what cannot be watched."""
    return {
        str(item.uid): {"kind": item.kind, "title": item.title} | (item.demand or {})
        for item in outline
        if item.is_available
    }


def _pinned(question: Any, *, seed: str) -> dict[str, Any]:  # Any: a block value, untyped
    """A question as it stands now, its answers in the order of this attempt."""
    value = question.value
    options = [
        {
            "uid": option.id,
            "text": option.value["text"],
            "is_correct": bool(option.value["is_correct"]),
            "feedback": option.value["feedback"],
        }
        for option in value["options"].bound_blocks
    ]
    return {
        "uid": question.id,
        "kind": question.block_type,
        "stem": value["stem"].source,
        "image": value["image"].pk if value["image"] else None,
        "image_alt": value["image_alt"],
        "options": rules.shuffled(options, seed=f"{seed}:{question.id}"),
        "explanation": value["explanation"].source if value["explanation"] else "",
        "source": value["source"],
        "lesson": str(value["lesson"].specific.uid) if value["lesson"] else None,
    }


def _locked(attempt: Attempt) -> Attempt:
    return Attempt.objects.select_for_update(of=("self",)).select_related("enrolment__course").get(pk=attempt.pk)
