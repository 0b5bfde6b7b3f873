"""Rooms above the ledger learn here that an issuer confirmed an activity's hours."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from foundation.kernel.registry import Registry

if TYPE_CHECKING:
    from cpd.models import Activity

# (activity) -> nothing; called inside the confirming transaction. A course awards credit to those who finished before.
confirmation_listeners: Registry[Callable[["Activity"], None]] = Registry()
