"""Celery wrappers: a message carries only the row's id."""

import logging
import uuid

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from foundation.jobs.jobs import forget_all
from foundation.jobs.models import Job
from foundation.jobs.runner import run_job, sweep_jobs

logger = logging.getLogger(__name__)
# A connection that went stale is made anew at once; a broker that is away must not keep a person waiting.
ONCE_AGAIN = {"max_retries": 1, "interval_start": 0, "interval_step": 0, "interval_max": 0}


@shared_task(name="foundation.jobs.tasks.run")
def run(job_id: str) -> None:
    run_job(uuid.UUID(job_id))


@shared_task(name="foundation.jobs.tasks.sweep")
def sweep() -> None:
    for job in sweep_jobs():
        deliver(job)


@shared_task(name="foundation.jobs.tasks.forget")
def forget() -> None:
    forget_all()


def deliver(job: Job) -> None:
    """Send the message of a queued job; when the broker is away, the sweeper will send it."""
    if settings.JOBS_EAGER:
        run_job(job.pk)
        return
    try:
        run.apply_async(args=[str(job.pk)], queue=job.queue, retry=True, retry_policy=ONCE_AGAIN)
    except run.OperationalError as error:
        logger.warning("Job %s waits for the sweeper, the broker is away: %s", job.pk, error)
        return
    # A quick worker may have tried and put it back already: then it is not this message that counts.
    Job.objects.filter(pk=job.pk, attempt=job.attempt).update(sent_at=timezone.now())
