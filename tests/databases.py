"""The database of a test run: migrated once for a state of the migrations, then copied for every process.

Running all migrations takes longer than most tests. The template is a file in the system's temporary folder for
SQLite, a database named after the migrations' fingerprint for PostgreSQL; a lock lets one process make it.

    PORTAL_DATABASE_URL=postgresql://… .venv/bin/python -m tests.databases

makes PostgreSQL's ahead of the tests that will ask for it.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from django.apps import apps
from django.conf import settings
from django.db import connections
from psycopg import sql

ROOT = Path(__file__).resolve().parents[1]


def use_template() -> None:
    """Point the default database's TEST settings at a copy of the migrated template, made now if it is missing."""
    database = connections["default"].settings_dict
    if "sqlite" in database["ENGINE"]:
        copy = Path(os.environ["PORTAL_VAR_DIR"]) / "test.sqlite3"
        shutil.copy(sqlite_template(), copy)
        database["TEST"]["NAME"] = str(copy)
    else:
        name = connections["default"].creation._get_test_db_name()  # type: ignore[attr-defined]  # no public way to it
        database["TEST"]["TEMPLATE"] = postgresql_template(database)
        with _server(database) as server:
            server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def renew() -> None:
    """A new copy in place of the one that a test with real transactions has emptied."""
    from django.contrib.contenttypes.models import ContentType  # not before the settings are read, see below

    connections["default"].close()
    ContentType.objects.clear_cache()
    database = connections["default"].settings_dict
    if "sqlite" in database["ENGINE"]:
        for rest in ("-wal", "-shm"):
            Path(f"{database['NAME']}{rest}").unlink(missing_ok=True)
        shutil.copy(sqlite_template(), database["NAME"])
        return
    names = {"copy": sql.Identifier(database["NAME"]), "template": sql.Identifier(database["TEST"]["TEMPLATE"])}
    with _server(database) as server:
        server.execute(sql.SQL("DROP DATABASE {copy} WITH (FORCE)").format(**names))
        server.execute(sql.SQL("CREATE DATABASE {copy} TEMPLATE {template}").format(**names))


def _fingerprint() -> str:
    digest = hashlib.sha256(f"{version('django')} {version('wagtail')}".encode())
    for app in apps.get_app_configs():
        for path in sorted(Path(app.path, "migrations").glob("*.py")):
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _migrate(database_url: str) -> None:
    subprocess.run(
        [sys.executable, ROOT / "manage.py", "migrate", "--verbosity=0"],
        check=True,
        env=os.environ | {"PORTAL_DATABASE_URL": database_url},
    )


class Lock:
    """One process at a time, on this machine."""

    def __init__(self, name: str) -> None:
        self.path = Path(tempfile.gettempdir(), f"portal-tests-{os.getuid()}-{name}.lock")

    def __enter__(self) -> None:
        self.handle = self.path.open("w")
        fcntl.flock(self.handle, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        self.handle.close()


def sqlite_template() -> Path:
    """A file with all migrations done and no rows but theirs; copy it, never open it."""
    folder = Path(tempfile.gettempdir(), f"portal-tests-templates-{os.getuid()}")
    folder.mkdir(mode=0o700, exist_ok=True)
    template = folder / f"{_fingerprint()}.sqlite3"
    with Lock("sqlite"):
        if not template.exists():
            for old in sorted(folder.glob("*.sqlite3"), key=lambda path: path.stat().st_mtime)[:-7]:
                old.unlink()
            making = template.with_suffix(".making")
            making.unlink(missing_ok=True)
            _migrate(f"sqlite://{making}")
            # The last connection to close has put the write-ahead log back into the file.
            making.rename(template)
    return template


def postgresql_template(database: dict[str, Any]) -> str:
    """The name of a database with all migrations done and no rows but theirs; nobody connects to it."""
    name = f"portal_template_{_fingerprint()}"
    with Lock("postgresql"), _server(database) as server:
        if not server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            making = f"{name}_making"
            server.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(making)))
            server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(making)))
            _migrate(urlsplit(settings.DATABASE_URL)._replace(path=f"/{making}").geturl())
            server.execute(
                sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(making), sql.Identifier(name))
            )
    return name


def _server(database: dict[str, Any]) -> "psycopg.Connection[tuple[Any, ...]]":
    """A connection for making and dropping databases."""
    server = {"host": database["HOST"], "port": database["PORT"], "user": database["USER"]}
    given = {key: value for key, value in server.items() if value} | {"password": database["PASSWORD"] or None}
    return psycopg.connect(**given, dbname="postgres", autocommit=True)


if __name__ == "__main__":
    import django

    import tests.environment  # noqa: F401  # before the settings are read

    django.setup()
    postgresql_template(connections["default"].settings_dict)
