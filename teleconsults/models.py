"""Recorded teleconsults, and the consent without which none is published."""

import secrets
from dataclasses import asdict
from decimal import Decimal
from typing import Any, ClassVar, Self

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.db.models.functions import Cast, Coalesce
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _
from modelcluster.contrib.taggit import ClusterTaggableManager
from modelcluster.fields import ParentalKey, ParentalManyToManyField
from modelcluster.models import ClusterableModel
from taggit.models import TaggedItemBase
from wagtail.fields import StreamField
from wagtail.locks import WorkflowLock
from wagtail.models import (
    DraftStateMixin,
    LockableMixin,
    Orderable,
    Page,
    PreviewableMixin,
    Revision,
    RevisionMixin,
    WorkflowMixin,
    WorkflowState,
)

from cpd.models import Activity, ActivityKind, CreditEntry, IssuingBody
from foundation.accounts.models import Facility, NamedInBothLanguages, Specialty, User
from foundation.kernel.models import PortalDocument
from foundation.kernel.roles import Role
from foundation.video.models import Redaction, Upload, Video, WatchRecord
from foundation.video.playback import may_play as may_play_film
from foundation.video.playback import playback_for
from foundation.video.rules import Demand
from foundation.video.watching import watch_record_for
from teleconsults.blocks import KeyPointsBlock, SummaryBlock
from teleconsults.consent import CONSENT_TEXTS, CONSENT_VERSION
from teleconsults.listeners import other_credits, publication_listeners
from teleconsults.plain_text import text_of
from teleconsults.refusals import (
    BeingRedactedError,
    CheckedWordsError,
    ConsentMissingError,
    LeftHubError,
    NotCheckedError,
    NotReadyError,
    OnlyWithdrawnError,
    UnreadWordsError,
    WithdrawnError,
)
from teleconsults.rules import DEFAULT_COVERAGE, DEFAULT_MAX_RATE, DEFAULT_WALL_FACTOR
from teleconsults.words import words_sha256

# What an author may say anew about a session, in columns and in rows of their own.
DETAILS = ["title", "held_on", "hub", "programme", "specialty", "language", "chair", "summary", "key_points", "goals"]
DETAILS += ["required_coverage", "max_rate", "wall_factor", "issuing_body", "activity_kind", "credit_hours"]
DETAIL_ROWS = ["presenters", "tagged_items", "asking_facilities", "handouts", "related_recordings", "related_pages"]

# Up to this many seconds a session is short, up to the next medium, beyond it long.
SHORT_S, MEDIUM_S = 15 * 60, 45 * 60


def new_public_id() -> str:
    """An unguessable name for a URL."""
    return secrets.token_hex(12)


_NOT_WITHHELD = models.Q(video__is_withheld=False)


