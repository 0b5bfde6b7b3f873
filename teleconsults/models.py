"""Recorded teleconsults, and the consent without which none is published."""

import secrets
from dataclasses import asdict
from typing import ClassVar, Self

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from taggit.managers import TaggableManager

from foundation.accounts.models import Facility, NamedInBothLanguages, Specialty, User
from foundation.kernel.roles import Role
from foundation.video.models import Upload, Video, WatchRecord
from teleconsults.consent import CONSENT_TEXTS, CONSENT_VERSION

# What an author may say anew about a session; the tags stand in a table of their own.
DETAILS = ["title", "held_on", "hub", "programme", "specialty", "chair", "presenters", "summary"]

# Up to this many seconds a session is short, up to the next medium, beyond it long.
SHORT_S, MEDIUM_S = 15 * 60, 45 * 60


def new_public_id() -> str:
    """An unguessable name for a URL."""
    return secrets.token_hex(12)


class RecordingQuerySet(models.QuerySet["Recording"]):
    def published(self) -> Self:
        """Live recordings whose video can be played."""
        return self.filter(live=True, video__state=Video.State.READY)

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Published ones for verified members; one's own; for reviewers also what is not published yet.

        Never what was withdrawn.
        """
        if not isinstance(user, User):
            return self.none()
        visible = models.Q(author=user)
        if user.is_verified_member or user.is_superuser:
            visible |= models.Q(live=True, video__state=Video.State.READY)
        if user.has_perm("teleconsults.review_recording"):
            visible |= models.Q(video__state=Video.State.READY)
        return self.filter(visible, withdrawn_at=None)

    def open_in_admin_to(self, user: User | AnonymousUser) -> Self:
        """Published ones for editors, who need be no members; for reviewers what waits for publication, too."""
        if user.is_superuser:
            return self
        shown = models.Q(live=True)
        if user.has_perm("teleconsults.review_recording"):
            shown |= models.Q(withdrawn_at=None)
        return self.filter(shown, video__state=Video.State.READY)

    def withdrawn(self) -> Self:
        """Those that were public once; their page says what became of them."""
        return self.filter(withdrawn_at__isnull=False)

    def withdrawable_by(self, user: User) -> Self:
        """One's own; any for those who guard patients' privacy."""
        return self if user.has_perm("teleconsults.withdraw_recording") else self.filter(author=user)

    def matching(self, *, programme: str = "", specialty: str = "", hub: str = "", length: str = "") -> Self:
        """Of one programme, specialty and hub, by slug, and of one length; an empty one means all."""
        slugs = {"programme__slug": programme, "specialty__slug": specialty, "hub__slug": hub}
        found = self.filter(**{name: slug for name, slug in slugs.items() if slug})
        match length:
            case "short":
                return found.filter(video__duration_s__lte=SHORT_S)
            case "medium":
                return found.filter(video__duration_s__gt=SHORT_S, video__duration_s__lte=MEDIUM_S)
            case "long":
                return found.filter(video__duration_s__gt=MEDIUM_S)
        return found

    def earlier_than(self, recording: "Recording") -> Self:
        """Of the same programme, held before it, the nearest first; none without a programme."""
        is_before = models.Q(held_on__lt=recording.held_on) | models.Q(held_on=recording.held_on, pk__lt=recording.pk)
        return self._of_series(recording).filter(is_before).order_by("-held_on", "-pk")

    def later_than(self, recording: "Recording") -> Self:
        """Of the same programme, held after it, the nearest first; none without a programme."""
        is_after = models.Q(held_on__gt=recording.held_on) | models.Q(held_on=recording.held_on, pk__gt=recording.pk)
        return self._of_series(recording).filter(is_after).order_by("held_on", "pk")

    def _of_series(self, recording: "Recording") -> Self:
        return self.filter(programme=recording.programme_id) if recording.programme_id else self.none()

    def by(self, author: User) -> Self:
        """One author's recordings, newest upload first, with what their list shows."""
        return self.filter(author=author).select_related("video", "hub", "specialty").order_by("-created_at", "-pk")

    def awaiting_check(self) -> Self:
        """Films whose author says that no patient can be recognised, and no officer has yet; oldest first."""
        return (
            self.filter(
                live=False,
                withdrawn_at=None,
                consent=Recording.Consent.NO_PATIENT,
                video__state=Video.State.READY,
                video__is_provisional=False,
            )
            .exclude(models.Q(checked_film=models.F("video__directory"), checked_at__isnull=False))
            .order_by("consent_at")
        )

    def checkable_by(self, officer: User) -> Self:
        """Those of others: the author's own eyes, and those of who answered for consent, do not count twice."""
        return self.exclude(author=officer).exclude(consent_by=officer)

    def awaiting_publication(self) -> Self:
        """Neither published nor withdrawn: something is left for the author to do."""
        return self.filter(live=False, withdrawn_at=None)

    def newest_first(self) -> Self:
        """By the day of the session."""
        return self.order_by("-held_on", "-pk")

    def not_begun_by(self, user: User) -> Self:
        """Those this person has not watched a second of, newest session first, with their hub."""
        return self.exclude(video__watch_records__user=user).select_related("hub").newest_first()

    def for_library(self, reader: User) -> Self:
        """What a card shows, the reader's own progress included; newest session first."""
        mine = WatchRecord.objects.filter(user=reader).defer("bitmap")
        return (
            self.select_related("video", "hub", "specialty", "author")
            .prefetch_related(models.Prefetch("video__watch_records", queryset=mine, to_attr="records_of_reader"))
            .newest_first()
            .fetch_mode(models.FETCH_PEERS)
        )

    def for_watching(self) -> Self:
        """One page's worth: people, places and tags."""
        return self.select_related("video", "hub", "specialty", "author", "programme").prefetch_related("tags")


