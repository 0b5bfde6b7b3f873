"""docs/roles.md is what the portal does: every address, as every kind of person."""

import pytest
from django.test import Client
from django.urls import NoReverseMatch

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


@pytest.mark.django_db
@pytest.mark.parametrize("column", COLUMNS)
def test_each_person_meets_what_the_matrix_says(column, rows):
    world, samples, wrong = World.build(), all_samples(), []
    user = world.people[column]
    for row in rows.values():
        client = Client(raise_request_exception=False)
        if user is not None:
            client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        try:
            path = path_of(row, world, samples)
        except NoReverseMatch as error:
            wrong.append(f"{row.name}: needs a sample ({error})")
            continue
        word, status = outcome(client, path, is_post=row.is_post)
        if word != row.expected[column]:
            wrong.append(f"{row.name}: {row.expected[column]} in the matrix, {word} ({status}) at {path}")
    assert not wrong, "\n".join(wrong)
