"""Attempts at a quiz, the answers and the grades: ledgers, which the database refuses to rewrite."""

import uuid
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from courses.models.enrolment import Enrolment
from foundation.accounts.models import User


class AttemptQuerySet(models.QuerySet["Attempt"]):
    def visible_to(self, user: User) -> Self:
        """One's own; nobody sees another's."""
        return self.filter(enrolment__practitioner__user=user)

    def of_quiz(self, quiz_uid: uuid.UUID) -> Self:
        """All tries at one quiz, latest first."""
        return self.filter(quiz_uid=quiz_uid).order_by("-number")

    def with_last_grade(self) -> Self:
        """With `score`, `maximum` and `is_passed` of the grade that counts."""
        last = GradeEvent.objects.filter(attempt=models.OuterRef("pk")).order_by("-pk")
        return self.annotate(
            score=models.Subquery(last.values("score")[:1]),
            maximum=models.Subquery(last.values("maximum")[:1]),
            is_passed=models.Subquery(last.values("is_passed")[:1]),
        )

    def for_page(self) -> Self:
        """With the enrolment and the course."""
        return self.select_related("enrolment__course")

    def open(self) -> Self:
        """Started and not yet submitted."""
        return self.filter(submitted_at=None)

    def submitted(self) -> Self:
        """Graded, latest first."""
        return self.filter(submitted_at__isnull=False).order_by("-number")


class Attempt(models.Model):
    """One try at a quiz. Questions, order of answers and pass mark are pinned at the start. Personal data.

    `snapshot`: {"title", "pass_mark", "questions": [{"uid", "kind", "stem", "image", "image_alt", "explanation",
    "source", "lesson", "options": [{"uid", "text", "is_correct", "feedback"}]}]}. It holds the right answers: pages get
    `questions_to_ask` before submission, never the snapshot.
    """

    enrolment = models.ForeignKey(Enrolment, on_delete=models.PROTECT, related_name="attempts")
    quiz_uid = models.UUIDField()
    number = models.PositiveIntegerField()
    started_at = models.DateTimeField(default=timezone.now)
    submitted_at = models.DateTimeField(null=True, blank=True)
    snapshot = models.JSONField()

    objects: ClassVar[AttemptQuerySet] = AttemptQuerySet.as_manager()  # type: ignore[assignment]  # as_manager is typed as Manager

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        constraints = [
            models.UniqueConstraint(fields=["enrolment", "quiz_uid", "number"], name="courses_attempt_number_once"),
            models.UniqueConstraint(
                fields=["enrolment", "quiz_uid"],
                condition=models.Q(submitted_at=None),
                name="courses_one_open_attempt",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.snapshot.get('title', '')} ({self.number})"

    def get_absolute_url(self) -> str:
        """The result once submitted, else the questions."""
        return reverse("courses:result" if self.submitted_at else "courses:attempt", args=[self.pk])

    @property
    def pass_mark_percent(self) -> int:
        return int(self.snapshot["pass_mark"])

    @property
    def questions(self) -> list[dict[str, Any]]:
        """As pinned, with the right answers: for grading and, where allowed, for the result."""
        questions: list[dict[str, Any]] = self.snapshot["questions"]
        return questions

    @property
    def questions_to_ask(self) -> list[dict[str, Any]]:
        """As pinned, without anything that tells the answer."""
        return [
            {key: question[key] for key in ("uid", "kind", "stem", "image", "image_alt")}
            | {"options": [{"uid": option["uid"], "text": option["text"]} for option in question["options"]]}
            for question in self.questions
        ]

    @cached_property
    def answers(self) -> dict[str, frozenset[str]]:
        """The last saved answer to each question; one query."""
        rows = self.responses.order_by("seq").values_list("question_uid", "chosen")
        return {uid: frozenset(chosen) for uid, chosen in rows}

    @property
    def steps(self) -> list[tuple[int, bool]]:
        """Number of each question, and whether it has an answer."""
        return [
            (number, bool(self.answers.get(question["uid"]))) for number, question in enumerate(self.questions, start=1)
        ]

    @property
    def first_unanswered(self) -> int | None:
        return next((number for number, is_answered in self.steps if not is_answered), None)

    @property
    def answered_count(self) -> int:
        return sum(is_answered for _, is_answered in self.steps)

    @cached_property
    def latest_grade(self) -> "GradeEvent | None":
        return self.grades.order_by("-pk").first()


class Response(models.Model):
    """One answer as saved; a changed answer is a further row, the last one counts. Append-only. Personal data."""

    attempt = models.ForeignKey(Attempt, on_delete=models.PROTECT, related_name="responses")
    question_uid = models.CharField(max_length=36)
    seq = models.PositiveIntegerField()
    chosen = models.JSONField()
    saved_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("answer")
        verbose_name_plural = _("answers")
        constraints = [models.UniqueConstraint(fields=["attempt", "seq"], name="courses_response_seq_once")]

    def __str__(self) -> str:
        return f"{self.attempt_id}/{self.seq}"


class GradeEvent(models.Model):
    """A grade given to an attempt; the latest counts. `by` is empty for the machine's. Append-only. Personal data."""

    attempt = models.ForeignKey(Attempt, on_delete=models.PROTECT, related_name="grades")
    score = models.PositiveIntegerField()
    maximum = models.PositiveIntegerField()
    is_passed = models.BooleanField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("grade")
        verbose_name_plural = _("grades")
        constraints = [
            models.CheckConstraint(condition=models.Q(score__lte=models.F("maximum")), name="courses_score_in_range")
        ]

    def __str__(self) -> str:
        return f"{self.attempt_id}: {self.score}/{self.maximum}"
