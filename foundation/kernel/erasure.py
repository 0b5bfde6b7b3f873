"""Export and erasure of one person's data: each room that keeps some joins in here.

Law 91/2025/QH15 gives the person a copy and deletion; what the law makes us keep (certificates, the ledger) is
pseudonymised instead.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from foundation.kernel.registry import Registry

if TYPE_CHECKING:
    from foundation.accounts.models import User

# (user) -> section name and its JSON-ready content; files are given as {"file name": bytes} under the key "files".
type Exporter = Callable[["User"], tuple[str, dict[str, Any]]]
# (user) -> nothing; runs inside the erasing transaction, deletes or pseudonymises what the room keeps.
type Eraser = Callable[["User"], None]

# Rooms register in AppConfig.ready; those above come first, the people's own room comes last and closes the account.
exporters: Registry[Exporter] = Registry()
erasers: Registry[Eraser] = Registry()
