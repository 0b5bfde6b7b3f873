"""Recorded teleconsults, and the consent without which none is published."""

import secrets
from typing import ClassVar, Self

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from taggit.managers import TaggableManager

from foundation.accounts.models import Facility, Specialty, User
from foundation.video.models import Video, WatchRecord

# What an author may say anew about a session; the tags stand in a table of their own.
DETAILS = ["title", "held_on", "hub", "specialty", "presenters", "summary"]


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

    def matching(self, *, specialty: str = "", hub: str = "") -> Self:
        """Of one specialty, of one hub, by slug; an empty one means all."""
        found = self.filter(specialty__slug=specialty) if specialty else self
        return found.filter(hub__slug=hub) if hub else found

    def by(self, author: User) -> Self:
        """One author's recordings, newest upload first, with what their list shows."""
        return self.filter(author=author).select_related("video", "hub", "specialty").order_by("-created_at", "-pk")

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
        return self.select_related("video", "hub", "specialty", "author").prefetch_related("tags")


class Recording(models.Model):
    """The video of one teleconsult, with its people and the answer to the consent question.

    Personal data: author, presenters, who answered for consent (see docs/privacy.md).
    """

    class Consent(models.TextChoices):
        UNANSWERED = "", _("Not answered yet")
        PATIENT_AGREED = "agreed", _("The patient (or guardian) agreed in writing to recording and teaching")
        NO_PATIENT = "no_patient", _("No patient can be recognised in picture, sound or text")

    public_id = models.CharField(max_length=24, unique=True, default=new_public_id, editable=False)
    title = models.CharField(_("title"), max_length=200)
    held_on = models.DateField(_("day of the session"))
    hub = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="recordings", verbose_name=_("hub"))
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
    def is_withdrawn(self) -> bool:
        return self.withdrawn_at is not None


def may_play(user: User, video: Video) -> bool:
    """Registered with the video room: who may see a recording may play its film."""
    return Recording.objects.visible_to(user).filter(video=video).exists()


def is_taken_down(video: Video) -> bool:
    """Registered with the video room: nobody plays a withdrawn recording, its author included."""
    return Recording.objects.withdrawn().filter(video=video).exists()


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
