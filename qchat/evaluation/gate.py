"""Lets requests through to a server: so many at a time, and no more than its memory holds."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

GROW_AFTER = 8
"""Requests in a row that went well, before one more goes at a time."""


class Gate:
    """At most `most` at a time: fewer after a refusal, more again when all goes well.

    `room` is what those that run may weigh together, as the slots of a local engine share one
    context; one that is too heavy goes alone. 0 sets no limit.
    """

    def __init__(self, most: int, room: float = 0) -> None:
        self.most = most
        self.limit = most
        self.room = room
        self.running = 0
        self._weight = 0.0
        self._well = 0
        self._changed = asyncio.Condition()

    @asynccontextmanager
    async def one(self, weight: float = 0) -> AsyncIterator[None]:
        """Wait for a place, and give it back."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._has_place(weight))
            self.running += 1
            self._weight += weight
        try:
            yield
        finally:
            self.running -= 1
            self._weight -= weight
            async with self._changed:
                self._changed.notify_all()

    def _has_place(self, weight: float) -> bool:
        fits = not self.room or self._weight + weight <= self.room
        return self.running < self.limit and (fits or not self.running)

    def went_well(self) -> None:
        self._well += 1
        if self._well >= GROW_AFTER:
            self._well, self.limit = 0, min(self.limit + 1, self.most)

    def was_refused(self) -> None:
        self._well, self.limit = 0, max(1, self.limit // 2)
