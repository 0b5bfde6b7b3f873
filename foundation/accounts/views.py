"""HTTP in, HTTP out: one's own account, and the coordinator's desk."""

from collections.abc import Callable
from datetime import datetime

from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST, require_safe

from foundation.accounts.access import SignedInRequest, staff_role_required
from foundation.accounts.actions import (
    end_verification,
    erase_person,
    facts_undone_by,
    give_consent,
    refuse_practitioner,
    save_profile,
    unconfirmed_address,
    verify_practitioner,
)
from foundation.accounts.erasure import archive_of
from foundation.accounts.forms import (
    FACILITIES_SHOWN,
    AddressForm,
    EraseForm,
    PeopleFilterForm,
    ProfileForm,
    ReasonForm,
    facility_choices,
)
from foundation.accounts.models import ConsentGiven, ConsentText, Facility, Practitioner, Province
from foundation.kernel.audit import log
from foundation.kernel.errors import RefusedError
from foundation.kernel.paging import page_of
from foundation.kernel.rate_limit import limited, too_many_requests
from foundation.kernel.roles import Role

# Where a coordinator looks a licence up by hand; the register has no interface for programs.
NATIONAL_REGISTER = "https://app.qlhanhnghekcb.gov.vn"


@require_safe
def admin_door(request: HttpRequest) -> HttpResponse:
    """Wagtail's sign-in leads to ours, so that the second factor and the rate limits apply."""
    if request.user.is_authenticated:
        raise PermissionDenied
    wanted = request.GET.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return redirect_to_login(wanted if is_ours else "/admin/", resolve_url("account_login"))


@require_safe
@login_required
def overview(request: SignedInRequest) -> HttpResponse:
    context = {
        "practitioner": request.user.practitioner_or_none,
        "has_second_factor": is_mfa_enabled(request.user),
        "sign_ins": request.user.sign_ins.all()[:8],
        "has_new_consent_text": _consent_due(request) is not None,
    }
    return render(request, "accounts/overview.html", context)


@require_safe
@login_required
def standing(request: SignedInRequest) -> HttpResponse:
    practitioner = request.user.practitioner_or_none
    has_coordinator = practitioner is not None and practitioner.facility.acting_coordinators().exists()
    return render(request, "accounts/standing.html", {"practitioner": practitioner, "has_coordinator": has_coordinator})


@login_required
def profile(request: SignedInRequest) -> HttpResponse:
    """Write or change one's profile; a change that undoes the verification is asked about once more."""
    form = ProfileForm(request.POST if request.method == "POST" else None, user=request.user)
    if request.method != "POST" or form.is_search or not form.is_valid():
        return render(request, "accounts/profile.html", {"form": form})
    facts, practitioner = form.facts(), request.user.practitioner_or_none
    if practitioner is not None and practitioner.is_verified and "confirmed" not in request.POST:
        undone = facts_undone_by(practitioner, facts)
        if undone:
            labels = [form.fields[name].label for name in undone]
            context = {"form": form, "changed": labels, "facility": facts.facility, "moves": "facility" in undone}
            return render(request, "accounts/profile_confirm.html", context)
    if limited(request, "profile", rate="10/h", per=str(request.user.pk)):
        form.add_error(None, _("You have saved your profile many times. Please wait an hour, then save it again."))
        return render(request, "accounts/profile.html", {"form": form}, status=429)
    saved = save_profile(request.user, facts, by=request.user)
    messages.success(request, _("Your profile is saved."))
    return redirect("accounts:overview" if saved.is_verified else "accounts:standing")


@require_GET
@login_required
def facilities(request: SignedInRequest) -> HttpResponse:
    """The options of the facility field while somebody types; the page works without it."""
    province = Province.objects.filter(pk=int(code) if (code := request.GET.get("province", "")).isdecimal() else 0)
    found = list(
        Facility.objects.matching(request.GET.get("facility_words", ""), province=province.first())[
            : FACILITIES_SHOWN + 1
        ]
    )
    context = {
        "options": facility_choices(found[:FACILITIES_SHOWN]),
        "has_more": len(found) > FACILITIES_SHOWN,
        "count": min(len(found), FACILITIES_SHOWN),
    }
    return render(request, "accounts/facility_options.html", context)


def _consent_due(request: SignedInRequest) -> ConsentText | None:
    """The version in force, while this person has not agreed to it."""
    text = ConsentText.current()
    return text if text and not request.user.consents.filter(text=text).exists() else None


@login_required
def consent(request: SignedInRequest) -> HttpResponse:
    text = _consent_due(request)
    if request.method == "POST" and text and request.POST.get("version") == text.version and "agree" in request.POST:
        give_consent(request.user, text=text, channel=ConsentGiven.Channel.ACCOUNT)
        messages.success(request, _("Thank you. Your consent is noted."))
        return redirect("accounts:overview")
    given = request.user.consents.select_related("text")
    return render(request, "accounts/consent.html", {"text": text, "given": given})


