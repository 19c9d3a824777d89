"""What came of one prompt, as graders look at it."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

import msgspec

from qchat.conversation.session import Session
from qchat.protocol.event_values import ToolCall
from qchat.protocol.events import (
    Attached,
    Event,
    Notice,
    Text,
    Thinking,
    ToolFinished,
    ToolStarted,
    TurnFinished,
)


class Reply(msgspec.Struct, frozen=True):
    """The last answer of a turn, and how it came about."""

    answer: str
    thinking: str = ""
    calls: tuple[ToolCall, ...] = ()
    failed: tuple[str, ...] = ()
    """The ids of the calls that failed."""
    failure: str = ""
    """Why there is no answer, where the turn ended in an error."""


async def say(
    session: Session, prompt: str, attached: Sequence[Attached] = (), think: bool | None = None
) -> Reply:
    """Send a prompt and read the reply to its end."""
    return await read(session.send(prompt, attached, think))


async def read(events: AsyncGenerator[Event, None]) -> Reply:
    """Read a turn's events to their end. What was said before a call is not the answer."""
    answer: list[str] = []
    thinking: list[str] = []
    calls: list[ToolCall] = []
    failed: list[str] = []
    error, ended = "", ""
    async with aclosing(events) as stream:
        async for event in stream:
            if isinstance(event, Text):
                answer.append(event.text)
            elif isinstance(event, Thinking):
                thinking.append(event.text)
            elif isinstance(event, ToolStarted):
                calls.append(event.call)
                answer.clear()
            elif isinstance(event, ToolFinished) and not event.ok:
                failed.append(event.call_id)
            elif isinstance(event, Notice) and event.level == "error":
                error = event.text
            elif isinstance(event, TurnFinished):
                ended = event.reason
    failure = (error or "the turn ended in an error") if ended == "error" else ""
    return Reply("".join(answer), "".join(thinking), tuple(calls), tuple(failed), failure)
