"""HTTP in, HTTP out: the member's hours, the administrator's desk, the public check."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from cpd import spreadsheet
from cpd.actions import (
    UnusableHoursError,
    confirm_activity,
    hours_summary,
    issue_certificates,
    note_download,
    resume_batch,
    revoke_certificate,
    take_desk_list,
)
from cpd.forms import ChosenEntries, ConfirmForm, DeskFilter, LookUpForm, RevokeForm
from cpd.models import Activity, Certificate, CertificateEvent, CreditEntry, IssueBatch, IssueRow, IssuingBody
from cpd.payload import printed_activities, printed_dates
from cpd.proofs import watch_proofs
from cpd.rules import sha256_bytes
from foundation.accounts.access import SignedInRequest, staff_role_required
from foundation.jobs.models import Job
from foundation.kernel.errors import RefusedError
from foundation.kernel.paging import page_of
from foundation.kernel.rate_limit import limited, too_many_requests
from foundation.kernel.roles import Role

DESK_PAGE = 50

# --- One's own hours and certificates -------------------------------------------------------------------------------


@login_required
@require_safe
def hours(request: SignedInRequest) -> HttpResponse:
    """The ring, the ledger and the certificates of the person signed in, verified still or not."""
    practitioner = request.user.practitioner_or_none
    if practitioner is None:
        return redirect("accounts:standing")
    entries = CreditEntry.objects.of(practitioner).for_member()
    context = {
        "summary": hours_summary(practitioner),
        "page": page_of(entries, by=("-on_date", "-pk"), cursor=request.GET.get("page", ""), size=50),
        "certificates": Certificate.objects.of(practitioner).select_related("entry__activity")[:60],
    }
    return render(request, "cpd/hours.html", context)


@login_required
@require_safe
def certificate(request: SignedInRequest, public_id: str) -> HttpResponse:
    """One certificate with its history, for its holder and the administrators of its body."""
    found = get_object_or_404(Certificate.objects.visible_to(request.user).for_page(), public_id=public_id)
    context = _printed(found) | {
        "events": found.events.select_related("actor"),
        "is_admin": found.issuing_body.is_administered_by(request.user),
        "check_url": found.payload["check_url"],
    }
    return render(request, "cpd/certificate.html", context)


@never_cache
@login_required
@require_safe
def certificate_file(request: SignedInRequest, public_id: str) -> HttpResponse:
    """The PDF as issued; a revoked one only for the administrators."""
    found = get_object_or_404(
        Certificate.objects.visible_to(request.user).select_related("issuing_body"), public_id=public_id
    )
    pdf = bytes(found.pdf)
    if found.is_revoked and not found.issuing_body.is_administered_by(request.user):
        messages.error(request, _("This certificate was revoked and is no longer handed out."))
        return redirect(found)
    if sha256_bytes(pdf) != found.pdf_sha256:
        messages.error(request, _("The stored file was changed. Tell the portal's operators at once."))
        return redirect(found)
    note_download(found, by=request.user)
    response = HttpResponse(pdf, content_type="application/pdf")
    file_name = f"Giấy chứng nhận {found.serial} {found.holder_name}.pdf".replace("/", "-")
    response.headers["Content-Disposition"] = content_disposition_header(True, file_name) or "attachment"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


# --- What the hours rest on -----------------------------------------------------------------------------------------


@never_cache
@login_required
@require_safe
def watching(request: SignedInRequest, entry_id: int) -> HttpResponse:
    """How the recordings of a credit were watched, for its holder and the administrators of its body."""
    entry = get_object_or_404(CreditEntry.objects.visible_to(request.user).for_issue(), pk=entry_id)
    return render(request, "cpd/watching.html", {"entry": entry, "proofs": watch_proofs(entry)})


@never_cache
@login_required
@require_safe
def watching_file(request: SignedInRequest, entry_id: int) -> JsonResponse:
    """The same as JSON, with every report; docs/watch-proof.md is its schema."""
    entry = get_object_or_404(CreditEntry.objects.visible_to(request.user).for_issue(), pk=entry_id)
    body = {
        "schema": "lien-tuyen/credit-proof/1",
        "holder": entry.practitioner.full_name,
        "activity": entry.title,
        "hours": str(entry.hours),
        "completed_on": entry.on_date.isoformat(),
        "recordings": [
            {"credited": proof.credited, "is_credited": proof.is_credited, "watched": proof.watched}
            for proof in watch_proofs(entry)
        ],
    }
    response = JsonResponse(body, json_dumps_params={"ensure_ascii": False, "indent": 1})
    response["Content-Disposition"] = f'attachment; filename="watching-{entry.pk}.json"'
    return response


# --- The desk -------------------------------------------------------------------------------------------------------


@staff_role_required(Role.CPD_ADMIN)
@require_safe
def desk(request: SignedInRequest) -> HttpResponse:
    """Who completed an activity of one's own bodies, and who has the certificate."""
    narrowing = DeskFilter(request.GET, by=request.user)
    entries = narrowing.narrow(CreditEntry.objects.administered_by(request.user))
    context = {
        "filter": narrowing,
        "bodies": IssuingBody.objects.administered_by(request.user),
        "total": entries.count(),
        "waiting": entries.uncertified().count(),
        "proposals": Activity.objects.administered_by(request.user).awaiting_confirmation().count(),
        "page": page_of(entries.for_desk(), by=narrowing.order, cursor=request.GET.get("page", ""), size=DESK_PAGE),
    }
    return render(request, "cpd/desk.html", context)


