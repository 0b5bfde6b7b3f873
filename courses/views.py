"""HTTP in, HTTP out."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from wagtail.models import Page

from courses import actions
from courses.access import enrolment_of
from courses.feedback import feedback_on
from courses.models import Attempt, CatalogueIndexPage, CoursePage, Enrolment, LessonPage, QuizPage
from foundation.accounts.access import MemberRequest, member_required
from foundation.kernel.errors import RefusedError
from foundation.kernel.models import PortalImage

# --- Wagtail pages --------------------------------------------------------------------------------------------------


@require_safe
def catalogue(request: HttpRequest) -> HttpResponse:
    return _served(get_object_or_404(CatalogueIndexPage.objects.live()), request)


@require_safe
def course(request: HttpRequest, course_slug: str) -> HttpResponse:
    return _served(get_object_or_404(CoursePage.objects.for_page(), slug=course_slug), request)


@require_safe
def item(request: HttpRequest, course_slug: str, item_slug: str) -> HttpResponse:
    """A lesson or a quiz of the course; neither is reachable while the course itself is not published."""
    course = get_object_or_404(CoursePage.objects.for_page(), slug=course_slug)
    line = next((line for line in course.outline if line.slug == item_slug), None)
    if line is None:
        raise Http404
    pages = QuizPage.objects.live() if line.kind == "quiz" else LessonPage.objects.for_page()
    found = get_object_or_404(pages, uid=line.uid)
    found.course = course
    return _served(found, request)


def _served(page: Page, request: HttpRequest) -> HttpResponse:
    """Wagtail's hooks for pages with a password or login of their own are not called: these pages have none."""
    response: HttpResponse = page.serve(request)
    return response


# --- Enrolling and reading ------------------------------------------------------------------------------------------


@require_safe
@member_required
def my_courses(request: MemberRequest) -> HttpResponse:
    enrolments = Enrolment.objects.visible_to(request.user).for_my_courses()
    return render(request, "courses/mine.html", {"enrolments": enrolments})


@member_required
def enrol(request: MemberRequest, uid: uuid.UUID) -> HttpResponse:
    course = get_object_or_404(CoursePage.objects.live(), uid=uid)
    if request.method != "POST":
        return redirect(course.address)
    try:
        actions.enrol(course, by=request.user)
    except RefusedError as refusal:
        messages.error(request, str(refusal))
        return redirect(course.address)
    messages.success(request, _("You are enrolled. Your progress is kept, on this device and every other."))
    return redirect(course.outline[0].address)


@member_required
def lesson_done(request: MemberRequest, uid: uuid.UUID) -> HttpResponse:
    """Count the lesson, then on to the following one; after the last, back to the course."""
    lesson = get_object_or_404(LessonPage.objects.live(), uid=uid)
    enrolment = enrolment_of(request.user, lesson.course)
    if request.method != "POST" or enrolment is None:
        return redirect(lesson.address)
    try:
        enrolment = actions.mark_lesson_read(lesson, enrolment, by=request.user)
    except RefusedError as refusal:
        messages.error(request, str(refusal))
        return redirect(lesson.address)
    return redirect(lesson.course.address_after(lesson.uid))


# --- Quizzes --------------------------------------------------------------------------------------------------------


@member_required
def start(request: MemberRequest, uid: uuid.UUID) -> HttpResponse:
    quiz = get_object_or_404(QuizPage.objects.live(), uid=uid)
    enrolment = enrolment_of(request.user, quiz.course)
    if request.method != "POST" or enrolment is None:
        return redirect(quiz.address)
    try:
        attempt = actions.start_attempt(quiz, enrolment, by=request.user)
    except RefusedError as refusal:
        messages.info(request, str(refusal))
        return redirect(quiz.address)
    return redirect("courses:attempt", attempt.pk)


