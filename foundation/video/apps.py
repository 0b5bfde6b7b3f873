"""Declares the room to Django."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class VideoConfig(AppConfig):
    name = "foundation.video"
    label = "video"
    verbose_name = _("Video")

    def ready(self) -> None:
        from foundation.kernel.erasure import erasers, exporters
        from foundation.kernel.forgetting import forgetters
        from foundation.video import erasure, jobs

        exporters.register(erasure.export)
        erasers.register(erasure.erase)
        forgetters.register(jobs.forget_abandoned_uploads)
        forgetters.register(jobs.forget_replaced_versions)
        forgetters.register(jobs.forget_removed_films)
        forgetters.register(jobs.forget_files_without_a_film)