@never_cache
@staff_role_required(Role.CPD_ADMIN)
@require_safe
def desk_file(request: SignedInRequest) -> HttpResponse:
    """The same list, all of its pages, as a spreadsheet."""
    narrowing = DeskFilter(request.GET, by=request.user)
    entries = narrowing.narrow(CreditEntry.objects.administered_by(request.user)).for_desk()
    file = take_desk_list(entries.order_by(*narrowing.order), by=request.user)
    response = HttpResponse(file, content_type=spreadsheet.CONTENT_TYPE)
    response.headers["Content-Disposition"] = f'attachment; filename="lien-tuyen-{timezone.localdate():%Y-%m-%d}.xlsx"'
    return response


@staff_role_required(Role.CPD_ADMIN)
@require_POST
def issue(request: SignedInRequest) -> HttpResponse:
    """Asks once with what will be printed, then starts the batch."""
    shown = DeskFilter(request.GET, by=request.user).narrow(CreditEntry.objects.administered_by(request.user))
    chosen = ChosenEntries(request.POST, shown=shown).entries()
    if "confirmed" in request.POST or not chosen.exists():
        try:
            batch = issue_certificates(chosen, by=request.user)
        except RefusedError as refusal:
            messages.error(request, str(refusal))
            return redirect("cpd:desk")
        return redirect(batch)
    back = reverse("cpd:desk") + (f"?{request.GET.urlencode()}" if request.GET else "")
    return render(request, "cpd/issue.html", _what_will_be_issued(chosen) | {"back": back})


@staff_role_required(Role.CPD_ADMIN)
@require_safe
def batches(request: SignedInRequest) -> HttpResponse:
    """What was issued, newest first."""
    found = IssueBatch.objects.visible_to(request.user).with_counts().select_related("issuing_body", "requested_by")
    context = {
        "bodies": IssuingBody.objects.administered_by(request.user),
        "page": page_of(found, by=("-created_at", "-pk"), cursor=request.GET.get("page", ""), size=50),
    }
    return render(request, "cpd/batches.html", context)


@staff_role_required(Role.CPD_ADMIN)
@require_safe
def batch(request: SignedInRequest, batch_id: int) -> HttpResponse:
    """One batch: how far it is, and what became of each row."""
    found = get_object_or_404(IssueBatch.objects.visible_to(request.user).with_counts(), pk=batch_id)
    job = Job.objects.latest_for(found.job_subject)
    context = {
        "batch": found,
        "job": job,
        "is_stopped": bool(job and job.is_finished and found.rows.waiting().exists()),
        "page": page_of(found.rows.for_page(), by=("pk",), cursor=request.GET.get("page", ""), size=100),
        "outcomes": IssueRow.Outcome,
    }
    return render(request, "cpd/batch.html", context)


@staff_role_required(Role.CPD_ADMIN)
@require_POST
def batch_resume(request: SignedInRequest, batch_id: int) -> HttpResponse:
    found = get_object_or_404(IssueBatch.objects.visible_to(request.user), pk=batch_id)
    if resume_batch(found, by=request.user) is None:
        messages.info(request, _("There is nothing to resume."))
    return redirect(found)


