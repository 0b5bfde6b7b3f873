"""The roles of the network, and the permissions that each room grants to them."""

from collections import defaultdict

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """Each role is a Django group whose name is the value; `manage.py load_reference` creates and fills them."""

    MEMBER = "member", _("Member")
    AUTHOR = "author", _("Author")
    SPECIALTY_REVIEWER = "specialty_reviewer", _("Specialty reviewer")
    DEID_OFFICER = "deid_officer", _("De-identification officer")
    MODERATOR = "moderator", _("Moderator")
    COORDINATOR = "coordinator", _("Facility coordinator")
    CPD_ADMIN = "cpd_admin", _("CPD administrator")
    EDITOR = "editor", _("Editor")
    MINISTRY = "ministry", _("Ministry")


# A second factor is required of these before they may act.
STAFF_ROLES = frozenset(Role) - {Role.MEMBER, Role.AUTHOR}

_granted: dict[Role, set[str]] = defaultdict(set)


def grant(role: Role, *permissions: str) -> None:
    """Give `role` the permissions named `app_label.codename`; called from `AppConfig.ready`, may repeat."""
    _granted[role].update(permissions)


def permissions_of(role: Role) -> frozenset[str]:
    """All that rooms granted to `role`."""
    return frozenset(_granted[role])
