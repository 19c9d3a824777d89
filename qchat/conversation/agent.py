"""The loop: model, tools, model. The model decides; there is no planner and no router."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing

import msgspec

from qchat.backends.base import Backend, Request
from qchat.conversation.trust import Background, background
from qchat.protocol.events import (
    Event,
    Notice,
    Sent,
    StepFinished,
    Text,
    ToolCall,
    ToolDraft,
    ToolFinished,
    ToolProgress,
    ToolStarted,
    TurnFinished,
)
from qchat.protocol.messages import Assistant, Message, fold
from qchat_tools import base as tools_base
from qchat_tools.base import AskInput, Tool, ToolError
from qchat_tools.parts import Part, TextPart, as_text
from qchat_tools.parts import joined as joined_parts
from qchat_tools.wording import error as error_part

SAME_FAILURES = 3
"""So many equal failures in a row end the turn: the model does not get on."""

NOTHING = Background(tainted=False, asked="")

Confirm = Callable[[str, str], Awaitable[bool]]
"""Asks the person, for a tool's name, a question; True allows."""

log = logging.getLogger(__name__)


async def run_turn(
    backend: Backend,
    request: Request,
    prompt: str,
    *,
    begun: Sequence[Event],
    tools: Mapping[str, Tool],
    confirm: Confirm,
    ask_input: AskInput | None = None,
    max_steps: int = 0,
) -> AsyncGenerator[Event, None]:
    """Answer `prompt` after `request.messages`; `begun` is what the turn already holds.

    Ends with TurnFinished. Raises BackendError or EngineError: what came before stays valid.
    Cancelling the task that iterates cancels the reply and the tools.
    """
    events = list(begun)
    failures = _Failures()
    steps = 0
    while True:
        asked = msgspec.structs.replace(request, messages=request.messages + fold(prompt, events))
        step = _Step(_call_ids(asked.messages))
        async with aclosing(backend.stream(asked)) as stream:
            async for streamed in stream:
                event = step.add(streamed)
                events.append(event)
                yield event
        steps += 1
        calls = step.calls()
        if not calls:
            if lacking := step.lacking():
                yield Notice(lacking, "error")
            yield TurnFinished("length" if step.reason == "length" else "stop")
            return
        before = background(asked.messages)
        now = request.search or _taints(events, tools)  # the service may have read the web
        run = run_calls(calls, tools, confirm, before, tainted_now=now, ask_input=ask_input)
        async with aclosing(run) as stream:
            async for event in stream:
                events.append(event)
                failures.add(event)
                yield event
        if end := _forced_end(failures, steps, max_steps):
            for event in end:
                yield event
            return


def _forced_end(failures: "_Failures", steps: int, most: int) -> tuple[Event, ...]:
    """What ends a turn that the model would go on with; nothing while it may."""
    if failures.stuck:
        why = f"stopped: the same call failed {SAME_FAILURES} times in a row"
        return Notice(why, "error"), TurnFinished("error")
    if most and steps >= most:
        why = f"stopped after {steps} steps, the limit that is set"
        return Notice(why, "error"), TurnFinished("step_limit")
    return ()


class _Step:
    """One reply of the model while it streams; `taken` are the ids of earlier calls."""

    def __init__(self, taken: frozenset[str]) -> None:
        self.reason = "stop"
        self._taken = taken
        self._drafts: dict[str, tuple[str, str]] = {}
        self._answered = False

    def add(self, event: Event) -> Event:
        """Take an event and give it back, its call under an id that no earlier call has."""
        match event:
            case ToolDraft():
                id_ = event.call_id
                while id_ in self._taken:  # some servers count their calls from 0 in each reply
                    id_ += "+"
                name, text = self._drafts.get(id_, ("", ""))
                self._drafts[id_] = (name or event.name, text + event.text)
                return msgspec.structs.replace(event, call_id=id_)
            case Text():
                self._answered = self._answered or bool(event.text.strip())
            case StepFinished():
                self.reason = event.reason
            case _:
                pass
        return event

    def calls(self) -> list[ToolCall]:
        """The complete calls. A draft in a reply that was cut off by its length is none."""
        if self.reason == "length":
            return []
        return [_call(id_, *draft) for id_, draft in self._drafts.items()]

    def lacking(self) -> str:
        """What an answer lacks, in one line: it would look whole. Empty where nothing does."""
        if self.reason == "length":
            lost = "; the call that it was writing was not run" if self._drafts else ""
            return f"the reply was cut off: its longest length or the end of the context came{lost}"
        return "" if self._answered else "the model gave no answer; /retry asks it again"


def _call(call_id: str, name: str, text: str) -> ToolCall:
    try:
        arguments = msgspec.json.decode(text or "{}", type=dict)
    except (msgspec.DecodeError, UnicodeError):
        return ToolCall(call_id, name, {}, invalid=text)
    return ToolCall(call_id, name, arguments)


