"""Declares the room to Django."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NotificationsConfig(AppConfig):
    name = "foundation.notifications"
    label = "notifications"
    verbose_name = _("Notifications")

    def ready(self) -> None:
        from foundation.accounts.listeners import verdict_listeners
        from foundation.kernel.erasure import erasers, exporters
        from foundation.kernel.forgetting import forgetters
        from foundation.kernel.navigation import unread_counters
        from foundation.notifications import jobs
        from foundation.notifications.actions import tell_verdict
        from foundation.notifications.erasure import erase, export
        from foundation.notifications.inbox import unread_count

        unread_counters.register(unread_count)
        verdict_listeners.register(tell_verdict)
        exporters.register(export)
        erasers.register(erase)
        forgetters.register(jobs.forget_old_notifications)
