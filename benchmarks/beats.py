"""Sends players' beats through the whole portal, in one process, and counts what one core takes in.

    .venv/bin/python -m benchmarks.beats [watchers]          # 300 by default, five beats each

Every watcher is signed in with a session of their own and enrolled in a course that shows the film. Beats go through
all middleware and the view, as JSON, in turn. The bar: 10,000 watchers who report every 30 s are 333 a second a core.
Runs in a database of its own: SQLite in a temporary folder, or a fresh one on the server of PORTAL_DATABASE_URL.
"""

import json
import os
import statistics
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.certificates import prepare

BEATS_EACH = 5
RHYTHM_S = 30
WATCHERS = 10_000


def measure(watchers: int) -> dict[str, float]:
    """Figures of `watchers` times BEATS_EACH beats, all accepted."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext
    from django.urls import reverse

    from courses.models import LessonPage
    from foundation.video.watching import new_session_token
    from tests.factories.courses import enrolled, make_course, member

    course = make_course()
    video = LessonPage.objects.child_of(course).get(kind="recording").recording.video
    address = reverse("video:beat", args=[video.public_id])
    clock, players = time.time, list[tuple[Client, str]]()
    opened = clock() - 3600
    for _ in range(watchers):
        user, client = member(), Client()
        enrolled(course, user)
        client.force_login(user)
        time.time = lambda: opened  # the player was opened an hour ago, so that the clock allows all beats at once
        players.append((client, new_session_token(user, video)))
        time.time = clock

    def send(client: Client, token: str, seq: int) -> Any:
        end = seq * RHYTHM_S
        beat = {"session": token, "seq": seq, "intervals": [[end - RHYTHM_S, end]], "position": end}
        return client.post(address, json.dumps(beat), content_type="application/json")

    for number, (client, token) in enumerate(players):  # the first makes the rows, the rest come in rhythm
        answer = send(client, token, 1).json()
        assert answer["accepted"]
        players[number] = client, answer["session"]
    took, begun_cpu = [], time.process_time()
    for seq in range(2, BEATS_EACH):
        for client, token in players:
            begun = time.perf_counter()
            accepted = send(client, token, seq).json()["accepted"]
            took.append(time.perf_counter() - begun)
            assert accepted
    cpu = time.process_time() - begun_cpu
    with CaptureQueriesContext(connection) as queries:
        assert send(*players[0], BEATS_EACH).json()["accepted"]
    return {
        "per_cpu_second": len(took) / cpu,
        "cpu_ms": cpu / len(took) * 1000,
        "median_ms": statistics.median(took) * 1000,
        "p95_ms": statistics.quantiles(took, n=20)[18] * 1000,
        "queries": sum(not query["sql"].startswith(("BEGIN", "COMMIT")) for query in queries),
        "cores_for_10000": WATCHERS / RHYTHM_S * cpu / len(took),
    }


def main() -> None:
    watchers = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    prepare()
    from django.db import connection
    from django.test.utils import setup_test_environment

    setup_test_environment(debug=False)
    if connection.vendor == "sqlite":  # a file, as in a real portal, not memory
        connection.settings_dict["TEST"]["NAME"] = str(Path(os.environ["PORTAL_VAR_DIR"]) / "benchmark.sqlite3")
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        figures = measure(watchers)
    finally:
        connection.creation.destroy_test_db("", verbosity=0)
    print(
        f"{watchers} watchers on {connection.vendor}, one process, {BEATS_EACH - 2} beats of {RHYTHM_S} s each measured"
    )
    for name, value in figures.items():
        print(f"{name:20}{value:10.2f}")
    print(json.dumps({name: round(value, 2) for name, value in figures.items()}))


if __name__ == "__main__":
    main()
