"""What the room keeps about one person: what they were told, and how they want to be told."""

from typing import TYPE_CHECKING, Any

from foundation.notifications.models import Notification, Preference

if TYPE_CHECKING:
    from foundation.accounts.models import User

KEPT = ("kind", "text", "url", "created_at", "read_at", "mailed_at")


def export(user: "User") -> tuple[str, dict[str, Any]]:
    rows = Notification.objects.visible_to(user).order_by("created_at").values(*KEPT)
    told = [{name: str(value or "") for name, value in row.items()} for row in rows]
    return "notifications", {"by_email": Preference.objects.of(user).by_email, "messages": told}


def erase(user: "User") -> None:
    """Nothing of it must be kept by law."""
    Notification.objects.visible_to(user).delete()
    Preference.objects.filter(user=user).delete()