class Programme(NamedInBothLanguages):
    """A series of sessions that a hub holds again and again, in the order in which the library offers them."""

    slug = models.SlugField(_("short name in addresses"), unique=True)
    order = models.PositiveSmallIntegerField(_("order"), default=0)

    class Meta:
        verbose_name = _("programme")
        verbose_name_plural = _("programmes")
        ordering = ["order", "name_vi", "pk"]


class Recording(models.Model):
    """The video of one teleconsult, with its people and the answer to the consent question.

    Personal data: author, chair, presenters, who answered for consent (see docs/privacy.md).
    """

    class Consent(models.TextChoices):
        UNANSWERED = "", _("Not answered yet")
        PATIENT_AGREED = "agreed", _("The patient (or guardian) agreed in writing to recording and teaching")
        NO_PATIENT = "no_patient", _("No patient can be recognised in picture, sound or text")

    public_id = models.CharField(max_length=24, unique=True, default=new_public_id, editable=False)
    title = models.CharField(_("title"), max_length=200)
    held_on = models.DateField(_("day of the session"))
    hub = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="recordings", verbose_name=_("hub"))
    programme = models.ForeignKey(
        Programme,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="recordings",
        verbose_name=_("programme"),
        help_text=_("The series that this session belongs to, if any."),
    )
    asking_facilities = models.ManyToManyField(
        Facility,
        blank=True,
        related_name="+",
        verbose_name=_("facilities that asked"),
        help_text=_("Who brought cases."),
    )
    chair = models.CharField(
        _("chair"), max_length=120, blank=True, help_text=_("Who led the session, as they wish to be named.")
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="recordings", verbose_name=_("author")
    )
    presenters = models.CharField(
        _("presenters"), max_length=300, blank=True, help_text=_("Who explained, as they wish to be named.")
    )
    specialty = models.ForeignKey(Specialty, on_delete=models.PROTECT, verbose_name=_("specialty"))
    summary = models.TextField(
        _("summary"),
        blank=True,
        max_length=4000,
        help_text=_("What a colleague takes away from it. No names, dates of birth or record numbers of patients."),
    )
    tags = TaggableManager(verbose_name=_("tags"), blank=True)
    video = models.OneToOneField(Video, on_delete=models.PROTECT, related_name="recording")
    consent = models.CharField(_("consent"), max_length=12, choices=Consent, blank=True)
    # Name of the wording in consent.py that was on the screen.
    consent_version = models.CharField(max_length=20, blank=True)
    consent_at = models.DateTimeField(null=True, blank=True)
    consent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    is_facility_approved = models.BooleanField(_("the facility agreed"), default=False)
    # The officer's word that no patient can be recognised, and the version of the film that was looked at. Like the
    # answer above, a copy of the newest row below: the database lets nothing go live without it.
    checked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    checked_at = models.DateTimeField(null=True, blank=True)
    checked_film = models.CharField(max_length=120, blank=True)
    live = models.BooleanField(_("published"), default=False)
    published_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    withdrawal_reason = models.CharField(_("reason of the withdrawal"), max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[RecordingQuerySet] = RecordingQuerySet.as_manager()  # type: ignore[assignment]  # as_manager is typed as Manager

    class Meta:
        verbose_name = _("recording")
        verbose_name_plural = _("recordings")
        permissions = [
            ("review_recording", _("Can see recordings before they are published")),
            ("withdraw_recording", _("Can take any recording down")),
            ("clear_recording", _("Can confirm that no patient can be recognised")),
        ]
        indexes = [models.Index(fields=["-held_on", "-id"], name="teleconsults_newest")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(live=False)
                | (
                    ~models.Q(consent="")
                    & ~models.Q(consent_version="")
                    & models.Q(consent_at__isnull=False, consent_by__isnull=False, is_facility_approved=True)
                ),
                name="teleconsults_live_needs_consent",
            ),
            models.CheckConstraint(
                condition=models.Q(live=False)
                | models.Q(consent="agreed")
                | (
                    models.Q(consent="no_patient", checked_at__isnull=False, checked_by__isnull=False)
                    & ~models.Q(checked_film="")
                ),
                name="teleconsults_live_needs_clearance",
            ),
            models.CheckConstraint(
                condition=models.Q(checked_by__isnull=True)
                | (~models.Q(checked_by=models.F("author")) & ~models.Q(checked_by=models.F("consent_by"))),
                name="teleconsults_checked_by_a_second_person",
            ),
            models.CheckConstraint(
                condition=models.Q(live=False) | models.Q(withdrawn_at__isnull=True),
                name="teleconsults_withdrawn_is_not_live",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("teleconsults:watch", args=[self.public_id])

    @property
    def is_consent_answered(self) -> bool:
        return bool(self.consent)

    @property
    def is_checked(self) -> bool:
        """An officer has seen this very version of the film, and found no patient."""
        return self.checked_at is not None and self.checked_film == self.video.directory

    @property
    def is_cleared(self) -> bool:
        """The patients agreed, or an officer found none: nothing else lets it go live."""
        if self.consent == self.Consent.NO_PATIENT:
            return self.is_checked
        return self.is_consent_answered

    @property
    def are_words_fixed(self) -> bool:
        """The captions may not change: it is published because an officer read them."""
        return self.live and self.consent == self.Consent.NO_PATIENT

    @property
    def is_withdrawn(self) -> bool:
        return self.withdrawn_at is not None


class ConsentWording(models.Model):
    """One version of what stood on the screen, in both languages; the database refuses to change it."""

    version = models.CharField(_("version"), max_length=20, unique=True)
    texts = models.JSONField()  # language -> the fields of consent.Wording
    noted_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("consent wording")
        verbose_name_plural = _("consent wordings")

    def __str__(self) -> str:
        return self.version

    @classmethod
    def in_force(cls) -> "ConsentWording":
        """Today's version, written down the first time that somebody answers it."""
        texts = {language: asdict(wording) for language, wording in CONSENT_TEXTS[CONSENT_VERSION].items()}
        return cls.objects.get_or_create(version=CONSENT_VERSION, defaults={"texts": texts})[0]


class Consent(models.Model):
    """One answer to the consent question: for what, who agreed, how, when, which words. Rows are only added.

    Personal data: who answered, who approved for the facility (see docs/privacy.md). No patient is named.
    """

    class Purpose(models.TextChoices):
        TEACHING = "teaching", _("Recording, and teaching of health workers")

    class Patient(models.TextChoices):
        ADULT = "adult", _("An adult who decides for themselves")
        REPRESENTED = "represented", _("An adult with a legal representative")
        CHILD_FROM_7 = "child_from_7", _("A child of 7 or older")
        CHILD_UNDER_7 = "child_under_7", _("A child under 7")

    class AgreedBy(models.TextChoices):
        PATIENT = "patient", _("The patient")
        GUARDIAN = "guardian", _("The guardian or legal representative")
        BOTH = "both", _("Both")

    class Way(models.TextChoices):
        PAPER = "paper", _("On paper, kept by the facility")
        RECORDED = "recorded", _("Recorded in sound or picture")
        ELECTRONIC = "electronic", _("Electronically")

    recording = models.ForeignKey(Recording, on_delete=models.PROTECT, related_name="consents")
    answer = models.CharField(max_length=12, choices=Recording.Consent)
    purpose = models.CharField(max_length=10, choices=Purpose, default=Purpose.TEACHING)
    patient = models.CharField(max_length=13, choices=Patient, blank=True)
    agreed_by = models.CharField(max_length=8, choices=AgreedBy, blank=True)
    agreed_on = models.DateField(null=True)
    way = models.CharField(max_length=10, choices=Way, blank=True)
    wording = models.ForeignKey(ConsentWording, on_delete=models.PROTECT, related_name="consents")
    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="+")
    facility_approver = models.CharField(max_length=120)
    facility_approved_on = models.DateField()
    given_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    given_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        ordering = ["-given_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(answer="no_patient", patient="", agreed_by="", way="", agreed_on=None)
                | (
                    models.Q(answer="agreed", agreed_on__isnull=False)
                    & ~models.Q(way="")
                    & (
                        models.Q(patient="adult", agreed_by__in=["patient", "both"])
                        | models.Q(patient="child_from_7", agreed_by="both")
                        | models.Q(patient__in=["represented", "child_under_7"], agreed_by__in=["guardian", "both"])
                    )
                ),
                name="teleconsults_consent_of_who_must",
            )
        ]

    def __str__(self) -> str:
        return f"{self.recording_id}: {self.answer}"


