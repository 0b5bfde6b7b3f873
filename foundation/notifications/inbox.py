"""The number beside the inbox in the top bar."""

from django.http import HttpRequest

from foundation.notifications.models import Notification


def unread_count(request: HttpRequest) -> int:
    """One query for those who are signed in, none for others (nor on error pages, which have no user)."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return 0
    return Notification.objects.visible_to(user).unread().count()
