"""The places of this room in the frame."""

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from foundation.accounts.models import User
from foundation.kernel.navigation import Place, desks
from foundation.kernel.roles import Role


def is_coordinator(request: HttpRequest) -> bool:
    return isinstance(request.user, User) and request.user.has_role(Role.COORDINATOR)


def join_navigation() -> None:
    desks.register(Place("accounts:people", _("People of my facility"), "users", order=10, is_shown=is_coordinator))
