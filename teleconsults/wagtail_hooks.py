"""Recordings in the admin: drafts, preview, review and history; a chooser for lessons; the names of acts in the log."""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.forms.models import WagtailAdminModelForm
from wagtail.admin.panels import FieldPanel, InlinePanel, MultiFieldPanel, ObjectList
from wagtail.documents.models import DocumentQuerySet
from wagtail.log_actions import LogActionRegistry
from wagtail.permission_policies import ModelPermissionPolicy
from wagtail.permissions import register_permission_policy
from wagtail.snippets.bulk_actions.delete import DeleteBulkAction
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.chooser import (
    ChooseResultsView,
    ChooseView,
    SnippetChooserViewSet,
    SnippetChosenMultipleView,
    SnippetChosenView,
)
from wagtail.snippets.views.snippets import (
    DeleteView,
    EditView,
    IndexView,
    SnippetViewSet,
    UnpublishView,
    WorkflowActionView,
)

from foundation.accounts.models import User
from foundation.kernel.errors import RefusedError
from foundation.kernel.models import PortalDocument
from teleconsults.actions import ask_again, check_may_delete, delete_recording
from teleconsults.models import Programme, Recording, RecordingQuerySet
from teleconsults.reference import HANDOUTS
from teleconsults.refusals import OnlyWithdrawnError, WithdrawnError

LIST = "wagtailsnippets_teleconsults_recording:list"
# Views of one recording that only show it; the others need the right to change it.
LOOKING = {"inspect", "usage", "history", "history_results", "delete"}


@hooks.register("register_log_actions")
def name_acts(actions: LogActionRegistry) -> None:
    actions.register_action("teleconsults.submit", _("Hand in a recording"), _("Recording handed in"))
    actions.register_action("teleconsults.edit", _("Change a recording's details"), _("Details changed"))
    actions.register_action("teleconsults.consent", _("Answer for consent"), _("Consent question answered"))
    actions.register_action("teleconsults.check", _("Check a film for patients"), _("Film checked for patients"))
    actions.register_action("teleconsults.redact", _("Redact a recording"), _("Redaction proposed"))
    actions.register_action("teleconsults.ask", _("Stop a film for a question"), _("Question set"))
    actions.register_action("teleconsults.take_away", _("Take a question away"), _("Question taken away"))
    actions.register_action("teleconsults.check_question", _("Read a question for patients"), _("Question read"))
    actions.register_action("teleconsults.publish", _("Publish a recording"), _("Recording published"))
    actions.register_action("teleconsults.delete", _("Delete a draft with its film"), _("Draft deleted with its film"))
    actions.register_action("teleconsults.withdraw", _("Withdraw a recording"), _("Recording withdrawn"))


@hooks.register("before_delete_snippet")
def keep_what_was_published(request: HttpRequest, instances: Iterable[models.Model]) -> HttpResponse | None:
    """Wagtail asks here before it deletes one and before it deletes many."""
    try:
        check_may_delete(instance for instance in instances if isinstance(instance, Recording))
    except RefusedError as refusal:
        messages.error(request, str(refusal))
        return redirect(LIST)
    return None


@hooks.register("before_edit_snippet")
def show_what_was_withdrawn(request: HttpRequest, instance: models.Model) -> HttpResponse | None:
    """No form for what no longer changes."""
    if not isinstance(instance, Recording) or not instance.is_withdrawn:
        return None
    messages.error(request, str(WithdrawnError.message))
    return redirect("wagtailsnippets_teleconsults_recording:inspect", instance.pk)


@hooks.register("before_serve_document", order=10)  # after the rule for all documents, which asks to sign in
def keep_handouts_with_their_recording(document: PortalDocument, request: HttpRequest) -> None:
    """Handouts open to who may see a recording they hang on: not before its publication, not after a withdrawal.

    One that hangs nowhere yet is its author's, and of those who may see what is not published.
    """
    user, carrying = request.user, Recording.objects.with_handout(document)
    if not carrying.exists():
        if not _may_choose(user, document):
            raise PermissionDenied
        return
    is_seen = carrying.visible_to(user).exists() or carrying.open_in_admin_to(user).exists()
    if not is_seen or carrying.withdrawn().exists():
        raise PermissionDenied


def _sees_all_handouts(user: Any) -> bool:  # Any: whoever is signed in, or nobody
    return bool(user.has_perm("teleconsults.change_recording") or user.has_perm("teleconsults.review_recording"))


def _may_choose(user: Any, document: PortalDocument) -> bool:  # Any: whoever is signed in, or nobody
    """May look at a handout that hangs nowhere, and hang it on a recording."""
    return _sees_all_handouts(user) or document.uploaded_by_user_id == user.pk or document.collection.name != HANDOUTS


@hooks.register("construct_document_chooser_queryset")
def offer_own_handouts(documents: DocumentQuerySet, request: HttpRequest) -> DocumentQuerySet:
    """Authors choose among the handouts that they have brought themselves."""
    if _sees_all_handouts(request.user):
        return documents
    return documents.exclude(~models.Q(uploaded_by_user=request.user), collection__name=HANDOUTS)


