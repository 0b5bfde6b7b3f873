"""What no longer serves anybody goes, once a day: each room that keeps such things registers how it forgets them."""

from collections.abc import Callable

from foundation.kernel.registry import Registry

# () -> how many things went. May run any number of times; each has its own transaction.
type Forgetter = Callable[[], int]

forgetters: Registry[Forgetter] = Registry()
