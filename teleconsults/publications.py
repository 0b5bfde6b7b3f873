"""What follows from a publication, whichever screen it came from: the site, Wagtail's editor, an approved review."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from foundation.kernel.registry import Registry

if TYPE_CHECKING:
    from foundation.accounts.models import User
    from teleconsults.models import Recording

# (recording, by) -> nothing; called inside the publishing transaction, `by` being None in a script.
publication_listeners: Registry[Callable[["Recording", "User | None"], None]] = Registry()
