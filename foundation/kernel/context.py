"""What the base template needs on every page."""

from typing import Any

from django.http import HttpRequest
from django.urls import translate_url
from django.utils.translation import get_language

from foundation.kernel.navigation import Place, desks, footer_links, places, unread_counters
from foundation.kernel.registry import Registry


def _shown(registry: Registry[Place], request: HttpRequest) -> list[dict[str, Any]]:
    chosen = sorted((place for place in registry if place.is_shown(request)), key=lambda place: place.order)
    return [
        {
            "path": (path := place.path()),
            "label": place.label,
            "icon": place.icon,
            "is_current": request.path.startswith(path),
        }
        for place in chosen
    ]


def frame(request: HttpRequest) -> dict[str, Any]:
    """What every page shows around its own content; callables where a query is needed: unused ones cost none."""
    language = get_language() or "vi"
    other = "en" if language == "vi" else "vi"
    return {
        "places": lambda: _shown(places, request),
        "desks": lambda: _shown(desks, request),
        "unread": lambda: sum(count(request) for count in unread_counters),
        "footer_links": lambda: [link for give in footer_links for link in give(request)],
        "save_data": request.headers.get("Save-Data", "").lower() == "on",
        "language": language,
        "other_language": other,
        "other_language_url": translate_url(request.get_full_path(), other),
    }