@require_safe
def data_use(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/data_use.html", {"text": ConsentText.current()})


def new_confirmation(request: HttpRequest) -> HttpResponse:
    """Send the confirmation link again; the answer is the same whether the address is known or not."""
    form = AddressForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return render(request, "accounts/new_confirmation.html", {"form": form})
    email = form.cleaned_data["email"]
    mailbox = email.strip().lower()
    if limited(request, "confirmation", rate="10/10m") or limited(request, "confirmation", rate="3/10m", per=mailbox):
        return too_many_requests(request)
    if address := unconfirmed_address(email):
        address.send_confirmation(request, signup=False)
    return redirect("account_email_verification_sent")


@require_safe
@login_required
def my_data(request: SignedInRequest) -> HttpResponse:
    return render(request, "accounts/my_data.html")


@require_POST
@login_required
def export(request: SignedInRequest) -> HttpResponse:
    if limited(request, "export", rate="5/h", per=str(request.user.pk)):
        return too_many_requests(request)
    log(request.user, "accounts.export", user=request.user)
    name = f"lien-tuyen-{timezone.localdate():%Y-%m-%d}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return HttpResponse(archive_of(request.user), content_type="application/zip", headers=headers)


@login_required
def erase(request: SignedInRequest) -> HttpResponse:
    form = EraseForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and limited(request, "erase", rate="5/10m", per=str(request.user.pk)):
        return too_many_requests(request)
    if request.method == "POST" and form.is_valid():
        try:
            erase_person(request.user, by=request.user, password=form.cleaned_data["password"])
        except RefusedError as refusal:
            form.add_error("password", str(refusal))
        else:
            logout(request)
            messages.success(request, _("Your account is closed and your data is erased. Thank you for your work."))
            return redirect("account_login")
    return render(request, "accounts/erase.html", {"form": form})


# --- The coordinator's desk ---------------------------------------------------------------------------------------

# State in the address → (queryset's question, order of the pages).
_LISTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "waiting": ("awaiting_verification", ("submitted_at", "pk")),
    "verified": ("verified", ("user__name_sort", "pk")),
    "expired": ("expired", ("verified_until", "pk")),
    "refused": ("refused", ("-submitted_at", "-pk")),
}


@require_safe
@staff_role_required(Role.COORDINATOR)
def people(request: SignedInRequest) -> HttpResponse:
    state = request.GET.get("state", "waiting")
    if state not in _LISTS:
        raise Http404
    form = PeopleFilterForm(request.GET)
    own = Practitioner.objects.of_facilities_coordinated_by(request.user)
    words = form.cleaned_data.get("q", "") if form.is_valid() else ""
    question, order = _LISTS[state]
    rows = getattr(own.for_standing().named_like(words), question)()
    context = {
        "page": page_of(rows, by=order, cursor=request.GET.get("page", "")),
        "state": state,
        "form": form,
        "states": [
            {"state": "waiting", "label": _("Waiting"), "count": own.awaiting_verification().count()},
            {"state": "verified", "label": _("Verified"), "count": own.verified().count()},
            {"state": "expired", "label": _("Term has passed"), "count": own.expired().count()},
            {"state": "refused", "label": _("Sent back"), "count": own.refused().count()},
        ],
        "facilities": Facility.objects.coordinated_by(request.user),
    }
    return render(request, "accounts/people.html", context)


@require_safe
@staff_role_required(Role.COORDINATOR)
def person(request: SignedInRequest, practitioner_id: int) -> HttpResponse:
    return _person_page(request, _own_person(request, practitioner_id), ReasonForm())


@require_POST
@staff_role_required(Role.COORDINATOR)
def verify(request: SignedInRequest, practitioner_id: int) -> HttpResponse:
    practitioner = _own_person(request, practitioner_id)

    def decide() -> str:
        verify_practitioner(practitioner, by=request.user, seen_at=_seen_at(request))
        return _("%(name)s is verified.") % {"name": practitioner.titled_name}

    return _decided(request, practitioner, decide)


@require_POST
@staff_role_required(Role.COORDINATOR)
def refuse(request: SignedInRequest, practitioner_id: int) -> HttpResponse:
    practitioner, form = _own_person(request, practitioner_id), ReasonForm(request.POST)
    if not form.is_valid():
        return _person_page(request, practitioner, form, status=422)

    def decide() -> str:
        reason = form.cleaned_data["reason"]
        refuse_practitioner(practitioner, reason=reason, by=request.user, seen_at=_seen_at(request))
        return _("%(name)s was told what to correct.") % {"name": practitioner.titled_name}

    return _decided(request, practitioner, decide)


@require_POST
@staff_role_required(Role.COORDINATOR)
def end(request: SignedInRequest, practitioner_id: int) -> HttpResponse:
    practitioner, form = _own_person(request, practitioner_id), ReasonForm(request.POST)
    if not form.is_valid():
        return _person_page(request, practitioner, form, status=422)

    def decide() -> str:
        end_verification(practitioner, reason=form.cleaned_data["reason"], by=request.user)
        return _("The verification of %(name)s has ended.") % {"name": practitioner.titled_name}

    return _decided(request, practitioner, decide)


def _own_person(request: SignedInRequest, practitioner_id: int) -> Practitioner:
    own = Practitioner.objects.of_facilities_coordinated_by(request.user).for_standing()
    return get_object_or_404(own.prefetch_related("specialties"), pk=practitioner_id)


def _person_page(
    request: SignedInRequest, practitioner: Practitioner, form: ReasonForm, *, status: int = 200
) -> HttpResponse:
    context = {
        "practitioner": practitioner,
        "form": form,
        "register_url": NATIONAL_REGISTER,
        "is_oneself": practitioner.user_id == request.user.pk,
    }
    return render(request, "accounts/person.html", context, status=status)


def _decided(request: SignedInRequest, practitioner: Practitioner, decide: Callable[[], str]) -> HttpResponse:
    try:
        messages.success(request, decide())
    except RefusedError as refusal:
        messages.error(request, str(refusal))
        return redirect("accounts:person", practitioner.pk)
    return redirect("accounts:people")


def _seen_at(request: HttpRequest) -> datetime | None:
    """When the profile that was on the coordinator's screen had been sent; an unreadable value matches nothing."""
    try:
        return parse_datetime(request.POST.get("seen_at", ""))
    except ValueError:
        return None
