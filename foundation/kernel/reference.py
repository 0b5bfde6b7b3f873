"""Reference data: each room that ships some registers a loader, `manage.py load_reference` runs them."""

from collections.abc import Callable

from foundation.kernel.registry import Registry

# () -> what was loaded, in words, for the command's output. May run any number of times; leaves no doubles.
type ReferenceLoader = Callable[[], str]

reference_loaders: Registry[ReferenceLoader] = Registry()
