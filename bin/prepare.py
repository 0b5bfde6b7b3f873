"""Brings the database and the static files up to date before the portal's processes start, and skips what is done.

Data that is there is never touched, except by migrations; the demo network comes only into a database that was empty.
"""

import argparse
import hashlib
import os
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import prepared

ROOT = Path(__file__).resolve().parents[1]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
sys.path.insert(0, str(ROOT))

import django  # noqa: E402  # the path comes first

django.setup()

from django.conf import settings  # noqa: E402  # these need the line above
from django.core.management import call_command  # noqa: E402
from django.db import DEFAULT_DB_ALIAS, connection  # noqa: E402
from django.db.migrations.executor import MigrationExecutor  # noqa: E402
from django.db.migrations.recorder import MigrationRecorder  # noqa: E402

VAR_DIR: Path = settings.VAR_DIR
FIRST_START = prepared.first_start(settings)


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def fingerprint(parts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def is_fresh(stamp: Path, mark: str) -> bool:
    return stamp.exists() and stamp.read_text() == mark


def migrate() -> None:
    executor = MigrationExecutor(connection)
    if not executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return
    say("bringing the database up to date")
    call_command("migrate", verbosity=0, interactive=False)


def load_reference(identity: str, sources: str) -> None:
    """Provinces, professions, consent texts … from the files beside the code, and the roles that the code grants."""
    mark = fingerprint([identity, sources])
    stamp = VAR_DIR / ".reference"
    if is_fresh(stamp, mark):
        return
    say("loading reference data")
    call_command("load_reference", verbosity=0)
    stamp.write_text(mark)


def load_demo() -> None:
    say("making the demo network (once, about a minute)")
    call_command("load_demo")


def collect_static() -> None:
    backend = str(settings.STORAGES["staticfiles"]["BACKEND"])
    mark = fingerprint([backend, *prepared.packages(), *prepared.static_files()])
    stamp = prepared.static_stamp(settings)
    if is_fresh(stamp, mark):
        return
    say("collecting static files")
    # A folder that is not ours is added to, never emptied.
    is_ours = stamp.exists() or stamp.parent.is_relative_to(settings.VAR_DIR)
    stamp.unlink(missing_ok=True)
    call_command("collectstatic", interactive=False, verbosity=0, clear=is_ours)
    stamp.write_text(mark)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--no-demo", action="store_true")
    wants_demo = not parser.parse_args().no_demo and settings.MODE == "embedded"
    began, sources = time.monotonic(), prepared.sources_mark()
    if wants_demo and not connection.introspection.table_names():
        FIRST_START.touch()
    migrate()
    first = MigrationRecorder(connection).migration_qs.order_by("applied").values_list("applied", flat=True).first()
    load_reference(f"{settings.DATABASES[DEFAULT_DB_ALIAS]['NAME']} {first}", sources)
    if wants_demo and FIRST_START.exists():
        load_demo()
        FIRST_START.unlink()
    collect_static()
    prepared.note_prepared(settings, sources=sources)
    say(f"ready to serve after {time.monotonic() - began:.1f} s")


if __name__ == "__main__":
    main()
