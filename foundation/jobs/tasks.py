"""Celery wrappers: a message carries only the row's id."""

import uuid

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from foundation.jobs.models import Job
from foundation.jobs.runner import run_job, sweep_jobs


@shared_task(name="foundation.jobs.tasks.run")
def run(job_id: str) -> None:
    run_job(uuid.UUID(job_id))


@shared_task(name="foundation.jobs.tasks.sweep")
def sweep() -> None:
    for job_id in sweep_jobs():
        deliver(job_id)


def deliver(job_id: uuid.UUID) -> None:
    """Send the message of a queued job; a broker that is away leaves the row to the sweeper."""
    if settings.JOBS_EAGER:
        run_job(job_id)
        return
    job = Job.objects.get(pk=job_id)
    try:
        run.apply_async(args=[str(job_id)], queue=job.queue, retry=False)
    except run.OperationalError:
        return
    Job.objects.filter(pk=job_id).update(sent_at=timezone.now())
