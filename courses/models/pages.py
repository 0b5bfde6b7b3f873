"""What an editor writes: the catalogue, courses, lessons, quizzes. The order of lessons is their order in the tree."""

import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar, Self

from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, FilteredRelation, OuterRef, Q, Subquery
from django.db.models.functions import Length, Substr
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from modelcluster.contrib.taggit import ClusterTaggableManager
from modelcluster.fields import ParentalKey
from taggit.models import TaggedItemBase
from wagtail.admin.panels import CommentPanel, FieldPanel, HelpPanel, MultiFieldPanel, TitleFieldPanel
from wagtail.fields import RichTextField, StreamField
from wagtail.models import Page, PageManager, Revision
from wagtail.query import PageQuerySet

from courses.access import enrolment_of, turned_away
from courses.blocks import QuestionsBlock
from courses.models.enrolment import Enrolment, activity_key
from courses.refusals import UnwatchableError
from courses.rules import DEFAULT_PASS_MARK_PERCENT, percent
from cpd.models import Activity, IssuingBody
from foundation.accounts.models import Practitioner, Specialty, User
from foundation.kernel.blocks import TEXT_FEATURES, BodyBlock
from foundation.kernel.models import PortalImage, PortalRendition
from foundation.video.models import Video
from foundation.video.playback import playback_for
from foundation.video.rules import Demand
from foundation.video.watching import watch_record_for
from teleconsults.decisions import public_points_for
from teleconsults.models import DecisionPoint, Recording

# Without a panel for scheduling: nothing here publishes or expires by the clock, past the rules of courses.actions.
UNSCHEDULED: list[Any] = [CommentPanel()]
CHAPTERS_REMEMBERED_S = 60
PAGE_DIGITS = 4  # of a page number that somebody may type
# How the recording that a lesson shows must be watched.
DEMAND_COLUMNS = [f"recording__{name}" for name in ("required_coverage", "wall_factor", "max_rate")]
# Of a lesson or a quiz, first under «At a glance».
ITEM_PANELS: list[Any] = [FieldPanel("module"), FieldPanel("minutes")]
COVER_SPECS = ["fill-480x270|format-webp", "fill-960x540|format-webp"]


class KeptUid(models.Model):
    """A page known by a uid that neither an edit nor an older revision changes; a copy of the page gets its own."""

    uid = models.UUIDField(default=uuid.uuid4, editable=False, unique=True)

    # The page keeps these whatever a revision says.
    kept_fields: ClassVar[list[str]] = ["uid"]
    exclude_fields_in_copy: ClassVar[list[str]] = ["uid"]

    class Meta:
        abstract = True

    def with_content_json(self, content: dict[str, Any]) -> Any:
        page = super().with_content_json(content)  # type: ignore[misc]  # of the Page that this is mixed into
        for name in self.kept_fields:
            setattr(page, name, getattr(self, name))
        return page


class GatedPage(models.Model):
    """A page that is published only while what it asks for can be done, whatever way leads there."""

    class Meta:
        abstract = True

    def refuse_to_go_live(self) -> None:
        """Asked of the words that are to be published. Raises UnwatchableError."""
        raise NotImplementedError

    def publish(self, revision: Revision, *args: Any, **how: Any) -> Any:
        """The one way to publish, from the editor, in bulk or a workflow. Raises what `refuse_to_go_live` does."""
        revision.as_object().refuse_to_go_live()
        return super().publish(revision, *args, **how)  # type: ignore[misc]  # of the Page that this is mixed into


