"""Who may open a page: decorators for views."""

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from foundation.accounts.models import Practitioner, User
from foundation.kernel.roles import Role


class SignedInRequest(HttpRequest):
    """A request whose user is one of ours."""

    user: User  # narrower than Django's


class MemberRequest(SignedInRequest):
    """A request of a verified practitioner."""

    practitioner: Practitioner


def member_required(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Signed in and verified; others are sent to sign in, or to the page that says what is missing."""

    @login_required
    @wraps(view)
    def checked(request: MemberRequest, *args: object, **kwargs: object) -> HttpResponse:
        practitioner = request.user.practitioner_or_none
        if practitioner is None or not practitioner.is_verified:
            return redirect("accounts:standing")
        request.practitioner = practitioner
        return view(request, *args, **kwargs)

    return checked


def staff_role_required(*roles: Role) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """Signed in and holding one of `roles`; SecondFactorMiddleware has asked for the second factor before."""

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @login_required
        @wraps(view)
        def checked(request: SignedInRequest, *args: object, **kwargs: object) -> HttpResponse:
            if not request.user.has_role(*roles):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return checked

    return decorate
