"""The cookie by which nginx knows whose browser asks for a film."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from foundation.video.playback import WATCHER_COOKIE, is_browser_of, watcher_key


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
        if request.user.is_authenticated:
            if not is_browser_of(request, request.user):
                key, is_secure = watcher_key(request.user), settings.SESSION_COOKIE_SECURE
                response.set_cookie(WATCHER_COOKIE, key, secure=is_secure, httponly=True, samesite="Lax")
        elif WATCHER_COOKIE in request.COOKIES:
            response.delete_cookie(WATCHER_COOKIE, samesite="Lax")
        return response
