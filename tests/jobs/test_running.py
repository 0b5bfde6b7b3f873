"""One job from its row to its end, in this process; `test_processes` kills real ones."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import DatabaseError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.models import ModelLogEntry

from foundation.jobs import runner, tasks
from foundation.jobs.actions import NotCancellableError, NotRetryableError, cancel_job, enqueue, retry_job
from foundation.jobs.jobs import forget_all, forget_old_jobs
from foundation.jobs.models import Job
from foundation.jobs.registry import LeaseLostError, job
from foundation.jobs.runner import RowHandle, claim, run_job, sweep_jobs
from foundation.kernel.errors import RefusedError
from foundation.kernel.forgetting import forgetters
from tests.factories.accounts import UserFactory
from tests.factories.jobs import JobFactory

pytestmark = pytest.mark.django_db


class NotAVideoError(RefusedError):
    message = _("This file is not a video.")
    code = "not_a_video"


@job("tests.nothing")
def nothing(handle):
    return {"attempt": handle.attempt}


@job("tests.refused")
def refused(handle):
    raise NotAVideoError


@job("tests.crash", max_attempts=2)
def crash(handle):
    handle.log("reading page 3")
    raise ValueError("page 3 is upside down")


@job("tests.long", can_cancel=True)
def long(handle, *, steps):
    for step in range(steps):
        if handle.is_cancelled():
            return {"steps": step}
        handle.progress(step / steps, "Working")
    return {"steps": steps}


@pytest.fixture
def sent(monkeypatch):
    """Ids of the jobs whose message went out."""
    ids = []
    monkeypatch.setattr(tasks.run, "apply_async", lambda args, **options: ids.append((args[0], options["queue"])))
    return ids


@pytest.fixture
def eager(settings):
    settings.JOBS_EAGER = True


def test_a_job_is_sent_after_commit_and_only_its_id(sent, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        started = enqueue("tests.nothing", args={}, subject="video:3")
        assert sent == []
    assert sent == [(str(started.pk), "default")]
    started.refresh_from_db()
    assert started.sent_at is not None
    assert Job.objects.latest_for("video:3") == started


def test_a_kind_that_nobody_declares_is_a_mistake_of_the_caller():
    with pytest.raises(KeyError):
        enqueue("tests.unknown", args={})


def test_a_job_runs_at_once_where_tests_ask_for_it(eager, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        started = enqueue("tests.nothing", args={})
    started.refresh_from_db()
    assert (started.state, started.result, started.progress) == (Job.State.DONE, {"attempt": 1}, 1.0)
    assert started.token is None


def test_a_second_message_for_the_same_job_does_nothing(eager):
    waiting = JobFactory()
    run_job(waiting.pk)
    run_job(waiting.pk)
    waiting.refresh_from_db()
    assert waiting.attempt == 1


def test_only_one_of_two_workers_gets_the_job():
    waiting = JobFactory()
    assert claim(waiting.pk) is not None
    assert claim(waiting.pk) is None


def test_a_refusal_fails_at_once_with_its_code_and_sentence_in_the_owners_language(eager):
    waiting = JobFactory(kind="tests.refused", owner=UserFactory())
    run_job(waiting.pk)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.error_code) == (Job.State.FAILED, "not_a_video")
    assert waiting.failure == "This file is not a video."
    assert not waiting.is_retryable


def test_a_crash_is_tried_again_later_and_then_fails_with_the_tail_of_the_log(eager):
    waiting = JobFactory(kind="tests.crash", max_attempts=2)
    with pytest.raises(ValueError, match="upside down"):
        run_job(waiting.pk)
    waiting.refresh_from_db()
    assert waiting.state == Job.State.QUEUED
    assert waiting.not_before > timezone.now()
    assert sweep_jobs() == []

    Job.objects.update(not_before=timezone.now())
    assert sweep_jobs() == [waiting]
    with pytest.raises(ValueError, match="upside down"):
        run_job(waiting.pk)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.error_code) == (Job.State.FAILED, Job.Trouble.CRASHED)
    assert "reading page 3" in waiting.log_tail
    assert "upside down" in waiting.log_tail
    assert "our side" in waiting.failure


def test_progress_is_written_at_most_twice_a_second_and_never_falls(django_assert_num_queries):
    handle = RowHandle(claim(JobFactory().pk))
    with django_assert_num_queries(1):
        for percent in range(100):
            handle.progress(percent / 100, "Encoding")
    handle.progress(0.1)
    handle.renew()
    assert (Job.objects.get().progress, Job.objects.get().message) == (0.99, "Encoding")


def test_progress_renews_the_lease(settings):
    claimed = claim(JobFactory().pk)
    Job.objects.update(lease_until=timezone.now())
    RowHandle(claimed).progress(0.5)
    assert Job.objects.get().lease_until > timezone.now() + timedelta(seconds=settings.JOBS_LEASE_S - 5)


def test_a_worker_that_lost_its_lease_is_told_and_changes_nothing():
    waiting = JobFactory()
    slow = RowHandle(claim(waiting.pk))
    Job.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert sweep_jobs() == [waiting]
    with pytest.raises(LeaseLostError):
        slow.make_sure()
    quick = RowHandle(claim(waiting.pk))
    quick.progress(0.3)
    quick.make_sure()
    with pytest.raises(LeaseLostError):
        slow.progress(0.9)
    with pytest.raises(LeaseLostError):
        slow.is_cancelled()
    runner._finish(slow._job, Job.State.DONE)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.progress, waiting.attempt) == (Job.State.RUNNING, 0.3, 2)


def test_a_heartbeat_survives_a_database_that_is_away_for_a_moment(settings, monkeypatch):
    settings.JOBS_LEASE_S = 0.04
    tries = []

    def renew(self):
        tries.append(1)
        if len(tries) == 1:
            raise DatabaseError("away")
        raise LeaseLostError

    monkeypatch.setattr(RowHandle, "renew", renew)
    heartbeat = runner.Heartbeat(RowHandle(JobFactory(running=True)))
    with heartbeat:
        heartbeat._thread.join(timeout=5)
    assert len(tries) == 2


def test_abandoned_jobs_go_back_until_their_attempts_are_used_up():
    again, last = JobFactory(abandoned=True), JobFactory(abandoned=True, attempt=3)
    stopped = JobFactory(abandoned=True, is_cancel_requested=True)
    held = JobFactory(running=True)
    assert sweep_jobs() == [again]
    states = {row.pk: (row.state, row.error_code) for row in Job.objects.all()}
    assert states[again.pk] == (Job.State.QUEUED, "")
    assert states[last.pk] == (Job.State.FAILED, Job.Trouble.WORKER_LOST)
    assert states[stopped.pk] == (Job.State.CANCELLED, "")
    assert states[held.pk] == (Job.State.RUNNING, "")


def test_a_job_is_sent_again_when_its_message_was_never_sent_or_must_be_lost(sent):
    unsent = JobFactory()
    lost = JobFactory(sent_at=timezone.now() - timedelta(hours=1))
    JobFactory(sent_at=timezone.now())
    tasks.sweep()
    assert {pk for pk, _queue in sent} == {str(unsent.pk), str(lost.pk)}
    assert sweep_jobs() == []


def test_a_broker_that_is_away_leaves_the_job_to_the_sweeper(monkeypatch):
    def away(*args, **options):
        raise tasks.run.OperationalError("no broker")

    monkeypatch.setattr(tasks.run, "apply_async", away)
    waiting = JobFactory()
    tasks.deliver(waiting)
    assert sweep_jobs() == [waiting]


def test_a_waiting_job_is_cancelled_at_once_and_never_runs(eager):
    waiting = JobFactory(kind="tests.long", args={"steps": 3})
    cancel_job(waiting, by=UserFactory())
    run_job(waiting.pk)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.attempt) == (Job.State.CANCELLED, 0)


def test_a_running_job_stops_at_its_next_step(eager, monkeypatch):
    monkeypatch.setattr(runner, "WRITE_EVERY_S", 0)
    waiting = JobFactory(kind="tests.long", args={"steps": 3})
    write = RowHandle.progress

    def somebody_stops_it(self, done, message=""):
        write(self, done, message)
        cancel_job(waiting, by=UserFactory())

    monkeypatch.setattr(RowHandle, "progress", somebody_stops_it)
    run_job(waiting.pk)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.result) == (Job.State.CANCELLED, {"steps": 1})


def test_work_that_cannot_stop_or_is_over_is_not_cancelled():
    for held in (JobFactory(running=True), JobFactory(kind="tests.long", done=True)):
        with pytest.raises(NotCancellableError):
            cancel_job(held, by=UserFactory())


def test_a_failed_job_starts_over_once_however_often_one_clicks(sent, django_capture_on_commit_callbacks):
    failed, person = JobFactory(crashed=True), UserFactory()
    with django_capture_on_commit_callbacks(execute=True):
        retry_job(failed, by=person)
    with pytest.raises(NotRetryableError):
        retry_job(failed, by=person)
    failed.refresh_from_db()
    assert (failed.state, failed.attempt, failed.error_code) == (Job.State.QUEUED, 0, "")
    assert len(sent) == 1
    assert ModelLogEntry.objects.filter(action="jobs.retry", user=person).count() == 1


def test_what_is_worked_on_by_another_job_is_not_tried_again(sent):
    failed, alone = JobFactory(crashed=True, subject="video:1"), JobFactory(crashed=True, subject="")
    other = JobFactory(subject="video:1")
    JobFactory(subject="")
    with pytest.raises(NotRetryableError):
        retry_job(failed, by=UserFactory())
    Job.objects.filter(pk=other.pk).update(state=Job.State.DONE)
    assert retry_job(failed, by=UserFactory()).state == Job.State.QUEUED
    assert retry_job(alone, by=UserFactory()).state == Job.State.QUEUED, "about nothing: nothing else is about it"


def test_what_a_rule_refused_is_not_tried_again():
    with pytest.raises(NotRetryableError):
        retry_job(JobFactory(refused=True), by=UserFactory())


def test_old_work_is_forgotten_unless_its_page_still_shows_it():
    ended = {"done": True, "finished_at": timezone.now() - timedelta(days=91)}
    JobFactory(**ended, created_at=timezone.now() - timedelta(days=95), subject="video:3")
    JobFactory(**ended)
    shown = JobFactory(**ended, created_at=timezone.now() - timedelta(days=92), subject="video:3")
    kept = [shown, JobFactory(done=True), JobFactory(created_at=timezone.now() - timedelta(days=100))]
    assert forget_old_jobs() == 2
    assert set(Job.objects.all()) == set(kept)


def test_every_day_all_rooms_forget_though_one_fails(monkeypatch, caplog):
    def break_down():
        raise DatabaseError("away")

    def count_three():
        return 3

    assert {"forget_old_jobs", "forget_abandoned_uploads", "forget_old_sign_ins"} <= {f.__name__ for f in forgetters}
    assert settings.CELERY_BEAT_SCHEDULE["forget"]["task"] == tasks.forget.name
    monkeypatch.setattr("foundation.jobs.jobs.forgetters", [break_down, count_three])
    assert forget_all() == {"count_three": 3}
    assert "break_down failed" in caplog.text
