"""A limit on the cache: so many requests a visitor and period."""

import pytest
from django.core.cache import caches
from django.test import RequestFactory
from redis.exceptions import ConnectionError as RedisConnectionError

from foundation.kernel import rate_limit
from foundation.kernel.rate_limit import limited, parse_rate, too_many_requests


@pytest.fixture
def request_from():
    return lambda address: RequestFactory().get("/", REMOTE_ADDR=address)


def test_rates_are_written_as_amount_and_period():
    assert [parse_rate(rate) for rate in ("30/m", "5/10m", "2/h", "1/3s")] == [(30, 60), (5, 600), (2, 3600), (1, 3)]


@pytest.mark.parametrize("rate", ["30", "x/m", "3/y", "3/"])
def test_other_rates_are_mistakes(rate):
    with pytest.raises(ValueError, match=r"."):
        parse_rate(rate)


def test_the_rate_may_be_used_up_and_not_more(request_from):
    answers = [limited(request_from("192.0.2.1"), "check", rate="3/m") for _ in range(5)]
    assert answers == [False, False, False, True, True]


def test_visitors_and_keys_are_counted_apart(request_from):
    assert not limited(request_from("192.0.2.1"), "check", rate="1/m")
    assert limited(request_from("192.0.2.1"), "check", rate="1/m")
    assert not limited(request_from("192.0.2.2"), "check", rate="1/m")
    assert not limited(request_from("192.0.2.1"), "other", rate="1/m")
    assert not limited(request_from("192.0.2.1"), "check", rate="1/m", per="somebody")


def test_a_new_period_begins_at_nothing(request_from, monkeypatch):
    monkeypatch.setattr(rate_limit.time, "time", lambda: 1_000_000.0)
    limited(request_from("192.0.2.1"), "check", rate="1/m")
    monkeypatch.setattr(rate_limit.time, "time", lambda: 1_000_100.0)
    assert not limited(request_from("192.0.2.1"), "check", rate="1/m")


def test_a_cache_that_is_away_lets_requests_through(request_from, settings, tmp_path):
    away = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": f"unix://{tmp_path}/none.sock"}
    settings.CACHES = {"default": away}
    with pytest.raises(RedisConnectionError):
        caches["default"].get("anything")
    assert not any(limited(request_from("192.0.2.1"), "check", rate="1/m") for _ in range(3))


@pytest.mark.django_db
def test_the_answer_asks_to_wait(client):
    request = client.get("/healthz").wsgi_request
    response = too_many_requests(request)
    assert response.status_code == 429
    assert response.headers["Retry-After"] == "60"