@require_safe
@member_required
def attempt(request: MemberRequest, attempt_id: int) -> HttpResponse:
    """Where one left off: the first question without an answer, else the review; the result once submitted."""
    found = _attempt(request, attempt_id)
    if found.submitted_at:
        return redirect("courses:result", found.pk)
    if number := found.first_unanswered:
        return redirect("courses:question", found.pk, number)
    return redirect("courses:review", found.pk)


@never_cache
@member_required
def question(request: MemberRequest, attempt_id: int, number: int) -> HttpResponse:
    """Show one question; a POST keeps its answer and goes where `go` says: a number, "review", or stays (204)."""
    found = _attempt(request, attempt_id)
    questions = found.questions_to_ask
    if found.submitted_at:
        messages.info(request, str(actions.AlreadySubmittedError.message))
        return redirect("courses:result", found.pk)
    if not 1 <= number <= len(questions):
        return redirect("courses:attempt", found.pk)
    asked = questions[number - 1]
    if request.method == "POST":
        return _keep_answer(request, found, asked["uid"], number)
    return render(
        request,
        "courses/question.html",
        _quiz_context(found)
        | {
            "question": asked,
            "image": PortalImage.objects.filter(pk=asked["image"]).first() if asked["image"] else None,
            "chosen": found.answers.get(asked["uid"], frozenset()),
            "number": number,
            "is_last": number == len(questions),
        },
    )


def _keep_answer(request: MemberRequest, attempt: Attempt, question_uid: str, number: int) -> HttpResponse:
    go = request.POST.get("go", "")
    try:
        actions.save_response(attempt, question_uid, request.POST.getlist("option"), by=request.user)
    except RefusedError as refusal:
        if go == "stay":
            return HttpResponse(str(refusal), status=409, content_type="text/plain; charset=utf-8")
        messages.error(request, str(refusal))
        return redirect("courses:question", attempt.pk, number)
    if go == "stay":
        return HttpResponse(status=204)
    if go.isdecimal() and 1 <= int(go) <= len(attempt.questions):
        return redirect("courses:question", attempt.pk, int(go))
    return redirect("courses:review", attempt.pk)


@never_cache
@require_safe
@member_required
def review(request: MemberRequest, attempt_id: int) -> HttpResponse:
    found = _attempt(request, attempt_id)
    if found.submitted_at:
        return redirect("courses:result", found.pk)
    return render(request, "courses/review.html", _quiz_context(found))


@member_required
def submit(request: MemberRequest, attempt_id: int) -> HttpResponse:
    found = _attempt(request, attempt_id)
    if request.method != "POST":
        return redirect("courses:attempt", found.pk)
    actions.submit_attempt(found, by=request.user)
    return redirect("courses:result", found.pk)


@never_cache
@require_safe
@member_required
def result(request: MemberRequest, attempt_id: int) -> HttpResponse:
    found = _attempt(request, attempt_id)
    if not found.submitted_at or found.latest_grade is None:
        return redirect("courses:attempt", found.pk)
    told = feedback_on(found.questions, found.answers, reveals_all=found.latest_grade.is_passed)
    course = found.enrolment.course
    return render(
        request,
        "courses/result.html",
        _quiz_context(found)
        | {
            "grade": found.latest_grade,
            "feedback": told,
            "images": PortalImage.objects.in_bulk({row.image_id for row in told if row.image_id}),
            "lessons": {str(line.uid): line for line in course.outline},
            "following_address": course.address_after(found.quiz_uid),
        },
    )


def _attempt(request: MemberRequest, attempt_id: int) -> Attempt:
    return get_object_or_404(Attempt.objects.visible_to(request.user).for_page(), pk=attempt_id)


def _quiz_context(attempt: Attempt) -> dict[str, Any]:
    course = attempt.enrolment.course
    quiz = next((line for line in course.outline if line.uid == attempt.quiz_uid), None)
    return {"attempt": attempt, "course": course, "quiz": quiz, "steps": attempt.steps}