class CatalogueIndexPage(Page):
    """The list of courses, open to everyone."""

    intro = models.CharField(
        _("introduction"), max_length=300, blank=True, help_text=_("One sentence under the heading.")
    )

    max_count = 1
    parent_page_types: ClassVar[list[str]] = ["home.HomePage"]
    subpage_types: ClassVar[list[str]] = ["courses.CoursePage"]
    private_page_options: ClassVar[list[str]] = []
    template = "courses/catalogue.html"
    content_panels: ClassVar[list[Any]] = [*Page.content_panels, FieldPanel("intro")]
    settings_panels: ClassVar[list[Any]] = UNSCHEDULED

    page_size = 12

    class Meta:
        verbose_name = _("course catalogue")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        practitioner = request.user.practitioner_or_none if request.user.is_authenticated else None
        specialty = request.GET.get("specialty", "")
        page = request.GET.get("page", "1")
        number = max(1, int(page)) if page.isdecimal() and len(page) <= PAGE_DIGITS else 1
        courses = CoursePage.objects.for_catalogue(practitioner, specialty_slug=specialty)
        start = (number - 1) * self.page_size
        shown = list(courses[start : start + self.page_size + 1])
        context: dict[str, Any] = super().get_context(request, *args, **kwargs)
        return context | {
            "courses": shown[: self.page_size],
            "previous_number": number - 1 if number > 1 else None,
            "next_number": number + 1 if len(shown) > self.page_size else None,
            "specialties": list(Specialty.objects.filter(courses__live=True).distinct()),
            "chosen_specialty": specialty,
        }


class CourseQuerySet(PageQuerySet):
    def for_page(self) -> Self:
        """Published, with what the course's own page shows."""
        courses: Self = self.live().select_related("specialty", "activity__issuing_body", "issuing_body", "cover")
        return courses

    def not_begun_by(self, practitioner: Practitioner) -> Self:
        """Published courses that this person is not enrolled on, latest first, with their specialty."""
        others = self.live().exclude(enrolments__practitioner=practitioner)
        courses: Self = others.select_related("specialty").order_by("-first_published_at", "-pk")
        return courses

    def for_catalogue(self, practitioner: Practitioner | None, *, specialty_slug: str = "") -> Self:
        """Published courses, latest first, with `mine_status`, `mine_done` and `mine_total` of this person."""
        courses = self.for_page()
        if specialty_slug:
            courses = courses.filter(specialty__slug=specialty_slug)
        mine = Q(enrolments__practitioner=practitioner) if practitioner else Q(enrolments__pk=None)
        shown: Self = (
            courses.annotate(mine=FilteredRelation("enrolments", condition=mine))
            .annotate(
                mine_status=F("mine__status"), mine_done=F("mine__required_done"), mine_total=F("mine__required_total")
            )
            .prefetch_related(
                models.Prefetch(
                    "cover__renditions",
                    queryset=PortalRendition.objects.filter(filter_spec__in=COVER_SPECS),
                    to_attr="prefetched_renditions",
                )
            )
            .order_by("-first_published_at", "-pk")
        )
        return shown


class CourseTag(TaggedItemBase):
    """A tag on a course."""

    content_object = ParentalKey("courses.CoursePage", on_delete=models.CASCADE, related_name="tagged_items")


