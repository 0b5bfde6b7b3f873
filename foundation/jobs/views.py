"""HTTP in, HTTP out."""

import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRefresh

from foundation.jobs.actions import cancel_job, retry_job
from foundation.jobs.models import Job
from foundation.kernel.errors import RefusedError

if TYPE_CHECKING:
    from foundation.accounts.access import SignedInRequest


@require_GET
@never_cache
def progress(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    """A fragment for htmx, which polls until the job is finished; a page of its own for everybody else."""
    is_poll = bool(getattr(request, "htmx", False))
    if not request.user.is_authenticated:
        # The page that polls asks to sign in, instead of showing the sign-in page inside itself.
        return HttpResponseClientRefresh() if is_poll else redirect_to_login(request.get_full_path())
    job = get_object_or_404(Job.objects.visible_to(request.user), pk=job_id)
    then = "refresh" if request.GET.get("then") == "refresh" else ""
    may_act = job.may_be_acted_on_by(request.user)
    if not is_poll:
        return render(request, "jobs/progress.html", {"job": job, "may_act": may_act})
    if job.is_finished and then:
        return HttpResponseClientRefresh()
    return render(request, "components/job_progress.html", {"job": job, "then": then, "may_act": may_act})


@require_POST
@login_required
def retry(request: "SignedInRequest", job_id: uuid.UUID) -> HttpResponse:
    return _act(request, job_id, retry_job)


@require_POST
@login_required
def cancel(request: "SignedInRequest", job_id: uuid.UUID) -> HttpResponse:
    return _act(request, job_id, cancel_job)


def _act(request: "SignedInRequest", job_id: uuid.UUID, action: Callable[..., Job]) -> HttpResponse:
    """Do it, then back to the page of this portal that asked, or to the job's own."""
    job = get_object_or_404(Job.objects.visible_to(request.user), pk=job_id)
    if not job.may_be_acted_on_by(request.user):
        raise PermissionDenied
    try:
        action(job, by=request.user)
    except RefusedError as refusal:
        messages.error(request, str(refusal))
    asked_from = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(asked_from, allowed_hosts={request.get_host()})
    return redirect(asked_from if is_ours else reverse("jobs:progress", args=[job.pk]))
