"""bin/start, with real processes: it serves, mends itself, and leaves nothing behind however it is ended."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import databases

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.processes, pytest.mark.once]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def began(pid: int) -> str | None:
    """When a process began, in the kernel's ticks, to tell it from a later one with the same number; None if gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        return None


class Portal:
    """One `bin/start` on a port of its own."""

    def __init__(self, var: Path, *options: str) -> None:
        self.var, self.port = var, free_port()
        self.log = var.parent / f"start-{self.port}.log"
        outside = {name: value for name, value in os.environ.items() if not name.startswith(("PORTAL_", "DJANGO_"))}
        self.began = time.monotonic()
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [ROOT / "bin" / "start", "--port", str(self.port), "--no-demo", *options],
                cwd="/",
                env=outside | {"PORTAL_VAR_DIR": str(var)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_for(self, text: str, *, timeout_s: float = 240) -> float:
        """Wait until the log holds `text`; returns the seconds since the start."""
        self.wait_until(lambda: text in self.log.read_text(), timeout_s=timeout_s)
        return time.monotonic() - self.began

    def wait_until(self, holds: Callable[[], object], *, timeout_s: float = 60) -> None:
        deadline = time.monotonic() + timeout_s
        while not holds():
            assert time.monotonic() < deadline, self.log.read_text()[-4000:]
            time.sleep(0.1)

    def pids(self, *words: str) -> list[int]:
        """Living processes below this one, with itself, whose command line holds all `words`."""
        parents, commands = dict[int, int](), dict[int, str]()
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                state, parent = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
                commands[int(entry.name)] = (entry / "cmdline").read_bytes().decode(errors="replace")
            except OSError:
                continue
            if state != "Z":
                parents[int(entry.name)] = int(parent)
        family, size = {self.process.pid}, 0
        while len(family) > size:
            size = len(family)
            family |= {pid for pid, parent in parents.items() if parent in family}
        return sorted(pid for pid in family & set(parents) if all(word in commands[pid] for word in words))

    def get(self, path: str) -> int:
        with urllib.request.urlopen(f"http://localhost:{self.port}{path}", timeout=30) as answer:
            return int(answer.status)

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(timeout=60)


@pytest.fixture(scope="module")
def var(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as a first start without the demo network leaves it."""
    folder = tmp_path_factory.mktemp("portal") / "var"
    folder.mkdir()
    shutil.copy(databases.sqlite_template(), folder / "portal.sqlite3")
    outside = {name: value for name, value in os.environ.items() if not name.startswith(("PORTAL_", "DJANGO_"))}
    prepare = [sys.executable, ROOT / "bin" / "prepare.py", "--no-demo"]
    subprocess.run(prepare, env=outside | {"PORTAL_VAR_DIR": str(folder)}, check=True)
    return folder


@pytest.fixture
def portal(var: Path) -> Iterator[Portal]:
    portal = Portal(var)
    try:
        yield portal
    finally:
        portal.end()


def kill_and_see_it_return(portal: Portal, *words: str) -> None:
    portal.wait_until(lambda: portal.pids(*words))
    (killed,) = portal.pids(*words)
    os.kill(killed, signal.SIGKILL)
    portal.wait_until(lambda: any(pid != killed for pid in portal.pids(*words)))


def test_it_serves_alone_in_its_folder_and_starts_again_what_dies(portal: Portal):
    portal.wait_for("is ready")
    assert portal.get("/healthz") == 200
    second = Portal(portal.var)
    assert second.process.wait(timeout=120) == 1
    assert "A portal already runs with the folder" in second.log.read_text()
    portal.wait_for("media@")
    kill_and_see_it_return(portal, "valkey-server")
    kill_and_see_it_return(portal, "celery", "beat")
    assert "broker was killed by SIGKILL; starting it again in 1 s" in portal.log.read_text()
    assert portal.get("/healthz") == 200


@pytest.mark.parametrize(
    ("victim", "sent"),
    [("first", signal.SIGINT), ("first", signal.SIGTERM), ("first", signal.SIGKILL), ("keeper", signal.SIGKILL)],
    ids=["ctrl-c", "sigterm", "kill -9", "kill -9 of the keeper"],
)
def test_it_leaves_nothing_behind(portal: Portal, victim: str, sent: signal.Signals):
    ready_after_s = portal.wait_for("is ready")
    sys.stdout.write(f"ready after {ready_after_s:.1f} s\n")
    assert "prepare |" not in portal.log.read_text()
    portal.wait_until(lambda: len(portal.pids()) >= 12)  # two watchers, broker, 3 for pages, 5 for work, beat
    everyone = {pid: began(pid) for pid in portal.pids()}
    first, keeper = portal.pids("supervise.py")
    assert first == portal.process.pid
    os.kill(first if victim == "first" else keeper, sent)
    portal.process.wait(timeout=60)
    portal.wait_until(lambda: not [pid for pid in everyone if began(pid) == everyone[pid]])
    assert not (portal.var / "valkey" / "valkey.sock").exists() or sent == signal.SIGKILL


def test_a_busy_port_is_named(var: Path):
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        portal = Portal(var, "--port", str(port))
        assert portal.process.wait(timeout=120) == 1
    assert f"Port {port} of 127.0.0.1 is in use. Choose another: bin/start --port {port + 1}" in portal.log.read_text()


def test_a_wrong_setting_stops_it_with_a_sentence(tmp_path: Path):
    outside = {name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")}
    done = subprocess.run(
        [ROOT / "bin" / "start"],
        env=outside | {"PORTAL_VAR_DIR": str(tmp_path), "PORTAL_MAIL_PORT": "smtp"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "PORTAL_MAIL_PORT must be a whole number" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_start_prepares_what_is_missing_as_after_a_restore(var: Path):
    """The folder remembers a start, the database is an older copy that lacks a migration."""
    outside = {name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")}
    older = [sys.executable, ROOT / "manage.py", "migrate", "--verbosity=0", "notifications", "0001"]
    subprocess.run(older, env=outside | {"PORTAL_VAR_DIR": str(var)}, check=True)
    portal = Portal(var)
    try:
        portal.wait_for("is ready")
    finally:
        portal.end()
    assert "prepare | bringing the database up to date" in portal.log.read_text()
