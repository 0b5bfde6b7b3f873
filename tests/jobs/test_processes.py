"""Workers, broker and beat are killed in mid-task: no job is lost, and none runs twice at once."""

import datetime
import json
import os
import signal
import sys
import time
import uuid
from collections import defaultdict
from pathlib import Path

import pytest
from celery import Celery

from tests.processes import PortalStack, copy_test_database

# The database mark makes pytest migrate its database, which is copied; the tests themselves never touch it.
pytestmark = [pytest.mark.processes, pytest.mark.django_db]
LEASE_S = 2  # short, so that the tests are


class Watch:
    """The running portal, the jobs given to it and the journal that they write."""

    def __init__(self, stack, journal):
        self.stack, self.journal = stack, journal
        self.names = []

    def enqueue(self, count, *, duration_s):
        """Through the real action, in a process of its own; returns at once."""
        names = [f"job-{len(self.names) + number}" for number in range(count)]
        self.names += names
        code = f"""
import django; django.setup()
from foundation.jobs.actions import enqueue
from tests.jobs import kinds
for name in {names}:
    enqueue("tests.steps", args=dict(journal={str(self.journal)!r}, name=name, duration_s={duration_s}), subject=name)
"""
        self.stack.start(f"enqueue-{names[0]}", [sys.executable, "-c", code])
        return names

    def insert(self, *, duration_s):
        """A row whose message was never sent: the sweeper has to find it. Returns its id and its name."""
        name, job_id = f"job-{len(self.names)}", uuid.uuid4()
        self.names.append(name)
        args = {"journal": str(self.journal), "name": name, "duration_s": duration_s}
        row = {
            "id": str(job_id) if self.stack.env["PORTAL_DATABASE_URL"].startswith("postgres") else job_id.hex,
            "kind": "tests.steps",
            "queue": "media",
            "subject": name,
            "args": json.dumps(args),
            "state": "queued",
            "attempt": 0,
            "max_attempts": 20,
            "progress": 0,
            "result": "{}",
            "is_cancel_requested": False,
            "created_at": datetime.datetime.now(datetime.UTC).isoformat(sep=" "),
        } | dict.fromkeys(["message", "error_code", "log_tail"], "")
        marks = ", ".join("?" for _column in row)
        self.stack.execute(f"INSERT INTO jobs_job ({', '.join(row)}) VALUES ({marks})", *row.values())
        return job_id, name

    def start_workers(self, *names):
        for name in names:
            self.stack.start_worker(
                name, queues="media,default", concurrency=2, include=["tests.jobs.kinds"], wait=False
            )

    def lines(self):
        if not self.journal.exists():
            return []
        return [json.loads(line) for line in self.journal.read_text().splitlines()]

    def rows(self):
        rows = self.stack.query("SELECT subject, state, attempt, result, progress FROM jobs_job")
        return {row[0]: row[1:] for row in rows}

    def children_of(self, name):
        """Process ids of the pool of a worker."""
        parent = self.stack.processes[name].pid
        return [int(pid) for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]

    def wait_for_work_of(self, *pids_of):
        """Until one of these workers is in the middle of a job, and says so from now on."""
        since = time.monotonic()

        def at_work():
            pids = {pid for name in pids_of for pid in self.children_of(name)}
            return any(line["pid"] in pids and line["at"] > since for line in self.lines() if line["event"] == "step")

        self.stack.wait_until("work", at_work, timeout_s=60)

    def wait_for_all(self, names, timeout_s=90):
        def over():
            rows = self.rows()
            return all(name in rows and rows[name][0] in {"done", "failed", "cancelled"} for name in names)

        self.stack.wait_until("the end of all jobs", over, timeout_s=timeout_s)

    def runs(self):
        """For each job, its runs as (first sign of life, last sign of life, run), in order."""
        times = defaultdict(list)
        for line in self.lines():
            times[line["job"], line["run"]].append(line["at"])
        by_job = defaultdict(list)
        for (name, run), signs in times.items():
            by_job[name].append((min(signs), max(signs), run))
        return {name: sorted(runs) for name, runs in by_job.items()}


