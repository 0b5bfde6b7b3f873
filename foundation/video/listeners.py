"""Whom the room asks and tells about files of recordings; rooms above register from `AppConfig.ready`."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet

from foundation.kernel.registry import Registry

if TYPE_CHECKING:
    from foundation.accounts.models import User
    from foundation.video.models import Video

# (video) called in the transaction in which it becomes ready, refused or failed; teleconsults tells the author there.
settled_listeners: "Registry[Callable[[Video], None]]" = Registry()
# (video) called in the transaction in which the work on the qualities of a film that is watched as it came is given up.
stuck_listeners: "Registry[Callable[[Video], None]]" = Registry()
# (video, cuts) called in the transaction in which a redacted version takes the place of the one before; cuts are in
# seconds of that one, in order. What stands at a moment of the film is moved there (`rules.position_after_cuts`).
redacted_listeners: "Registry[Callable[[Video, list[tuple[float, float]]], None]]" = Registry()
# () -> ids of the films that a room holds on to; those that none does are forgotten after a while.
holders: "Registry[Callable[[], QuerySet[Any]]]" = Registry()
# (user) -> may this person send files? One yes is enough.
senders: "Registry[Callable[[User], bool]]" = Registry()


def may_send(user: "User") -> bool:
    """Signed in, and some room takes this person's files."""
    return user.is_authenticated and any(allows(user) for allows in senders)
