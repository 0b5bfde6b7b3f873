"""Whom the room tells when a coordinator has decided; rooms above register from `AppConfig.ready`."""

from collections.abc import Callable

from foundation.accounts.models import Practitioner
from foundation.kernel.registry import Registry

# (practitioner) called in the transaction in which the verdict is written; notifications puts a line into the inbox.
verdict_listeners: Registry[Callable[[Practitioner], None]] = Registry()