@pytest.fixture(scope="module")
def watch(tmp_path_factory, django_db_setup, django_db_blocker):
    folder = tmp_path_factory.mktemp("stack")
    server_url = os.environ.get("PORTAL_DATABASE_URL")
    with PortalStack(folder, server_url=server_url, settings={"PORTAL_JOBS_LEASE_S": str(LEASE_S)}) as stack:
        with django_db_blocker.unblock():
            copy_test_database(stack)
        stack.start_broker()
        stack.start_beat()
        watch = Watch(stack, folder / "journal")
        watch.start_workers("north", "south")
        yield watch


def test_killing_anything_in_mid_task_loses_no_job_and_runs_none_twice_at_once(watch):
    stack = watch.stack
    names = watch.enqueue(8, duration_s=4)
    for worker in ("north", "south"):
        stack.wait_for_worker(worker)

    watch.wait_for_work_of("north")
    stack.kill("north")
    watch.start_workers("north")

    watch.wait_for_work_of("south")
    stack.kill("broker")
    time.sleep(1)
    stack.start_broker()

    watch.wait_for_work_of("south")
    os.kill(watch.children_of("south")[0], signal.SIGKILL)

    stack.wait_for_worker("north")
    watch.wait_for_work_of("south", "north")
    stack.kill("broker")
    stack.kill("south")
    stack.kill("beat")
    stack.start_broker()
    stack.start_beat()
    watch.start_workers("south")

    watch.wait_for_all(names)
    rows, runs = watch.rows(), watch.runs()
    assert {rows[name][0] for name in names} == {"done"}
    assert sum(rows[name][1] for name in names) > len(names), "nothing was interrupted, so nothing was proved"
    for name in names:
        _state, attempt, result, progress = rows[name]
        assert progress == 1
        # A worker may die between its claim and the first line that it writes.
        assert attempt >= len(runs[name])
        assert (result if isinstance(result, dict) else json.loads(result))["run"] == runs[name][-1][2]
        for (_began, ended, _run), (began_next, _ended, _next) in zip(runs[name], runs[name][1:], strict=False):
            assert ended < began_next, f"{name} ran twice at once"


def test_a_message_that_comes_twice_runs_the_job_once(watch):
    job_id, name = watch.insert(duration_s=1)
    with Celery(broker=watch.stack.env["PORTAL_BROKER_URL"]) as app:
        for _time in range(5):
            app.send_task("foundation.jobs.tasks.run", args=[str(job_id)], queue="media")
    watch.wait_for_all([name])
    assert watch.rows()[name][:2] == ("done", 1)
    assert len(watch.runs()[name]) == 1


def test_a_worker_that_slept_past_its_lease_changes_nothing_when_it_wakes(watch):
    stack = watch.stack
    stack.wait_for_worker("south")
    _id, name = watch.insert(duration_s=4)
    stack.wait_until("start", lambda: name in watch.runs(), timeout_s=60)
    pid = next(line["pid"] for line in watch.lines() if line["job"] == name)
    os.kill(pid, signal.SIGSTOP)
    stack.wait_until("another run", lambda: len(watch.runs()[name]) == 2, timeout_s=60)
    os.kill(pid, signal.SIGCONT)
    watch.wait_for_all([name])
    first, second = watch.runs()[name]
    ends = [line["run"] for line in watch.lines() if line["job"] == name and line["event"] == "end"]
    assert ends == [second[2]] != [first[2]]
    assert watch.rows()[name][:2] == ("done", 2)


def test_a_worker_that_is_asked_to_stop_finishes_its_job_first(watch):
    stack = watch.stack
    names = [watch.insert(duration_s=3)[1] for _number in range(2)]
    watch.wait_for_work_of("north", "south")
    workers = [stack.processes[name] for name in ("north", "south")]
    for name in ("north", "south"):
        stack.kill(name, signal.SIGTERM, children=False)
    assert [worker.wait(timeout=30) for worker in workers] == [0, 0]
    rows = watch.rows()
    at_work = [name for name in names if name in watch.runs()]
    assert at_work
    assert {rows[name][:2] for name in at_work} == {("done", 1)}