@hooks.register("register_bulk_action", order=1)  # after Wagtail's own, whose place it takes
class DeleteRecordings(DeleteBulkAction):
    """Deletes many, and names none, that the list would not show to this person: 404 where nothing is left."""

    models = [Recording]

    def get_actionable_objects(self) -> tuple[list[Recording], dict[str, list[Recording]]]:
        chosen, others = super().get_actionable_objects()
        open_ids = set(Recording.objects.open_in_admin_to(self.request.user).values_list("pk", flat=True))
        shown = [recording for recording in chosen if recording.pk in open_ids]
        named = {why: [one for one in found if one.pk in open_ids] for why, found in others.items()}
        if not shown and not any(named.values()):
            raise Http404
        return shown, named

    @classmethod
    def execute_action(cls, objects: list[Recording], **kwargs: Any) -> tuple[int, int]:
        for recording in objects:
            delete_recording(recording, by=kwargs["self"].request.user)
        return len(objects), 0


class PublishedChoice:
    """A lesson may show what every verified practitioner may see."""

    def get_object_list(self) -> RecordingQuerySet:
        return Recording.objects.published().newest_first()


class ChoosePublishedView(PublishedChoice, ChooseView):
    pass


class ChoosePublishedResultsView(PublishedChoice, ChooseResultsView):
    pass


class ChosenPublishedView(SnippetChosenView):
    def get_object(self, pk: str) -> Recording:
        return Recording.objects.published().get(pk=pk)


class ChosenPublishedMultipleView(SnippetChosenMultipleView):
    def get_objects(self, pks: Iterable[str]) -> RecordingQuerySet:
        return Recording.objects.published().filter(pk__in=pks)


class RecordingChooserViewSet(SnippetChooserViewSet):
    choose_view_class = ChoosePublishedView
    choose_results_view_class = ChoosePublishedResultsView
    chosen_view_class = ChosenPublishedView
    chosen_multiple_view_class = ChosenPublishedMultipleView


class RecordingPolicy(ModelPermissionPolicy):
    """Authors change their own; nobody adds one here, since a recording begins with its film on the site."""

    def user_has_permission(self, user: User, action: str) -> bool:
        if action == "add":
            return False
        is_author = action in {"view", "change"} and user.has_perm("teleconsults.add_recording")
        return is_author or bool(super().user_has_permission(user, action))

    def user_has_permission_for_instance(self, user: User, action: str, instance: Recording) -> bool:
        if instance.author_id == user.pk:
            return self.user_has_permission(user, action)
        return action != "add" and bool(super().user_has_permission(user, action))


def open_to_reader(view: Callable[..., HttpResponse], *, is_looking: bool) -> Callable[..., HttpResponse]:
    """A page about one recording: 404 for an id that the list would not show to this person."""

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "pk" in kwargs:
            pk = str(kwargs["pk"])
            if not pk.isdecimal():
                raise Http404
            found = get_object_or_404(Recording.objects.open_in_admin_to(request.user), pk=pk)
            if not is_looking and not _may_change(request.user, found):
                raise PermissionDenied
        return view(request, *args, **kwargs)

    return checked


def _may_change(user: Any, recording: Recording) -> bool:  # Any: whoever is signed in to the admin
    """By right or by authorship, or because a reviewer's task asks for it."""
    if RecordingPolicy(Recording).user_has_permission_for_instance(user, "change", recording):
        return True
    task = recording.current_workflow_task
    return task is not None and bool(task.user_can_access_editor(recording, user))


class RecordingForm(WagtailAdminModelForm):
    """Wagtail's form, on which nobody hangs a file of somebody else by its number."""

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean()
        rows = self.formsets["handouts"].forms if "handouts" in self.formsets else []
        for row in rows:
            is_new = row.is_valid() and "document" in row.changed_data
            if is_new and not _may_choose(self.for_user, row.cleaned_data["document"]):
                row.add_error("document", _("Choose a file that you have uploaded yourself."))
        return cleaned


class RecordingIndexView(IndexView):
    """A list whose links lead where one may go: to the form of one's own, to the words of others."""

    def get_edit_url(self, instance: Recording) -> str | None:
        user = self.request.user
        if not RecordingPolicy(Recording).user_has_permission_for_instance(user, "change", instance):
            return None
        address: str | None = super().get_edit_url(instance)
        return address


class RecordingEditView(EditView):
    """Wagtail's editor, with the portal's gate before publication."""

    def save_instance(self) -> Recording:
        """Only the words are the editor's: what was decided since the form was opened stays so."""
        row = Recording.objects.select_for_update(of=("self",)).get(pk=self.object.pk)
        row.keep_decisions_on(self.form.instance)
        saved: Recording = super().save_instance()
        if not row.live:
            ask_again(row)
        return saved

    def publish_action(self) -> HttpResponse | None:
        return self._through_the_gate(super().publish_action)

    def workflow_action_action(self) -> HttpResponse | None:
        return self._through_the_gate(super().workflow_action_action)

    def submit_action(self) -> HttpResponse | None:
        """A workflow without a task publishes at once."""
        return self._through_the_gate(super().submit_action)

    def _through_the_gate(self, act: Callable[[], HttpResponse | None]) -> HttpResponse | None:
        try:
            with transaction.atomic():
                return act()
        except RefusedError as refusal:
            messages.error(self.request, _kept_as_draft(refusal))
            return redirect(self.get_edit_url())


