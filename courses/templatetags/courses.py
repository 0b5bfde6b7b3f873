"""Tags and filters of the quiz's pages."""

from collections.abc import Mapping
from typing import Any

from django import template

register = template.Library()


@register.filter
def at(mapping: Mapping[Any, Any], key: object) -> Any:
    """What the mapping holds under a key that is itself a variable; None where it holds nothing."""
    return mapping.get(key)
