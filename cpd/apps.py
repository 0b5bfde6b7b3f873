"""Declares the room to Django."""

from django.apps import AppConfig
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


def _issues_certificates(request: HttpRequest) -> bool:
    from foundation.kernel.roles import Role

    return request.user.is_authenticated and request.user.has_role(Role.CPD_ADMIN)


def _check_link(request: HttpRequest) -> list[dict[str, str]]:
    """Whoever holds a certificate without a readable code finds the check from every page."""
    return [{"url": reverse("cpd:look_up"), "label": gettext("Check a certificate")}]


class CpdConfig(AppConfig):
    name = "cpd"
    label = "cpd"
    verbose_name = _("Credit hours and certificates")

    def ready(self) -> None:
        import cpd.jobs  # noqa: F401  # declares the room's jobs
        from cpd.erasure import export
        from cpd.reference import load_activity_kinds
        from foundation.kernel.erasure import exporters
        from foundation.kernel.navigation import Place, desks, footer_links
        from foundation.kernel.reference import reference_loaders
        from foundation.kernel.roles import Role, grant

        grant(Role.CPD_ADMIN, "cpd.issue_certificate", "cpd.revoke_certificate")
        desks.register(Place("cpd:desk", _("Certificates"), "certificate", 30, is_shown=_issues_certificates))
        footer_links.register(_check_link)
        exporters.register(export)
        reference_loaders.register(load_activity_kinds)