class RecordingQuerySet(models.QuerySet["Recording"]):
    def published(self) -> Self:
        """Live recordings whose video can be played."""
        return self.filter(live=True, video__state=Video.State.READY)

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Published ones for verified members; one's own; for officers also what is not published yet.

        For other reviewers those among the latter whose consent question was answered, or that are submitted to them;
        never what waits for its redaction. What was withdrawn, to nobody.
        """
        if not isinstance(user, User):
            return self.none()
        visible = models.Q(author=user)
        if user.is_verified_member or user.is_superuser:
            visible |= models.Q(live=True, video__state=Video.State.READY)
        if user.has_perm("teleconsults.clear_recording"):
            visible |= models.Q(video__state=Video.State.READY)
        elif user.has_perm("teleconsults.review_recording"):
            is_shown = ~models.Q(consent=Recording.Consent.UNANSWERED) | models.Q(pk__in=self._submitted())
            visible |= models.Q(is_shown, _NOT_WITHHELD, video__state=Video.State.READY)
        return self.filter(visible, withdrawn_at=None)

    def _submitted(self) -> models.QuerySet[Any]:
        """Ids of those in a review that goes on."""
        reviews = WorkflowState.objects.active().filter(base_content_type=Recording.get_base_content_type())
        ids: models.QuerySet[Any] = reviews.annotate(pk_of_it=Cast("object_id", models.BigIntegerField()))
        return ids.values("pk_of_it")

    def open_in_admin_to(self, user: User | AnonymousUser) -> Self:
        """One's own; published ones for editors, members or not; for reviewers what waits for publication, too."""
        if not isinstance(user, User):
            return self.none()
        if user.is_superuser:
            return self
        shown = models.Q(author=user)
        if user.has_perm("teleconsults.view_recording"):
            shown |= models.Q(live=True, video__state=Video.State.READY)
        if user.has_perm("teleconsults.review_recording"):
            shown |= models.Q(withdrawn_at=None, video__state=Video.State.READY)
        return self.filter(shown)

    def with_handout(self, document: PortalDocument) -> Self:
        """Those that a file hangs on."""
        return self.filter(handouts__document=document)

    def standing(self) -> Self:
        """Those that were not withdrawn."""
        return self.filter(withdrawn_at=None)

    def withdrawn(self) -> Self:
        """Taken down for good; their page says what became of them."""
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
        """Films of which the author says that no patient can be recognised, and redacted ones; oldest first.

        Those whose very bytes an officer has approved are done with.
        """
        was_asked = models.Q(consent=Recording.Consent.NO_PATIENT)
        was_asked |= ~models.Q(consent="") & models.Q(video__redacted_at__isnull=False)
        is_checked = models.Q(
            checked_film=models.F("video__directory"),
            checked_sha256=models.F("video__content_sha256"),
            checked_at__isnull=False,
        )
        return (
            self.filter(was_asked, _NOT_WITHHELD, live=False, withdrawn_at=None)
            .filter(video__state=Video.State.READY, video__is_provisional=False)
            .exclude(is_checked)
            .order_by("consent_at")
        )

    def checkable_by(self, officer: User) -> Self:
        """Those of others: the author's own eyes, and those of who answered for consent, do not count twice."""
        return self.exclude(author=officer).exclude(consent_by=officer)

    def asking(self, points: "DecisionPointQuerySet") -> Self:
        """Those to which these decision points belong, with their hub."""
        return self.filter(pk__in=points.order_by().values("recording")).select_related("hub")

    def awaiting_publication(self) -> Self:
        """Neither published nor withdrawn: something is left for the author to do."""
        return self.filter(live=False, withdrawn_at=None)

    def with_expired_originals(self) -> Self:
        """Public, or handed in and not public, for so long that nobody will have the film made anew.

        A redaction begins that time again.
        """
        long_ago = timezone.now() - settings.ORIGINALS_KEPT_FOR
        old = models.Q(live=True, published_at__lt=long_ago) | models.Q(live=False, video__created_at__lt=long_ago)
        proposed = Redaction.objects.filter(proposed_at__gte=long_ago).values("video")
        was_redacted = models.Q(video__redacted_at__gte=long_ago) | models.Q(video__in=proposed)
        return (
            self.filter(old, withdrawn_at=None, video__original_gone_at=None)
            .exclude(was_redacted)
            .select_related("video")
        )

    def newest_first(self) -> Self:
        """By the day of the session."""
        return self.order_by("-held_on", "-pk")

    def not_begun_by(self, user: User) -> Self:
        """Those this person has not watched a second of, newest session first, with their hub."""
        return self.exclude(video__watch_records__user=user).select_related("hub").newest_first()

    def for_library(self, reader: User) -> Self:
        """What a card shows, the reader's own progress and the number of questions included; newest session first."""
        mine = WatchRecord.objects.filter(user=reader).defer("bitmap")
        asked = DecisionPoint.objects.asked().filter(recording=models.OuterRef("pk")).count_in_subquery()
        return (
            self.select_related("video", "hub", "specialty", "author")
            .annotate(question_count=asked)
            .prefetch_related(
                "presenters", models.Prefetch("video__watch_records", queryset=mine, to_attr="records_of_reader")
            )
            .newest_first()
            .fetch_mode(models.FETCH_PEERS)
        )

    def for_watching(self) -> Self:
        """One page's worth: people, places and tags."""
        joined = self.select_related(
            "video", "hub", "specialty", "author", "programme", "activity__issuing_body", "activity__kind"
        )
        return joined.prefetch_related("tags", "presenters", "asking_facilities", "handouts__document")


class Programme(NamedInBothLanguages):
    """A series of sessions that a hub holds again and again, in the order in which the library offers them."""

    slug = models.SlugField(_("short name in addresses"), unique=True)
    order = models.PositiveSmallIntegerField(_("order"), default=0)

    class Meta:
        verbose_name = _("programme")
        verbose_name_plural = _("programmes")
        ordering = ["order", "name_vi", "pk"]


