"""Rooms above learn here that a recording was withdrawn. That is for good, so none is ever published again."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from foundation.kernel.registry import Registry

if TYPE_CHECKING:
    from foundation.accounts.models import User
    from teleconsults.models import Recording

# (recording, by) -> nothing; called inside the withdrawing transaction. A course stops waiting for what cannot be seen.
withdrawal_listeners: Registry[Callable[["Recording", "User"], None]] = Registry()
