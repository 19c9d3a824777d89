"""Pieces of a stream that come within a moment, taken together.

A fast server sends each token by itself: waking up for each one costs more than all that is done
with it, and takes that time away from an engine on the same machine.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

PAUSE_S = 0.004
"""How long nobody looks after a piece has come; it goes on at once, only those behind it wait."""
MOST = 1 << 20
"""Bytes that may wait to be taken; then nothing more is read, and the server has to wait."""


async def together(pieces: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    """Give on what has come, joined; nothing is held back while more is waited for.

    Raises what the pieces raise, when all that came before is given on.
    """
    came = bytearray()
    news, taken = asyncio.Event(), asyncio.Event()
    reading = asyncio.create_task(_read(pieces, came, news, taken), name="read a reply")
    try:
        while not reading.done() or came:
            await news.wait()
            news.clear()
            if came:
                joined = bytes(came)
                came.clear()
                taken.set()
                yield joined
        await reading
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)


async def _read(
    pieces: AsyncIterator[bytes], came: bytearray, news: asyncio.Event, taken: asyncio.Event
) -> None:
    loop = asyncio.get_running_loop()
    rested = False
    waited: list[bool] = []
    try:
        mark = loop.call_soon(waited.append, True)  # is done before a piece that is waited for
        async for piece in pieces:
            mark.cancel()
            came += piece
            news.set()
            while len(came) >= MOST:
                taken.clear()
                await taken.wait()
            if waited:
                waited.clear()
                rested = not rested  # the first one after a pause is there already
                if rested:
                    await asyncio.sleep(PAUSE_S)
            mark = loop.call_soon(waited.append, True)
        mark.cancel()
    finally:
        news.set()