class CoursePage(GatedPage, KeptUid, Page):  # noqa: DJ008  # Page has one
    """One course. `activity` is what the ledger credits for the present version; empty until hours are confirmed.

    A confirmed activity never changes. When hours, issuing body or title change and the course is published again,
    `version` goes up by one and the new version gets an activity of its own; who enrolled before keeps theirs.
    """

    class Level(models.TextChoices):
        BASIC = "basic", _("Basic")
        INTERMEDIATE = "intermediate", _("Intermediate")
        ADVANCED = "advanced", _("Advanced")

    class Language(models.TextChoices):
        VI = "vi", _("Vietnamese")
        EN = "en", _("English")

    summary = models.TextField(
        _("summary"), max_length=600, help_text=_("Two or three sentences: for whom, and what they will be able to do.")
    )
    cover = models.ForeignKey(
        PortalImage,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("cover picture"),
        help_text=_("Wide format. Decoration only: no text, no patient."),
    )
    specialty = models.ForeignKey(
        Specialty, on_delete=models.PROTECT, related_name="courses", verbose_name=_("specialty")
    )
    level = models.CharField(_("level"), max_length=12, choices=Level, default=Level.BASIC)
    goals = models.TextField(
        _("goals"),
        blank=True,
        help_text=_("One goal a line, each beginning with a verb: “Recognise the warning signs …”"),
    )
    audience = models.CharField(_("for whom"), max_length=200, blank=True)
    minutes = models.PositiveIntegerField(
        _("time needed, in minutes"),
        default=60,
        validators=[MinValueValidator(1)],
        help_text=_("For the whole course."),
    )
    language = models.CharField(_("language of the course"), max_length=2, choices=Language, default=Language.VI)
    sources = RichTextField(_("sources"), blank=True, features=["ul", "ol", "link", "italic"])
    tags = ClusterTaggableManager(through=CourseTag, blank=True, verbose_name=_("tags"))
    issuing_body = models.ForeignKey(
        IssuingBody,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="courses",
        verbose_name=_("issuing body"),
        help_text=_("Who issues the certificates."),
    )
    credit_hours = models.DecimalField(
        _("credit hours"),
        max_digits=5,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal("0.25")), MaxValueValidator(Decimal(120))],
        help_text=_(
            "What the issuing body decided. Changing it makes a new version; earlier learners keep their hours."
        ),
    )
    hours_confirmed = models.BooleanField(
        _("the issuing body confirms these hours"),
        default=False,
        help_text=_("Takes effect when the course is published. Without it nobody is credited."),
    )
    activity = models.ForeignKey(
        Activity, null=True, blank=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )
    version = models.PositiveIntegerField(default=1, editable=False)

    objects: ClassVar[Any] = PageManager.from_queryset(CourseQuerySet)()  # Any: Wagtail is untyped

    kept_fields: ClassVar[list[str]] = ["uid", "version", "activity"]
    exclude_fields_in_copy: ClassVar[list[str]] = ["uid", "version", "activity", "hours_confirmed"]
    parent_page_types: ClassVar[list[str]] = ["courses.CatalogueIndexPage"]
    subpage_types: ClassVar[list[str]] = ["courses.LessonPage", "courses.QuizPage"]
    private_page_options: ClassVar[list[str]] = []
    template = "courses/course.html"
    content_panels: ClassVar[list[Any]] = [
        TitleFieldPanel("title"),
        FieldPanel("summary"),
        FieldPanel("cover"),
        MultiFieldPanel(
            [
                FieldPanel("specialty"),
                FieldPanel("level"),
                FieldPanel("audience"),
                FieldPanel("minutes"),
                FieldPanel("language"),
                FieldPanel("tags"),
            ],
            heading=_("At a glance"),
        ),
        FieldPanel("goals"),
        MultiFieldPanel(
            [
                HelpPanel(
                    _("Hours appear on the course and in the ledger only after the issuing body has confirmed them."),
                ),
                FieldPanel("issuing_body"),
                FieldPanel("credit_hours"),
                FieldPanel("hours_confirmed"),
            ],
            heading=_("Credit hours"),
        ),
        FieldPanel("sources"),
    ]
    settings_panels: ClassVar[list[Any]] = UNSCHEDULED

    class Meta:
        verbose_name = _("course")
        verbose_name_plural = _("courses")

    def clean(self) -> None:
        super().clean()
        if self.hours_confirmed and not (self.issuing_body_id and self.credit_hours):
            raise ValidationError(
                {"hours_confirmed": _("Name the issuing body and the hours before you confirm them, or untick this.")}
            )

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        enrolment = enrolment_of(request.user, self)
        context: dict[str, Any] = super().get_context(request, *args, **kwargs)
        return context | outline_context(self, enrolment) | {"activity": self.activity_for(enrolment)}

    def refuse_to_go_live(self) -> None:
        """Raises UnwatchableError for a published lesson of it."""
        for lesson in LessonPage.objects.child_of(self).live().unwatchable():
            raise UnwatchableError(lesson.title)

    @property
    def address(self) -> str:
        """Its path, without the queries that `Page.url` may need."""
        return reverse("courses:course", args=[self.slug])

    @property
    def duration_s(self) -> int:
        return self.minutes * 60

    @property
    def activity_key(self) -> str:
        return activity_key(self, self.version)

    @property
    def mine_percent(self) -> int:
        """How far one is; only on courses from `for_catalogue`."""
        return percent(self.mine_done or 0, self.mine_total or 0)

    @property
    def goal_list(self) -> list[str]:
        return [line.strip(" -•\t") for line in self.goals.splitlines() if line.strip()]

    def activity_for(self, enrolment: "Enrolment | None") -> Activity | None:
        """What this learner will be credited: that of the version they enrolled on, for others the present one."""
        if enrolment is None or enrolment.version == self.version:
            return self.activity
        return Activity.objects.filter(key=enrolment.activity_key).select_related("issuing_body").first()

    def address_after(self, item_uid: uuid.UUID) -> str:
        """Where one goes on after an item: the following one, or this page after the last."""
        uids = [item.uid for item in self.outline]
        position = uids.index(item_uid) + 1 if item_uid in uids else len(uids)
        return self.outline[position].address if position < len(uids) else self.address

    @cached_property
    def outline(self) -> "list[OutlineItem]":
        """Published lessons and quizzes in order; one query."""
        return [
            OutlineItem.from_row(row, course_slug=self.slug)
            for row in Page.objects.child_of(self).live().order_by("path").values(*OutlineItem.columns)
        ]


