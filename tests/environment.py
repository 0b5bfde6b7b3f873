"""A pytest plugin, loaded first: tests never see the environment or the files of a real portal."""

import atexit
import gc
import os
import shutil
import tempfile
from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

KEPT = {"PORTAL_DATABASE_URL", "PORTAL_SCREENSHOTS"}
# What shares something dear (a running portal, a film in all its qualities): how the names of its tests begin.
TOGETHER = {
    "demo portal": (
        "tests/browser/test_decisions.py",
        "tests/browser/test_first_view.py",
        "tests/browser/test_player.py",
        "tests/browser/test_second_step.py",
        "tests/browser/test_wrong_turns.py::test_a_film_goes_on_by_itself_when_its_address_expires_under_way",
    ),
    "portal with buckets": ("tests/browser/test_films_in_a_bucket.py",),
    "staffed portal": ("tests/browser/",),
    "start": ("tests/house/test_start.py",),
    "killed workers": ("tests/jobs/test_processes.py",),
    "films": ("tests/video/test_encoding.py", "tests/video/test_redaction.py"),
    "roles": ("tests/accounts/test_roles_matrix.py",),
}


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


def _is_left_out(item: pytest.Item, marker: str) -> bool:
    return item.get_closest_marker(marker) is not None or (marker == "once" and not _needs_database(item))


def _needs_database(item: pytest.Item) -> bool:
    fixtures = set(getattr(item, "fixturenames", ()))
    return item.get_closest_marker("django_db") is not None or bool(fixtures & {"db", "django_db_setup"})


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    left_out = [item for item in items if any(_is_left_out(item, name) for name in config.option.leave_out)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in set(left_out)]


def pytest_collection_finish() -> None:
    """What is loaded by now stays until the end: the collector need not walk through all of it again and again."""
    gc.freeze()


def group_of(nodeid: str) -> str:
    """The first group of `TOGETHER` that the test belongs to; else it is alone."""
    return next((group for group, beginnings in TOGETHER.items() if nodeid.startswith(beginnings)), nodeid)


class ByGroup(LoadScopeScheduling):
    """Gives tests that share something dear to one worker, the largest groups first; all others to whoever is free.

    xdist's own groups (3.8) have no effect under pytest 9.2: it writes them into `_nodeid`, which is no longer read.
    """

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByGroup:
    return ByGroup(config, log)
