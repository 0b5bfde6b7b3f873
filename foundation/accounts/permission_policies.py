"""Who may do what in the Wagtail admin with the tables of this room."""

from typing import Any

from wagtail.permission_policies import ModelPermissionPolicy
from wagtail.permissions import register_permission_policy

from foundation.accounts.models import ConsentText, Practitioner, User


class ReadOnlyPolicy(ModelPermissionPolicy):
    """To be looked at; changes go through actions."""

    def user_has_permission(self, user: User, action: str) -> bool:
        return action == "view" and bool(super().user_has_permission(user, "view"))

    def user_has_any_permission(self, user: User, actions: list[str]) -> bool:
        return any(self.user_has_permission(user, action) for action in actions)

    def users_with_any_permission(self, actions: list[str]) -> Any:
        return super().users_with_any_permission(["view"] if "view" in actions else [])


def declare_policies() -> None:
    for model in (Practitioner, ConsentText):
        register_permission_policy(model, ReadOnlyPolicy(model))
