"""The places of this room in the frame."""

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from foundation.accounts.models import User
from foundation.kernel.navigation import Place, desks, places
from foundation.kernel.roles import Role


def is_signed_in(request: HttpRequest) -> bool:
    return request.user.is_authenticated


def reads_numbers(request: HttpRequest) -> bool:
    return isinstance(request.user, User) and request.user.has_role(Role.MINISTRY)


def works_in_the_admin(request: HttpRequest) -> bool:
    """Who is in no group is not asked for permissions: that would cost every member's page two queries."""
    user = request.user
    return (
        isinstance(user, User)
        and bool(user.is_superuser or user.role_names)
        and (user.has_perm("wagtailadmin.access_admin"))
    )


def join_navigation() -> None:
    places.register(Place("home:dashboard", _("Home"), "home", 10, is_shown=is_signed_in))
    desks.register(Place("home:numbers", _("The network in numbers"), "chart", 60, is_shown=reads_numbers))
    desks.register(Place("wagtailadmin_home", _("Editing and review"), "edit", 90, is_shown=works_in_the_admin))
