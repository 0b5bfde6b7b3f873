"""Response headers that Django has no setting for."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

PERMISSIONS_POLICY = (
    "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), "
    "midi=(), payment=(), usb=(), fullscreen=(self), autoplay=(self), picture-in-picture=(self)"
)
ADMIN_PREFIX = "/admin/"


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
