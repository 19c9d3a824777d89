"""How many pages are fetched at once: kind to hosts, and bounded in memory."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

AT_ONCE = 8
AT_ONE_HOST = 2


class HostLimiter:
    """Lets fetches through side by side: `AT_ONCE` in all, `AT_ONE_HOST` to one host."""

    def __init__(self) -> None:
        self._all = asyncio.Semaphore(AT_ONCE)
        self._hosts: dict[str, asyncio.Semaphore] = {}
        self._wanted: dict[str, int] = {}

    @asynccontextmanager
    async def slot(self, host: str) -> AsyncIterator[None]:
        """Wait for a turn at `host`, then for one at all: who waits takes no place from others."""
        slots = self._hosts.setdefault(host, asyncio.Semaphore(AT_ONE_HOST))
        self._wanted[host] = self._wanted.get(host, 0) + 1
        try:
            async with slots, self._all:
                yield
        finally:
            self._wanted[host] -= 1
            if not self._wanted[host]:
                del self._wanted[host], self._hosts[host]
