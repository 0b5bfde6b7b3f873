"""What bin/start looks at before it leaves out the preparing."""

import sqlite3
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[2]


prepared = ModuleType("prepared")
prepared.__file__ = str(ROOT / "bin" / "prepared.py")
SourceFileLoader("prepared", prepared.__file__).exec_module(prepared)


def database(path: Path, *names: str) -> None:
    file = sqlite3.connect(path)
    with file:
        file.execute("CREATE TABLE IF NOT EXISTS django_migrations (id INTEGER PRIMARY KEY, app, name, applied)")
        file.executemany("INSERT INTO django_migrations (app, name, applied) VALUES ('cpd', ?, '2026')", zip(names))
    file.close()


@pytest.fixture
def portal(tmp_path: Path) -> SimpleNamespace:
    """Settings of a portal that was prepared a moment ago."""
    database(tmp_path / "db", "0001", "0002")
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / ".stamp").write_text("collected")
    settings = SimpleNamespace(
        VAR_DIR=tmp_path,
        STATIC_ROOT=tmp_path / "static",
        INSTALLED_APPS=["cpd"],
        STORAGES={"staticfiles": {"BACKEND": "whitenoise"}},
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(tmp_path / "db")}},
    )
    prepared.note_prepared(settings, sources=prepared.sources_mark())
    assert prepared.is_prepared(settings)
    return settings


def test_what_django_fills_into_the_settings_changes_nothing(portal):
    portal.DATABASES["default"] |= {"HOST": "", "PORT": "", "TIME_ZONE": None}
    assert prepared.is_prepared(portal)


def older_copy(portal) -> None:
    with sqlite3.connect(portal.DATABASES["default"]["NAME"]) as file:
        file.execute("DELETE FROM django_migrations WHERE name = '0002'")


def another_database(portal) -> None:
    database(portal.VAR_DIR / "other", "0001", "0002")
    portal.DATABASES["default"]["NAME"] = str(portal.VAR_DIR / "other")


def no_database(portal) -> None:
    Path(portal.DATABASES["default"]["NAME"]).unlink()


def no_static_files(portal) -> None:
    (portal.STATIC_ROOT / ".stamp").unlink()


def another_room(portal) -> None:
    portal.INSTALLED_APPS = ["cpd", "forum"]


def interrupted_first_start(portal) -> None:
    prepared.first_start(portal).touch()


def change_while_it_was_prepared(portal) -> None:
    prepared.note_prepared(portal, sources="the sources before")


@pytest.mark.parametrize(
    "change",
    [
        *(older_copy, another_database, no_database, no_static_files, another_room, interrupted_first_start),
        change_while_it_was_prepared,
    ],
)
def test_a_change_is_seen(portal, change):
    change(portal)
    assert not prepared.is_prepared(portal)


def test_a_migration_that_changes_is_seen(portal, tmp_path, monkeypatch):
    migration = tmp_path / "cpd" / "migrations" / "0003.py"
    migration.parent.mkdir(parents=True)
    monkeypatch.setattr(prepared, "ROOT", tmp_path)
    prepared.note_prepared(portal, sources=prepared.sources_mark())
    assert prepared.is_prepared(portal)
    migration.write_text("operations = []")
    assert not prepared.is_prepared(portal)
