"""Arithmetic of waiting and of what is left; no Django."""

from datetime import timedelta

FIRST_RETRY = timedelta(seconds=15)
LONGEST_RETRY = timedelta(minutes=10)
# Before this share a forecast is a guess that frightens people.
SHARE_WORTH_A_FORECAST = 0.05


def retry_delay(attempt: int) -> timedelta:
    """How long to wait after the crash of attempt `attempt` (from 1): 15 s, doubled each time, at most 10 minutes."""
    return min(FIRST_RETRY * (1 << (attempt - 1)), LONGEST_RETRY)


def time_left(*, running_for: timedelta, share: float) -> timedelta | None:
    """A forecast from the pace so far; None while it would be a guess."""
    if share < SHARE_WORTH_A_FORECAST or running_for <= timedelta():
        return None
    return running_for * (1 - share) / share
