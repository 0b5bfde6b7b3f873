"""Rooms above say here that they give hours for showing a recording: its own are not given beside them."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from foundation.kernel.registry import Registry

if TYPE_CHECKING:
    from teleconsults.models import Recording

# (recording) -> do hours come with something that shows it? One yes is enough: the same minutes count once.
other_credits: Registry[Callable[["Recording"], bool]] = Registry()