class RecordingWorkflowActionView(WorkflowActionView):
    """A reviewer's answer given outside the editor; approval publishes, through the same gate."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            with transaction.atomic():
                answer: HttpResponse = super().post(request, *args, **kwargs)
        except RefusedError as refusal:
            messages.error(request, _kept_as_draft(refusal))
            if request.headers.get("x-requested-with") == "XMLHttpRequest":
                shown: HttpResponse = self.render_modal_json(
                    request, {"step": "success", "redirect": self.redirect_url}
                )
                return shown
            return redirect(self.redirect_url)
        return answer


def _kept_as_draft(refusal: RefusedError) -> str:
    return str(_("Not published; your words are kept as a draft. %(reason)s") % {"reason": refusal})


class WithdrawInsteadView(UnpublishView):
    """Leads to the page that asks for a reason."""

    def dispatch(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        messages.warning(request, str(OnlyWithdrawnError.message))
        return redirect("teleconsults:withdraw", self.object.public_id)


@hooks.register("construct_snippet_action_menu")
def offer_no_unpublishing(menu_items: list[Any], request: HttpRequest, context: dict[str, Any]) -> None:
    """A published recording is withdrawn, with a reason; see `WithdrawInsteadView`."""
    if context["model"] is Recording:
        menu_items[:] = [item for item in menu_items if item.name != "action-unpublish"]


class RecordingDeleteView(DeleteView):
    """A draft goes with its film."""

    def delete_action(self) -> None:
        delete_recording(self.object, by=self.request.user)


class RecordingViewSet(SnippetViewSet):
    """Authors edit their own, editors and reviewers what they may see; all publish through the gate."""

    model = Recording
    icon = "media"
    menu_label = _("Teleconsults")
    menu_order = 210
    add_to_admin_menu = True
    list_display = ["title", "hub", "specialty", "held_on"]
    list_filter = ["hub", "specialty", "live"]
    ordering = ["-held_on", "-pk"]
    search_fields = ["title", "presenters__name"]
    inspect_view_enabled = True
    inspect_view_fields = [
        *("title", "held_on", "hub", "author", "presenter_line", "specialty", "summary", "consent", "live"),
        *("withdrawn_at", "withdrawn_by", "withdrawal_reason"),
    ]
    copy_view_enabled = False
    index_view_class = RecordingIndexView
    edit_view_class = RecordingEditView
    delete_view_class = RecordingDeleteView
    unpublish_view_class = WithdrawInsteadView
    workflow_action_view_class = RecordingWorkflowActionView
    chooser_viewset_class = RecordingChooserViewSet
    words = [
        FieldPanel("title"),
        MultiFieldPanel(
            [FieldPanel(name) for name in ("held_on", "programme", "specialty", "language", "tags")],
            heading=_("At a glance"),
        ),
        *(FieldPanel(name) for name in ("asking_facilities", "chair")),
        InlinePanel("presenters", label=_("Presenter"), heading=_("Presenters")),
        *(FieldPanel(name) for name in ("summary", "key_points", "goals")),
        MultiFieldPanel(
            [FieldPanel(name) for name in ("required_coverage", "max_rate", "wall_factor")],
            heading=_("When it counts as watched"),
        ),
        MultiFieldPanel(
            [FieldPanel(name) for name in ("issuing_body", "activity_kind", "credit_hours")],
            heading=_("Credit hours"),
        ),
        InlinePanel("handouts", label=_("Handout"), heading=_("Handouts")),
        InlinePanel("related_recordings", label=_("Recording"), heading=_("Related recordings")),
        InlinePanel("related_pages", label=_("Page"), heading=_("Related courses and pages")),
    ]
    edit_handler = ObjectList(words, base_form_class=RecordingForm)

    def get_queryset(self, request: HttpRequest) -> RecordingQuerySet:
        return Recording.objects.open_in_admin_to(request.user).select_related("hub", "specialty").newest_first()

    def get_urlpatterns(self) -> list[URLPattern]:
        return [
            URLPattern(
                pattern.pattern,
                open_to_reader(pattern.callback, is_looking=pattern.name in LOOKING),
                pattern.default_args,
                pattern.name,
            )
            for pattern in super().get_urlpatterns()
        ]


class ProgrammeViewSet(SnippetViewSet):
    """The series of the network; editors name and order them."""

    model = Programme
    icon = "list-ol"
    list_display = ["name_vi", "name_en", "order"]
    ordering = ["order", "name_vi"]
    panels = [FieldPanel(name) for name in ("name_vi", "name_en", "slug", "order")]


register_permission_policy(Recording, RecordingPolicy(Recording))
register_snippet(RecordingViewSet)
register_snippet(ProgrammeViewSet)
