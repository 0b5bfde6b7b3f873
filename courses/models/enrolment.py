"""Who takes which course, and how far they have come. Progress is counted once, when it changes."""

import uuid
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from courses.rules import percent
from foundation.accounts.models import Practitioner, User
from foundation.video.rules import Demand

if TYPE_CHECKING:
    from wagtail.models import Page

    from courses.models.pages import CoursePage, LessonPage


class EnrolmentQuerySet(models.QuerySet["Enrolment"]):
    def visible_to(self, user: User) -> Self:
        """One's own; nobody sees another's."""
        return self.filter(practitioner__user=user)

    def active(self) -> Self:
        """Still under way."""
        return self.filter(status=Enrolment.Status.ACTIVE)

    def completed(self) -> Self:
        """Done with."""
        return self.filter(status=Enrolment.Status.COMPLETED)

    def still_needing(self, item_uid: uuid.UUID) -> Self:
        """Under way, with this item required and not yet done."""
        done = ItemProgress.objects.filter(enrolment=models.OuterRef("pk"), item_uid=item_uid)
        return self.active().filter(~models.Exists(done), rule_snapshot__items__has_key=str(item_uid))

    def for_counting(self) -> Self:
        """Locked, with the course and the person."""
        return self.select_for_update(of=("self",)).select_related("course", "practitioner__user")

    def not_on_course_of(self, item: "Page") -> Self:
        """On another course than the one that this lesson or quiz belongs to."""
        return self.exclude(course__path=item.path[: -item.steplen])

    def on_courses_below(self, page: "Page") -> Self:
        """On this page, if it is a course, or on any course below it in the tree."""
        return self.filter(course__path__startswith=page.path)

    def of_activity(self, key: str) -> Self:
        """On the version of the course that the ledger knows by `key`, see `activity_key`."""
        kind, uid, version = [*key.split(":"), "", ""][:3]
        if kind != "course" or not version.removeprefix("v").isdecimal():
            return self.none()
        return self.filter(course__uid=uid, version=int(version.removeprefix("v")))

    def for_my_courses(self) -> Self:
        """With the course and its hours; under way first, latest first."""
        return self.select_related("course__specialty", "course__activity", "course__cover").order_by(
            models.Case(models.When(status=Enrolment.Status.ACTIVE, then=0), default=1), "-last_active_at"
        )


class Enrolment(models.Model):
    """One practitioner on one version of one course, with counters. Personal data (see docs/privacy.md).

    `rule_snapshot` pins what completion asks for: {"items": {uid: {"kind", "title"}}}, for a recording
    with the keys of `Demand.as_json`. Lessons added later
    are offered to those already enrolled, not required of them. A lesson that can no longer be done moves, with a
    `Release` under "reason" and a time under "at", to {"released": {uid: …}}; a quiz never does.
    """

    class Release(models.TextChoices):
        """Why a lesson is no longer asked of somebody."""

        LESSON_UNPUBLISHED = "lesson_unpublished", _("The lesson was unpublished")
        LESSON_DELETED = "lesson_deleted", _("The lesson was deleted")
        LESSON_MOVED = "lesson_moved", _("The lesson was moved to another course")
        RECORDING_WITHDRAWN = "recording_withdrawn", _("Its recording was withdrawn")

    class Status(models.TextChoices):
        ACTIVE = "active", _("Under way")
        COMPLETED = "completed", _("Completed")

    practitioner = models.ForeignKey(Practitioner, on_delete=models.PROTECT, related_name="enrolments")
    course = models.ForeignKey("courses.CoursePage", on_delete=models.PROTECT, related_name="enrolments")
    version = models.PositiveIntegerField()
    title = models.CharField(max_length=255)
    status = models.CharField(max_length=10, choices=Status, default=Status.ACTIVE)
    required_total = models.PositiveIntegerField()
    required_done = models.PositiveIntegerField(default=0)
    rule_snapshot = models.JSONField(default=dict)
    enrolled_at = models.DateTimeField(default=timezone.now)
    last_active_at = models.DateTimeField(default=timezone.now)
    completed_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[EnrolmentQuerySet] = EnrolmentQuerySet.as_manager()  # type: ignore[assignment]  # as_manager is typed as Manager

    course_id: int

    class Meta:
        verbose_name = _("enrolment")
        verbose_name_plural = _("enrolments")
        constraints = [
            models.UniqueConstraint(fields=["practitioner", "course"], name="courses_enrolled_once"),
            models.CheckConstraint(
                condition=models.Q(required_done__lte=models.F("required_total")), name="courses_done_within_total"
            ),
            models.CheckConstraint(
                condition=models.Q(status="active", completed_at=None)
                | models.Q(status="completed", completed_at__isnull=False),
                name="courses_completed_has_a_time",
            ),
        ]
        indexes = [models.Index(fields=["course", "status"], name="courses_by_course_and_status")]

    def __str__(self) -> str:
        return self.title

    @property
    def percent(self) -> int:
        return percent(self.required_done, self.required_total)

    @property
    def is_completed(self) -> bool:
        return self.status == self.Status.COMPLETED

    @property
    def required_items(self) -> dict[str, dict[str, Any]]:
        """What completion asks for, by item uid."""
        items: dict[str, dict[str, Any]] = self.rule_snapshot.get("items", {})
        return items

    def demand_of(self, lesson: "LessonPage") -> Demand:
        """How the recording must be watched, as it was on enrolling.

        A lesson that was not required then goes by the recording itself.
        """
        pinned = self.required_items.get(str(lesson.uid), {})
        if "coverage" not in pinned:
            return lesson.demand
        return Demand.from_json(pinned)

    @property
    def released_items(self) -> dict[str, dict[str, Any]]:
        """What completion asked for once and no longer does, by item uid."""
        items: dict[str, dict[str, Any]] = self.rule_snapshot.get("released", {})
        return items

    @property
    def activity_key(self) -> str:
        """The ledger's key of the version that this enrolment is on."""
        return activity_key(self.course, self.version)


class ItemProgress(models.Model):
    """One item that somebody has done; `first_done_at` never changes. Personal data (see docs/privacy.md)."""

    enrolment = models.ForeignKey(Enrolment, on_delete=models.PROTECT, related_name="items")
    item_uid = models.UUIDField()
    kind = models.CharField(max_length=12)
    first_done_at = models.DateTimeField(default=timezone.now)
    evidence = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("progress")
        verbose_name_plural = _("progress")
        constraints = [models.UniqueConstraint(fields=["enrolment", "item_uid"], name="courses_item_done_once")]

    def __str__(self) -> str:
        return f"{self.enrolment_id}: {self.item_uid}"


def activity_key(course: "CoursePage", version: int) -> str:
    """How the ledger knows one version of a course."""
    return f"course:{course.uid}:v{version}"
