"""Server time of our pages beside a bare Wagtail page, in one run, on one PostgreSQL, two gunicorn workers each.

    .venv/bin/python -m benchmarks.pages [rounds]

Needs PORTAL_DATABASE_URL of a PostgreSQL server on which databases may be made (see README.md here). Both sites run at
the same time and are asked in turn by one client over a kept connection, signed in as the same doctor, so that a slow
moment of the machine meets both. Prints a table and, last, one line of JSON.
"""

import http.client
import json
import os
import socket
import statistics
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

from tests.processes import PortalStack

COURSE = "/vi/courses/sot-xuat-huyet-dengue-dau-hieu-canh-bao/"
LESSON = f"{COURSE}ba-giai-doan-va-phan-loai/"
PAGES = {
    "dashboard": "/vi/home/",
    "catalogue": "/vi/courses/",
    "course": COURSE,
    "lesson": LESSON,
}
WARM_UP = 40
SIGN_IN = """
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from foundation.accounts.models import User
user = User.objects.get(email="doctor@lientuyen.example")
session = SessionStore()
session["_auth_user_id"] = str(user.pk)
session["_auth_user_backend"] = "django.contrib.auth.backends.ModelBackend"
session["_auth_user_hash"] = user.get_session_auth_hash()
session.save()
print(session.session_key)
"""


class Client:
    """One kept connection, signed in."""

    def __init__(self, base_url: str, session_key: str) -> None:
        self.connection = http.client.HTTPConnection(urlsplit(base_url).netloc, timeout=30)
        self.headers = {"Cookie": f"sessionid={session_key}", "Accept-Encoding": "gzip"}

    def time_ms(self, path: str) -> float:
        """Milliseconds until the whole answer is here; raises when it is not a 200."""
        began = time.perf_counter()
        self.connection.request("GET", path, headers=self.headers)
        response = self.connection.getresponse()
        response.read()
        took = (time.perf_counter() - began) * 1000
        if response.status != 200:
            raise SystemExit(f"{path} answered {response.status} {response.headers.get('Location', '')}")
        return took


def main(rounds: int) -> None:
    server_url = os.environ.get("PORTAL_DATABASE_URL", "")
    if not server_url.startswith("postgres"):
        raise SystemExit("Set PORTAL_DATABASE_URL to a PostgreSQL server; benchmarks/README.md says how.")
    folder = Path(tempfile.mkdtemp(prefix="portal-benchmark-"))
    with PortalStack(folder, server_url=server_url) as stack:
        stack.migrate()
        stack.manage("load_reference")
        stack.start_broker()
        stack.manage("load_demo")
        session_key = stack.python(SIGN_IN).strip().splitlines()[-1]
        ours = Client(stack.start_web(), session_key)
        bare = Client(start_bare(stack), session_key)
        times: dict[str, list[float]] = {name: [] for name in (*PAGES, "bare Wagtail page")}
        for turn in range(rounds + WARM_UP):
            taken = {name: ours.time_ms(path) for name, path in PAGES.items()} | {
                "bare Wagtail page": bare.time_ms("/about/")
            }
            if turn >= WARM_UP:
                for name, value in taken.items():
                    times[name].append(value)
    report(times)


def start_bare(stack: PortalStack) -> str:
    """The bare site on the same database, served as ours is."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    stack.env["DJANGO_SETTINGS_MODULE"] = "benchmarks.bare"
    gunicorn = [sys.executable, "-m", "gunicorn", "portal.wsgi", "--worker-class", "gthread"]
    stack.start("bare", [*gunicorn, "--bind", address, "--workers", "2", "--threads", "4"])
    stack.wait_until("bare", lambda: answers(f"http://{address}/about/"))
    return f"http://{address}"


def answers(url: str) -> bool:
    """True once the site answers anything but a fault of its own."""
    try:
        with urllib.request.urlopen(url, timeout=10):
            return True
    except urllib.error.HTTPError as error:
        return error.code < 500
    except OSError:
        return False


def report(times: dict[str, list[float]]) -> None:
    floor = statistics.median(times["bare Wagtail page"])
    print(f"{'page':<20}{'median ms':>10}{'p95 ms':>10}{'x bare':>8}")
    for name, values in times.items():
        median, p95 = statistics.median(values), statistics.quantiles(values, n=20)[18]
        print(f"{name:<20}{median:>10.1f}{p95:>10.1f}{median / floor:>8.2f}")
    lesson = statistics.median(times["lesson"])
    print(json.dumps({"lesson_ms": round(lesson, 2), "bare_ms": round(floor, 2), "ratio": round(lesson / floor, 2)}))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
