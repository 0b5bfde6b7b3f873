"""A rate limit on the cache, for pages that allauth does not guard."""

import hashlib
import logging
import time

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from redis.exceptions import RedisError

from foundation.kernel.http import client_address

logger = logging.getLogger(__name__)

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def parse_rate(rate: str) -> tuple[int, int]:
    """`30/m` → (30, 60); `5/10m` → (5, 600). Raises ValueError for anything else."""
    amount, _slash, period = rate.partition("/")
    if not period or period[-1] not in _SECONDS:
        raise ValueError(rate)
    return int(amount), int(period[:-1] or 1) * _SECONDS[period[-1]]


def limited(request: HttpRequest, key: str, *, rate: str = "30/m", per: str = "") -> bool:
    """Count this request under `key`; True once the visitor has used up `rate` (`30/m`, `5/10m`).

    The visitor is the client's address, or `per` where something else is counted (an account, an e-mail). Windows are
    fixed, so at the turn of one up to twice the rate may pass. A cache that is away lets requests through.
    """
    amount, period_s = parse_rate(rate)
    who = hashlib.sha256((per or client_address(request)).encode()).hexdigest()[:32]
    window = int(time.time()) // period_s
    name = f"rate:{key}:{who}:{window}"
    try:
        cache.add(name, 0, timeout=period_s + 1)
        return cache.incr(name) > amount
    except ValueError:  # the window ended between the two calls
        return False
    except (RedisError, OSError) as error:
        logger.warning("The cache is away, requests for %s are not counted: %s", key, type(error).__name__)
        return False


def too_many_requests(request: HttpRequest) -> HttpResponse:
    """The page that asks to wait a minute."""
    context = {"message": _("Too many requests came from here. Please wait a few minutes, then try again.")}
    response = render(request, "429.html", context, status=429)
    response.headers["Retry-After"] = "60"
    return response
