"""Kinds of work that only the tests with real processes have; the workers load them by `-I tests.jobs.kinds`."""

import json
import os
import time
import uuid
from typing import Any

from foundation.jobs.registry import JobHandle, job


class Journal:
    """Lines that survive the death of the process that wrote them."""

    def __init__(self, path: str, **facts: Any) -> None:
        self._path, self._facts = path, facts

    def write(self, event: str) -> None:
        line = json.dumps(self._facts | {"event": event, "at": time.monotonic(), "pid": os.getpid()}) + "\n"
        descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(descriptor, line.encode())
        os.fsync(descriptor)
        os.close(descriptor)


@job("tests.steps", queue="media", max_attempts=20)
def steps(handle: JobHandle, *, journal: str, name: str, duration_s: float) -> dict[str, Any]:
    """Works in steps of a tenth of a second and says at each that it is alive."""
    run = uuid.uuid4().hex
    diary = Journal(journal, job=name, run=run, attempt=handle.attempt)
    diary.write("start")
    total = round(duration_s * 10)
    for step in range(total):
        handle.progress(step / total, f"step {step}")
        diary.write("step")
        time.sleep(0.1)
    diary.write("end")
    return {"run": run}
