"""HTTP in, HTTP out."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from foundation.accounts.access import SignedInRequest
from foundation.kernel.paging import page_of
from foundation.notifications.actions import choose_mail, mark_all_read, mark_read
from foundation.notifications.models import Notification, Preference


@require_GET
@login_required
def inbox(request: SignedInRequest) -> HttpResponse:
    told = Notification.objects.visible_to(request.user)
    page = page_of(told, by=("-created_at", "-pk"), cursor=request.GET.get("page", ""))
    context = {"page": page, "preference": Preference.objects.of(request.user)}
    return render(request, "notifications/inbox.html", context)


@require_GET
@login_required
def open_notification(request: SignedInRequest, notification_id: int) -> HttpResponse:
    """On to what it is about; the rows of a former address that is none of ours stay in the inbox."""
    notification = get_object_or_404(Notification.objects.visible_to(request.user), pk=notification_id)
    mark_read(notification)
    is_ours = url_has_allowed_host_and_scheme(notification.url, allowed_hosts=None)
    return redirect(notification.url if is_ours else "notifications:inbox")


@require_POST
@login_required
def read_all(request: SignedInRequest) -> HttpResponse:
    mark_all_read(by=request.user)
    return redirect("notifications:inbox")


@require_POST
@login_required
def mail_choice(request: SignedInRequest) -> HttpResponse:
    chosen = choose_mail(is_wanted=request.POST.get("by_email") == "on", by=request.user)
    messages.success(
        request,
        _("New messages also come by e-mail.") if chosen.by_email else _("New messages no longer come by e-mail."),
    )
    return redirect("notifications:inbox")
