"""docs/roles.md is what the portal does: every address, as every kind of person."""

from collections.abc import Iterator
from http.cookies import SimpleCookie

import pytest
from django.db import transaction
from django.test import Client
from django.urls import NoReverseMatch

from foundation.accounts.models import User
from tests.factories.accounts import COLUMNS, World
from tests.roles import OUTCOMES, Row, all_addresses, all_samples, outcome, path_of, read_matrix, row_for


@pytest.fixture
def rows() -> dict[str, Row]:
    return read_matrix()


def test_every_address_has_a_row(rows):
    without = sorted({address.name for address in all_addresses() if row_for(address, rows) is None})
    assert not without, f"These addresses have no row in docs/roles.md: {without}"


def test_every_row_has_an_address(rows):
    used = {row.name for address in all_addresses() if (row := row_for(address, rows))}
    assert not sorted(rows.keys() - used), "These rows of docs/roles.md lead nowhere"


def test_every_cell_is_a_known_outcome(rows):
    unknown = {(row.name, cell) for row in rows.values() for cell in row.expected.values() if cell not in OUTCOMES}
    assert not unknown


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker) -> Iterator[World]:
    """One for all columns: what a visit writes is undone."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield World.build()
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def paths(world) -> dict[str, str]:
    """Where to go for each row; "" where a sample is missing."""
    samples = all_samples()
    return {row.name: path_or_nothing(row, world, samples) for row in read_matrix().values()}


def path_or_nothing(row: Row, world: World, samples: dict) -> str:
    try:
        return path_of(row, world, samples)
    except NoReverseMatch:
        return ""


def test_every_row_has_a_sample(paths):
    assert not [name for name, path in paths.items() if not path]


def cookies_of(user: User | None) -> SimpleCookie:
    """Of somebody signed in; none for a stranger."""
    client = Client()
    if user is not None:
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client.cookies


@pytest.mark.django_db
@pytest.mark.parametrize("column", COLUMNS)
def test_each_person_meets_what_the_matrix_says(column, rows, world, paths):
    cookies, wrong = cookies_of(world.people[column]), []
    for row in rows.values():
        client, path = Client(raise_request_exception=False), paths[row.name]
        client.cookies.update(cookies)
        word, status = outcome(client, path, is_post=row.is_post)
        if word != row.expected[column]:
            wrong.append(f"{row.name}: {row.expected[column]} in the matrix, {word} ({status}) at {path}")
    assert not wrong, "\n".join(wrong)
