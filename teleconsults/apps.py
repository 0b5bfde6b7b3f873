"""Declares the room to Django."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TeleconsultsConfig(AppConfig):
    name = "teleconsults"
    label = "teleconsults"
    verbose_name = _("Teleconsults")

    def ready(self) -> None:
        from foundation.kernel.erasure import erasers, exporters
        from foundation.kernel.navigation import Place, places
        from foundation.kernel.roles import Role, grant
        from foundation.video.listeners import settled_listeners
        from foundation.video.playback import closures, viewers
        from teleconsults import actions, erasure
        from teleconsults.models import is_taken_down, may_play

        viewers.register(may_play)
        closures.register(is_taken_down)
        settled_listeners.register(actions.tell_author)
        exporters.register(erasure.export)
        erasers.register(erasure.erase)
        places.register(Place("teleconsults:library", _("Teleconsults"), "video", 20))
        grant(Role.AUTHOR, "teleconsults.add_recording")
        grant(Role.EDITOR, "teleconsults.view_recording")
        for officer in (Role.DEID_OFFICER, Role.SPECIALTY_REVIEWER):
            grant(officer, "teleconsults.view_recording", "teleconsults.review_recording")
        for guard in (Role.DEID_OFFICER, Role.MODERATOR):
            grant(guard, "teleconsults.view_recording", "teleconsults.withdraw_recording")
