"""Reads docs/roles.md, finds every address of the project, and says what happened at one."""

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import transaction
from django.http import HttpResponseBase
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

import tests.factories
from tests.factories.accounts import COLUMNS, World

MATRIX = Path(__file__).parents[1] / "docs" / "roles.md"
OUTCOMES = {"200", "403", "404", "405", "429", "login", "standing", "redirect", "ok"}
# Answers to an empty POST from somebody who may post there: done, sent elsewhere, a form that asks again, or a protocol
# that misses its header.
ACCEPTED = range(200, 400), (400, 409, 412, 422)

type Sample = dict[str, Any] | tuple[Any, ...] | str


@dataclass(frozen=True)
class Row:
    """One line of the matrix; `name` is a URL name, or a path that ends in `**` for all below it."""

    name: str
    expected: dict[str, str]
    note: str

    @property
    def is_post(self) -> bool:
        return "POST" in self.note

    @property
    def is_prefix(self) -> bool:
        return self.name.endswith("**")


@dataclass(frozen=True)
class Address:
    """One URL pattern: its name with namespaces, and its path as the resolver writes it."""

    name: str
    route: str


def read_matrix() -> dict[str, Row]:
    rows = {}
    for line in MATRIX.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not line.startswith("| `") or len(cells) != len(COLUMNS) + 2:
            continue
        name = cells[0].strip("`")
        assert name not in rows, f"{name} has two rows"
        rows[name] = Row(name, dict(zip(COLUMNS, cells[1:-1], strict=True)), cells[-1])
    return rows


def all_addresses() -> list[Address]:
    return list(_walk(get_resolver(), "", ()))


def _walk(resolver: URLResolver, path: str, namespaces: tuple[str, ...]) -> Iterator[Address]:
    for entry in resolver.url_patterns:
        route = path + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield Address(":".join([*namespaces, entry.name or f"({route})"]), route)
        else:
            yield from _walk(entry, route, (*namespaces, entry.namespace) if entry.namespace else namespaces)


def row_for(address: Address, rows: dict[str, Row]) -> Row | None:
    """The row by name; else the longest prefix row that covers the path."""
    if address.name in rows:
        return rows[address.name]
    covering = [row for row in rows.values() if row.is_prefix and f"/{address.route}".startswith(row.name[:-2])]
    return max(covering, key=lambda row: len(row.name), default=None)


def all_samples() -> dict[str, Callable[[World], Sample]]:
    samples: dict[str, Callable[[World], Sample]] = {}
    for module in pkgutil.iter_modules(tests.factories.__path__):
        samples |= getattr(importlib.import_module(f"tests.factories.{module.name}"), "SAMPLES", {})
    return samples


def path_of(row: Row, world: World, samples: dict[str, Callable[[World], Sample]]) -> str:
    """Where to go for this row. Raises NoReverseMatch for parameters without a sample."""
    sample: Sample = samples[row.name](world) if row.name in samples else {}
    if isinstance(sample, str):
        return sample
    if row.is_prefix:
        return row.name[:-2]
    return reverse(row.name, args=sample) if isinstance(sample, tuple) else reverse(row.name, kwargs=sample)


def outcome(client: Client, path: str, *, is_post: bool) -> tuple[str, int]:
    """What happened, in the words of the matrix, and the status; whatever was written is undone."""
    with transaction.atomic():
        response = client.post(path) if is_post else client.get(path)
        transaction.set_rollback(True)
    return _word_for(response, is_post=is_post), response.status_code


def _word_for(response: HttpResponseBase, *, is_post: bool) -> str:
    target = response.headers.get("Location", "").partition("?")[0]
    if target.endswith(("/account/login/", "/admin/login/")):
        return "login"
    if target.endswith("/account/standing/"):
        return "standing"
    if is_post and any(response.status_code in accepted for accepted in ACCEPTED):
        return "ok"
    return "redirect" if 300 <= response.status_code < 400 else str(response.status_code)
