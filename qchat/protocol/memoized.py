"""What was made of a value, made once: for values that are sent again with every request."""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")

MAX_REMEMBERED = 10_000
MANY_TIMES = 4
"""So many times what is asked for at once is kept, before the rest is let go of."""


class Remembered(Generic[K, V]):
    """A function of objects that never change, known by identity: they need not be hashable."""

    def __init__(self, make: Callable[[K], V], most: int = MAX_REMEMBERED) -> None:
        self._make = make
        self._most = most
        self._made: OrderedDict[int, tuple[K, V]] = OrderedDict()
        self._last: tuple[tuple[K, ...], list[V]] = ((), [])
        """What `each` was last given, and gave."""

    def __call__(self, of: K) -> V:
        known = self._made.get(id(of))
        if known is not None and known[0] is of:
            return known[1]
        made = self._make(of)
        self._made[id(of)] = (of, made)  # holding it keeps its identity from being given again
        if len(self._made) > self._most:
            self._made.popitem(last=False)
        return made

    def each(self, values: Iterable[K]) -> list[V]:
        """What it gives for each of many, most of which are known.

        Requests grow at their end: what was given for their beginning is there as a whole.
        """
        given = tuple(values)
        before, found = self._last
        if not before or given[: len(before)] != before:
            before, found = (), []
            if len(self._made) > MANY_TIMES * len(given):  # less is sent: the rest is not again
                self.keep(given)
        new = [self(of) for of in given[len(before) :]]
        self._last = (given, found + new)
        return found + new

    def drop(self, of: K) -> None:
        """Make it anew the next time."""
        known = self._made.get(id(of))
        if known is not None and known[0] is of:
            del self._made[id(of)]
            self._last = ((), [])

    def keep(self, values: Iterable[K]) -> None:
        """Let go of all but these."""
        ids = {id(of) for of in values}
        self._made = OrderedDict((key, made) for key, made in self._made.items() if key in ids)
        self._last = ((), [])

    def forget(self) -> None:
        """Let go of all of them."""
        self._made.clear()
        self._last = ((), [])
