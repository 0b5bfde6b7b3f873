"""Declares the room to Django."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class JobsConfig(AppConfig):
    name = "foundation.jobs"
    label = "jobs"
    verbose_name = _("Background work")

    def ready(self) -> None:
        from foundation.jobs.erasure import erase, export
        from foundation.jobs.jobs import forget_old_jobs
        from foundation.kernel.erasure import erasers, exporters
        from foundation.kernel.forgetting import forgetters
        from foundation.kernel.roles import Role, grant

        grant(Role.EDITOR, "jobs.view_job")
        for reviewer in (Role.SPECIALTY_REVIEWER, Role.DEID_OFFICER):
            grant(reviewer, "jobs.view_job", "jobs.act_on_job")
        exporters.register(export)
        erasers.register(erase)
        forgetters.register(forget_old_jobs)
