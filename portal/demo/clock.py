"""Another time of day for the loader: what happened in May must say May, in ledgers that nobody may rewrite."""

import datetime
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from portal.demo.people import at_noon


class _AnyDatetime(type):
    """Every datetime counts as one of the clock's, as the patched module may ask."""

    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, datetime.datetime)


@contextmanager
def clock_at(day: datetime.date) -> Iterator[None]:
    """Within the block, `django.utils.timezone.now` says noon of `day`, for the defaults of fields too.

    Those keep the function itself, so that a patch of its name would not reach them.
    """
    noon = at_noon(day)

    class Clock(datetime.datetime, metaclass=_AnyDatetime):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> "datetime.datetime":  # type: ignore[override]  # a plain one
            return noon.astimezone(tz)

    with patch("django.utils.timezone.datetime", Clock):
        yield
