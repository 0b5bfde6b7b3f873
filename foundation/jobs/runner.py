"""Claims a job by compare-and-swap, runs it under a lease, and finds what was lost."""

import logging
import threading
import time
import traceback
import uuid
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection, models, transaction
from django.utils import timezone, translation

from foundation.jobs.models import Job
from foundation.jobs.registry import LeaseLostError, kind_named, kind_or_none
from foundation.jobs.rules import retry_delay
from foundation.kernel.errors import RefusedError

logger = logging.getLogger(__name__)
WRITE_EVERY_S = 0.5
LOG_TAIL_CHARS = 4000
# A queue's message is taken for lost after so many leases; a second message for the same row does no harm.
LOST_AFTER_LEASES = 2
SENT_PER_SWEEP = 200


def lease() -> timedelta:
    return timedelta(seconds=settings.JOBS_LEASE_S)


class RowHandle:
    """The handle of a claimed job (see `JobHandle`); the token proves that the claim is still ours."""

    def __init__(self, job: Job) -> None:
        self._job, self._lines = job, list[str]()
        self._share, self._message = 0.0, ""
        self._lock = threading.Lock()  # the heartbeat writes too
        self._written_at = self._asked_at = float("-inf")
        self._is_lost = self._is_cancelled = False
        self.has_told_to_stop = False

    @property
    def attempt(self) -> int:
        return self._job.attempt

    def progress(self, done: float, message: str = "") -> None:
        self._share = min(1.0, max(self._share, done))
        self._message = str(message)[:300] or self._message
        if self._is_lost or time.monotonic() - self._written_at >= WRITE_EVERY_S:
            self.renew()

    @property
    def last_message(self) -> str:
        """The last words of the job, written to the row or not yet."""
        return self._message

    def is_cancelled(self) -> bool:
        if time.monotonic() - self._asked_at >= WRITE_EVERY_S:
            self._asked_at = time.monotonic()
            self._is_cancelled = _held(self._job).values_list("is_cancel_requested", flat=True).first() or False
        if self._is_lost:
            raise LeaseLostError(self._job.pk)
        self.has_told_to_stop = self.has_told_to_stop or self._is_cancelled
        return self._is_cancelled

    def make_sure(self) -> None:
        if self._is_lost or not _held(self._job).exists():
            raise LeaseLostError(self._job.pk)

    def log(self, line: str) -> None:
        self._lines.append(line)

    def log_tail(self) -> str:
        return "\n".join(self._lines)[-LOG_TAIL_CHARS:]

    def renew(self) -> None:
        """Write what is known and hold the job for another lease; raises LeaseLostError."""
        with self._lock:
            # What it said so far outlives a worker that is killed.
            said = {"log_tail": self.log_tail()} if self._lines else {}
            held = not self._is_lost and _held(self._job).update(
                progress=self._share, message=self._message, lease_until=timezone.now() + lease(), **said
            )
            self._is_lost = not held
            self._written_at = time.monotonic()
        if not held:
            raise LeaseLostError(self._job.pk)


class Heartbeat:
    """Renews the lease from a thread while the worker's process lives, however long one step of the job takes."""

    def __init__(self, handle: RowHandle) -> None:
        self._handle, self._stopped = handle, threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True, name="job-lease")

    def __enter__(self) -> None:
        if not settings.JOBS_EAGER:
            self._thread.start()

    def __exit__(self, *error: object) -> None:
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def _beat(self) -> None:
        while not self._stopped.wait(settings.JOBS_LEASE_S / 4):
            try:
                self._handle.renew()
            except LeaseLostError:
                return
            except DatabaseError as error:  # it may be back before the lease runs out
                logger.warning("A lease could not be renewed: %s", error)
            finally:
                connection.close()


def _held(job: Job) -> models.QuerySet[Job]:
    return Job.objects.filter(pk=job.pk, token=job.token, state=Job.State.RUNNING)