@staff_role_required(Role.CPD_ADMIN)
def certificate_revoke(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Asks for the reason, then revokes."""
    found = get_object_or_404(Certificate.objects.administered_by(request.user).for_page(), public_id=public_id)
    form = RevokeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            revoke_certificate(found, reason=form.cleaned_data["reason"], by=request.user)
        except RefusedError as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("The certificate is revoked. Its check page says so from now on."))
        return redirect(found)
    return render(request, "cpd/revoke.html", {"certificate": found, "form": form})


@staff_role_required(Role.CPD_ADMIN)
@require_safe
def activities(request: SignedInRequest) -> HttpResponse:
    """What editors propose, and what gives credit."""
    mine = Activity.objects.administered_by(request.user)
    context = {
        "bodies": IssuingBody.objects.administered_by(request.user),
        "proposals": mine.awaiting_confirmation().for_desk(),
        "page": page_of(mine.confirmed().for_desk(), by=("-pk",), cursor=request.GET.get("page", ""), size=50),
    }
    return render(request, "cpd/activities.html", context)


@staff_role_required(Role.CPD_ADMIN)
def activity_confirm(request: SignedInRequest, activity_id: int) -> HttpResponse:
    """The issuer types the hours and stands for them."""
    activity = get_object_or_404(Activity.objects.standing().administered_by(request.user).for_desk(), pk=activity_id)
    proposed = {"kind": activity.kind.code, "hours": activity.hours.normalize(), "responsible": activity.responsible}
    form = ConfirmForm(request.POST or None, initial=proposed)
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        try:
            confirm_activity(
                activity.key,
                kind_code=typed["kind"].code,
                title=activity.title,
                issuing_body=activity.issuing_body,
                hours=typed["hours"],
                responsible=typed["responsible"],
                by=request.user,
            )
        except UnusableHoursError as refusal:
            form.add_error("hours", str(refusal))
        except RefusedError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Confirmed: whoever completes it earns these hours."))
            return redirect("cpd:activities")
    return render(request, "cpd/activity_confirm.html", {"activity": activity, "form": form})


# --- The public check -----------------------------------------------------------------------------------------------


@require_safe
def short(request: HttpRequest, public_id: str) -> HttpResponse:
    """Where the QR code points: on to the check page in the visitor's language. Asks the database nothing."""
    return _not_indexed(redirect("cpd:check", public_id))


@never_cache
@require_safe
def check(request: HttpRequest, public_id: str) -> HttpResponse:
    """Is it real, is it still valid? For everyone; an unknown code gets the same page with status 404."""
    if limited(request, "cpd-check", rate="60/m"):
        return _not_indexed(too_many_requests(request))
    found = Certificate.objects.for_check().filter(public_id=public_id).first()
    context = _printed(found) if found else {"certificate": None}
    return _not_indexed(render(request, "cpd/check.html", context, status=200 if found else 404))


@never_cache
def look_up(request: HttpRequest) -> HttpResponse:
    """The same answer by serial and name, for a paper without a readable code."""
    if request.method == "POST" and limited(request, "cpd-look-up", rate="10/m"):
        return _not_indexed(too_many_requests(request))
    form = LookUpForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and form.certificate:
        return _not_indexed(redirect("cpd:check", form.certificate.public_id))
    return _not_indexed(render(request, "cpd/look_up.html", {"form": form}))


def _printed(certificate: Certificate) -> dict[str, Any]:  # Any: a template's context
    revoked = certificate.events.filter(kind=CertificateEvent.Kind.REVOKED).first() if certificate.is_revoked else None
    return {
        "certificate": certificate,
        "payload": certificate.payload,
        "activities": printed_activities(certificate.payload),
        "revocation": revoked,
        **printed_dates(certificate.payload),
    }


def _what_will_be_issued(chosen: Any) -> dict[str, Any]:  # Any: CreditEntryQuerySet; a template's context
    entries = list(chosen.for_desk().order_by("practitioner__user__name_sort", "pk"))
    waiting = [entry for entry in entries if not entry.has_valid_certificate]
    return {
        "entries": waiting,
        "already": len(entries) - len(waiting),
        "ids": ",".join(str(entry.pk) for entry in waiting),
        "bodies": list({entry.activity.issuing_body.pk: entry.activity.issuing_body for entry in entries}.values()),
    }


def _not_indexed(response: HttpResponse) -> HttpResponse:
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response
