"""Running the calls of one reply: side by side, in one task group, each with its own result."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from typing import Literal, Protocol, runtime_checkable

from qchat.protocol.event_values import ToolCall
from qchat.protocol.events import Event, Sent, ToolFinished, ToolProgress, ToolStarted
from qchat_memory.origin import QCHAT, Origin
from qchat_tools import base as tools_base
from qchat_tools.base import AskInput, Tool, ToolError
from qchat_tools.parts import Part, TextPart
from qchat_tools.parts import joined as joined_parts
from qchat_tools.provenance import TRUSTED, Provenance
from qchat_tools.wording import error as error_part

Confirm = Callable[[str, str], Awaitable[bool]]
"""Asks the user, for a topic, a question; True allows."""

MAX_CALLS = 64
"""Calls of one reply that are run; a model that wants more makes the rest again."""

log = logging.getLogger(__name__)


class _NoSuchCall(ToolError):
    """The call could not even begin; qchat says so."""

    origin = QCHAT


@runtime_checkable
class TurnTool(Protocol):
    """A tool of qchat's own whose work is part of the turn: it adds events beside its result."""

    def run_in_turn(
        self, call: tools_base.Call, tell: Callable[[Event], None]
    ) -> AsyncGenerator[Part, None]:
        """Do it, as `Tool.run` does."""
        ...


async def run_calls(
    calls: Sequence[ToolCall],
    tools: Mapping[str, Tool],
    confirm: Confirm,
    provenance: Provenance = TRUSTED,
    *,
    caller: Literal["model", "user"] = "model",
    ask_input: AskInput | None = None,
) -> AsyncGenerator[Event, None]:
    """Run calls side by side; their events come interleaved, each call's own in order.

    Every `ToolStarted` is given before any tool begins, so that whoever records them has them on
    the disk by then. `provenance` is what the model knew when it made the calls.
    """
    for call in calls:
        yield ToolStarted(call.id, call.name, call.arguments, call.invalid, caller)
    queue: asyncio.Queue[Event | None] = asyncio.Queue()

    async def one(call: ToolCall) -> None:
        seen = _as_tool_sees_it(call, confirm, provenance, ask_input, queue)
        await _run_call(call, tools, seen, queue.put_nowait)

    async def all_of_them() -> None:
        try:
            async with asyncio.TaskGroup() as group:
                for call in calls[:MAX_CALLS]:
                    group.create_task(one(call), name=f"tool {call.name}")
                for call in calls[MAX_CALLS:]:
                    queue.put_nowait(_not_run(call))
        finally:
            queue.put_nowait(None)

    # A task of its own, since a task group must not be left through the `yield` of a generator.
    running = asyncio.create_task(all_of_them(), name="tools")
    try:
        while (event := await queue.get()) is not None:
            yield event
        await running
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def _run_call(
    call: ToolCall,
    tools: Mapping[str, Tool],
    seen: tools_base.Call,
    give: Callable[[Event], None],
) -> None:
    """Run one call and give what comes of it; `seen` is what its tool is given."""
    parts: list[Part] = []
    origin = tools[call.name].origin if call.name in tools else QCHAT
    try:
        tool = _tool(call, tools)
        parted = tool.run_in_turn(seen, give) if isinstance(tool, TurnTool) else tool.run(seen)
        async with aclosing(parted) as stream:
            async for part in stream:
                parts.append(part)
                give(ToolProgress(call.id, part))
    except ToolError as failure:
        parts.append(_said(error_part(str(failure)), failure.origin))
    except Exception as bug:  # a tool's bug must not cost the conversation
        log.exception("tool %s failed unexpectedly", call.name)
        parts.append(error_part(f"{call.name} failed unexpectedly: {type(bug).__name__}: {bug}"))
    ok = not any(isinstance(part, TextPart) and part.stream == "error" for part in parts)
    give(ToolFinished(call.id, joined_parts(parts), ok, origin))


def _not_run(call: ToolCall) -> ToolFinished:
    text = f"not run: at most {MAX_CALLS} calls in one reply; make the rest of them again"
    return ToolFinished(call.id, (error_part(text),), False, QCHAT)


def _said(part: TextPart, origin: Origin | None) -> TextPart:
    return TextPart(part.text, part.stream, origin=origin)


def _as_tool_sees_it(
    call: ToolCall,
    confirm: Confirm,
    provenance: Provenance,
    ask_input: AskInput | None,
    queue: "asyncio.Queue[Event | None]",
) -> tools_base.Call:
    # What the user once allowed for the whole session is not allowed to others.
    topic = f"{call.name} after text from others" if provenance.tainted else call.name

    async def ask(question: str) -> bool:
        return await confirm(topic, question)

    def sent(host: str, size: int) -> None:
        queue.put_nowait(Sent(host, size, call.name, call_id=call.id, sender="tool"))

    return tools_base.Call(call.id, call.arguments, ask, provenance, sent, ask_input)


def _tool(call: ToolCall, tools: Mapping[str, Tool]) -> Tool:
    if call.invalid:
        raise _NoSuchCall("the arguments are not one JSON object; write the call again")
    if call.name not in tools:
        known = ", ".join(tools) or "none"
        raise _NoSuchCall(f"there is no tool {call.name!r}. Tools: {known}")
    return tools[call.name]