@dataclass(frozen=True, slots=True)
class OutlineItem:
    """A line of a course's list of lessons; `kind` is a LessonPage.Kind or "quiz".

    Only a recording may be not `is_available`: it is not published, or not any more.
    """

    uid: uuid.UUID
    slug: str
    title: str
    kind: str
    kind_label: str
    module: str
    minutes: int
    # What a recording asks for, as an enrolment pins it; None for what is not, or cannot be, watched.
    demand: dict[str, str] | None
    is_available: bool
    course_slug: str

    columns: ClassVar[list[str]] = [
        "slug",
        "title",
        *(f"lessonpage__{name}" for name in ("uid", "kind", "module", "minutes")),
        *(f"lessonpage__{name}" for name in DEMAND_COLUMNS),
        *(f"lessonpage__recording__{name}" for name in ("live", "video__state")),
        *(f"quizpage__{name}" for name in ("uid", "module", "minutes")),
    ]

    @classmethod
    def from_row(cls, row: dict[str, Any], *, course_slug: str) -> "OutlineItem":
        model = "quizpage" if row["quizpage__uid"] else "lessonpage"
        kind = LessonPage.Kind(row["lessonpage__kind"]) if model == "lessonpage" else None
        can_be_watched = bool(row["lessonpage__recording__live"]) and (
            row["lessonpage__recording__video__state"] == Video.State.READY
        )
        return cls(
            uid=row[f"{model}__uid"],
            slug=row["slug"],
            title=row["title"],
            kind=kind.value if kind else "quiz",
            kind_label=str(kind.label if kind else _("Quiz")),
            module=row[f"{model}__module"],
            minutes=row[f"{model}__minutes"],
            demand=Demand(*(float(row[f"lessonpage__{name}"]) for name in DEMAND_COLUMNS)).as_json()
            if kind == LessonPage.Kind.RECORDING and can_be_watched
            else None,
            is_available=kind != LessonPage.Kind.RECORDING or can_be_watched,
            course_slug=course_slug,
        )

    @property
    def address(self) -> str:
        return reverse("courses:item", args=[self.course_slug, self.slug])

    @property
    def duration_s(self) -> int:
        return self.minutes * 60

    @property
    def icon(self) -> str:
        return {"recording": "video", "case": "case", "quiz": "quiz"}.get(self.kind, "book")


def outline_context(course: CoursePage, enrolment: "Enrolment | None", here: uuid.UUID | None = None) -> dict[str, Any]:
    """What the list of lessons shows: `done` uids, the item to continue with, and what follows the one `here`."""
    done = set(enrolment.items.values_list("item_uid", flat=True)) if enrolment else set()
    items = course.outline
    uids = [item.uid for item in items]
    position = uids.index(here) if here in uids else -1
    return {
        "course": course,
        "outline": items,
        "enrolment": enrolment,
        "done": done,
        "here": here,
        "position": position + 1,
        "next_open": next((item for item in items if item.is_available and item.uid not in done), None),
        "following": items[position + 1] if 0 <= position < len(items) - 1 else None,
        "preceding": items[position - 1] if position > 0 else None,
    }