async def run_calls(
    calls: Sequence[ToolCall],
    tools: Mapping[str, Tool],
    confirm: Confirm,
    before: Background = NOTHING,
    *,
    tainted_now: bool = False,
    ask_input: AskInput | None = None,
) -> AsyncGenerator[Event, None]:
    """Run calls side by side; their events come interleaved, each call's own in order.

    `before` is what the model knew when it made them, `tainted_now` whether this turn has read
    the web.
    """
    queue: asyncio.Queue[Event | None] = asyncio.Queue()

    def note(call: ToolCall) -> Callable[[str, int], None]:
        return lambda host, size: queue.put_nowait(Sent(host, size, call.name, call_id=call.id))

    async def pump(call: ToolCall) -> None:
        try:
            seen = _as_tool_sees_it(call, confirm, before, tainted_now, note(call))
            seen = msgspec.structs.replace(seen, ask_input=ask_input)
            async with aclosing(_run_call(call, tools, seen)) as stream:
                async for event in stream:
                    queue.put_nowait(event)
        finally:
            queue.put_nowait(None)

    tasks = [asyncio.create_task(pump(call), name=f"tool {call.name}") for call in calls]
    async with aclosing(_gathered(tasks, queue)) as events:
        async for event in events:
            yield event


async def _gathered(
    tasks: Sequence["asyncio.Task[None]"], queue: "asyncio.Queue[Event | None]"
) -> AsyncGenerator[Event, None]:
    """What tasks put into a queue, each ending with None; they end with whoever reads it."""
    try:
        running = len(tasks)
        while running:
            event = await queue.get()
            if event is None:
                running -= 1
            else:
                yield event
        for task in tasks:
            await task
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _run_call(
    call: ToolCall, tools: Mapping[str, Tool], seen: tools_base.Call
) -> AsyncGenerator[Event, None]:
    """Run one call; `seen` is what its tool is given."""
    yield ToolStarted(call.id, call.name, call.arguments, call.invalid)
    parts: list[Part] = []
    try:
        run = _tool(call, tools).run(seen)
        async with aclosing(run) as stream:
            async for part in stream:
                parts.append(part)
                yield ToolProgress(call.id, part)
    except ToolError as failure:
        parts.append(error_part(str(failure)))
    except Exception as bug:  # a tool's bug must not cost the conversation
        log.exception("tool %s failed unexpectedly", call.name)
        parts.append(error_part(f"{call.name} failed unexpectedly: {type(bug).__name__}: {bug}"))
    ok = not any(isinstance(part, TextPart) and part.stream == "error" for part in parts)
    yield ToolFinished(call.id, joined_parts(parts), ok)


def _as_tool_sees_it(
    call: ToolCall,
    confirm: Confirm,
    before: Background,
    tainted_now: bool,
    sent: Callable[[str, int], None],
) -> tools_base.Call:
    tainted = before.tainted or tainted_now
    # What the user once allowed for the whole session is not allowed to strangers.
    topic = f"{call.name} after reading the web" if tainted else call.name

    async def ask(question: str) -> bool:
        return await confirm(topic, question)

    return tools_base.Call(
        call.id,
        call.arguments,
        ask,
        tainted=tainted,
        sent=sent,
        tainted_earlier=tainted and not tainted_now,
        asked=before.asked,
        sources=before.sources,
    )


def _tool(call: ToolCall, tools: Mapping[str, Tool]) -> Tool:
    if call.invalid:
        raise ToolError("the arguments are not one JSON object; write the call again")
    if call.name not in tools:
        raise ToolError(f"there is no tool {call.name!r}; there are: {', '.join(tools) or 'none'}")
    return tools[call.name]


def _call_ids(messages: Sequence[Message]) -> frozenset[str]:
    assistants = (message for message in messages if isinstance(message, Assistant))
    return frozenset(call.id for message in assistants for call in message.calls)


def _taints(events: Sequence[Event], tools: Mapping[str, Tool]) -> bool:
    """Whether the turn has run a tool whose output strangers write."""
    return any(
        isinstance(event, ToolStarted) and event.name in tools and tools[event.name].taints
        for event in events
    )


class _Failures:
    """Counts equal failures in a row."""

    def __init__(self) -> None:
        self._last = ""
        self._count = 0

    @property
    def stuck(self) -> bool:
        return self._count >= SAME_FAILURES

    def add(self, event: Event) -> None:
        if not isinstance(event, ToolFinished):
            return
        reason = "" if event.ok else as_text(event.parts)
        self._count = self._count + 1 if reason and reason == self._last else bool(reason)
        self._last = reason
