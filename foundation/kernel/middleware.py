"""What happens to every request and answer: headers that Django has no setting for, and text in one spelling."""

import logging
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render

from foundation.kernel.storages import AwayError
from foundation.kernel.vietnamese import nfc

logger = logging.getLogger(__name__)
PERMISSIONS_POLICY = (
    "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), "
    "midi=(), payment=(), usb=(), fullscreen=(self), autoplay=(self), picture-in-picture=(self)"
)
ADMIN_PREFIX = "/admin/"
AWAY_S = 30


class SecurityHeadersMiddleware:
    """Sets the permissions policy on every answer, and the admin's own content policy on the admin's."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        if request.path.startswith(ADMIN_PREFIX) and not hasattr(response, "_csp_config"):
            # Django's csp_override sets this attribute; a decorator cannot reach the views that Wagtail includes.
            response._csp_config = settings.ADMIN_CSP  # type: ignore[attr-defined]  # as csp_override does
        return response


def composed(query: QueryDict) -> QueryDict:
    """The same values in NFC; the very same object where nothing had to change."""
    if all(nfc(value) == value for _name, values in query.lists() for value in values):
        return query
    changed = QueryDict(mutable=True, encoding=query.encoding)
    for name, values in query.lists():
        changed.setlist(name, [nfc(value) for value in values])
    changed._mutable = False  # as Django hands out its own
    return changed


class ComposedTextMiddleware:
    """All typed text becomes NFC before a view sees it: addresses, and forms that the CSRF check has read anyway."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.GET = composed(request.GET)  # type: ignore[assignment]  # stubs know an immutable twin
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable[..., Any], *_arguments: object) -> None:
        if request.method == "POST" and not getattr(view, "csrf_exempt", False):
            request.POST = composed(request.POST)  # type: ignore[assignment]  # stubs know an immutable twin


class AwayMiddleware:
    """Says that the store of files is away just now, where a view came to nothing for that; scripts read the status."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, AwayError):
            return None
        logger.error("The store of files is away, %s was not answered: %s", request.path, error)
        response = render(request, "away.html", status=503)
        response.headers["Retry-After"] = str(AWAY_S)
        return response
