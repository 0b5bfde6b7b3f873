"""Whom the room asks and tells about recordings; rooms above register from `AppConfig.ready`."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from foundation.kernel.registry import Registry

if TYPE_CHECKING:
    from foundation.accounts.models import User
    from teleconsults.models import Recording

# (recording, by) -> nothing; called inside the publishing transaction, whichever screen it came from, `by` being None
# in a script.
publication_listeners: Registry[Callable[["Recording", "User | None"], None]] = Registry()
# (recording, by) -> nothing; called inside the withdrawing transaction. That is for good: none is ever published again,
# and a course stops waiting for what cannot be seen.
withdrawal_listeners: Registry[Callable[["Recording", "User"], None]] = Registry()
# (recording) -> do hours come with something that shows it? One yes is enough: the same minutes count once.
other_credits: Registry[Callable[["Recording"], bool]] = Registry()
