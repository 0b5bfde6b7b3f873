"""Fixtures of all rooms."""

import sqlite3
from collections.abc import Callable, Iterator

import pytest
from django.core.cache import cache
from django.db import connection
from django.db.backends.sqlite3.base import (  # type: ignore[attr-defined]  # operations.py cannot be loaded first
    DatabaseOperations as SQLiteOperations,
)
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from pytest_django.plugin import blocking_manager_key

from tests import databases


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Each process gets a copy of one migrated database, instead of running all migrations itself."""
    databases.use_template()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """A test with real transactions leaves empty tables, without what the migrations brought."""
    yield
    marker = item.get_closest_marker("django_db")
    if nextitem and marker and marker.kwargs.get("transaction"):
        with item.config.stash[blocking_manager_key].unblock():
            databases.renew()


@pytest.fixture(autouse=True)
def _clean_state(settings: object) -> Iterator[None]:
    """Each test starts with an empty cache and in English, so that texts can be compared."""
    cache.clear()
    with translation.override("en"):
        yield


@pytest.fixture(autouse=True, scope="session")
def _flush_past_guards() -> Iterator[None]:
    """Emptying the tables after a test with real transactions is no breach of a ledger (PostgreSQL truncates)."""
    flush = SQLiteOperations.execute_sql_flush

    def unguarded(operations: SQLiteOperations, sql_list: list[str]) -> None:
        operations.connection.ensure_connection()
        operations.connection.connection.setconfig(sqlite3.SQLITE_DBCONFIG_ENABLE_TRIGGER, False)
        try:
            flush(operations, sql_list)
        finally:
            operations.connection.connection.setconfig(sqlite3.SQLITE_DBCONFIG_ENABLE_TRIGGER, True)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SQLiteOperations, "execute_sql_flush", unguarded)
        yield


@pytest.fixture
def count_queries(client: Client) -> Callable[..., int]:
    """(url) -> how many queries a GET of it makes with `client`; asserts that the page answers 200."""

    def count(url: str, *, by: Client = client) -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            response = by.get(url)
        assert response.status_code == 200
        return len(captured)

    return count