class ItemPage(KeptUid, Page):
    """What a course is made of: its address, its gate, and what editors fill in for each kind."""

    module = models.CharField(
        _("part of the course"),
        max_length=120,
        blank=True,
        help_text=_("Lessons that follow one another with the same words here stand under one heading."),
    )
    minutes = models.PositiveIntegerField(_("time needed, in minutes"), default=10, validators=[MinValueValidator(1)])

    private_page_options: ClassVar[list[str]] = []
    settings_panels: ClassVar[list[Any]] = UNSCHEDULED

    class Meta:
        abstract = True

    @cached_property
    def course(self) -> CoursePage:
        course: CoursePage = CoursePage.objects.select_related("activity").get(path=self.path[: -self.steplen])
        return course

    @property
    def address(self) -> str:
        return reverse("courses:item", args=[self.course.slug, self.slug])

    @property
    def duration_s(self) -> int:
        return self.minutes * 60

    def serve(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """For enrolled members and editors; others are sent where they can become one."""
        response: HttpResponse = turned_away(request, self.course) or super().serve(request, *args, **kwargs)
        return response

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(request, *args, **kwargs)
        return context | outline_context(self.course, enrolment_of(request.user, self.course), here=self.uid)


class LessonQuerySet(PageQuerySet):
    def for_page(self) -> Self:
        """Published, with the recording where there is one."""
        asked = DecisionPoint.objects.asked().filter(recording=models.OuterRef("recording"))
        with_recording = self.live().select_related("recording__video", "recording__hub")
        lessons: Self = with_recording.annotate(asks=models.Exists(asked))
        return lessons

    def watchable(self) -> Self:
        """Lessons to be watched whose recording is published."""
        lessons: Self = self.filter(kind=LessonPage.Kind.RECORDING, recording__in=Recording.objects.published())
        return lessons

    def unwatchable(self) -> Self:
        """Lessons to be watched whose recording is not published, or not any more."""
        lessons: Self = self.filter(kind=LessonPage.Kind.RECORDING).exclude(recording__in=Recording.objects.published())
        return lessons

    def showing(self, video: Video) -> Self:
        """Lessons to be watched whose recording has this file."""
        lessons: Self = self.filter(kind=LessonPage.Kind.RECORDING, recording__video=video)
        return lessons

    def with_enrolment_of(self, learner: User) -> Self:
        """With `enrolment_pk` and `rule_snapshot` of this person's unfinished enrolment, None where there is none.

        One read, and as little as tells what is demanded: each beat of a player asks.
        """
        above = Substr(OuterRef("path"), 1, Length(OuterRef("path")) - Page.steplen)
        taken = Enrolment.objects.visible_to(learner).active().filter(course__path=above)
        pinned = {
            "enrolment_pk": Subquery(taken.values("pk")),
            "rule_snapshot": Subquery(taken.values("rule_snapshot")),
        }
        asked = self.annotate(**pinned).select_related("recording")
        lessons: Self = asked.only("path", "title", "uid", "kind", "recording", *DEMAND_COLUMNS)
        return lessons


class LessonPage(GatedPage, ItemPage):  # noqa: DJ008  # Page has one
    """A text to read, a recording to watch, or a case to think through."""

    class Kind(models.TextChoices):
        READING = "reading", _("Reading")
        RECORDING = "recording", _("Recording")
        CASE = "case", _("Case")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.READING)
    recording = models.ForeignKey(
        Recording,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="lessons",
        verbose_name=_("recording"),
        help_text=_("For a lesson of the kind “Recording”. Only published recordings can be watched."),
    )
    body = StreamField(BodyBlock(required=False), blank=True, verbose_name=_("text"))
    # Does its film stop and ask? `for_page` knows; a preview looks.
    asks: bool = True

    objects: ClassVar[Any] = PageManager.from_queryset(LessonQuerySet)()  # Any: Wagtail is untyped

    parent_page_types: ClassVar[list[str]] = ["courses.CoursePage"]
    subpage_types: ClassVar[list[str]] = []
    template = "courses/lesson.html"
    content_panels: ClassVar[list[Any]] = [
        TitleFieldPanel("title"),
        MultiFieldPanel([FieldPanel("kind"), *ITEM_PANELS], heading=_("At a glance")),
        MultiFieldPanel(
            [FieldPanel("recording")],
            heading=_("Recording"),
        ),
        FieldPanel("body"),
    ]

    class Meta:
        verbose_name = _("lesson")
        verbose_name_plural = _("lessons")

    def clean(self) -> None:
        super().clean()
        if self.kind == self.Kind.RECORDING and not self.recording_id:
            raise ValidationError({"recording": _("Choose the recording that this lesson shows.")})
        if self.kind != self.Kind.RECORDING and self.recording_id:
            raise ValidationError({"recording": _("Only a lesson of the kind “Recording” shows one. Remove it here.")})

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context(request, *args, **kwargs)
        recording, enrolment = self.shown_recording, context["enrolment"]
        if recording is None or not request.user.is_authenticated:
            return context
        required = (enrolment.demand_of(self) if enrolment else self.demand).coverage
        points = public_points_for(recording, request.user) if self.asks else []
        return context | {
            "recording": recording,
            "required_coverage": required,
            "required_percent": round(required * 100),
            "playback": playback_for(recording.video, request.user),
            "record": watch_record_for(request.user, recording.video),
            "points": points,
            "chapters": _chapters_of(recording.video),
            "missing": sum(asked.is_missing for asked in points),
        }

    def refuse_to_go_live(self) -> None:
        """A lesson to be watched has a recording that members can watch. Raises UnwatchableError."""
        if self.is_watched and self.shown_recording is None:
            raise UnwatchableError(self.title)

    @property
    def demand(self) -> Demand:
        """How the recording must be watched, by its own settings."""
        return self.recording.demand if self.recording else Demand()

    @property
    def shown_recording(self) -> Recording | None:
        """None while it is not published; who reads a lesson is a member, so what is published is for them."""
        if not self.is_watched or self.recording is None:
            return None
        return self.recording if self.recording.live and self.recording.video.is_ready else None

    @property
    def is_watched(self) -> bool:
        """Done by watching, not by saying so."""
        return self.kind == self.Kind.RECORDING


