"""Recordings in the admin: a list to look up, a chooser for lessons, and the names of acts in the log."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.panels import FieldPanel
from wagtail.log_actions import LogActionRegistry
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
    HistoryView,
    InspectView,
    SnippetViewSet,
    UsageView,
)

from foundation.kernel.errors import RefusedError
from teleconsults.actions import WithdrawnError, check_may_delete
from teleconsults.models import Programme, Recording, RecordingQuerySet


@hooks.register("register_log_actions")
def name_acts(actions: LogActionRegistry) -> None:
    actions.register_action("teleconsults.submit", _("Hand in a recording"), _("Recording handed in"))
    actions.register_action("teleconsults.edit", _("Change a recording's details"), _("Details changed"))
    actions.register_action("teleconsults.consent", _("Answer for consent"), _("Consent question answered"))
    actions.register_action("teleconsults.check", _("Check a film for patients"), _("Film checked for patients"))
    actions.register_action("teleconsults.publish", _("Publish a recording"), _("Recording published"))
    actions.register_action("teleconsults.withdraw", _("Withdraw a recording"), _("Recording withdrawn"))


@hooks.register("before_delete_snippet")
def keep_what_was_published(request: HttpRequest, instances: Iterable[models.Model]) -> HttpResponse | None:
    """Wagtail asks here before it deletes one and before it deletes many."""
    try:
        check_may_delete(instance for instance in instances if isinstance(instance, Recording))
    except RefusedError as refusal:
        messages.error(request, str(refusal))
        return redirect("wagtailsnippets_teleconsults_recording:list")
    return None


@hooks.register("before_edit_snippet")
def show_what_was_withdrawn(request: HttpRequest, instance: models.Model) -> HttpResponse | None:
    """No form for what no longer changes."""
    if not isinstance(instance, Recording) or not instance.is_withdrawn:
        return None
    messages.error(request, str(WithdrawnError.message))
    return redirect("wagtailsnippets_teleconsults_recording:inspect", instance.pk)


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


class OpenToReader:
    """A page about one recording: 404 for an id that the list would not show to this person."""

    if TYPE_CHECKING:
        request: HttpRequest

    def get_object(self, *args: Any, **kwargs: Any) -> Recording:
        found: Recording = super().get_object(*args, **kwargs)  # type: ignore[misc]  # of the view that this is mixed into
        get_object_or_404(Recording.objects.open_in_admin_to(self.request.user), pk=found.pk)
        return found


class OpenEditView(OpenToReader, EditView):
    pass


class OpenDeleteView(OpenToReader, DeleteView):
    pass


class OpenUsageView(OpenToReader, UsageView):
    pass


class OpenHistoryView(OpenToReader, HistoryView):
    pass


class OpenInspectView(OpenToReader, InspectView):
    pass


class RecordingViewSet(SnippetViewSet):
    """Authors write on the site; editors look up and choose what is published."""

    model = Recording
    icon = "media"
    menu_label = _("Teleconsults")
    menu_order = 210
    add_to_admin_menu = True
    list_display = ["title", "hub", "specialty", "held_on", "live"]
    list_filter = ["hub", "specialty", "live"]
    ordering = ["-held_on", "-pk"]
    search_fields = ["title", "presenters"]
    inspect_view_enabled = True
    inspect_view_fields = [
        *("title", "held_on", "hub", "author", "presenters", "specialty", "summary", "consent", "live"),
        *("withdrawn_at", "withdrawn_by", "withdrawal_reason"),
    ]
    copy_view_enabled = False
    edit_view_class = OpenEditView
    delete_view_class = OpenDeleteView
    usage_view_class = OpenUsageView
    history_view_class = OpenHistoryView
    inspect_view_class = OpenInspectView
    chooser_viewset_class = RecordingChooserViewSet
    panels = [
        FieldPanel(name)
        for name in (
            *("title", "held_on", "programme", "asking_facilities", "specialty"),
            *("chair", "presenters", "summary", "tags"),
        )
    ]

    def get_queryset(self, request: object) -> RecordingQuerySet:  # noqa: ARG002  # the signature is Wagtail's
        return Recording.objects.published().select_related("hub", "specialty").newest_first()


class ProgrammeViewSet(SnippetViewSet):
    """The series of the network; editors name and order them."""

    model = Programme
    icon = "list-ol"
    list_display = ["name_vi", "name_en", "order"]
    ordering = ["order", "name_vi"]
    panels = [FieldPanel(name) for name in ("name_vi", "name_en", "slug", "order")]


register_snippet(RecordingViewSet)
register_snippet(ProgrammeViewSet)
