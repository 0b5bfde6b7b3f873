"""A pytest plugin, loaded first: tests never see the environment or the files of a real portal."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

import pytest

KEPT = {"PORTAL_DATABASE_URL", "PORTAL_SCREENSHOTS"}


def _own_folder() -> Path:
    """A folder for this process's files, gone with the process (a fork of it leaves the folder alone)."""
    folder, owner = Path(tempfile.mkdtemp(prefix="portal-tests-")), os.getpid()
    atexit.register(lambda: os.getpid() == owner and shutil.rmtree(folder, ignore_errors=True))
    return folder


for name in [name for name in os.environ if name.startswith("PORTAL_") and name not in KEPT]:
    del os.environ[name]
os.environ["PORTAL_MODE"] = "test"
os.environ["PORTAL_SECRET_KEY"] = "only-for-tests-" + "x" * 40
os.environ["PORTAL_VAR_DIR"] = str(_own_folder())
os.environ["PORTAL_ALLOWED_HOSTS"] = "localhost,127.0.0.1,testserver"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--leave-out", action="append", default=[], metavar="MARKER", help="leave out tests with this marker"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    left_out = [item for item in items if any(item.get_closest_marker(name) for name in config.option.leave_out)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in set(left_out)]
