"""A conversation: its turns, its switches, its tools, and everything that happens kept as it does.

All state that an interface shows lives here, none in the interface.
"""

import asyncio
import datetime
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from contextlib import aclosing
from typing import Any, Literal

import msgspec

from qchat import context
from qchat.agent import run_calls, run_turn
from qchat.backends.base import Backend, Request
from qchat.errors import QchatError, StoreError
from qchat.events import (
    Event,
    Notice,
    Recalled,
    StepFinished,
    ToolCall,
    ToolFinished,
    TurnFinished,
)
from qchat.messages import Message
from qchat.store import SessionInfo, Store, Turn, TurnWriter
from qchat.toolbox import Toolbox
from qchat_tools.parts import SourcePart

Permission = Literal["once", "session", "no", "never"]
"""An answer to a question: for this call, for all of this session, not now, not in this session."""

Ask = Callable[[str], Awaitable[Permission]]

CUT_SHORT = Notice("this turn was cut short", "warning")

log = logging.getLogger(__name__)


async def refuse(_question: str) -> Permission:
    """The answer where nobody is there to be asked."""
    return "no"


class Session:
    """One conversation of one user; several may run at once."""

    def __init__(
        self,
        info: SessionInfo,
        store: Store,
        turns: Sequence[Turn],
        toolbox: Toolbox,
        backend: Backend,
        *,
        think: bool,
        budget: int,
        max_steps: int,
    ) -> None:
        self._info = info
        self._store = store
        self._permissions: dict[str, Permission] = {}
        self._dropped = 0
        """Earlier turns that did not fit the last time."""
        self.toolbox = toolbox
        self.backend = backend
        self.think = think
        self.budget = budget
        self.max_steps = max_steps
        self.ask: Ask = refuse
        self.turns: list[Turn] = [_readable(turn) for turn in turns]

    @property
    def id(self) -> str:
        return self._info.id

    @property
    def title(self) -> str:
        if self._info.title:
            return self._info.title
        return " ".join(self.turns[0].prompt.split()) if self.turns else "new conversation"

    @title.setter
    def title(self, title: str) -> None:
        self._info = msgspec.structs.replace(self._info, title=title)

    @property
    def last_step(self) -> StepFinished | None:
        """The newest reply's usage and timings."""
        events = (event for turn in reversed(self.turns) for event in reversed(turn.events))
        return next((event for event in events if isinstance(event, StepFinished)), None)

    async def start(self) -> None:
        """Warm up the engine, kernel and memory. Raises QchatError; what failed is tried at use."""
        await asyncio.to_thread(self.toolbox.load)
        results = await asyncio.gather(
            self.backend.start(), self.toolbox.start(), return_exceptions=True
        )
        for failure in results:
            if failure is not None:
                raise failure

    async def send(self, prompt: str) -> AsyncGenerator[Event, None]:
        """Answer a prompt. Ends with TurnFinished; failures come as a Notice of level error.

        Cancelling the task that iterates ends the turn; what was streamed is kept.
        """
        async with aclosing(self._record("chat", prompt, self._answer)) as events:
            async for event in events:
                yield event

    async def run(self, code: str) -> AsyncGenerator[Event, None]:
        """Run the user's own code in the session's kernel."""
        async with aclosing(self.call("python", {"code": code}, f"/run {code}")) as events:
            async for event in events:
                yield event

    async def call(
        self, tool: str, arguments: dict[str, Any], prompt: str
    ) -> AsyncGenerator[Event, None]:
        """Use a tool as the user, without the model, which sees in its next turn what came of it.

        `prompt` is what the user typed for it.
        """

        async def stream(writer: TurnWriter) -> AsyncGenerator[Event, None]:
            call = ToolCall(f"user-{writer.turn.id}", tool, arguments)
            tools = self.toolbox.tools(turn=writer.turn.id)
            async with aclosing(run_calls([call], tools, _allow)) as events:
                async for event in events:
                    yield event
            yield TurnFinished("stop")

        async with aclosing(self._record("run", prompt, stream)) as events:
            async for event in events:
                yield event

    async def answer_now(self) -> bool:
        """End the thinking of the running reply; False where the backend cannot."""
        return await self.backend.answer_now()

    async def aclose(self) -> None:
        """End the kernel. The backend belongs to the workspace."""
        await self.toolbox.aclose()

    async def _record(
        self,
        kind: Literal["chat", "run"],
        prompt: str,
        stream: Callable[[TurnWriter], AsyncGenerator[Event, None]],
    ) -> AsyncGenerator[Event, None]:
        """Keep every event of a turn as it comes, whatever ends it."""
        parent = self.turns[-1].id if self.turns else None
        backend = self.backend
        try:
            writer = self._store.begin_turn(
                self.id, parent, prompt, kind=kind, backend=backend.name, model=backend.model
            )
        except StoreError as error:
            yield Notice(f"nothing was sent: {error}", "error")
            yield TurnFinished("error")
            return
        self.turns.append(writer.turn)

        def keep(event: Event) -> Event:
            stamped = msgspec.structs.replace(event, at=time.time())
            writer.add(stamped)
            return stamped

        try:
            async with aclosing(_failures_as_events(stream(writer))) as events:
                async for event in events:
                    kept = keep(event)
                    if isinstance(event, TurnFinished) and (problem := _flushed(writer)):
                        yield problem
                    yield kept
        except (asyncio.CancelledError, GeneratorExit):
            keep(TurnFinished("cancelled"))
            raise
        finally:
            try:
                self.turns[-1] = writer.close()
            except StoreError:
                self.turns[-1] = writer.turn
                log.exception("the end of a turn could not be kept")

    async def _answer(self, writer: TurnWriter) -> AsyncGenerator[Event, None]:
        text, switch = context.soft_switch(writer.turn.prompt)
        begun: list[Event] = []
        async for event in self._recall(text):
            begun.append(event)
            yield event
        past = self._past()
        if past.dropped:
            yield Notice(f"{past.dropped} earlier turns no longer fit and were not sent")
        request = Request(
            messages=past.messages,
            system=context.system_text(datetime.date.today()),
            tools=self.toolbox.specs,
            think=self.think if switch is None else switch,
            budget=self.budget,
        )
        turn = run_turn(
            self.backend,
            request,
            text,
            begun=begun,
            tools=self.toolbox.tools(turn=writer.turn.id),
            confirm=self._confirm,
            max_steps=self.max_steps,
        )
        async with aclosing(turn) as events:
            async for event in events:
                yield event

    async def _recall(self, text: str) -> AsyncGenerator[Event, None]:
        try:
            memories = await self.toolbox.recall(text)
        except QchatError as error:
            yield Notice(str(error), "warning")
            return
        if memories:
            yield Recalled(memories)

    def _past(self) -> context.History:
        """The turns before the running one, as far as they fit."""
        past: list[tuple[Message, ...]] = [
            context.turn_messages(turn.kind, turn.prompt, turn.events) for turn in self.turns[:-1]
        ]
        ratio = context.measured_ratio(past[self._dropped :], self.last_step)
        kept = context.history(past, self.backend.context, ratio)
        self._dropped = kept.dropped
        return kept

    async def _confirm(self, topic: str, question: str) -> bool:
        standing = self._permissions.get(topic)
        if standing is None:
            answer = await self.ask(question)
            if answer in ("session", "never"):
                self._permissions[topic] = answer
        else:
            answer = standing
        return answer in ("once", "session")


def _flushed(writer: TurnWriter) -> Notice | None:
    """Put a turn on disk; what the reader is told where that fails."""
    try:
        writer.flush()
    except StoreError as error:
        return Notice(f"this turn is not kept yet: {error}", "error")
    return None


async def _allow(_topic: str, _question: str) -> bool:
    return True


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


def _readable(turn: Turn) -> Turn:
    """Say of a turn that a kill cut short that it was."""
    if turn.finished:
        return turn
    events = (*turn.events, CUT_SHORT, TurnFinished("cancelled"))
    return msgspec.structs.replace(turn, events=events)


def sources(turns: Sequence[Turn]) -> Iterator[SourcePart]:
    """The web pages that turns have numbered."""
    for turn in turns:
        for event in turn.events:
            if isinstance(event, ToolFinished):
                yield from (part for part in event.parts if isinstance(part, SourcePart))
