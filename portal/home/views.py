"""HTTP in, HTTP out: the dashboard, and the pages shown when something went wrong."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from wagtail.admin.auth import require_admin_access
from wagtail.admin.views.reports.audit_logging import LogEntriesView

from foundation.accounts.access import SignedInRequest, staff_role_required
from foundation.kernel.roles import Role
from portal.home.dashboard import Dashboard
from portal.home.numbers import Numbers


@login_required
def dashboard(request: SignedInRequest) -> HttpResponse:
    """Where a member goes on: the course in hand, the hours, what waits."""
    return render(request, "home/dashboard.html", {"dashboard": Dashboard.of(request.user)})


@staff_role_required(Role.MINISTRY)
def numbers(request: SignedInRequest) -> HttpResponse:
    """What the network has come to, without a name in it."""
    return render(request, "home/numbers.html", {"numbers": Numbers.of_network()})


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that came without, or with an old, token: say so and let the person go back."""
    return render(request, "home/stale_form.html", status=403)


@require_admin_access
def site_history(request: HttpRequest, *, results_only: bool = False) -> HttpResponse:
    """Wagtail's report names all that was ever done with, withdrawn recordings too: for those who may see all of it."""
    if not request.user.is_superuser:
        raise PermissionDenied
    response: HttpResponse = LogEntriesView.as_view(results_only=results_only)(request)
    return response


def health(request: HttpRequest) -> HttpResponse:
    """For load balancers: the process answers."""
    return HttpResponse("ok", content_type="text/plain")
