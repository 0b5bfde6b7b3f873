"""Declares the room to Django."""

from typing import TYPE_CHECKING, Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from courses.models import CoursePage


def _settle_hours_of(instance: "CoursePage", **_signal: Any) -> None:
    """A course was published: bring its hours to the ledger in the name of whoever acts.

    Wagtail publishes in the editor, in bulk, from a revision and when the last task of a workflow is approved. Its
    hooks know the first two; only this signal knows them all, so hours do not depend on the way taken. Who acts stands
    in Wagtail's log context, the approver of a workflow, too; a script has none, and calls `settle_hours` itself.
    """
    from wagtail.log_actions import get_active_log_context

    from courses.actions import settle_hours
    from foundation.kernel.errors import RefusedError

    by = get_active_log_context().user
    if by is None or not instance.live:
        return
    try:
        settle_hours(instance, by=by)
    except RefusedError:
        # Published it is, credited nobody is: the editor hears why from the hook `tell_of_hours`.
        return


class CoursesConfig(AppConfig):
    name = "courses"
    label = "courses"
    verbose_name = _("Courses")

    def ready(self) -> None:
        from wagtail.signals import page_published

        from courses.actions import (
            credit_earlier_completions,
            gives_hours_for,
            note_watching,
            release_from_withdrawn,
            take_over_confirmed_hours,
        )
        from courses.erasure import erase_learning, export_learning
        from courses.models import CoursePage
        from courses.reference import load_catalogue
        from cpd.confirmations import confirmation_listeners
        from foundation.kernel.erasure import erasers, exporters
        from foundation.kernel.navigation import Place, places
        from foundation.kernel.reference import reference_loaders
        from foundation.video.watching import watched_listeners
        from teleconsults.listeners import other_credits, withdrawal_listeners

        places.register(Place("courses:catalogue", _("Courses"), "course", order=40))
        page_published.connect(_settle_hours_of, sender=CoursePage, dispatch_uid="courses.settle_hours")
        watched_listeners.register(note_watching)
        withdrawal_listeners.register(release_from_withdrawn)
        other_credits.register(gives_hours_for)
        confirmation_listeners.register(take_over_confirmed_hours)
        confirmation_listeners.register(credit_earlier_completions)
        exporters.register(export_learning)
        erasers.register(erase_learning)
        reference_loaders.register(load_catalogue)