class RecordingTag(TaggedItemBase):
    """A tag on a recording."""

    content_object = ParentalKey("teleconsults.Recording", on_delete=models.CASCADE, related_name="tagged_items")


class Recording(
    WorkflowMixin, DraftStateMixin, LockableMixin, RevisionMixin, PreviewableMixin, ClusterableModel, models.Model
):
    """The video of one teleconsult, with its people and the answer to the consent question.

    Its words (`DETAILS`, `DETAIL_ROWS`) have drafts and revisions; all else is decided once, and no revision undoes it.

    Personal data: author, chair, who answered for consent (see docs/privacy.md).
    """

    class Consent(models.TextChoices):
        UNANSWERED = "", _("Not answered yet")
        PATIENT_AGREED = "agreed", _("The patient (or guardian) agreed in writing to recording and teaching")
        NO_PATIENT = "no_patient", _("No patient can be recognised in picture, sound or text")

    class Language(models.TextChoices):
        VI = "vi", _("Vietnamese")
        EN = "en", _("English")

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
    asking_facilities = ParentalManyToManyField(
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
    specialty = models.ForeignKey(Specialty, on_delete=models.PROTECT, verbose_name=_("specialty"))
    language = models.CharField(_("language spoken"), max_length=2, choices=Language, default=Language.VI)
    summary = StreamField(
        SummaryBlock(required=False),
        blank=True,
        verbose_name=_("summary"),
        help_text=_("What a colleague takes away from it. No names, dates of birth or record numbers of patients."),
    )
    key_points = StreamField(
        KeyPointsBlock(required=False),
        blank=True,
        verbose_name=_("key points"),
        help_text=_("A few sentences to remember, without the story of the patient."),
    )
    goals = models.TextField(
        _("learning goals"),
        blank=True,
        max_length=2000,
        help_text=_("One goal a line, each beginning with a verb: “Recognise the warning signs …”"),
    )
    required_coverage = models.DecimalField(
        _("share that must be watched"),
        max_digits=3,
        decimal_places=2,
        default=DEFAULT_COVERAGE,
        validators=[MinValueValidator(Decimal("0.50")), MaxValueValidator(Decimal(1))],
        help_text=_("0.90 means 90 %. Watched time is judged by the server's clock; skipping ahead does not count."),
    )
    max_rate = models.DecimalField(
        _("fastest speed that counts"),
        max_digits=3,
        decimal_places=2,
        default=DEFAULT_MAX_RATE,
        validators=[MinValueValidator(Decimal(1)), MaxValueValidator(DEFAULT_MAX_RATE)],
        help_text=_("1.50 means that a film of 60 minutes takes 40 minutes at least."),
    )
    wall_factor = models.DecimalField(
        _("share of that time that must have passed"),
        max_digits=3,
        decimal_places=2,
        default=DEFAULT_WALL_FACTOR,
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(1))],
        help_text=_("0.90 leaves a tenth for lines that drop; 0 asks for no time by the clock."),
    )
    issuing_body = models.ForeignKey(
        IssuingBody,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("issuing body"),
        help_text=_("Who answers for the hours and issues the certificates. Empty: watching gives no hours."),
    )
    activity_kind = models.ForeignKey(
        ActivityKind,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("kind of activity"),
    )
    credit_hours = models.DecimalField(
        _("credit hours"),
        max_digits=5,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal("0.25")), MaxValueValidator(Decimal(120))],
        help_text=_("Proposed when it is published; they count once the issuing body confirms them."),
    )
    # What the ledger credits; its hours count once they are confirmed there.
    activity = models.OneToOneField(
        Activity, null=True, blank=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )
    tags = ClusterTaggableManager(through=RecordingTag, verbose_name=_("tags"), blank=True)
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
    checked_sha256 = models.CharField(max_length=64, blank=True)  # of that version's bytes: `Video.content_sha256`
    checked_words = models.CharField(max_length=64, blank=True)  # `words_sha256` of what was read beside it
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
                    & ~models.Q(checked_sha256="")
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

    # --- drafts and revisions ---
    def with_content_json(self, content: dict[str, Any]) -> "Recording":
        """The words of a revision, and whatever was decided since."""
        words = {name: value for name, value in content.items() if name in {"pk", *DETAILS, *DETAIL_ROWS}}
        draft: Recording = super().with_content_json(words)
        self.keep_decisions_on(draft)
        return draft

    def keep_decisions_on(self, draft: "Recording") -> None:
        """Give a draft everything but words as it stands in this row: consent, checks, film, whether it is live."""
        for field in self._meta.concrete_fields:
            if field.name not in DETAILS:
                setattr(draft, field.attname, getattr(self, field.attname))

    def refuse_to_go_live(self) -> None:
        """Asked before each publication.

        Raises WithdrawnError, NotReadyError, BeingRedactedError, ConsentMissingError, NotCheckedError.
        """
        if self.is_withdrawn:
            raise WithdrawnError
        if not self.video.is_whole:
            raise NotReadyError
        if self.video.is_withheld:
            raise BeingRedactedError
        if not self.is_consent_answered or not self.is_facility_approved:
            raise ConsentMissingError
        if not self.is_cleared:
            raise NotCheckedError

    def refuse_who_left(self, user: User | None) -> None:
        """The author says in public only what the hub can stand for. Raises LeftHubError."""
        if user is not None and user.pk == self.author_id and self.hub not in hubs_of(user):
            raise LeftHubError

    def refuse_other_words(self, draft: "Recording") -> None:
        """Nothing becomes public by an officer's word but what the officer read, or what is public already.

        Raises UnreadWordsError, and CheckedWordsError where it is published.
        """
        if not self.needs_check or (words := words_sha256(draft)) == self.checked_words:
            return
        if not self.live:
            raise UnreadWordsError
        if words != words_sha256(self):
            raise CheckedWordsError

    @transaction.atomic
    def publish(self, revision: Revision, user: User | None = None, *, log_action: bool = True, **how: Any) -> None:
        """The one way to publish, from the site, the editor or a workflow.

        Raises what `refuse_to_go_live`, `refuse_who_left` and `refuse_other_words` do.
        """
        row = Recording.objects.select_for_update(of=("self",)).select_related("video").get(pk=self.pk)
        row.refuse_to_go_live()
        row.refuse_who_left(user)
        row.refuse_other_words(row.revisions.get(pk=revision.pk).as_object())
        act = "teleconsults.publish" if log_action else False
        # Read again, so that it is applied to the row as it is now.
        super().publish(row.revisions.get(pk=revision.pk), user=user, log_action=act, **how)
        Recording.objects.filter(pk=self.pk, published_at=None).update(published_at=timezone.now())
        for listener in publication_listeners:
            listener(Recording.objects.get(pk=self.pk), user)

    def unpublish(self, *_args: Any, **_how: Any) -> None:
        """Wagtail's way to hide it, which asks for no reason. Raises OnlyWithdrawnError."""
        raise OnlyWithdrawnError

    def get_preview_template(self, request: HttpRequest, mode_name: str) -> str:  # noqa: ARG002  # Wagtail's signature
        return "teleconsults/watch.html"

    def get_preview_context(self, request: HttpRequest, mode_name: str) -> dict[str, Any]:
        context: dict[str, Any] = super().get_preview_context(request, mode_name)
        if not isinstance(request.user, User):
            return context | {"recording": self, "video": self.video}
        is_played = may_play_film(request.user, self.video)
        return context | {
            "recording": self,
            "video": self.video,
            "playback": playback_for(self.video, request.user) if is_played else None,
            "record": watch_record_for(request.user, self.video),
            "tracks": list(self.video.caption_tracks.offered()),
            "chapters": list(self.video.chapters.all()),
            "related": self.related_seen_by(request.user),
        }

    def clean(self) -> None:
        super().clean()
        asked = [self.issuing_body_id, self.activity_kind_id, self.credit_hours]
        if any(asked) and not all(asked):
            raise ValidationError(
                {"credit_hours": _("Hours need all three: the issuing body, the kind of activity and a number.")}
            )

    # --- facts ---
    @property
    def demand(self) -> Demand:
        """How it must be watched to count."""
        return Demand(float(self.required_coverage), float(self.wall_factor), float(self.max_rate))

    @property
    def required_percent(self) -> int:
        return int(self.required_coverage * 100)

    @property
    def activity_key(self) -> str:
        """How the ledger knows it."""
        return f"recording:{self.public_id}"

    @property
    def goal_list(self) -> list[str]:
        return [line.strip(" -•\t") for line in self.goals.splitlines() if line.strip()]

    @property
    def plain_summary(self) -> str | None:
        """The summary as it would be typed; None where it holds what only the editor can show."""
        if any(block.block_type != "text" for block in self.summary):
            return None
        texts = [text_of(block.value.source) for block in self.summary]
        return None if None in texts else "\n\n".join(text for text in texts if text)

    def credit_of(self, user: User) -> CreditEntry | None:
        """What this person was credited for watching it."""
        mine = CreditEntry.objects.filter(practitioner__user=user, activity=self.activity_id)
        return mine.first() if self.activity_id else None

    def related_seen_by(self, user: User) -> list["Recording"]:
        """Other recordings that belong here, in the author's order: those that this person may watch."""
        ids = [row.other_id for row in self.related_recordings.all()]
        seen = Recording.objects.visible_to(user).published().filter(pk__in=ids).select_related("hub", "video")
        found = {recording.pk: recording for recording in seen}
        return [found[pk] for pk in ids if pk in found]

    def pages_shown(self) -> list[Page]:
        """Courses and other pages that belong here, in the author's order, as far as they are published."""
        ids = [row.page_id for row in self.related_pages.all()]
        found = {page.pk: page for page in Page.objects.live().filter(pk__in=ids)}
        return [found[pk] for pk in ids if pk in found]

    @property
    def is_in_course(self) -> bool:
        """Do hours for it come with a course that shows it? Then not by itself: the same minutes count once."""
        return any(credits_it(self) for credits_it in other_credits)

    @property
    def presenter_line(self) -> str:
        """Those who explained, in one line; empty when nobody is named."""
        return ", ".join(presenter.name for presenter in self.presenters.all())

    @property
    def is_consent_answered(self) -> bool:
        return bool(self.consent)

    @property
    def is_checked(self) -> bool:
        """An officer has seen this very version of the film, these very bytes, and found no patient."""
        approved = self.checked_film, self.checked_sha256
        return self.checked_at is not None and approved == (self.video.directory, self.video.content_sha256)

    @property
    def needs_check(self) -> bool:
        """A second person looks where nobody agreed, and where something was to be hidden."""
        return self.consent == self.Consent.NO_PATIENT or self.video.redacted_at is not None

    @property
    def is_cleared(self) -> bool:
        """The patients agreed, or an officer found none: nothing else lets it go live."""
        if self.video.is_withheld:
            return False
        return self.is_checked if self.is_consent_answered and self.needs_check else self.is_consent_answered

    @property
    def are_words_fixed(self) -> bool:
        """What readers read may not change: it is published because an officer read it."""
        return self.live and self.needs_check

    def lock_sentence_for(self, user: User) -> str:
        """Why this person does not change these words now; empty where they do."""
        lock = self.get_lock()
        if lock is None or not lock.for_user(user):
            return ""
        if isinstance(lock, WorkflowLock):
            return str(_("In review (%(task)s): the words can be changed once that is over.") % {"task": lock.task})
        if not self.locked_at:
            return str(_("Locked in the editor: the words can be changed once that is over."))
        facts = {"name": self.locked_by or "–", "time": date_format(localtime(self.locked_at), "DATETIME_FORMAT")}
        return str(_("Locked by %(name)s since %(time)s: the words can be changed once that is over.") % facts)

    @property
    def is_withdrawn(self) -> bool:
        return self.withdrawn_at is not None


