"""Runs ffmpeg and ffprobe on files of strangers: no network, one file to read, one folder to write, limits on all."""

import logging
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from shutil import which

MEMORY_BYTES = 6 * 1024**3
OUTPUT_BYTES = 24 * 1024**3
REPLY_BYTES = 16 * 1024**2  # what a tool may say on its standard output
TAIL_CHARS = 4000
# All that a tool learns of our environment, which holds the secrets of the portal.
ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}
_BINDS = ("/etc/alternatives", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d")
logger = logging.getLogger(__name__)


class ToolFailedError(Exception):
    """The tool ended with an error, or was killed by a limit; `log` is the end of what it said."""

    def __init__(self, log: str) -> None:
        super().__init__(log[-500:])
        self.log = log


class ToolTimeoutError(ToolFailedError):
    """The tool did not end in its time."""


class ToolStalledError(ToolFailedError):
    """The tool ran on without getting anywhere."""


@dataclass(frozen=True, slots=True)
class Sandbox:
    """One untrusted file, and the folder where results go; without `out_dir` nothing can be written."""

    source: Path | None = None
    out_dir: Path | None = None

    @property
    def source_url(self) -> str:
        """How the tool must name the file: never by the name that a person gave it."""
        return "file:/in/source" if is_isolated() else f"file:{self.source}"

    def argv(self, command: Sequence[str]) -> list[str]:
        """`command` with its walls around it."""
        walls = [*_bubblewrap(), *self._openings()] if is_isolated() else _die_with_parent()
        return [*walls, *_limits(), *command]

    def _openings(self) -> list[str]:
        openings = []
        if self.source:
            openings += ["--ro-bind", str(self.source), "/in/source"]
        if self.out_dir:
            openings += ["--bind", str(self.out_dir), "/out", "--chdir", "/out"]
        return openings


@cache
def is_isolated() -> bool:
    """True where bubblewrap may put up its walls; elsewhere limits and the allow-lists of formats must do.

    The first answer of a process is kept, and a no is logged.
    """
    if which("bwrap") is None:
        logger.warning("Video tools run without isolation: bubblewrap is not installed (see docs/operations.md).")
        return False
    probe = [*_bubblewrap(), "true"]
    done = subprocess.run(probe, capture_output=True, env=ENVIRONMENT, timeout=10, check=False)  # noqa: S603  # fixed words
    if done.returncode:
        reason = done.stderr.decode("utf-8", "replace").strip()
        logger.warning("Video tools run without isolation (see docs/operations.md): %s", reason)
    return done.returncode == 0


def _bubblewrap() -> list[str]:
    walls = ["bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--clearenv"]
    walls += ["--setenv", "PATH", "/usr/bin", "--setenv", "LANG", ENVIRONMENT["LANG"], "--ro-bind", "/usr", "/usr"]
    walls += ["--symlink", "usr/lib", "/lib", "--symlink", "usr/lib64", "/lib64", "--symlink", "usr/bin", "/bin"]
    for path in _BINDS:
        walls += ["--ro-bind-try", path, path]
    return [*walls, "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"]  # noqa: S108  # inside the walls


def _limits() -> list[str]:
    limits = [f"--as={MEMORY_BYTES}", f"--fsize={OUTPUT_BYTES}", "--nofile=256", "--core=0"]
    return ["prlimit", *limits, "nice", "-n", "10"]


def _die_with_parent() -> list[str]:
    return ["setpriv", "--pdeathsig", "KILL"] if which("setpriv") else []


def run(
    sandbox: Sandbox,
    command: Sequence[str],
    *,
    timeout_s: float,
    on_line: Callable[[str], bool] | None = None,
    stall_s: float | None = None,
) -> str:
    """Run to the end and return what the tool printed.

    `on_line` sees each line at once and says whether it shows progress; without progress for `stall_s` the tool is
    killed. Whatever `on_line` raises kills the tool, too. Raises ToolFailedError and its kinds.
    """
    argv = sandbox.argv(command)
    with subprocess.Popen(  # noqa: S603  # argv is a list that we built; no shell, no user's words
        argv,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=sandbox.out_dir,
        env=ENVIRONMENT,
        start_new_session=True,
    ) as process:
        listener = _Listener(on_line, time.monotonic() + timeout_s, stall_s)
        try:
            listener.listen(process)
        except BaseException:
            _kill(process)
            raise
        if process.wait():
            raise ToolFailedError(listener.tail)
        return listener.reply


def _kill(process: "subprocess.Popen[bytes]") -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    process.wait()


class _Listener:
    """Reads both pipes of a tool until they close, with an eye on the clock."""

    def __init__(self, on_line: Callable[[str], bool] | None, deadline: float, stall_s: float | None) -> None:
        self._on_line, self._deadline, self._stall_s = on_line, deadline, stall_s
        self._moved_at = time.monotonic()
        self._reply, self._errors, self._rest = bytearray(), bytearray(), b""

    @property
    def reply(self) -> str:
        return self._reply.decode("utf-8", "replace")

    @property
    def tail(self) -> str:
        return self._errors.decode("utf-8", "replace")

    def listen(self, process: "subprocess.Popen[bytes]") -> None:
        with selectors.DefaultSelector() as selector:
            for pipe in (process.stdout, process.stderr):
                if pipe:
                    selector.register(pipe, selectors.EVENT_READ)
            while selector.get_map():
                for key, _events in selector.select(timeout=1):
                    chunk = os.read(key.fd, 65536)
                    if not chunk:
                        selector.unregister(key.fileobj)
                    elif key.fileobj is process.stdout:
                        self._hear(chunk)
                    else:
                        self._errors = (self._errors + chunk)[-TAIL_CHARS:]
                self._look_at_the_clock()

    def _hear(self, chunk: bytes) -> None:
        if self._on_line is None:
            self._reply += chunk
            if len(self._reply) > REPLY_BYTES:
                raise ToolFailedError("The tool's answer is endless.")
            return
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        for line in lines:
            if self._on_line(line.decode("utf-8", "replace").strip()):
                self._moved_at = time.monotonic()

    def _look_at_the_clock(self) -> None:
        now = time.monotonic()
        if now > self._deadline:
            raise ToolTimeoutError(self.tail)
        if self._stall_s is not None and now - self._moved_at > self._stall_s:
            raise ToolStalledError(self.tail)
