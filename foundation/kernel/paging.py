"""Keyset paging: page 500 costs what page 1 costs, and a row added meanwhile neither repeats nor hides another.

    page = page_of(Certificate.objects.for_desk(), by=("-issued_at", "-pk"), cursor=request.GET.get("page", ""))
    return render(request, "cpd/desk.html", {"page": page})

and in the template (`querystring` keeps the filters that stand in the address):

    {% for certificate in page %}…{% empty %}…{% endfor %}
    {% if page.previous_cursor %}{% querystring page=page.previous_cursor as previous_url %}{% endif %}
    {% if page.next_cursor %}{% querystring page=page.next_cursor as next_url %}{% endif %}
    {% include "components/pagination.html" with previous_url=previous_url next_url=next_url only %}
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode


@dataclass(frozen=True, slots=True)
class Page[M: models.Model]:
    """A stretch of a list; an empty cursor means that there is nothing on that side."""

    items: list[M]
    next_cursor: str = ""
    previous_cursor: str = ""

    def __iter__(self) -> Iterator[M]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    @property
    def is_whole(self) -> bool:
        """True when everything stands on this page, so that no pager is needed."""
        return not self.next_cursor and not self.previous_cursor


def page_of[M: models.Model](
    queryset: models.QuerySet[M], *, by: tuple[str, ...], cursor: str = "", size: int = 25
) -> Page[M]:
    """The rows after (or before) `cursor`, in the order `by`; one query, whatever the page.

    `by` names columns that are never null, `-` for descending, the last of them unique (`pk`). A cursor that is not
    ours, or comes from another order, gives the first page.
    """
    is_backwards, values = _read(queryset, by, cursor)
    order = tuple(_turned(name) for name in by) if is_backwards else by
    rows = queryset.order_by(*order)
    if values:
        rows = rows.filter(_beyond(order, values))
    found = list(rows[: size + 1])
    has_more = len(found) > size
    items = found[:size]
    if is_backwards:
        items.reverse()
    if not items:
        return page_of(queryset, by=by, size=size) if values else Page([])
    return Page(
        items,
        next_cursor=_write("n", by, items[-1]) if is_backwards or has_more else "",
        previous_cursor=_write("p", by, items[0]) if (has_more if is_backwards else values) else "",
    )


def _turned(name: str) -> str:
    return name.removeprefix("-") if name.startswith("-") else f"-{name}"


def _beyond(order: tuple[str, ...], values: list[Any]) -> models.Q:
    """Rows that come strictly after `values`: (a > x) or (a = x and b > y) or …"""
    beyond, same = models.Q(), models.Q()
    for name, value in zip(order, values, strict=True):
        column = name.removeprefix("-")
        operator = "lt" if name.startswith("-") else "gt"
        beyond |= same & models.Q((f"{column}__{operator}", value))
        same &= models.Q((column, value))
    return beyond


def _write(direction: str, by: tuple[str, ...], item: models.Model) -> str:
    values = []
    for name in by:
        value: Any = item
        for step in name.removeprefix("-").split("__"):
            value = getattr(value, step)
        values.append(value)
    return urlsafe_base64_encode(json.dumps([direction, *values], cls=_Exact).encode())


def _read(queryset: models.QuerySet[Any], by: tuple[str, ...], cursor: str) -> tuple[bool, list[Any]]:
    if not cursor:
        return False, []
    try:
        direction, *raw = json.loads(urlsafe_base64_decode(cursor))
        if direction not in {"n", "p"} or None in raw:
            return False, []
        columns = [_column(queryset, name.removeprefix("-")) for name in by]
        values = [column.to_python(value) for column, value in zip(columns, raw, strict=True)]
    except (ValueError, TypeError, ValidationError):
        return False, []
    return direction == "p", values


def _column(queryset: models.QuerySet[Any], name: str) -> Any:
    """The field behind `name`, which may cross relations or be an annotation (hence any kind of field)."""
    if name in queryset.query.annotations:
        return queryset.query.annotations[name].output_field
    options = queryset.model._meta
    *relations, last = name.split("__")
    for relation in relations:
        related = options.get_field(relation).related_model
        if related is None or isinstance(related, str):
            raise FieldDoesNotExist(name)
        options = related._meta
    return options.pk if last == "pk" else options.get_field(last)


class _Exact(DjangoJSONEncoder):
    """Django's encoder cuts times to milliseconds, which would repeat or skip rows."""

    def default(self, o: Any) -> Any:
        return o.isoformat() if hasattr(o, "isoformat") else super().default(o)
