"""How long a reply is waited for, and when it is over, whatever its connection does."""

import asyncio
from collections.abc import AsyncGenerator

from qchat.protocol.errors import ConnectionFailed
from qchat.runtime.language import tr
from qchat.wire.reading import Reader
from qchat.wire.sse import SseEvent

LINGER_S = 1.0
"""How long a reply may yet go on behind the reason for its end: usage, or one more piece."""
COUNTED_S = 0.25
"""Likewise where the tokens have come too, behind which only the end of the stream follows."""
EARLY_S = 10.0
"""Likewise where the reason came too early: before any answer, within a call, or more came since.

Some servers put one on each chunk, or on the last of the thinking.
"""
DRAIN_S = 0.1
"""How long the end of a connection is waited for, so that the next request can use it."""
SIGNS_OF_LIFE = 5
"""So many times the longest silence is waited while pings come, and nothing of a reply."""


class ReplyDeadline:
    """The time that is left until the next piece of a reply has to come."""

    def __init__(self, host: str, silence_s: float) -> None:
        self._host = host
        self._alive_s = SIGNS_OF_LIFE * silence_s
        self._silence_s = silence_s
        self._early = False
        self._since = asyncio.get_running_loop().time()

    def progress(self, *, behind_end: bool = False) -> None:
        """Something of the reply has come; `behind_end`: although it was said to be over."""
        self._early = self._early or behind_end
        self._since = asyncio.get_running_loop().time()

    def until(self, reader: Reader) -> float:
        """The moment on the loop's clock at which waiting ends."""
        if reader.over:
            return self._since + DRAIN_S
        if reader.finished and (self._early or reader.unsettled):
            return self._since + EARLY_S
        if reader.finished:
            return self._since + (COUNTED_S if reader.counted else LINGER_S)
        return self._since + self._alive_s

    def spent(self) -> ConnectionFailed:
        """What is said when a server only kept the connection."""
        return ConnectionFailed(
            tr(
                "{host} sent only signs of life, and nothing of a reply, for {alive_s:.0f} "
                "s; try again, or raise silence_s (now {silence_s:g}, of which qchat waits "
                "{signs_of_life} times)",
                host=self._host,
                alive_s=self._alive_s,
                silence_s=self._silence_s,
                signs_of_life=SIGNS_OF_LIFE,
            )
        )


async def next_batch(
    batches: AsyncGenerator[list[SseEvent], None], deadline: ReplyDeadline, reader: Reader
) -> list[SseEvent] | None:
    """The next events; None when the reply is over, whatever its connection does.

    Raises ConnectionFailed where a server only keeps the connection.
    """
    try:
        async with asyncio.timeout_at(deadline.until(reader)):
            return await anext(batches)
    except StopAsyncIteration:
        return None
    except TimeoutError as error:
        if reader.finished:
            return None
        raise deadline.spent() from error
