"""How many saves may wait for the disk together: a flood is refused in one line, not queued."""

from collections.abc import Iterator
from contextlib import contextmanager

from qchat_memory.errors import MemoryStoreError
from qchat_memory.localized_text import tr

MAX_AT_ONCE = 50
"""Nobody says more at once, and each takes some milliseconds."""


class SaveLimiter:
    """Counted where the saves are asked for, in the event loop's one thread."""

    def __init__(self, most: int = MAX_AT_ONCE) -> None:
        self._most = most
        self._taken = 0

    @contextmanager
    def one(self) -> Iterator[None]:
        """Take one for the time of a save. Raises MemoryStoreError where there is none."""
        if self._taken >= self._most:
            raise MemoryStoreError(
                tr(
                    "not kept: {taken} memories are being saved at this moment; `qchat memory "
                    "import` takes thousands at once",
                    taken=self._taken,
                )
            )
        self._taken += 1
        try:
            yield
        finally:
            self._taken -= 1
