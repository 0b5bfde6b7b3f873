"""Claims a job by compare-and-swap, runs it under a lease, and finds what was lost."""

import logging
import threading
import traceback
import uuid
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import close_old_connections, connection, models
from django.utils import timezone

from foundation.jobs.models import Job
from foundation.jobs.registry import kind_named
from foundation.kernel.errors import RefusedError

logger = logging.getLogger(__name__)
PROGRESS_EVERY = timedelta(seconds=0.5)
RESEND_AFTER = timedelta(minutes=2)
LOG_TAIL_CHARS = 4000


class LeaseLostError(Exception):
    """Another worker holds this job now."""


class RowHandle:
    """The handle of a claimed job; the token proves that the claim is still ours."""

    def __init__(self, job: Job) -> None:
        self._job, self._last_write, self._lines = job, timezone.now(), list[str]()

    @property
    def attempt(self) -> int:
        return self._job.attempt

    def progress(self, done: float, message: str = "") -> None:
        now = timezone.now()
        if now - self._last_write < PROGRESS_EVERY and done < 1:
            return
        self._last_write = now
        share = min(1.0, max(self._job.progress, done))
        self._job.progress = share
        self._renew(progress=share, message=message[:300])

    def is_cancelled(self) -> bool:
        return bool(Job.objects.filter(pk=self._job.pk).values_list("is_cancel_requested", flat=True).first())

    def log(self, line: str) -> None:
        self._lines.append(line)

    def log_tail(self) -> str:
        return "\n".join(self._lines)[-LOG_TAIL_CHARS:]

    def _renew(self, **changes: Any) -> None:
        changes["lease_until"] = timezone.now() + lease()
        if not _held(self._job).update(**changes):
            raise LeaseLostError(self._job.pk)


def lease() -> timedelta:
    return timedelta(seconds=settings.JOBS_LEASE_S)


def _held(job: Job) -> models.QuerySet[Job]:
    return Job.objects.filter(pk=job.pk, token=job.token, state=Job.State.RUNNING)


def claim(job_id: uuid.UUID) -> Job | None:
    """Take a queued job for this worker, or None when somebody else was quicker or it is over."""
    token = uuid.uuid4()
    now = timezone.now()
    taken = Job.objects.filter(pk=job_id, state=Job.State.QUEUED).update(
        state=Job.State.RUNNING,
        token=token,
        lease_until=now + lease(),
        attempt=models.F("attempt") + 1,
        started_at=now,
        progress=0.0,
        message="",
    )
    return Job.objects.get(pk=job_id) if taken else None


class Heartbeat(threading.Thread):
    """Renews the lease while the worker's process lives, however long one step takes."""

    def __init__(self, job: Job) -> None:
        super().__init__(daemon=True, name=f"lease-{job.pk}")
        self._job, self._stopped = job, threading.Event()

    def run(self) -> None:
        while not self._stopped.wait(settings.JOBS_LEASE_S / 4):
            try:
                _held(self._job).update(lease_until=timezone.now() + lease())
            finally:
                connection.close()

    def stop(self) -> None:
        self._stopped.set()


def run_job(job_id: uuid.UUID) -> None:
    """Run a queued job to its end; a message for one that is taken or over does nothing."""
    job = claim(job_id)
    if job is None:
        return
    handle = RowHandle(job)
    heartbeat = None
    if not settings.JOBS_EAGER:
        heartbeat = Heartbeat(job)
        heartbeat.start()
    try:
        result = kind_named(job.kind).function(handle, **job.args) or {}
    except LeaseLostError:
        logger.warning("Job %s lost its lease on attempt %s", job.pk, job.attempt)
        return
    except RefusedError as refusal:
        _finish(job, Job.State.FAILED, error_code=refusal.code, message=str(refusal)[:300], log_tail=handle.log_tail())
    except Exception:  # the row must say what happened, whatever it was; the log keeps the trace
        logger.exception("Job %s (%s) failed on attempt %s", job.pk, job.kind, job.attempt)
        _fail_or_requeue(job, f"{handle.log_tail()}\n{traceback.format_exc()}"[-LOG_TAIL_CHARS:])
    else:
        state = Job.State.CANCELLED if handle.is_cancelled() and job.progress < 1 else Job.State.DONE
        _finish(job, state, result=result, progress=1.0 if state == Job.State.DONE else job.progress)
    finally:
        if heartbeat:
            heartbeat.stop()
            close_old_connections()


def _finish(job: Job, state: str, **changes: Any) -> None:
    _held(job).update(state=state, finished_at=timezone.now(), lease_until=None, token=None, **changes)


def _fail_or_requeue(job: Job, log_tail: str) -> None:
    if job.attempt >= job.max_attempts:
        _finish(job, Job.State.FAILED, error_code="crashed", log_tail=log_tail)
    else:
        _held(job).update(state=Job.State.QUEUED, token=None, lease_until=None, sent_at=None, log_tail=log_tail)


def sweep_jobs() -> list[uuid.UUID]:
    """Put abandoned jobs back (or give them up after their last attempt) and return those to send again."""
    for job in Job.objects.abandoned():
        if job.attempt >= job.max_attempts:
            _held(job).update(
                state=Job.State.FAILED,
                finished_at=timezone.now(),
                lease_until=None,
                token=None,
                error_code="worker_lost",
            )
        else:
            _held(job).filter(lease_until=job.lease_until).update(
                state=Job.State.QUEUED, token=None, lease_until=None, sent_at=None
            )
    return list(Job.objects.undelivered(older_than=RESEND_AFTER).values_list("pk", flat=True))
