"""Staff roles have a second factor before they act."""

from collections.abc import Callable

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from foundation.accounts.models import User
from foundation.kernel.middleware import ADMIN_PREFIX

# Where one may go without: one's own account (signing in and out, setting up the factor), and what needs no account.
_FREE_NAMESPACES = {"accounts"}
_FREE_PREFIXES = ("account_", "mfa_")
_FREE_NAMES = {"set_language", "javascript-catalog", "health", "admin_door", "wagtailadmin_sprite"}
# A film that plays was opened with the factor; its beats are counted without a look at the session.
_FREE_PAGES = {"cpd:check", "cpd:scan", "accounts:data_use", "video:beat"}
_STAFF_PAGES = {"accounts:people", "accounts:person", "accounts:verify", "accounts:refuse", "accounts:end_verification"}


class SecondFactorMiddleware:
    """Sends a person with a staff role, or on the way to the admin, to the page that sets up a second factor."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view_and_arguments: object) -> HttpResponse | None:
        if not settings.REQUIRE_MFA or _is_free(request):
            return None
        user = request.user
        if not isinstance(user, User) or is_mfa_enabled(user):
            return None
        # Authors hold no staff role, but some of them work in the admin.
        if not (user.holds_staff_role or request.path.startswith(ADMIN_PREFIX)):
            return None
        messages.warning(request, _("Your role needs a second step when signing in. Please set it up now."))
        return redirect("mfa_index")


def _is_free(request: HttpRequest) -> bool:
    match = request.resolver_match
    if match is None or match.view_name is None:
        return False
    if match.view_name in _STAFF_PAGES:
        return False
    return (
        match.namespace in _FREE_NAMESPACES
        or match.view_name.startswith(_FREE_PREFIXES)
        or match.view_name in _FREE_NAMES | _FREE_PAGES
    )
