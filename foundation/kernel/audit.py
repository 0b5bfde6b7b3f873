"""The log of acts that matter: Wagtail's own log, so that the admin shows it."""

from typing import TYPE_CHECKING, Any

from django.db import models
from wagtail.log_actions import log as wagtail_log

if TYPE_CHECKING:
    from foundation.accounts.models import User


def log(instance: models.Model, action: str, *, user: "User | None", data: dict[str, Any] | None = None) -> None:
    """Record `action` (registered by the room's `register_log_actions` hook) on `instance`; `data` is JSON-ready."""
    wagtail_log(instance=instance, action=action, user=user, data=data or {})
