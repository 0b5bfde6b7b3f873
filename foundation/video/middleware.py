"""The cookie by which nginx knows whose browser asks for a film."""

import hmac
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from foundation.video.playback import WATCHER_COOKIE, watcher_key


class WatcherMiddleware:
    """Gives everybody signed in the cookie of their own, and takes it from those who have signed out.

    Signed addresses count only together with it. Answers that did not look at the session are left alone.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not request.session.accessed:
            return response
        has = request.COOKIES.get(WATCHER_COOKIE, "")
        if request.user.is_authenticated:
            if not hmac.compare_digest(has.encode(), (key := watcher_key(request.user)).encode()):
                response.set_cookie(
                    WATCHER_COOKIE, key, secure=settings.SESSION_COOKIE_SECURE, httponly=True, samesite="Lax"
                )
        elif has:
            response.delete_cookie(WATCHER_COOKIE, samesite="Lax")
        return response
