"""Declares the room to Django, and what it joins."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _
from wagtail.users.apps import WagtailUsersAppConfig

from foundation.kernel.roles import Role, grant


class AccountsConfig(AppConfig):
    default = True  # of the two in this file
    name = "foundation.accounts"
    label = "accounts"
    verbose_name = _("People")

    def ready(self) -> None:
        from foundation.accounts import jobs
        from foundation.accounts.erasure import erase_person_here, export_person
        from foundation.accounts.navigation import join_navigation
        from foundation.accounts.permission_policies import declare_policies
        from foundation.kernel.erasure import erasers, exporters
        from foundation.kernel.forgetting import forgetters

        exporters.register(export_person)
        erasers.register(erase_person_here)
        for forget in (jobs.forget_old_sign_ins, jobs.forget_expired_sessions, jobs.forget_unconfirmed_accounts):
            forgetters.register(forget)
        join_navigation()
        declare_policies()
        grant(Role.EDITOR, "wagtailadmin.access_admin")


class PortalUsersConfig(WagtailUsersAppConfig):
    """Wagtail's list of users, with our user model's forms."""

    user_viewset = "foundation.accounts.viewsets.PortalUserViewSet"
