"""The editors' pages at the foot of every page, remembered for five minutes."""

from django.core.cache import cache
from django.http import HttpRequest
from django.utils.translation import get_language

from portal.home.models import InfoPage

REMEMBERED_S = 300


def information_pages(request: HttpRequest) -> list[dict[str, str]]:
    """Live information pages that an editor put into the footer, in the tree's order."""
    return cache.get_or_set(f"home:footer:{get_language()}", _load, REMEMBERED_S) or []


def _load() -> list[dict[str, str]]:
    return [{"url": page.url, "label": page.shown_title} for page in InfoPage.objects.in_footer()]
