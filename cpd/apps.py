"""Declares the room to Django."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CpdConfig(AppConfig):
    name = "cpd"
    label = "cpd"
    verbose_name = _("Credit hours and certificates")

    def ready(self) -> None:
        from cpd.reference import load_activity_kinds
        from foundation.kernel.reference import reference_loaders
        from foundation.kernel.roles import Role, grant

        grant(Role.CPD_ADMIN, "cpd.issue_certificate", "cpd.revoke_certificate")
        reference_loaders.register(load_activity_kinds)
