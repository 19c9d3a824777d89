"""A turn as it is kept: every event as it comes, whatever ends it."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing

import msgspec

from qchat.protocol.errors import QchatError, StoreError
from qchat.protocol.events import Event, Notice, TurnFinished
from qchat.store import TurnWriter


async def recorded(
    writer: TurnWriter, stream: AsyncGenerator[Event, None]
) -> AsyncGenerator[Event, None]:
    """Give the events of a turn with their times, each once it is kept.

    A failure is shown, and ends the turn; so does cancelling. The writer stays open.
    """
    try:
        async with aclosing(_failures_as_events(stream)) as events:
            async for event in events:
                kept = _keep(event, writer)
                if isinstance(event, TurnFinished) and (problem := _flushed(writer)):
                    yield problem
                yield kept
    except (asyncio.CancelledError, GeneratorExit):
        _keep(TurnFinished("cancelled"), writer)
        raise


def _keep(event: Event, writer: TurnWriter) -> Event:
    stamped = msgspec.structs.replace(event, at=time.time())
    writer.add(stamped)
    return stamped


def _flushed(writer: TurnWriter) -> Notice | None:
    """Put a turn on disk; what the reader is told where that fails."""
    try:
        writer.flush()
    except StoreError as error:
        return Notice(f"this turn is not kept yet: {error}", "error")
    return None


async def _failures_as_events(
    stream: AsyncGenerator[Event, None],
) -> AsyncGenerator[Event, None]:
    """The one place where a turn's failure is caught: it is shown, and ends the turn."""
    try:
        async with aclosing(stream) as events:
            async for event in events:
                yield event
    except QchatError as error:
        yield Notice(str(error), "error")
        yield TurnFinished("error")
