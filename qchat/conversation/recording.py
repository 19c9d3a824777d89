"""The first stage of a turn: every event is kept as it comes, whatever ends the turn."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import aclosing
from typing import Protocol

import msgspec

from qchat.protocol.errors import QchatError, StoreError
from qchat.protocol.event_values import TurnReason
from qchat.protocol.events import (
    Event,
    Notice,
    StepFinished,
    ToolFinished,
    ToolStarted,
    TrailFinished,
    TurnFinished,
)
from qchat.runtime.language import tr
from qchat.store import Turn, TurnWriter

log = logging.getLogger(__name__)

Closing = Callable[[TurnReason], Iterable[Event]]


def _nothing(_reason: TurnReason) -> Iterable[Event]:
    return ()


class Recorded(Protocol):
    """What is told of a turn that is recorded: the branch that it is on, or whoever ran it."""

    def begin(self, turn: Turn) -> None:
        """It begins."""
        ...

    def step(self, finished: StepFinished) -> None:
        """A reply of it is complete, and kept."""
        ...

    def end(self, turn: Turn) -> None:
        """It is over, with these events."""
        ...


async def record(
    writer: TurnWriter,
    cursor: Recorded,
    stages: AsyncGenerator[Event, None],
    closing: Closing = _nothing,
) -> AsyncGenerator[Event, None]:
    """Give the events of a turn with their times, each once it is kept.

    A `ToolStarted` is on the disk before it is given, so that no tool runs of which nobody would
    know after a kill, and so is a `ToolFinished`, so that nobody was told of what is unknown then.
    A failure is shown, and ends the turn: this is the one place where failures are caught.
    Cancelling ends it too. `closing` gives what is said before the end.
    """
    cursor.begin(writer.turn)
    try:
        async with aclosing(stages) as events:
            async for event in events:
                if isinstance(event, TurnFinished):
                    for last in closing(event.reason):
                        yield _keep(last, writer)
                kept = _keep(event, writer)
                if isinstance(event, ToolStarted | ToolFinished | TrailFinished):
                    _put(event, writer)
                if isinstance(event, TurnFinished) and (problem := _flushed(writer)):
                    yield problem
                if isinstance(kept, StepFinished):
                    cursor.step(kept)
                yield kept
    except QchatError as error:
        yield _keep(Notice(str(error), "error"), writer)
        for last in (*closing("error"), TurnFinished("error")):
            yield _keep(last, writer)
    except (asyncio.CancelledError, GeneratorExit):
        for last in closing("cancelled"):
            _keep(last, writer)
        _keep(TurnFinished("cancelled"), writer)
        raise
    finally:
        try:
            cursor.end(writer.close())
        except StoreError:
            cursor.end(writer.turn)
            log.exception("the end of a turn could not be kept")


def _put(event: ToolStarted | ToolFinished | TrailFinished, writer: TurnWriter) -> None:
    """Have it on the disk. Raises StoreError for a call that would run without being known."""
    try:
        writer.flush()
    except StoreError:
        if isinstance(event, ToolStarted):
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
        return Notice(tr("this turn is not kept yet: {error}", error=error), "error")
    return None
