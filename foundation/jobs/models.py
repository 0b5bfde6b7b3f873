"""The job row: the truth about one piece of long work."""

import uuid
from datetime import timedelta
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class JobQuerySet(models.QuerySet["Job"]):
    def for_subject(self, subject: str) -> Self:
        """Jobs about one thing (`video:3`), newest first."""
        return self.filter(subject=subject).order_by("-created_at", "-pk")

    def unfinished(self) -> Self:
        """Jobs that still have something to do."""
        return self.filter(state__in=[Job.State.QUEUED, Job.State.RUNNING])

    def abandoned(self) -> Self:
        """Running jobs whose worker let the lease run out."""
        return self.filter(state=Job.State.RUNNING, lease_until__lt=timezone.now())

    def undelivered(self, *, older_than: timedelta) -> Self:
        """Queued jobs whose message was never sent, or sent so long ago that it must be lost."""
        return self.filter(state=Job.State.QUEUED).filter(
            models.Q(sent_at=None) | models.Q(sent_at__lt=timezone.now() - older_than)
        )

    def latest_for(self, subject: str) -> "Job | None":
        """The newest job about one thing, if any."""
        return self.for_subject(subject).first()


class Job(models.Model):
    """Long work: state, attempt, lease, token, progress, result. A queue's message carries only the row's id."""

    class State(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=60)
    queue = models.CharField(max_length=30, default="default")
    subject = models.CharField(max_length=120, blank=True)
    args = models.JSONField(default=dict)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    attempt = models.PositiveSmallIntegerField(default=0)
    max_attempts = models.PositiveSmallIntegerField(default=3)
    token = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    progress = models.FloatField(default=0.0)  # 0 to 1
    message = models.CharField(max_length=300, blank=True)
    result = models.JSONField(default=dict)
    error_code = models.CharField(max_length=60, blank=True)
    log_tail = models.TextField(blank=True)
    is_cancel_requested = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[JobQuerySet] = JobQuerySet.as_manager()  # type: ignore[assignment]  # django-stubs types as_manager as Manager

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        indexes = [
            models.Index(fields=["subject", "-created_at"], name="jobs_subject"),
            models.Index(fields=["state", "lease_until"], name="jobs_state_lease"),
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(progress__gte=0, progress__lte=1), name="jobs_progress_share"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"

    @property
    def is_finished(self) -> bool:
        return self.state in {self.State.DONE, self.State.FAILED, self.State.CANCELLED}

    @property
    def percent(self) -> int:
        return int(self.progress * 100)
