"""Whom the room tells when a film is ready or has failed; rooms above register from `AppConfig.ready`."""

from collections.abc import Callable

from foundation.kernel.registry import Registry
from foundation.video.models import Video

# (video) called in the transaction in which it becomes ready, refused or failed; teleconsults tells the author there.
settled_listeners: Registry[Callable[[Video], None]] = Registry()
