"""What happens around an editor's act, and the names of the acts that the log keeps."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail import hooks
from wagtail.admin.views.bulk_action import BulkAction
from wagtail.admin.views.pages.bulk_actions.page_bulk_action import PageBulkAction
from wagtail.admin.views.pages.edit import EditView
from wagtail.admin.views.pages.workflow import WorkflowActionView
from wagtail.admin.viewsets.pages import PageViewSet
from wagtail.log_actions import LogActionRegistry
from wagtail.models import Page

from courses.actions import check_may_delete, check_may_leave, check_may_publish, release_lesson, settle_hours
from courses.models import CoursePage, Enrolment, LessonPage
from courses.refusals import UnwatchableError
from foundation.accounts.access import SignedInRequest
from foundation.kernel.errors import RefusedError

LOGGED = [
    ("courses.enrol", gettext_lazy("Enrol"), gettext_lazy("Enrolled")),
    ("courses.submit_attempt", gettext_lazy("Submit an attempt"), gettext_lazy("Attempt submitted")),
    ("courses.complete", gettext_lazy("Complete a course"), gettext_lazy("Course completed")),
    (
        "courses.take_over_hours",
        gettext_lazy("Take over confirmed hours"),
        gettext_lazy("Hours changed to those that the issuing body confirmed"),
    ),
    ("courses.release", gettext_lazy("Release from a lesson"), gettext_lazy("No longer asked to do a lesson")),
]


@hooks.register("register_log_actions")
def register_log_actions(actions: LogActionRegistry) -> None:
    for name, label, message in LOGGED:
        actions.register_action(name, label, message)


@hooks.register("after_publish_page")
def tell_of_hours(request: SignedInRequest, page: Page) -> None:
    """Publishing has brought the hours to the ledger, see courses.apps; again it only says what came of it."""
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


@hooks.register("before_publish_page")
def publish_only_what_can_be_done(request: HttpRequest, page: Page) -> HttpResponse | None:
    try:
        check_may_publish(page)
    except RefusedError as refusal:
        return _refused(request, refusal, reverse("wagtailadmin_pages:edit", args=[page.pk]))
    return None


# --- Publication by a workflow ---------------------------------------------------------------------------------------
class CourseEditView(EditView):
    """Wagtail's editor; no hook of it knows that the last approval of a workflow publishes."""

    def submit_action(self) -> HttpResponse:
        return self._through_the_gate(super().submit_action)

    def restart_workflow_action(self) -> HttpResponse:
        return self._through_the_gate(super().restart_workflow_action)

    def perform_workflow_action(self) -> HttpResponse:
        return self._through_the_gate(super().perform_workflow_action)

    def _through_the_gate(self, act: Callable[[], HttpResponse]) -> HttpResponse:
        try:
            return act()
        except UnwatchableError as refusal:
            return _refused(self.request, refusal, self.request.path)


class CourseWorkflowActionView(WorkflowActionView):
    """A reviewer's answer given outside the editor."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            answer: HttpResponse = super().post(request, *args, **kwargs)
        except UnwatchableError as refusal:
            answer = _refused(request, refusal, self.redirect_url)
            if request.headers.get("x-requested-with") == "XMLHttpRequest":
                answer = self.render_modal_json(request, {"step": "success", "redirect": self.redirect_url})
        return answer


class GatedPageViewSet(PageViewSet):
    """Wagtail's own pages about a page, but for these two."""

    edit_view_class = CourseEditView
    workflow_action_view_class = CourseWorkflowActionView
    parent_models: ClassVar[list[type[Page]]] = []  # lists stay Wagtail's


@hooks.register("register_admin_viewset")
def gate_workflows() -> list[PageViewSet]:
    return [GatedPageViewSet(model._meta.model_name, model=model) for model in (CoursePage, LessonPage)]


# --- Lessons and quizzes that leave their course ---------------------------------------------------------------------


def _refused(request: HttpRequest, refusal: RefusedError, address: str) -> HttpResponse:
    messages.error(request, str(refusal))
    return redirect(address)


def _list_with(page: Page) -> str:
    return reverse("wagtailadmin_explore", args=[page.get_parent().pk])


@hooks.register("before_unpublish_page")
def keep_what_is_needed(request: HttpRequest, page: Page) -> HttpResponse | None:
    try:
        check_may_leave(page, with_descendants="include_descendants" in request.POST)
    except RefusedError as refusal:
        return _refused(request, refusal, _list_with(page))
    return None


@hooks.register("before_delete_page")
def keep_what_was_learnt(request: HttpRequest, page: Page) -> HttpResponse | None:
    try:
        check_may_delete(page)
    except RefusedError as refusal:
        return _refused(request, refusal, _list_with(page))
    return None


@hooks.register("before_move_page")
def keep_in_its_course(request: HttpRequest, page: Page, destination: Page) -> HttpResponse | None:
    try:
        if not page.is_child_of(destination):
            check_may_leave(page)
    except RefusedError as refusal:
        return _refused(request, refusal, _list_with(page))
    return None


@hooks.register("after_unpublish_page")
def release_unpublished(request: SignedInRequest, page: Page) -> None:
    if isinstance(page, LessonPage):
        release_lesson(page, reason=Enrolment.Release.LESSON_UNPUBLISHED, by=request.user)


@hooks.register("after_delete_page")
def release_deleted(request: SignedInRequest, page: Page) -> None:
    if isinstance(page, LessonPage):
        release_lesson(page, reason=Enrolment.Release.LESSON_DELETED, by=request.user)


@hooks.register("after_move_page")
def release_moved(request: SignedInRequest, page: Page) -> None:
    for lesson in LessonPage.objects.filter(pk=page.pk):
        release_lesson(lesson, reason=Enrolment.Release.LESSON_MOVED, by=request.user)


@hooks.register("before_bulk_action")
def ask_before_many(
    request: SignedInRequest, action_type: str, objects: list[Any], action: BulkAction
) -> HttpResponse | None:
    """The same rules for many pages at once: one that must stay keeps all of them. Runs inside the transaction."""
    if not isinstance(action, PageBulkAction):
        return None
    pages = [page.specific for page in objects]
    chosen = action.cleaned_form.cleaned_data
    try:
        for page in pages:
            _check_one_of_many(page, action_type, chosen)
    except RefusedError as refusal:
        return _refused(request, refusal, action.next_url)
    if action_type == "delete":  # afterwards there is nothing left to ask
        for page in pages:
            release_deleted(request, page)
    return None


def _check_one_of_many(page: Page, action_type: str, chosen: dict[str, Any]) -> None:
    if action_type == "unpublish":
        check_may_leave(page, with_descendants=chosen["include_descendants"])
    elif action_type == "publish":
        below = page.get_descendants().not_live().specific() if chosen["include_descendants"] else []
        for one in [page, *below]:
            check_may_publish(one.get_latest_revision_as_object())
    elif action_type == "delete":
        check_may_delete(page)
    elif action_type == "move" and not page.is_child_of(chosen["chooser"]):
        check_may_leave(page)


@hooks.register("after_bulk_action")
def release_many(request: SignedInRequest, action_type: str, objects: list[Any], action: BulkAction) -> None:
    if not isinstance(action, PageBulkAction):
        return
    for lesson in LessonPage.objects.filter(pk__in=[page.pk for page in objects]):
        if action_type == "unpublish":
            release_unpublished(request, lesson)
        elif action_type == "move":
            release_moved(request, lesson)