class OfficerCheck(models.Model):
    """What an officer found who watched one version of a film for patients. Rows are only added.

    Personal data: the officer (see docs/privacy.md).
    """

    recording = models.ForeignKey(Recording, on_delete=models.PROTECT, related_name="checks")
    film = models.CharField(max_length=120)  # the version that was looked at
    is_clear = models.BooleanField()
    remark = models.CharField(max_length=500, blank=True)
    officer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    checked_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("officer's check")
        verbose_name_plural = _("officers' checks")
        ordering = ["-checked_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(is_clear=True) | ~models.Q(remark=""), name="teleconsults_sent_back_with_a_reason"
            )
        ]

    def __str__(self) -> str:
        return f"{self.recording_id}: {self.is_clear}"


def may_play(user: User, video: Video) -> bool:
    """Registered with the video room: who may see a recording may play its film."""
    return Recording.objects.visible_to(user).filter(video=video).exists()


def is_taken_down(video: Video) -> bool:
    """Registered with the video room: nobody plays a withdrawn recording, its author included."""
    return Recording.objects.withdrawn().filter(video=video).exists()


def may_send(user: User) -> bool:
    """Registered with the video room: who may upload a recording may send its file."""
    return user.has_role(Role.AUTHOR) and bool(hubs_of(user))


def unfinished_uploads_of(author: User) -> models.QuerySet[Upload]:
    """What this person can go on with, or has only to complete; the one that ends first comes first."""
    return Upload.objects.visible_to(author).alive().filter(video__recording=None).order_by("expires_at", "pk")


def hubs_of(author: User) -> list[Facility]:
    """In whose name this person may publish: their own facility, if it is a hub and they are verified.

    Any hub for a superuser.
    """
    if author.is_superuser:
        return list(Facility.objects.hubs())
    practitioner = author.practitioner_or_none
    if practitioner is None or not practitioner.is_verified:
        return []
    return [practitioner.facility] if practitioner.facility.is_hub else []
