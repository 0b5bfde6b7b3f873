"""What happens around an editor's act, and the names of the acts that the log keeps."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail import hooks
from wagtail.log_actions import LogActionRegistry
from wagtail.models import Page

from courses.actions import release_item, settle_hours
from courses.models import CoursePage, Enrolment, LessonPage, QuizPage
from foundation.accounts.access import SignedInRequest
from foundation.kernel.errors import RefusedError

LOGGED = [
    ("courses.enrol", gettext_lazy("Enrol"), gettext_lazy("Enrolled")),
    ("courses.submit_attempt", gettext_lazy("Submit an attempt"), gettext_lazy("Attempt submitted")),
    ("courses.complete", gettext_lazy("Complete a course"), gettext_lazy("Course completed")),
]


@hooks.register("register_log_actions")
def register_log_actions(actions: LogActionRegistry) -> None:
    for name, label, message in LOGGED:
        actions.register_action(name, label, message)


@hooks.register("after_publish_page")
def bring_hours_to_the_ledger(request: SignedInRequest, page: Page) -> None:
    if not isinstance(page, CoursePage):
        return
    try:
        activity = settle_hours(page, by=request.user)
    except RefusedError as refusal:
        messages.error(request, str(refusal))
        return
    if activity and not activity.is_confirmed:
        messages.info(
            request,
            _("The hours wait for a CPD administrator of %(body)s to confirm them at the desk.")
            % {"body": activity.issuing_body},
        )


@hooks.register("after_unpublish_page")
def release_unpublished(request: HttpRequest, page: Page) -> None:
    if isinstance(page.specific, LessonPage | QuizPage):
        release_item(page.specific.uid)


@hooks.register("after_delete_page")
def release_deleted(request: HttpRequest, page: Page) -> None:
    if isinstance(page, LessonPage | QuizPage):
        release_item(page.uid)


@hooks.register("before_delete_page")
def keep_courses_with_learners(request: HttpRequest, page: Page) -> HttpResponse | None:
    """What somebody learnt must stay provable: such a course is unpublished, not deleted."""
    if not Enrolment.objects.filter(course__path__startswith=page.path).exists() or isinstance(
        page.specific, LessonPage | QuizPage
    ):
        return None
    messages.error(request, _("People have enrolled here, so it cannot be deleted. Unpublish it instead."))
    return redirect("wagtailadmin_explore", page.get_parent().pk)
