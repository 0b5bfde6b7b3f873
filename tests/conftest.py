"""Fixtures of all rooms."""

from collections.abc import Callable, Iterator

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation


@pytest.fixture(autouse=True)
def _clean_state(settings: object) -> Iterator[None]:
    """Each test starts with an empty cache and in English, so that texts can be compared."""
    cache.clear()
    with translation.override("en"):
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
