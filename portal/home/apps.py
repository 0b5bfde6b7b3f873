"""Declares the room to Django."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class HomeConfig(AppConfig):
    name = "portal.home"
    label = "home"
    verbose_name = _("Home")

    def ready(self) -> None:
        from foundation.kernel.navigation import footer_links
        from foundation.kernel.roles import Role, grant
        from portal.home.footer import information_pages
        from portal.home.navigation import join_navigation

        join_navigation()
        footer_links.register(information_pages)
        grant(Role.EDITOR, "wagtailadmin.access_admin")
