"""Reads the process environment once, typed, and refuses what is wrong with a sentence."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}


@dataclass(slots=True)
class Environment:
    """The variables of one process; `seen` collects every name that was asked for, for the documentation test."""

    values: dict[str, str]
    seen: set[str] = field(default_factory=set)

    @classmethod
    def from_process(cls) -> "Environment":
        return cls(dict(os.environ))

    def text(self, name: str, default: str = "") -> str:
        self.seen.add(name)
        return self.values.get(name, "").strip() or default

    def flag(self, name: str, *, default: bool) -> bool:
        value = self.text(name, "true" if default else "false").lower()
        if value in TRUE:
            return True
        if value in FALSE:
            return False
        raise ImproperlyConfigured(f"{name} must be true or false, not {value!r}.")

    def number(self, name: str, *, default: int, at_least: int = 0) -> int:
        value = self.text(name, str(default))
        if not value.isdecimal() or int(value) < at_least:
            raise ImproperlyConfigured(f"{name} must be a whole number of at least {at_least}, not {value!r}.")
        return int(value)

    def words(self, name: str, default: str = "") -> list[str]:
        """A comma-separated list, without empty items."""
        return [word.strip() for word in self.text(name, default).split(",") if word.strip()]

    def choice(self, name: str, *, default: str, among: tuple[str, ...]) -> str:
        value = self.text(name, default)
        if value not in among:
            raise ImproperlyConfigured(f"{name} must be one of {', '.join(among)}, not {value!r}.")
        return value


def database_from_url(url: str) -> dict[str, Any]:
    """Django's settings for `sqlite:///path` or `postgresql://user:password@host:port/name`.

    As in libpq, `?host=/folder` names a Unix socket's folder.
    Raises ImproperlyConfigured for any other scheme, or a PostgreSQL address without a database name.
    """
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return sqlite_database(Path(unquote(parts.path)))
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured(
            f"PORTAL_DATABASE_URL must begin with sqlite:/// or postgresql://, not {parts.scheme!r}."
        )
    name = parts.path.lstrip("/")
    if not name:
        raise ImproperlyConfigured("PORTAL_DATABASE_URL names no database after the host.")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(name),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": dict(parse_qsl(parts.query)).get("host") or unquote(parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "OPTIONS": {"pool": {"min_size": 1, "max_size": 8, "timeout": 10}},
    }


def sqlite_database(path: Path) -> dict[str, Any]:
    """SQLite as the portal needs it: write-ahead log, writers queue at BEGIN, keys enforced."""
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(path),
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 30,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=30000;",
        },
    }


def prepare_for_tests(database: dict[str, Any]) -> None:
    """Trade what a crash must not lose, and pooled connections, for speed and a database that can be dropped."""
    options = database["OPTIONS"]
    options.pop("pool", None)
    if "init_command" in options:
        options["init_command"] += " PRAGMA synchronous=OFF;"
