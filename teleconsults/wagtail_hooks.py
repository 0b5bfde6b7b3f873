"""Recordings in the admin: a list to look up, a chooser for lessons, and the names of acts in the log."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.panels import FieldPanel
from wagtail.log_actions import LogActionRegistry
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

from teleconsults.models import Recording, RecordingQuerySet


@hooks.register("register_log_actions")
def name_acts(actions: LogActionRegistry) -> None:
    actions.register_action("teleconsults.submit", _("Hand in a recording"), _("Recording handed in"))
    actions.register_action("teleconsults.edit", _("Change a recording's details"), _("Details changed"))
    actions.register_action("teleconsults.consent", _("Answer for consent"), _("Consent question answered"))
    actions.register_action("teleconsults.publish", _("Publish a recording"), _("Recording published"))
    actions.register_action("teleconsults.withdraw", _("Withdraw a recording"), _("Recording withdrawn"))


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
    inspect_view_fields = ["title", "held_on", "hub", "author", "presenters", "specialty", "summary", "consent", "live"]
    copy_view_enabled = False
    edit_view_class = OpenEditView
    delete_view_class = OpenDeleteView
    usage_view_class = OpenUsageView
    history_view_class = OpenHistoryView
    inspect_view_class = OpenInspectView
    chooser_viewset_class = RecordingChooserViewSet
    panels = [FieldPanel(name) for name in ("title", "held_on", "specialty", "presenters", "summary", "tags")]

    def get_queryset(self, request: object) -> RecordingQuerySet:  # noqa: ARG002  # the signature is Wagtail's
        return Recording.objects.published().select_related("hub", "specialty").newest_first()


register_snippet(RecordingViewSet)
