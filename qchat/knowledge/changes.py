"""What a sync finds, and how it tells how far it is."""

from collections.abc import Callable

import msgspec

Show = Callable[[int, int], None]
"""Told how many files are done, and of how many; what it raises ends the work, and loses none."""


class Changes(msgspec.Struct):
    """What a sync found."""

    read: int = 0
    same: int = 0
    gone: int = 0
    problems: list[str] = []
    """Files that cannot be read, each with the reason."""

    @property
    def any(self) -> bool:
        return bool(self.read or self.gone)
