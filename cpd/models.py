"""The credit ledger, certificates, and the rules as data."""

import secrets
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from foundation.accounts.models import Facility, Practitioner, User


def new_public_id() -> str:
    """What stands in the QR code: 128 random bits, never the serial."""
    return secrets.token_urlsafe(16)


class IssuingBodyQuerySet(models.QuerySet["IssuingBody"]):
    def administered_by(self, user: User) -> Self:
        """Bodies for which this person issues; all for a superuser."""
        return self if user.is_superuser else self.filter(admins=user)


class IssuingBody(models.Model):
    """A provider in the sense of Circular 32/2023 Art. 2, and what its certificates print."""

    slug = models.SlugField(unique=True)
    name_vi = models.CharField(_("name in Vietnamese"), max_length=200)
    name_en = models.CharField(_("name in English"), max_length=200, blank=True)
    governing_body_vi = models.CharField(_("governing body"), max_length=200, blank=True)
    place_vi = models.CharField(_("place of issue"), max_length=80)
    signatory_title_vi = models.CharField(_("title of the signatory"), max_length=120)
    signatory_name = models.CharField(_("name of the signatory"), max_length=120)
    serial_code = models.CharField(_("code in the serial"), max_length=20, unique=True)
    facility = models.ForeignKey(
        Facility, null=True, blank=True, on_delete=models.PROTECT, related_name="issuing_bodies"
    )
    admins = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="issuing_bodies", verbose_name=_("CPD administrators")
    )

    objects: ClassVar[IssuingBodyQuerySet] = IssuingBodyQuerySet.as_manager()  # type: ignore[assignment]  # as_manager is typed as Manager

    class Meta:
        verbose_name = _("issuing body")
        verbose_name_plural = _("issuing bodies")
        ordering = ["name_vi"]

    def __str__(self) -> str:
        return self.name_en if get_language() == "en" and self.name_en else self.name_vi


class ActivityKind(models.Model):
    """One row of the conversion table (Circular 32/2023 Appendix I, as far as it is known); see `confidence`."""

    code = models.SlugField(unique=True, max_length=60)
    regime = models.CharField(max_length=20)
    name_vi = models.CharField(max_length=200)
    name_en = models.CharField(max_length=200, blank=True)
    role_vi = models.CharField(max_length=80, blank=True)
    unit = models.CharField(max_length=40)
    hours_per_unit = models.DecimalField(max_digits=6, decimal_places=2, null=True, blank=True)
    confidence = models.CharField(max_length=20)
    is_enabled = models.BooleanField(default=True)

    class Meta:
        verbose_name = _("kind of activity")
        verbose_name_plural = _("kinds of activity")

    def __str__(self) -> str:
        return self.name_en if get_language() == "en" and self.name_en else self.name_vi


class Activity(models.Model):
    """Something whose hours an issuer confirmed, known by kind, stable key and a snapshot of the title."""

    key = models.CharField(max_length=80, unique=True)  # e.g. "course:<uuid>"
    kind = models.ForeignKey(ActivityKind, on_delete=models.PROTECT)
    title = models.CharField(max_length=255)
    issuing_body = models.ForeignKey(IssuingBody, on_delete=models.PROTECT, related_name="activities")
    hours = models.DecimalField(max_digits=5, decimal_places=2)
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("confirmed activity")
        verbose_name_plural = _("confirmed activities")
        constraints = [models.CheckConstraint(condition=models.Q(hours__gt=0), name="cpd_activity_has_hours")]

    def __str__(self) -> str:
        return self.title


class CreditEntry(models.Model):
    """Hours awarded to one practitioner for one activity: credited once. Append-only. Personal data."""

    practitioner = models.ForeignKey(Practitioner, on_delete=models.PROTECT, related_name="credit_entries")
    activity = models.ForeignKey(Activity, on_delete=models.PROTECT, related_name="entries")
    hours = models.DecimalField(max_digits=5, decimal_places=2)
    on_date = models.DateField()
    evidence = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("credit entry")
        verbose_name_plural = _("credit entries")
        constraints = [
            models.UniqueConstraint(fields=["practitioner", "activity"], name="cpd_activity_credited_once"),
        ]

    def __str__(self) -> str:
        return f"{self.practitioner_id}: {self.hours}"


class Certificate(models.Model):
    """A certificate as issued: payload, bytes and hashes never change. Personal data, kept for good."""

    public_id = models.CharField(max_length=32, unique=True, default=new_public_id, editable=False)
    serial = models.CharField(max_length=60, unique=True)
    issuing_body = models.ForeignKey(IssuingBody, on_delete=models.PROTECT, related_name="certificates")
    entry = models.ForeignKey(CreditEntry, on_delete=models.PROTECT, related_name="certificates")
    payload = models.JSONField()
    payload_sha256 = models.CharField(max_length=64)
    pdf = models.BinaryField()
    pdf_sha256 = models.CharField(max_length=64)
    issued_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    issued_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("certificate")
        verbose_name_plural = _("certificates")

    def __str__(self) -> str:
        return self.serial
