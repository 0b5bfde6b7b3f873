"""Another time of day for the loader: what happened in May must say May, in ledgers that nobody may rewrite."""

import datetime
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from portal.demo.people import at_noon


@contextmanager
def clock_at(day: datetime.date) -> Iterator[None]:
    """Within the block, `django.utils.timezone.now` says noon of `day`."""
    with patch("django.utils.timezone.now", return_value=at_noon(day)):
        yield
