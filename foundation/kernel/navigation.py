"""The places of the frame: each room adds its own, the base template draws what the visitor may open."""

from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise

from foundation.kernel.registry import Registry


def everyone(request: HttpRequest) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Place:
    """One entry of the bottom bar and the left rail; `order` counts upwards, `prefix` marks it as current."""

    url_name: str
    label: str | Promise
    icon: str
    order: int
    is_shown: Callable[[HttpRequest], bool] = everyone
    fixed_path: str = ""

    def path(self) -> str:
        return self.fixed_path or reverse(self.url_name)


places: Registry[Place] = Registry()
desks: Registry[Place] = Registry()
# (request) -> number of unread messages; the notifications room registers one.
unread_counters: Registry[Callable[[HttpRequest], int]] = Registry()
# (request) -> links at the foot of every page, as {"url", "label"}; the home room registers the editors' pages.
footer_links: Registry[Callable[[HttpRequest], list[dict[str, str]]]] = Registry()