class Presenter(Orderable):
    """One of those who explained. Personal data: the name (see docs/privacy.md)."""

    recording = ParentalKey(Recording, on_delete=models.CASCADE, related_name="presenters")
    name = models.CharField(_("name"), max_length=120, help_text=_("With the title, as they wish to be named."))
    role = models.CharField(
        _("role"), max_length=120, blank=True, help_text=_("For example: specialist, or from where the case came.")
    )

    class Meta(Orderable.Meta):
        verbose_name = _("presenter")
        verbose_name_plural = _("presenters")

    def __str__(self) -> str:
        return f"{self.name} – {self.role}" if self.role else self.name


class Handout(Orderable):
    """A file to take along; it opens to who may see the recording (see wagtail_hooks.py)."""

    recording = ParentalKey(Recording, on_delete=models.CASCADE, related_name="handouts")
    document = models.ForeignKey(PortalDocument, on_delete=models.CASCADE, related_name="+", verbose_name=_("document"))

    class Meta(Orderable.Meta):
        verbose_name = _("handout")
        verbose_name_plural = _("handouts")

    def __str__(self) -> str:
        return str(self.document)


class RelatedRecording(Orderable):
    """Another recording that goes with this one."""

    recording = ParentalKey(Recording, on_delete=models.CASCADE, related_name="related_recordings")
    other = models.ForeignKey(Recording, on_delete=models.CASCADE, related_name="+", verbose_name=_("recording"))

    class Meta(Orderable.Meta):
        verbose_name = _("related recording")
        verbose_name_plural = _("related recordings")

    def __str__(self) -> str:
        return str(self.other)


