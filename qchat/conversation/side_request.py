"""Asks the model beside the conversation: no turn comes of it, and what leaves is noted."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing

from qchat.backends.base import Backend, Request
from qchat.protocol.errors import QchatError
from qchat.protocol.events import Sent, Text
from qchat.protocol.messages import User
from qchat.runtime.language import tr

TIMEOUT_S = 180.0


async def answer(
    backend: Backend,
    system: str,
    prompt: str,
    noted: Callable[[Sequence[Sent]], None],
    *,
    max_tokens: int,
) -> str:
    """The reply without thinking or tools. Raises QchatError; `noted` gets what left before it."""
    request = Request((User(prompt),), system, think=False, max_tokens=max_tokens)
    written: list[str] = []
    try:
        async with asyncio.timeout(TIMEOUT_S), aclosing(backend.stream(request)) as reply:
            async for event in reply:
                match event:
                    case Sent():
                        noted([event])
                    case Text(text):
                        written.append(text)
                    case _:  # how it goes is not shown here
                        pass
    except TimeoutError as error:
        raise QchatError(
            tr("The model took longer than {patience_s:.0f} s to answer.", patience_s=TIMEOUT_S)
        ) from error
    return "".join(written)
