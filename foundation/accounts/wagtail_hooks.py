"""What this room adds to the Wagtail admin: screens, the import of facilities, names in the log."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail import hooks
from wagtail.snippets.models import register_snippet

from foundation.accounts.facility_import import ImportPlan, Verdict, import_facilities, plan_import
from foundation.accounts.viewsets import PeopleGroup
from foundation.kernel.errors import RefusedError

register_snippet(PeopleGroup)

LARGEST_SHEET_BYTES = 3 * 1024 * 1024
LOGGED: dict[str, tuple[str | Promise, str | Promise]] = {
    "accounts.ask_for_confirmation": (gettext_lazy("Send profile"), gettext_lazy("Asked the coordinator to confirm")),
    "accounts.change_facility": (gettext_lazy("Change facility"), gettext_lazy("Moved to another facility")),
    "accounts.verify": (gettext_lazy("Verify"), gettext_lazy("Verified the practitioner")),
    "accounts.refuse": (gettext_lazy("Send back"), gettext_lazy("Sent the profile back")),
    "accounts.end_verification": (gettext_lazy("End verification"), gettext_lazy("Ended the verification")),
    "accounts.export": (gettext_lazy("Export data"), gettext_lazy("Took a copy of their data")),
    "accounts.erase": (gettext_lazy("Erase"), gettext_lazy("Erased the account")),
    "accounts.import_facility": (gettext_lazy("Import facility"), gettext_lazy("Imported from a table")),
}


@hooks.register("register_log_actions")
def name_acts(actions: Any) -> None:
    for action, (label, message) in LOGGED.items():
        actions.register_action(action, label, message)


class SheetForm(forms.Form):
    """A table, as a file at first and as text when it is confirmed."""

    sheet = forms.FileField(label=gettext_lazy("CSV file (UTF-8)"), required=False)
    text = forms.CharField(widget=forms.HiddenInput, required=False, strip=False)

    def clean(self) -> dict[str, Any]:
        upload, text = self.cleaned_data.get("sheet"), self.cleaned_data.get("text", "")
        if upload and upload.size > LARGEST_SHEET_BYTES:
            raise forms.ValidationError(_("The file is larger than 3 MB. Please split it."))
        data = upload.read() if upload else text.encode()
        if not data:
            raise forms.ValidationError(_("Choose a file first."))
        return self.cleaned_data | {"data": data}


def facility_import(request: HttpRequest) -> HttpResponse:
    """Upload a table, see the verdict on every row, confirm."""
    if not request.user.has_perms(["accounts.add_facility", "accounts.change_facility"]):
        raise PermissionDenied
    form = SheetForm(request.POST, request.FILES) if request.method == "POST" else SheetForm()
    plan: ImportPlan | None = None
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data["data"]
        try:
            if "confirm" in request.POST:
                plan = import_facilities(data, by=request.user)  # type: ignore[arg-type]  # the admin is for signed-in people
                counts = {"new": plan.count(Verdict.NEW), "changed": plan.count(Verdict.CHANGED)}
                messages.success(request, _("%(new)s facilities added, %(changed)s changed.") % counts)
                return redirect("wagtailsnippets_accounts_facility:list")
            plan = plan_import(data)
            form = SheetForm(initial={"text": data.decode("utf-8-sig")})
        except RefusedError as refusal:
            form.add_error(None, str(refusal))
    return render(request, "accounts/admin/facility_import.html", {"form": form, "plan": plan})


@hooks.register("register_admin_urls")
def admin_addresses() -> list[URLPattern]:
    return [path("facilities/import/", facility_import, name="accounts_facility_import")]
