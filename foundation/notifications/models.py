"""What one person was told, and whether they want it by e-mail too."""

from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, Self

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from foundation.accounts.models import User


class NotificationQuerySet(models.QuerySet["Notification"]):
    def visible_to(self, user: "User | AnonymousUser") -> Self:
        """One's own; nobody reads another's inbox."""
        return self.filter(user=user) if user.is_authenticated else self.none()

    def unread(self) -> Self:
        """Not opened yet."""
        return self.filter(read_at=None)

    def read_long_ago(self) -> Self:
        """Read, and of no more use in the inbox."""
        return self.filter(read_at__lt=timezone.now() - Notification.KEPT_FOR)


class Notification(models.Model):
    """One line of a person's inbox. Personal data: what happened to whom (see docs/privacy.md)."""

    KEPT_FOR = timedelta(days=365)  # after it was read

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notifications")
    kind = models.CharField(max_length=60)
    text = models.CharField(max_length=300)
    url = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True, blank=True)
    mailed_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[NotificationQuerySet] = NotificationQuerySet.as_manager()  # type: ignore[assignment]  # as_manager is typed as Manager

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        indexes = [models.Index(fields=["user", "-created_at"], name="notifications_inbox")]

    def __str__(self) -> str:
        return self.text

    def get_absolute_url(self) -> str:
        """Marks it as read and goes on to what it is about."""
        return reverse("notifications:open", args=[self.pk])


class PreferenceQuerySet(models.QuerySet["Preference"]):
    def of(self, user: "User") -> "Preference":
        """What the person chose, or the default, not saved."""
        return self.filter(user=user).first() or Preference(user=user)


class Preference(models.Model):
    """How one person wants to be told. Personal data: a choice (see docs/privacy.md)."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="+")
    by_email = models.BooleanField(_("also by e-mail"), default=True)

    objects: ClassVar[PreferenceQuerySet] = PreferenceQuerySet.as_manager()  # type: ignore[assignment]  # as_manager is typed as Manager

    class Meta:
        verbose_name = _("preference")
        verbose_name_plural = _("preferences")

    def __str__(self) -> str:
        return f"{self.user_id}: {self.by_email}"
