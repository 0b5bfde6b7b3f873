"""How a low room reaches those above it: they register here, it calls them."""

from collections.abc import Iterator


class Registry[T]:
    """An ordered list of things that rooms register from `AppConfig.ready`; registering one twice keeps one."""

    def __init__(self) -> None:
        self._items: list[T] = []

    def register(self, item: T) -> T:
        if item not in self._items:
            self._items.append(item)
        return item

    def __iter__(self) -> Iterator[T]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)
