"""What people and rooms do with long work: start it, cancel it, try it again."""

from functools import partial
from typing import TYPE_CHECKING, Any

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from foundation.jobs.models import Job
from foundation.jobs.registry import kind_named
from foundation.jobs.tasks import deliver
from foundation.kernel.audit import log
from foundation.kernel.errors import RefusedError

if TYPE_CHECKING:
    from foundation.accounts.models import User


class NotRetryableError(RefusedError):
    message = _("This cannot be tried again: it is not a failure of ours, or it is under way already.")
    code = "not_retryable"


class NotCancellableError(RefusedError):
    message = _("This can no longer be stopped.")
    code = "not_cancellable"


def enqueue(kind: str, *, args: dict[str, Any], subject: str = "", by: "User | None" = None) -> Job:
    """Write the row of a new job; its message is sent once the surrounding transaction is committed.

    Raises KeyError for a kind that no room declares.
    """
    declared = kind_named(kind)
    job = Job.objects.create(
        kind=kind, args=args, subject=subject, owner=by, queue=declared.queue, max_attempts=declared.max_attempts
    )
    transaction.on_commit(partial(deliver, job))
    return job


@transaction.atomic
def retry_job(job: Job, *, by: "User") -> Job:
    """Start a failed job over, with all its attempts.

    Raises NotRetryableError unless it failed by our fault, and while another job is about the same thing; of two clicks
    at once, one is refused.
    """
    about = models.Q(pk=job.pk) | models.Q(subject=job.subject) & ~models.Q(subject="")
    job = {row.pk: row for row in Job.objects.filter(about).order_by("pk").select_for_update()}[job.pk]
    if not job.is_retryable or Job.objects.for_subject(job.subject).exclude(subject="").unfinished().exists():
        raise NotRetryableError
    job.state, job.attempt, job.progress, job.message = Job.State.QUEUED, 0, 0.0, ""
    job.error_code, job.is_cancel_requested = "", False
    job.sent_at = job.not_before = job.started_at = job.finished_at = None
    job.save()
    log(job, "jobs.retry", user=by)
    transaction.on_commit(partial(deliver, job))
    return job


@transaction.atomic
def cancel_job(job: Job, *, by: "User") -> Job:
    """End a waiting job, or ask a running one to stop at its next step.

    Raises NotCancellableError when it is over, or of a kind that cannot stop.
    """
    job = Job.objects.select_for_update().get(pk=job.pk)
    if not job.is_cancellable:
        raise NotCancellableError
    job.is_cancel_requested = True
    if job.state == Job.State.QUEUED:
        job.state, job.finished_at = Job.State.CANCELLED, timezone.now()
    job.save(update_fields=["is_cancel_requested", "state", "finished_at"])
    log(job, "jobs.cancel", user=by)
    return job
