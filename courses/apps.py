"""Declares the room to Django."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CoursesConfig(AppConfig):
    name = "courses"
    label = "courses"
    verbose_name = _("Courses")

    def ready(self) -> None:
        from courses.actions import credit_earlier_completions, note_watching, release_from_withdrawn
        from courses.erasure import erase_learning, export_learning
        from courses.reference import load_catalogue
        from cpd.confirmations import confirmation_listeners
        from foundation.kernel.erasure import erasers, exporters
        from foundation.kernel.navigation import Place, places
        from foundation.kernel.reference import reference_loaders
        from foundation.video.watching import watched_listeners
        from teleconsults.withdrawals import withdrawal_listeners

        places.register(Place("courses:catalogue", _("Courses"), "course", order=40))
        watched_listeners.register(note_watching)
        withdrawal_listeners.register(release_from_withdrawn)
        confirmation_listeners.register(credit_earlier_completions)
        exporters.register(export_learning)
        erasers.register(erase_learning)
        reference_loaders.register(load_catalogue)
