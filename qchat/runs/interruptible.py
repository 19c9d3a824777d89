"""A stream that somebody else may end, although it is in the middle of something."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing

from qchat.protocol.events import Event

AHEAD = 64
"""Events that are made ahead of whoever shows them."""


async def guarded(
    events: AsyncGenerator[Event, None],
    guard: Callable[[], Awaitable[None]],
    told: Callable[[str], None],
) -> AsyncGenerator[Event, None]:
    """Give the events, until they are over or `guard` returns: then the stream is cancelled.

    Where the one who reads is cancelled with a reason, `told` is given it before the stream ends.
    It runs in a task of its own, so that whoever reads slowly does not keep it from being ended.
    """
    queue: asyncio.Queue[Event] = asyncio.Queue(AHEAD)

    async def fill() -> None:
        async with aclosing(events) as stream:
            async for event in stream:
                await queue.put(event)

    filling = asyncio.create_task(fill(), name="run")
    guarding = asyncio.ensure_future(guard())
    guarding.add_done_callback(lambda _: filling.cancel())
    getting: asyncio.Task[Event] | None = None
    try:
        while not (filling.done() and queue.empty()):
            getting = asyncio.create_task(queue.get())
            await asyncio.wait((getting, filling), return_when=asyncio.FIRST_COMPLETED)
            if getting.done():
                yield getting.result()
            else:
                getting.cancel()
        if not filling.cancelled():
            filling.result()
    except asyncio.CancelledError as error:
        told(str(error))
        raise
    finally:
        tasks = [task for task in (getting, filling, guarding) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
