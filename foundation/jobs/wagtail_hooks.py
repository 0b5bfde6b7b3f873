"""The desk of background work in the admin, and the names of what is logged."""

from datetime import datetime
from typing import Any, ClassVar

from django.db import models
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.ui.tables import Column, DateColumn
from wagtail.admin.views.generic import IndexView, InspectView
from wagtail.admin.viewsets.model import ModelViewSet
from wagtail.log_actions import LogActionRegistry
from wagtail.permission_policies import ModelPermissionPolicy
from wagtail.permissions import register_permission_policy

from foundation.jobs.models import Job


@hooks.register("register_log_actions")
def log_actions(actions: LogActionRegistry) -> None:
    actions.register_action("jobs.retry", _("Try a job again"), _("Tried the job again"))
    actions.register_action("jobs.cancel", _("Stop a job"), _("Stopped the job"))


class LookOnly(ModelPermissionPolicy):
    """Rows are written by the work itself: nobody adds, changes or deletes them by hand."""

    def user_has_permission(self, user: Any, action: str) -> bool:  # Wagtail gives any kind of user
        return action == "view" and bool(super().user_has_permission(user, action))


class ProgressColumn(Column):
    """A bar with what is happening and what is left, or why it failed."""

    cell_template_name = "jobs/admin/progress_cell.html"


class JobIndexView(IndexView):
    def get_base_queryset(self) -> models.QuerySet[Job]:
        return Job.objects.for_desk()


class JobInspectView(InspectView):
    def get_page_subtitle(self) -> str:
        return str(self.object.label)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | {"may_act": self.object.may_be_acted_on_by(self.request.user)}

    def get_field_display_value(self, field_name: str, field: models.Field[Any, Any] | None) -> Any:
        """Wagtail would print times in UTC."""
        value = super().get_field_display_value(field_name, field)
        return timezone.localtime(value) if isinstance(value, datetime) else value or "–"


class JobViewSet(ModelViewSet):
    """Newest first; a click shows the row with the tail of its log."""

    model = Job
    name = "jobs_desk"
    url_prefix = "background-work"
    menu_label = _("Background work")
    menu_name = "background-work"
    menu_order = 900
    icon = "tasks"
    add_to_admin_menu = True
    add_to_reference_index = False
    copy_view_enabled = False
    inspect_view_enabled = True
    inspect_template_name = "jobs/admin/inspect.html"
    index_view_class = JobIndexView
    inspect_view_class = JobInspectView
    list_per_page = 50
    list_display: ClassVar[list[Any]] = [  # names and columns
        "label",
        Column("get_state_display", label=_("State")),
        ProgressColumn("progress", label=_("Progress")),
        Column("attempt", label=_("Attempt")),
        Column("owner", label=_("Started by")),
        "kind",
        "subject",
        DateColumn("created_at", label=_("Started at")),
    ]
    list_filter: ClassVar[list[str]] = ["state", "queue", "kind"]
    # Only for the form that Wagtail builds for every set; no address leads to it.
    form_fields: ClassVar[list[str]] = ["kind"]
    inspect_view_fields: ClassVar[list[str]] = [
        "kind",
        "subject",
        "owner",
        "queue",
        "state",
        "percent",
        "message",
        "attempt",
        "max_attempts",
        "error_code",
        "created_at",
        "sent_at",
        "not_before",
        "started_at",
        "lease_until",
        "finished_at",
    ]

    def get_urlpatterns(self) -> list[URLPattern]:
        return [
            path("", self.index_view, name="index"),
            path("results/", self.index_results_view, name="index_results"),
            path("<uuid:pk>/", self.inspect_view, name="inspect"),
        ]


@hooks.register("register_admin_viewset")
def job_desk() -> JobViewSet:
    return JobViewSet()


register_permission_policy(Job, LookOnly(Job))
