"""The job row: the truth about one piece of long work."""

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, Self

from django.conf import settings
from django.contrib.admin import display
from django.db import models
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from foundation.jobs.registry import kind_or_none, kinds_seen_by
from foundation.jobs.rules import time_left

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from foundation.accounts.models import User


class JobQuerySet(models.QuerySet["Job"]):
    def for_subject(self, subject: str) -> Self:
        """Jobs about one thing (`video:3`), newest first."""
        return self.filter(subject=subject).order_by("-created_at", "-pk")

    def latest_for(self, subject: str) -> "Job | None":
        """The newest job about one thing, if any."""
        return self.for_subject(subject).first()

    def visible_to(self, user: "User | AnonymousUser") -> Self:
        """One's own; of some kinds also colleagues' (`seen_with`); all for those who look after the work itself."""
        if not user.is_authenticated:
            return self.none()
        if user.has_perm("jobs.view_job"):
            return self.all()
        return self.filter(models.Q(owner=user) | models.Q(kind__in=kinds_seen_by(user)))

    def for_desk(self) -> Self:
        """Newest first, with owners, without the long texts."""
        return self.select_related("owner").defer("log_tail", "args", "result").order_by("-created_at", "-pk")

    def unfinished(self) -> Self:
        """Jobs that still have something to do."""
        return self.filter(state__in=[Job.State.QUEUED, Job.State.RUNNING])

    def ahead_of(self, job: "Job") -> Self:
        """Jobs that wait in the same queue for longer."""
        return self.filter(state=Job.State.QUEUED, queue=job.queue, created_at__lt=job.created_at)

    def abandoned(self) -> Self:
        """Running jobs whose worker let the lease run out."""
        return self.filter(state=Job.State.RUNNING, lease_until__lt=timezone.now())

    def no_longer_shown(self) -> Self:
        """Finished long ago; of each subject the newest job stays, which the subject's page shows."""
        newer = Job.objects.filter(subject=models.OuterRef("subject"), created_at__gt=models.OuterRef("created_at"))
        return self.filter(
            models.Q(subject="") | models.Exists(newer),
            state__in=[Job.State.DONE, Job.State.FAILED, Job.State.CANCELLED],
            finished_at__lt=timezone.now() - Job.KEPT_FOR,
        )

    def to_send(self, *, lost_after: timedelta) -> Self:
        """Queued jobs whose message was never sent, or sent so long ago that it must be lost; longest waiting first."""
        now = timezone.now()
        is_due = models.Q(not_before=None) | models.Q(not_before__lte=now)
        is_unsent = models.Q(sent_at=None) | models.Q(sent_at__lt=now - lost_after)
        return self.filter(is_due, is_unsent, state=Job.State.QUEUED).order_by("created_at")


class Job(models.Model):
    """Long work: state, attempt, lease, token, progress, result. A queue's message carries only the row's id.

    Personal data: who started it (see docs/privacy.md).
    """

    KEPT_FOR = timedelta(days=90)  # after its end

    class State(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    class Trouble(models.TextChoices):
        """Failures that are ours, not the person's; any other `error_code` is a refusal's."""

        CRASHED = "crashed", _("Something went wrong on our side. Nothing you sent is lost.")
        WORKER_LOST = "worker_lost", _("The work was interrupted several times. Nothing you sent is lost.")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("kind"), max_length=60)
    queue = models.CharField(_("queue"), max_length=30, default="default")
    subject = models.CharField(_("subject"), max_length=120, blank=True)
    args = models.JSONField(default=dict)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("started by"),
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.QUEUED)
    attempt = models.PositiveSmallIntegerField(_("attempt"), default=0)
    max_attempts = models.PositiveSmallIntegerField(_("attempts at most"), default=3)
    token = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(_("held until"), null=True, blank=True)
    progress = models.FloatField(default=0.0)  # 0 to 1
    message = models.CharField(_("message"), max_length=300, blank=True)
    result = models.JSONField(default=dict)
    error_code = models.CharField(_("reason code"), max_length=60, blank=True)
    log_tail = models.TextField(blank=True)
    is_cancel_requested = models.BooleanField(default=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    not_before = models.DateTimeField(_("not before"), null=True, blank=True)  # a crashed job waits until then
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    objects: ClassVar[JobQuerySet] = JobQuerySet.as_manager()  # type: ignore[assignment]  # django-stubs types as_manager as Manager

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        get_latest_by = "created_at"
        permissions = [("act_on_job", _("Can stop the work of others and try it again"))]
        indexes = [
            models.Index(fields=["subject", "-created_at"], name="jobs_subject"),
            models.Index(fields=["state", "lease_until"], name="jobs_state_lease"),
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(progress__gte=0, progress__lte=1), name="jobs_progress_share"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}".strip()

    @property
    @display(description=_("Work"))
    def label(self) -> str | Promise:
        """What people call this kind of work."""
        kind = kind_or_none(self.kind)
        return kind.label if kind and kind.label else _("Background work")

    @property
    def is_finished(self) -> bool:
        return self.state in {self.State.DONE, self.State.FAILED, self.State.CANCELLED}

    @property
    def is_retryable(self) -> bool:
        """Failed by our fault; what a rule refused would be refused again."""
        return self.state == self.State.FAILED and self.error_code in self.Trouble.values

    @property
    def is_cancellable(self) -> bool:
        kind = kind_or_none(self.kind)
        return not self.is_finished and not self.is_cancel_requested and kind is not None and kind.can_cancel

    def may_be_acted_on_by(self, user: "User") -> bool:
        """Who may stop it or try it again: superusers; who its kind names; else who started it, and reviewers."""
        if user.is_superuser:
            return True
        kind = kind_or_none(self.kind)
        if kind is not None and kind.may_act is not None:
            return kind.may_act(self, user)
        return self.owner_id == user.pk or user.has_perm("jobs.act_on_job")

    @property
    @display(description=_("Progress in percent"))
    def percent(self) -> int:
        return int(self.progress * 100)

    @property
    def failure(self) -> str:
        """Why it failed, in words for the person; empty when it did not."""
        if self.state != self.State.FAILED:
            return ""
        if self.error_code in self.Trouble.values:
            return str(self.Trouble(self.error_code).label)
        return self.message

    @property
    def minutes_left(self) -> int | None:
        """Rounded up, so at least 1; None while a forecast would be a guess."""
        if self.state != self.State.RUNNING or self.started_at is None:
            return None
        left = time_left(running_for=timezone.now() - self.started_at, share=self.progress)
        return None if left is None else int(left.total_seconds() // 60) + 1

    @property
    def ahead_count(self) -> int:
        """How many jobs wait before this one; one query."""
        return Job.objects.ahead_of(self).count() if self.state == self.State.QUEUED else 0