def _chapters_of(video: Video) -> list[dict[str, Any]]:
    """Where the film's chapters begin. Remembered for a minute: marks on a bar are not worth a query a view."""

    def load() -> list[dict[str, Any]]:
        return [{"at_s": chapter.at_s, "title": chapter.title} for chapter in video.chapters.all()]

    return cache.get_or_set(f"courses:chapters:{video.pk}", load, CHAPTERS_REMEMBERED_S) or []


class QuizPage(ItemPage):  # noqa: DJ008  # Page has one
    """Questions with one or several right answers; passed once, done for good."""

    intro = RichTextField(_("introduction"), blank=True, features=TEXT_FEATURES)
    pass_mark_percent = models.PositiveSmallIntegerField(
        _("pass mark in per cent"),
        default=DEFAULT_PASS_MARK_PERCENT,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
    )
    max_attempts = models.PositiveSmallIntegerField(
        _("number of attempts"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("Leave empty for as many as needed."),
    )
    questions = StreamField(QuestionsBlock(), verbose_name=_("questions"))

    parent_page_types: ClassVar[list[str]] = ["courses.CoursePage"]
    subpage_types: ClassVar[list[str]] = []
    template = "courses/quiz.html"
    content_panels: ClassVar[list[Any]] = [
        TitleFieldPanel("title"),
        MultiFieldPanel(
            [*ITEM_PANELS, FieldPanel("pass_mark_percent"), FieldPanel("max_attempts")], heading=_("At a glance")
        ),
        FieldPanel("intro"),
        FieldPanel("questions"),
    ]

    class Meta:
        verbose_name = _("quiz")
        verbose_name_plural = _("quizzes")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context(request, *args, **kwargs)
        enrolment = context["enrolment"]
        attempts = list(enrolment.attempts.of_quiz(self.uid).with_last_grade()) if enrolment else []
        return context | {
            "attempts": [attempt for attempt in attempts if attempt.submitted_at],
            "open_attempt": next((attempt for attempt in attempts if not attempt.submitted_at), None),
            "attempts_left": self.max_attempts - len(attempts) if self.max_attempts else None,
            "is_passed": self.uid in context["done"],
        }