class RelatedPage(Orderable):
    """A page that goes with a recording: a course, say. Which kinds there are, only the rooms above know."""

    recording = ParentalKey(Recording, on_delete=models.CASCADE, related_name="related_pages")
    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="+", verbose_name=_("page"))

    class Meta(Orderable.Meta):
        verbose_name = _("related page")
        verbose_name_plural = _("related pages")

    def __str__(self) -> str:
        return str(self.page)


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
    content_sha256 = models.CharField(max_length=64, blank=True)  # of its bytes
    words_sha256 = models.CharField(max_length=64, blank=True)  # of what was read beside it
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


class DecisionPointQuerySet(models.QuerySet["DecisionPoint"]):
    def in_force(self) -> Self:
        """Those that their author has not taken away again."""
        return self.filter(retired_at=None)

    def asked(self) -> Self:
        """Put to readers: where no patient agreed, an officer has read the words first."""
        is_cleared = models.Q(recording__consent=Recording.Consent.PATIENT_AGREED) | models.Q(checked_at__isnull=False)
        return self.in_force().filter(is_cleared)

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Of the recordings that a person sees: what is asked there; all in force for the author and for reviewers."""
        if not isinstance(user, User):
            return self.none()
        seen = self.in_force().filter(recording__in=Recording.objects.visible_to(user))
        if user.has_perm("teleconsults.review_recording"):
            return seen
        return seen.filter(models.Q(pk__in=self.model.objects.asked()) | models.Q(recording__author=user))

    def awaiting_check(self) -> Self:
        """Words that no officer has read yet, of films in which no patient agreed; the oldest words first."""
        unread = self.in_force().filter(checked_at=None, remark="", recording__consent=Recording.Consent.NO_PATIENT)
        return unread.filter(recording__withdrawn_at=None).order_by("changed_at", "pk")

    def checkable_by(self, officer: User) -> Self:
        """Those of others, as with the films themselves."""
        return self.exclude(recording__author=officer).exclude(recording__consent_by=officer)

    def required_for(self, video: Video) -> Self:
        """Those that must be answered before the watched minutes count as whole."""
        return self.asked().filter(recording__video=video, is_required=True)

    def unanswered_by(self, user: User) -> Self:
        return self.exclude(answers__user=user)

    def in_film_order(self) -> Self:
        """As the film comes to them, with their answers to choose from."""
        return self.order_by("at_s", "pk").select_related("recording").prefetch_related("options")

    def count_in_subquery(self) -> Coalesce:
        """How many, a recording; for an annotation of recordings."""
        counted = self.order_by().values("recording").annotate(total=models.Count("pk")).values("total")
        return Coalesce(models.Subquery(counted), 0)


class DecisionPoint(models.Model):
    """A second at which the author stops the film and asks "what would you do?", and what the specialist thought.

    Once somebody has answered, question and answers stay as they are. Personal data: which officer read it (see
    docs/privacy.md).
    """

    recording = models.ForeignKey(Recording, on_delete=models.CASCADE, related_name="decision_points")
    at_s = models.FloatField()
    question = models.CharField(max_length=300)
    reasoning = models.TextField(max_length=2000)
    is_required = models.BooleanField(default=False)
    # The officer's word that nobody can be recognised in the words; void once they change.
    checked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    checked_at = models.DateTimeField(null=True, blank=True)
    # Why an officer sent it back; empty once the words are changed.
    remark = models.CharField(max_length=500, blank=True)
    changed_at = models.DateTimeField(default=timezone.now)
    retired_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[DecisionPointQuerySet] = DecisionPointQuerySet.as_manager()  # type: ignore[assignment]  # as_manager is typed as Manager

    class Meta:
        verbose_name = _("decision point")
        verbose_name_plural = _("decision points")
        constraints = [
            models.CheckConstraint(condition=models.Q(at_s__gte=0), name="teleconsults_point_in_film"),
            models.CheckConstraint(
                condition=models.Q(checked_at=None, checked_by=None)
                | models.Q(checked_at__isnull=False, checked_by__isnull=False),
                name="teleconsults_point_checked_by_somebody",
            ),
            models.UniqueConstraint(
                fields=["recording", "at_s"],
                condition=models.Q(retired_at=None),
                name="teleconsults_one_point_a_moment",
            ),
        ]

    def __str__(self) -> str:
        return self.question

    @property
    def is_unread(self) -> bool:
        """An officer has still to read it before it is asked."""
        return self.checked_at is None and self.recording.consent == Recording.Consent.NO_PATIENT

    @property
    def version(self) -> str:
        """Names the words as they are now."""
        return self.changed_at.isoformat()

    @property
    def seen(self) -> str:
        """Names the film, and all of this question, as they are now, for a form that is opened on both."""
        return self.recording.video.seen_with(self.version, self.at_s, self.is_required)

    def texts(self) -> list[str]:
        """The answers to choose from, in their order."""
        return [option.text for option in self.options.all()]


class DecisionOption(models.Model):
    """One answer to choose at a decision point."""

    point = models.ForeignKey(DecisionPoint, on_delete=models.CASCADE, related_name="options")
    order = models.PositiveSmallIntegerField()
    text = models.CharField(max_length=200)
    # What the specialist would do; at most one, and none where there are several good ways.
    is_preferred = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("answer to choose")
        verbose_name_plural = _("answers to choose")
        ordering = ["order"]
        constraints = [
            models.UniqueConstraint(fields=["point", "order"], name="teleconsults_option_order"),
            models.UniqueConstraint(
                fields=["point"], condition=models.Q(is_preferred=True), name="teleconsults_one_preferred_option"
            ),
        ]

    def __str__(self) -> str:
        return self.text


class DecisionAnswerQuerySet(models.QuerySet["DecisionAnswer"]):
    def of_colleagues(self) -> Self:
        """Without those of authors to their own questions."""
        return self.exclude(user=models.F("point__recording__author"))

    def counts(self) -> dict[int, int]:
        """How often each option was chosen, by its id; those that nobody chose are not in it."""
        rows = self.order_by().values("option_id").annotate(total=models.Count("pk"))
        return {row["option_id"]: row["total"] for row in rows}

    def by(self, user: User) -> Self:
        """What one person would do, the oldest answer first, with the questions."""
        return self.filter(user=user).select_related("point__recording", "option").order_by("answered_at", "pk")


class DecisionAnswer(models.Model):
    """What one person would do, said once and for good. Personal data (see docs/privacy.md)."""

    point = models.ForeignKey(DecisionPoint, on_delete=models.CASCADE, related_name="answers")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    option = models.ForeignKey(DecisionOption, on_delete=models.RESTRICT, related_name="+")
    answered_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[DecisionAnswerQuerySet] = DecisionAnswerQuerySet.as_manager()  # type: ignore[assignment]  # as_manager is typed as Manager

    class Meta:
        verbose_name = _("answer at a decision point")
        verbose_name_plural = _("answers at decision points")
        constraints = [models.UniqueConstraint(fields=["point", "user"], name="teleconsults_decided_once")]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.option_id}"


def may_play(user: User, video: Video) -> bool:
    """Registered with the video room: who may see a recording may play its film."""
    return Recording.objects.visible_to(user).filter(video=video).exists()


def is_taken_down(video: Video) -> bool:
    """Registered with the video room: nobody plays a withdrawn recording, its author included."""
    return Recording.objects.withdrawn().filter(video=video).exists()


def may_send(user: User) -> bool:
    """Registered with the video room: who may upload a recording may send its file."""
    return user.has_role(Role.AUTHOR) and bool(hubs_of(user))


def held_films() -> models.QuerySet[Any]:
    """Registered with the video room: a film with a recording is not forgotten."""
    return Recording.objects.values("video")


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