def claim(job_id: uuid.UUID) -> Job | None:
    """Take a queued job for this worker, or None when somebody else was quicker or it is over."""
    token, now = uuid.uuid4(), timezone.now()
    is_taken = Job.objects.filter(pk=job_id, state=Job.State.QUEUED).update(
        state=Job.State.RUNNING,
        token=token,
        lease_until=now + lease(),
        attempt=models.F("attempt") + 1,
        started_at=now,
        progress=0.0,
        message="",
    )
    return Job.objects.select_related("owner").filter(pk=job_id, token=token).first() if is_taken else None


def run_job(job_id: uuid.UUID) -> None:
    """Run a queued job to its end; a message for one that is taken or over does nothing."""
    job = claim(job_id)
    if job is None:
        return
    handle = RowHandle(job)
    with Heartbeat(handle), translation.override(job.owner.language if job.owner else settings.LANGUAGE_CODE):
        try:
            result = kind_named(job.kind).function(handle, **job.args) or {}
            if handle.has_told_to_stop:
                _finish(job, Job.State.CANCELLED, result=result)
            else:
                _finish(job, Job.State.DONE, result=result, progress=1.0, message=handle.last_message)
        except LeaseLostError:
            logger.warning("Job %s lost its lease on attempt %s", job.pk, job.attempt)
        except RefusedError as refusal:
            _refuse(job, refusal, handle.log_tail())
        except Exception:
            logger.exception("Job %s (%s) failed on attempt %s", job.pk, job.kind, job.attempt)
            _fail_or_requeue(job, f"{handle.log_tail()}\n{traceback.format_exc()}"[-LOG_TAIL_CHARS:])
            if settings.JOBS_EAGER:
                raise


def _refuse(job: Job, refusal: RefusedError, log_tail: str) -> None:
    _finish(job, Job.State.FAILED, error_code=refusal.code, message=str(refusal)[:300], log_tail=log_tail)


def _fail_or_requeue(job: Job, log_tail: str) -> None:
    if job.attempt >= job.max_attempts:
        _give_up(job, _held(job), Job.State.FAILED, error_code=Job.Trouble.CRASHED, log_tail=log_tail)
    else:
        not_before = timezone.now() + retry_delay(job.attempt)
        _end(job, state=Job.State.QUEUED, sent_at=None, not_before=not_before, log_tail=log_tail)


def _finish(job: Job, state: Job.State, **changes: Any) -> None:
    _end(job, state=state, finished_at=timezone.now(), **changes)


def _end(job: Job, **changes: Any) -> None:
    if not _held(job).update(token=None, lease_until=None, **changes):
        logger.warning("Job %s ended attempt %s after its lease was lost", job.pk, job.attempt)


def _give_up(job: Job, held: models.QuerySet[Job], state: Job.State, **changes: Any) -> None:
    """End a job that is still `held`, and let its kind put right what the job left half done, in one transaction."""
    changes |= {"state": state, "finished_at": timezone.now(), "token": None, "lease_until": None}
    kind = kind_or_none(job.kind)
    with transaction.atomic():
        if not held.update(**changes):
            logger.warning("Job %s was taken up again before it could be given up", job.pk)
        elif kind and kind.on_given_up:
            job.refresh_from_db()
            kind.on_given_up(job)


def sweep_jobs() -> list[Job]:
    """Put abandoned jobs back (or give them up after their last attempt) and return those to send now."""
    for job in Job.objects.abandoned():
        # The lease may have been renewed, or the job claimed again, since the row was read.
        abandoned = _held(job).filter(lease_until=job.lease_until)
        try:
            if job.is_cancel_requested:
                _give_up(job, abandoned, Job.State.CANCELLED)
            elif job.attempt >= job.max_attempts:
                _give_up(job, abandoned, Job.State.FAILED, error_code=Job.Trouble.WORKER_LOST)
            else:
                abandoned.update(state=Job.State.QUEUED, sent_at=None, token=None, lease_until=None)
        except Exception:  # one kind's fault: the others are swept all the same, and this one again next time
            logger.exception("Job %s (%s) could not be given up", job.pk, job.kind)
    return list(Job.objects.to_send(lost_after=LOST_AFTER_LEASES * lease())[:SENT_PER_SWEEP])
