"""Waiting times and forecasts."""

from datetime import timedelta

import pytest

from foundation.jobs.rules import retry_delay, time_left


def test_each_crash_waits_longer_than_the_one_before_up_to_ten_minutes():
    assert [retry_delay(attempt).total_seconds() for attempt in (1, 2, 3, 9)] == [15, 30, 60, 600]


@pytest.mark.parametrize(("share", "minutes"), [(0.0, None), (0.04, None), (0.5, 10), (0.25, 30), (1.0, 0)])
def test_what_is_left_follows_the_pace_so_far(share, minutes):
    left = time_left(running_for=timedelta(minutes=10), share=share)
    assert left == (None if minutes is None else timedelta(minutes=minutes))
