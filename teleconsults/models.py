"""Recorded teleconsults, and the consent without which none is published."""

import secrets
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from taggit.managers import TaggableManager

from foundation.accounts.models import Facility, Specialty, User
from foundation.video.models import Video


def new_public_id() -> str:
    """An unguessable name for a URL."""
    return secrets.token_urlsafe(12)


class RecordingQuerySet(models.QuerySet["Recording"]):
    def published(self) -> Self:
        """Live recordings whose video can be played, newest session first."""
        return self.filter(live=True, video__state=Video.State.READY).order_by("-held_on", "-pk")

    def visible_to(self, user: User) -> Self:
        """Published ones for verified members; one's own always."""
        visible = models.Q(author=user)
        if user.is_verified_member or user.is_superuser:
            visible |= models.Q(live=True, video__state=Video.State.READY)
        return self.filter(visible)


class Recording(models.Model):
    """The video of one teleconsult, with its people and the answer to the consent question."""

    class Consent(models.TextChoices):
        UNANSWERED = "", _("Not answered yet")
        PATIENT_AGREED = "agreed", _("The patient (or guardian) agreed in writing to recording and teaching")
        NO_PATIENT = "no_patient", _("No patient can be recognised in picture, sound or text")

    public_id = models.CharField(max_length=24, unique=True, default=new_public_id, editable=False)
    title = models.CharField(_("title"), max_length=200)
    held_on = models.DateField(_("day of the session"))
    hub = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="recordings", verbose_name=_("hub"))
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="recordings")
    presenters = models.CharField(_("presenters"), max_length=300, blank=True)
    specialty = models.ForeignKey(Specialty, on_delete=models.PROTECT, verbose_name=_("specialty"))
    summary = models.TextField(_("summary"), blank=True)
    tags = TaggableManager(verbose_name=_("tags"), blank=True)
    video = models.OneToOneField(Video, on_delete=models.PROTECT, related_name="recording")
    consent = models.CharField(_("consent"), max_length=12, choices=Consent, blank=True)
    consent_version = models.CharField(max_length=20, blank=True)
    consent_at = models.DateTimeField(null=True, blank=True)
    consent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    live = models.BooleanField(_("published"), default=False)
    published_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[RecordingQuerySet] = RecordingQuerySet.as_manager()  # type: ignore[assignment]  # as_manager is typed as Manager

    class Meta:
        verbose_name = _("recording")
        verbose_name_plural = _("recordings")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(live=False) | (~models.Q(consent="") & models.Q(consent_at__isnull=False)),
                name="teleconsults_live_needs_consent",
            )
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("teleconsults:watch", args=[self.public_id])
