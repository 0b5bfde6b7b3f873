"""Reads the process environment once, typed, and refuses what is wrong with a sentence."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

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
        """The value of `name`, or the content of the file that `name`_FILE points to."""
        self.seen.add(name)
        return self.values.get(name, "").strip() or self._from_file(f"{name}_FILE") or default

    def _from_file(self, name: str) -> str:
        path = self.values.get(name, "").strip()
        try:
            return Path(path).read_text().strip() if path else ""
        except OSError as error:
            raise ImproperlyConfigured(f"{name}: {path} cannot be read ({error.strerror}).") from error

    def is_given(self, name: str) -> bool:
        return bool(self.text(name))

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

    def base_url(self, name: str, *, default: str) -> str:
        """The address people use, without a path and a closing slash."""
        parts = urlsplit(self.text(name, default).rstrip("/"))
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path or parts.query:
            raise ImproperlyConfigured(f"{name} must look like https://portal.example, not {parts.geturl()!r}.")
        return parts.geturl()

    def choice(self, name: str, *, default: str, among: tuple[str, ...]) -> str:
        value = self.text(name, default)
        if value not in among:
            raise ImproperlyConfigured(f"{name} must be one of {', '.join(among)}, not {value!r}.")
        return value


def prepare_for_tests(database: dict[str, Any]) -> None:
    """Trade what a crash must not lose, and pooled connections, for speed and a database that can be dropped."""
    options = database["OPTIONS"]
    options.pop("pool", None)
    if "init_command" in options:
        options["init_command"] += " PRAGMA synchronous=OFF;"
