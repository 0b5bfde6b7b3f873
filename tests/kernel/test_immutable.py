"""What a database guard refuses, on whichever database the tests run."""

from types import SimpleNamespace

import pytest
from django.db import IntegrityError, connection, models, transaction
from django.db.migrations.state import ModelState, ProjectState

from foundation.kernel.immutable import AppendOnly, Immutable, WriteOnce, guards_declared, guards_present


@pytest.fixture
def guarded(db):
    """A table made for one test: (guards) -> its model, with the guards on it."""
    fields = [
        ("id", models.IntegerField(primary_key=True)),
        ("text", models.CharField(max_length=20, default="a")),
        ("note", models.CharField(max_length=20, null=True)),
    ]
    state = ProjectState()
    state.add_model(ModelState("kernel", "Guarded", fields))
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE kernel_guarded (id integer PRIMARY KEY, text varchar(20) NOT NULL, note varchar(20))"
        )

        def put(*guards):
            editor = SimpleNamespace(connection=connection, execute=cursor.execute)
            for guard in guards:
                guard.database_forwards("kernel", editor, state, state)
            return state.apps.get_model("kernel", "guarded")

        yield put


def refused(act, *args, **kwargs):
    with pytest.raises(IntegrityError), transaction.atomic():
        act(*args, **kwargs)


def test_append_only_refuses_change_and_removal(guarded):
    row = guarded(AppendOnly("guarded")).objects.create(id=1)
    row.text = "b"
    refused(row.save)
    refused(row.delete)


def test_immutable_refuses_the_named_columns_only(guarded):
    rows = guarded(Immutable("guarded", columns=["text"])).objects
    rows.create(id=1)
    refused(rows.update, text="b")
    refused(rows.all().delete)
    assert rows.update(text="a", note="changed") == 1


def test_write_once_lets_a_value_in_and_keeps_it(guarded):
    rows = guarded(WriteOnce("guarded", columns=["note"])).objects
    rows.create(id=1)
    rows.update(note="first")
    refused(rows.update, note="second")
    refused(rows.update, note=None)
    rows.update(text="b")
    assert rows.get().note == "first"


def test_repeating_a_guard_keeps_one(guarded):
    guarded(AppendOnly("guarded"))
    row = guarded(AppendOnly("guarded")).objects.create(id=1)
    refused(row.delete)


@pytest.mark.django_db
def test_every_guard_that_a_migration_promises_is_in_the_database():
    assert guards_declared(connection) <= guards_present(connection)
