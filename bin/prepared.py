"""Whether a start has anything to prepare, found out without loading Django: what it would look at, as one fingerprint.

The database takes part with the migrations that it holds, not with what somebody remembers of it: another one, or an
older copy of it, is prepared anew.
"""

import hashlib
import sqlite3
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ("portal", "courses", "teleconsults", "cpd", "foundation", "bin")
APPLIED = "SELECT app, name, applied FROM django_migrations ORDER BY id"


class Settings(Protocol):
    """What matters here of the portal's settings: of the module, or of Django's object around it."""

    VAR_DIR: Path
    STATIC_ROOT: Path
    INSTALLED_APPS: list[str]
    STORAGES: Any  # as Django types it
    DATABASES: Any


def is_prepared(settings: Settings) -> bool:
    """True when nothing changed since `note_prepared`: neither code, packages, static files, settings nor database."""
    if first_start(settings).exists() or not _note(settings).exists():
        return False
    return _note(settings).read_text() == fingerprint(settings, sources=sources_mark())


def note_prepared(settings: Settings, *, sources: str) -> None:
    """`sources` is what `sources_mark` said before the work began: a change meanwhile is seen by the next start."""
    _note(settings).write_text(fingerprint(settings, sources=sources))


def first_start(settings: Settings) -> Path:
    """There from the first migration until the demo network is complete: an interrupted first start goes on."""
    return Path(settings.VAR_DIR, ".first-start")


def static_stamp(settings: Settings) -> Path:
    """Beside the collected static files: what they were collected from."""
    return Path(settings.STATIC_ROOT, ".stamp")


def fingerprint(settings: Settings, *, sources: str) -> str:
    collected = static_stamp(settings)
    parts = [
        sources,
        repr(settings.INSTALLED_APPS),
        repr(settings.STORAGES["staticfiles"]),
        f"{collected} {collected.read_text() if collected.exists() else ''}",
        *database_rows(settings),
    ]
    return _digest(parts)


def sources_mark() -> str:
    """Code and data of the rooms, packages of the environment, our static files."""
    return _digest([*_sources(), *packages(), *static_files()])


def static_files() -> Iterator[str]:
    for path in sorted(path for path in (ROOT / "static").rglob("*") if path.is_file()):
        stat = path.stat()
        yield f"{path} {stat.st_size} {stat.st_mtime_ns}"


def database_rows(settings: Settings) -> list[str]:
    """Which database it is, and the migrations it holds, with their times; none where it cannot be asked."""
    database = settings.DATABASES["default"]
    # Django fills in what the settings leave out.
    name = " ".join(str(database.get(key) or "") for key in ("ENGINE", "HOST", "PORT", "NAME"))
    rows = _sqlite_rows(database["NAME"]) if database["ENGINE"].endswith("sqlite3") else _postgresql_rows(database)
    return [name, *(repr(row) for row in rows)]


def _sqlite_rows(path: str) -> list[tuple[object, ...]]:
    if not Path(path).exists():
        return []
    file = sqlite3.connect(path, timeout=5)
    try:
        return file.execute(APPLIED).fetchall()
    except sqlite3.Error:
        return []
    finally:
        file.close()


def _postgresql_rows(database: dict[str, str]) -> list[tuple[object, ...]]:
    import psycopg

    names = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD", "dbname": "NAME"}
    given = {name: database[key] for name, key in names.items() if database.get(key)}
    try:
        with psycopg.connect(**given, connect_timeout=5) as server:  # type: ignore[arg-type]  # all of them are texts
            return server.execute(APPLIED).fetchall()
    except psycopg.Error:
        return []


def _sources() -> Iterator[str]:
    for room in SOURCES:
        for path in sorted((ROOT / room).rglob("*")):
            if path.suffix in {".py", ".csv", ".txt"}:
                yield f"{path.relative_to(ROOT)} {hashlib.sha256(path.read_bytes()).hexdigest()}"


def packages() -> list[str]:
    """Names with versions of what is installed, which a lock file only wishes for."""
    folder = Path(sysconfig.get_paths()["purelib"])
    return sorted(path.name for path in folder.glob("*.dist-info"))


def _note(settings: Settings) -> Path:
    return Path(settings.VAR_DIR, ".prepared")


def _digest(parts: list[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
