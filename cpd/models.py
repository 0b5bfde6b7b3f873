"""The credit ledger, certificates, and the rules as data.

What the law makes us keep is guarded by triggers in the database (see the migrations): credit entries, certificates
and their events are added and never changed; only `Certificate.revoked_at` goes from empty to a time, once.
"""

import secrets
from typing import Any, ClassVar, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from cpd.rules import format_serial, name_pattern, sha256_hex
from foundation.accounts.models import Facility, Practitioner, User
from foundation.kernel.roles import Role
from foundation.kernel.vietnamese import folded


class Ledger(models.Model):
    """Rows that no editor composes: Wagtail keeps no index of what they point to, so that a save stays one query."""

    wagtail_reference_index_ignore = True

    class Meta:
        abstract = True


def new_public_id() -> str:
    """What stands in the QR code: 128 random bits, never the serial."""
    return secrets.token_urlsafe(16)


class IssuingBodyQuerySet(models.QuerySet["IssuingBody"]):
    def administered_by(self, user: User) -> Self:
        """Bodies for which this person issues; all for a superuser."""
        if user.is_superuser:
            return self
        return self.filter(admins=user) if user.has_role(Role.CPD_ADMIN) else self.none()


class IssuingBody(models.Model):
    """A provider in the sense of Circular 32/2023 Art. 2, and what its certificates print.

    A change here shows on certificates issued from now on; those issued before keep their words.
    Personal data: the signatory's name, its administrators (see docs/privacy.md).
    """

    slug = models.SlugField(_("short name in addresses"), unique=True)
    name_vi = models.CharField(_("name in Vietnamese"), max_length=200)
    name_en = models.CharField(_("name in English"), max_length=200, blank=True)
    governing_body_vi = models.CharField(_("governing body"), max_length=200, blank=True)
    governing_body_en = models.CharField(_("governing body in English"), max_length=200, blank=True)
    place_vi = models.CharField(_("place of issue"), max_length=80)
    place_en = models.CharField(_("place of issue in English"), max_length=80, blank=True)
    signatory_title_vi = models.CharField(_("title of the signatory"), max_length=120)
    signatory_title_en = models.CharField(_("title of the signatory in English"), max_length=120, blank=True)
    signatory_name = models.CharField(_("name of the signatory"), max_length=120)
    serial_code = models.CharField(
        _("code in the serial"),
        max_length=20,
        unique=True,
        validators=[RegexValidator(r"^[A-Z0-9][A-Z0-9.-]*\Z", _("Use capital letters, digits, dots and hyphens."))],
        help_text=_("For example HUB07 in HUB07/2026/000123. It stays as it is after the first certificate."),
    )
    facility = models.ForeignKey(
        Facility,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="issuing_bodies",
        verbose_name=_("facility"),
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

    def clean(self) -> None:
        """A code that stands on certificates may not go to another body later, so it stays."""
        before = IssuingBody.objects.filter(pk=self.pk).values_list("serial_code", flat=True).first()
        if before and before != self.serial_code and self.certificates.exists():
            raise ValidationError({"serial_code": _("Certificates with this code exist already: it must stay.")})

    @property
    def place(self) -> str:
        """In the reader's language, as all of these."""
        return self.place_en if get_language() == "en" and self.place_en else self.place_vi

    @property
    def signatory_title(self) -> str:
        return (
            self.signatory_title_en if get_language() == "en" and self.signatory_title_en else self.signatory_title_vi
        )

    def is_administered_by(self, user: User) -> bool:
        return IssuingBody.objects.administered_by(user).filter(pk=self.pk).exists()


class ActivityKind(models.Model):
    """One row of the conversion table (Circular 32/2023 Appendix I, as far as it is known); see `confidence`."""

    code = models.SlugField(unique=True, max_length=60)
    regime = models.CharField(max_length=20)
    group = models.CharField(max_length=40, blank=True)
    name_vi = models.CharField(max_length=200)
    name_en = models.CharField(max_length=200, blank=True)
    role_vi = models.CharField(max_length=80, blank=True)
    role_en = models.CharField(max_length=80, blank=True)
    unit = models.CharField(max_length=40)
    unit_vi = models.CharField(max_length=40, blank=True)
    hours_per_unit = models.DecimalField(max_digits=6, decimal_places=2, null=True, blank=True)
    legal_reference = models.CharField(max_length=120, blank=True)
    confidence = models.CharField(max_length=20)
    is_enabled = models.BooleanField(default=True)

    class Meta:
        verbose_name = _("kind of activity")
        verbose_name_plural = _("kinds of activity")
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name_en if get_language() == "en" and self.name_en else self.name_vi


class ActivityQuerySet(models.QuerySet["Activity"]):
    def administered_by(self, user: User) -> Self:
        """Activities of the bodies for which this person issues."""
        return self.filter(issuing_body__in=IssuingBody.objects.administered_by(user))

    def confirmed(self) -> Self:
        """Activities that give credit: a named issuer stands for their hours."""
        return self.exclude(confirmed_at=None)

    def awaiting_confirmation(self) -> Self:
        """Activities proposed by an editor that give nothing yet, newest first."""
        return self.filter(confirmed_at=None, retracted_at=None).order_by("-pk")

    def standing(self) -> Self:
        """All but proposals that were taken back."""
        return self.filter(retracted_at=None)

    def for_desk(self) -> Self:
        """With what the desk shows of each."""
        return self.select_related("kind", "issuing_body", "confirmed_by").order_by("-pk")


class Activity(Ledger):
    """Something that gives credit, known by kind, stable key and a snapshot of the title.

    Without `confirmed_at` it is a proposal and gives nothing. Personal data: who confirmed it (see docs/privacy.md).
    """

    key = models.CharField(max_length=80, unique=True)  # e.g. "course:<uuid>"
    kind = models.ForeignKey(ActivityKind, on_delete=models.PROTECT)
    title = models.CharField(max_length=255)
    responsible = models.CharField(max_length=255, blank=True)  # unit or person; empty means the issuing body
    issuing_body = models.ForeignKey(IssuingBody, on_delete=models.PROTECT, related_name="activities")
    hours = models.DecimalField(max_digits=5, decimal_places=2)
    # What the room asks for them, for the issuer to read: {"coverage", "max_rate", "wall_factor"} of a recording.
    asked = models.JSONField(default=dict, blank=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    confirmed_at = models.DateTimeField(null=True, blank=True)
    retracted_at = models.DateTimeField(null=True, blank=True)  # a proposal that its editor took back

    objects: ClassVar[ActivityQuerySet] = ActivityQuerySet.as_manager()  # type: ignore[assignment]  # as_manager is typed as Manager

    class Meta:
        verbose_name = _("activity")
        verbose_name_plural = _("activities")
        constraints = [
            models.CheckConstraint(condition=models.Q(hours__gt=0), name="cpd_activity_has_hours"),
            models.CheckConstraint(
                condition=models.Q(confirmed_at=None, confirmed_by=None)
                | models.Q(confirmed_at__isnull=False, confirmed_by__isnull=False),
                name="cpd_activity_confirmed_by_a_person",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_confirmed(self) -> bool:
        return self.confirmed_at is not None


# Of a credit: what its certificate prints.
PRINTED = ("practitioner__user", "practitioner__facility", "activity__kind", "activity__issuing_body")


class CreditEntryQuerySet(models.QuerySet["CreditEntry"]):
    def of(self, practitioner: Practitioner) -> Self:
        """One person's entries, newest first."""
        return self.filter(practitioner=practitioner).order_by("-on_date", "-pk")

    def administered_by(self, user: User) -> Self:
        """Entries for which this person may issue certificates."""
        return self.filter(activity__issuing_body__in=IssuingBody.objects.administered_by(user))

    def visible_to(self, user: User) -> Self:
        """One's own, and those of the bodies one administers."""
        bodies = IssuingBody.objects.administered_by(user)
        return self.filter(models.Q(practitioner__user=user) | models.Q(activity__issuing_body__in=bodies))

    def certified(self) -> Self:
        """Entries proved by a valid certificate."""
        return self.filter(models.Exists(_valid_certificates_of_entry()))

    def uncertified(self) -> Self:
        """Entries without a valid certificate: never issued, or revoked."""
        return self.filter(~models.Exists(_valid_certificates_of_entry()))

    def with_valid_certificate(self) -> Self:
        """Annotated with `valid_certificate_id`, None where there is none."""
        return self.annotate(valid_certificate_id=models.Subquery(_valid_certificates_of_entry().values("pk")[:1]))

    def matching(self, words: str) -> Self:
        """Entries whose holder's name has all of `words`, or whose certificate's serial does; marks may be left out."""
        named = models.Q()
        for word in words.split()[:8]:
            named &= models.Q(practitioner__user__name_sort__regex=name_pattern(word))
        printed = Certificate.objects.filter(entry=models.OuterRef("pk"), search_text__contains=folded(words))
        return self.filter(named | models.Exists(printed))

    def for_desk(self) -> Self:
        """With what the desk's table shows, and the certificates, valid first, under `certificates_shown`."""
        shown = Certificate.objects.without_payload().order_by(models.F("revoked_at").asc(nulls_first=True), "-pk")
        return self.select_related(
            "practitioner__user", "practitioner__facility", "activity__kind", "activity__issuing_body"
        ).prefetch_related(models.Prefetch("certificates", queryset=shown, to_attr="certificates_shown"))

    for_member = for_desk

    def for_issue(self) -> Self:
        """With everything that a certificate prints."""
        return self.select_related(*PRINTED)


class CreditEntry(Ledger):
    """Hours awarded to one practitioner for one activity: credited once. Append-only. Personal data, kept by law."""

    practitioner = models.ForeignKey(Practitioner, on_delete=models.PROTECT, related_name="credit_entries")
    activity = models.ForeignKey(Activity, on_delete=models.PROTECT, related_name="entries")
    hours = models.DecimalField(max_digits=5, decimal_places=2)
    began_on = models.DateField()
    on_date = models.DateField()
    evidence = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[CreditEntryQuerySet] = CreditEntryQuerySet.as_manager()  # type: ignore[assignment]  # as_manager is typed as Manager

    class Meta:
        verbose_name = _("credit entry")
        verbose_name_plural = _("credit entries")
        indexes = [
            models.Index(fields=["practitioner", "on_date"], name="cpd_entry_ledger"),
            models.Index(fields=["activity", "-on_date", "-id"], name="cpd_entry_desk"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["practitioner", "activity"], name="cpd_activity_credited_once"),
            models.CheckConstraint(condition=models.Q(hours__gt=0), name="cpd_entry_has_hours"),
            models.CheckConstraint(
                condition=models.Q(began_on__lte=models.F("on_date")), name="cpd_entry_dates_in_order"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.practitioner_id}: {self.hours}"

    @property
    def title(self) -> str:
        """What it is for, as that was called on the day of the credit."""
        return str(self.evidence.get("title") or self.activity.title)

    @property
    def watched(self) -> list[dict[str, Any]]:
        """What the evidence says of each recording that was watched for these hours."""
        return [item for item in self.evidence.get("items", {}).values() if "video" in item]

    @property
    def shown_certificate(self) -> "Certificate | None":
        """The valid one, else the last; only after `for_desk` or `for_member`."""
        shown: list[Certificate] = getattr(self, "certificates_shown", [])
        return shown[0] if shown else None

    @property
    def has_valid_certificate(self) -> bool:
        """Only after `for_desk` or `for_member`."""
        shown = self.shown_certificate
        return shown is not None and not shown.is_revoked


class SerialCounter(Ledger):
    """The last number used by one body in one year. It moves in the transaction that stores the certificate."""

    issuing_body = models.ForeignKey(IssuingBody, on_delete=models.PROTECT, related_name="+")
    year = models.PositiveSmallIntegerField()
    last_number = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["issuing_body", "year"], name="cpd_one_counter_a_year")]

    def __str__(self) -> str:
        return format_serial(self.issuing_body.serial_code, self.year, self.last_number)


class CertificateQuerySet(models.QuerySet["Certificate"]):
    def valid(self) -> Self:
        """Issued and not revoked."""
        return self.filter(revoked_at=None)

    def without_payload(self) -> Self:
        """For lists: leaves the frozen content in the database."""
        return self.defer("pdf", "payload")

    def visible_to(self, user: User) -> Self:
        """One's own, and those of the bodies one administers."""
        bodies = IssuingBody.objects.administered_by(user)
        return self.filter(models.Q(entry__practitioner__user=user) | models.Q(issuing_body__in=bodies))

    def administered_by(self, user: User) -> Self:
        """Those that this person may revoke."""
        return self.filter(issuing_body__in=IssuingBody.objects.administered_by(user))

    def of(self, practitioner: Practitioner) -> Self:
        """One person's certificates, newest first, for their own list."""
        return self.filter(entry__practitioner=practitioner).without_payload().order_by("-issued_at", "-pk")

    def for_check(self) -> Self:
        """With what the public page shows: the payload, not the PDF."""
        return self.defer("pdf")

    def for_page(self) -> Self:
        """With what a certificate's own page shows; the PDF stays in the database."""
        return self.defer("pdf").select_related(
            "issuing_body", "entry__practitioner__user", "entry__activity", "issued_by"
        )


class Certificate(Ledger):
    """A certificate as issued: payload, bytes and hashes never change. Personal data, kept for good by law."""

    public_id = models.CharField(max_length=32, unique=True, default=new_public_id, editable=False)
    serial = models.CharField(max_length=60, unique=True)
    issuing_body = models.ForeignKey(IssuingBody, on_delete=models.PROTECT, related_name="certificates")
    year = models.PositiveSmallIntegerField()
    number = models.PositiveIntegerField()
    entry = models.ForeignKey(CreditEntry, on_delete=models.PROTECT, related_name="certificates")
    payload = models.JSONField()
    payload_sha256 = models.CharField(max_length=64)
    template_version = models.CharField(max_length=40)
    pdf = models.BinaryField()
    pdf_sha256 = models.CharField(max_length=64)
    search_text = models.CharField(max_length=240, editable=False)  # name and serial, folded
    issued_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    issued_at = models.DateTimeField(default=timezone.now)
    revoked_at = models.DateTimeField(null=True, blank=True)  # a copy of the event, for constraints and lists

    objects: ClassVar[CertificateQuerySet] = CertificateQuerySet.as_manager()  # type: ignore[assignment]  # as_manager is typed as Manager

    class Meta:
        verbose_name = _("certificate")
        verbose_name_plural = _("certificates")
        permissions = [
            ("issue_certificate", "May issue certificates"),
            ("revoke_certificate", "May revoke certificates"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["entry"], condition=models.Q(revoked_at=None), name="cpd_one_valid_certificate_an_entry"
            ),
            models.UniqueConstraint(fields=["issuing_body", "year", "number"], name="cpd_serial_once"),
        ]

    def __str__(self) -> str:
        return self.serial

    def get_absolute_url(self) -> str:
        """Its page for the holder and the administrators; the public page is `check_path`."""
        return reverse("cpd:certificate", args=[self.public_id])

    @property
    def check_path(self) -> str:
        return reverse("cpd:check", args=[self.public_id])

    @property
    def is_revoked(self) -> bool:
        return self.revoked_at is not None

    @property
    def holder_name(self) -> str:
        """As printed."""
        return str(self.payload["holder"]["name"])

    @property
    def is_payload_intact(self) -> bool:
        """The stored fields are those that were printed; False: somebody went around the database's guards."""
        return sha256_hex(self.payload) == self.payload_sha256


class CertificateEvent(Ledger):
    """What happened to a certificate, and who did it. Append-only. Personal data: the actor."""

    class Kind(models.TextChoices):
        ISSUED = "issued", pgettext_lazy("certificate", "Issued")
        DOWNLOADED = "downloaded", _("Downloaded")
        REVOKED = "revoked", _("Revoked")

    certificate = models.ForeignKey(Certificate, on_delete=models.PROTECT, related_name="events")
    kind = models.CharField(max_length=12, choices=Kind)
    reason = models.CharField(max_length=500, blank=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("certificate event")
        verbose_name_plural = _("certificate events")
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["certificate", "kind"],
                condition=models.Q(kind__in=["issued", "revoked"]),
                name="cpd_issued_and_revoked_once",
            ),
            models.CheckConstraint(
                condition=~models.Q(kind="revoked") | ~models.Q(reason=""), name="cpd_revoked_with_a_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.certificate_id}: {self.kind}"


class IssueBatchQuerySet(models.QuerySet["IssueBatch"]):
    def visible_to(self, user: User) -> Self:
        """Batches of the bodies that this person administers."""
        return self.filter(issuing_body__in=IssuingBody.objects.administered_by(user))

    def with_counts(self) -> Self:
        """Annotated with `rows_total`, `rows_issued` and `rows_waiting`."""
        outcome = IssueRow.Outcome
        return self.annotate(
            rows_total=models.Count("rows"),
            rows_issued=models.Count("rows", filter=models.Q(rows__outcome=outcome.ISSUED)),
            rows_waiting=models.Count("rows", filter=models.Q(rows__outcome=outcome.WAITING)),
        )


class IssueBatch(Ledger):
    """One press of "issue": which entries, by whom. The job `cpd.issue_batch` works its rows off.

    Personal data: who pressed (see docs/privacy.md).
    """

    issuing_body = models.ForeignKey(IssuingBody, on_delete=models.PROTECT, related_name="batches")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[IssueBatchQuerySet] = IssueBatchQuerySet.as_manager()  # type: ignore[assignment]  # as_manager is typed as Manager

    class Meta:
        verbose_name = _("issue batch")
        verbose_name_plural = _("issue batches")
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.issuing_body} {self.created_at:%Y-%m-%d %H:%M}"

    def get_absolute_url(self) -> str:
        return reverse("cpd:batch", args=[self.pk])

    @property
    def job_subject(self) -> str:
        return f"cpd.batch:{self.pk}"


class IssueRowQuerySet(models.QuerySet["IssueRow"]):
    def waiting(self) -> Self:
        """Not worked on yet, in order."""
        return self.filter(outcome=IssueRow.Outcome.WAITING).order_by("pk")

    def for_issue(self) -> Self:
        """With everything that a certificate prints, and `held_id`, the valid certificate that there is already."""
        held = Certificate.objects.valid().filter(entry=models.OuterRef("entry"))
        return self.select_related(*(f"entry__{name}" for name in PRINTED)).annotate(
            held_id=models.Subquery(held.values("pk")[:1])
        )

    def for_page(self) -> Self:
        """With what the batch page shows of each."""
        return self.select_related(
            "entry__practitioner__user", "entry__practitioner__facility", "entry__activity"
        ).prefetch_related(models.Prefetch("certificate", queryset=Certificate.objects.without_payload()))


class IssueRow(Ledger):
    """One entry in a batch, and what became of it. Personal data: whose (see docs/privacy.md)."""

    class Outcome(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        ISSUED = "issued", pgettext_lazy("certificate", "Issued")
        ALREADY = "already", _("Had one already")
        REFUSED = "refused", _("Not issued")

    batch = models.ForeignKey(IssueBatch, on_delete=models.CASCADE, related_name="rows")
    entry = models.ForeignKey(CreditEntry, on_delete=models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=8, choices=Outcome, default=Outcome.WAITING)
    refusal_code = models.CharField(max_length=60, blank=True)
    certificate = models.ForeignKey(Certificate, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    # The valid certificate of the entry; only after `for_issue`.
    held_id: int | None = None

    objects: ClassVar[IssueRowQuerySet] = IssueRowQuerySet.as_manager()  # type: ignore[assignment]  # as_manager is typed as Manager

    class Meta:
        verbose_name = _("row of a batch")
        verbose_name_plural = _("rows of a batch")
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["batch", "entry"], name="cpd_entry_once_a_batch")]

    def __str__(self) -> str:
        return f"{self.batch_id}: {self.entry_id} {self.outcome}"


def _valid_certificates_of_entry() -> CertificateQuerySet:
    return Certificate.objects.valid().filter(entry=models.OuterRef("pk"))
