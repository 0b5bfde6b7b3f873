"""Declares the room to Django."""

from django.apps import AppConfig
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _


def _checks_films(request: HttpRequest) -> bool:
    from foundation.accounts.models import User
    from foundation.kernel.roles import Role

    return isinstance(request.user, User) and request.user.has_role(Role.DEID_OFFICER)


class TeleconsultsConfig(AppConfig):
    name = "teleconsults"
    label = "teleconsults"
    verbose_name = _("Teleconsults")

    def ready(self) -> None:
        from foundation.kernel.documents import document_keepers
        from foundation.kernel.erasure import erasers, exporters
        from foundation.kernel.forgetting import forgetters
        from foundation.kernel.navigation import Place, desks, places
        from foundation.kernel.reference import reference_loaders
        from foundation.kernel.roles import Role, grant
        from foundation.video.listeners import holders, redacted_listeners, senders, settled_listeners, stuck_listeners
        from foundation.video.playback import closures, viewers
        from foundation.video.watching import further_demands
        from teleconsults import actions, decisions, erasure
        from teleconsults.listeners import publication_listeners
        from teleconsults.models import held_films, is_taken_down, may_play, may_send
        from teleconsults.reference import load_handouts, load_review

        viewers.register(may_play)
        closures.register(is_taken_down)
        senders.register(may_send)
        holders.register(held_films)
        settled_listeners.register(actions.tell_author)
        stuck_listeners.register(actions.tell_of_stuck_film)
        further_demands.register(decisions.has_decided)
        publication_listeners.register(actions.settle_hours)
        reference_loaders.register(load_review)
        reference_loaders.register(load_handouts)
        redacted_listeners.register(actions.move_points)
        redacted_listeners.register(actions.tell_of_redaction)
        forgetters.register(actions.forget_originals)
        document_keepers.register(actions.keep_read_file)
        exporters.register(erasure.export)
        erasers.register(erasure.erase)
        places.register(Place("teleconsults:library", _("Teleconsults"), "video", 20))
        grant(Role.AUTHOR, "teleconsults.add_recording", "teleconsults.publish_recording")
        grant(Role.EDITOR, "teleconsults.add_programme", "teleconsults.change_programme")
        for verb in ("view", "change", "publish", "lock", "unlock"):
            grant(Role.EDITOR, f"teleconsults.{verb}_recording")
        # A reviewer who approves in Wagtail's workflow publishes.
        grant(Role.SPECIALTY_REVIEWER, "teleconsults.publish_recording")
        for role in (Role.AUTHOR, Role.SPECIALTY_REVIEWER, Role.DEID_OFFICER, Role.MODERATOR):
            grant(role, "wagtailadmin.access_admin")
        for officer in (Role.DEID_OFFICER, Role.SPECIALTY_REVIEWER):
            grant(officer, "teleconsults.view_recording", "teleconsults.review_recording")
        grant(Role.DEID_OFFICER, "teleconsults.clear_recording")
        desks.register(Place("teleconsults:checks", _("Films to check"), "shield", 20, is_shown=_checks_films))
        for guard in (Role.DEID_OFFICER, Role.MODERATOR):
            grant(guard, "teleconsults.view_recording", "teleconsults.withdraw_recording")
