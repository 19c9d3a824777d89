"""A conversation: its turns, its switches, its tools, and everything that happens kept as it does.

All state that an interface shows lives here, none in the interface.
"""

import asyncio
import datetime
import logging
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from typing import Any

import msgspec

from qchat.backends.base import Backend, Request
from qchat.conversation import context
from qchat.conversation.agent import run_turn
from qchat.conversation.branch import Branch
from qchat.conversation.citations import claims, resolved
from qchat.conversation.cursor import BranchCursor
from qchat.conversation.recording import recorded
from qchat.conversation.thinking_budget import TokenMeter
from qchat.conversation.tool_runner import run_calls
from qchat.conversation.toolbox import Toolbox
from qchat.conversation.truncation import before_last
from qchat.protocol.errors import QchatError, StoreError, UsageError
from qchat.protocol.events import (
    Attached,
    Event,
    Notice,
    Recalled,
    StepFinished,
    Text,
    ToolCall,
    TurnFinished,
)
from qchat.protocol.fold import fold
from qchat.protocol.messages import Message
from qchat.protocol.permission import Ask, Permissions, refuse
from qchat.store import SessionInfo, Store, Turn, TurnKind, TurnWriter
from qchat_tools.base import AskInput

log = logging.getLogger(__name__)


class Session(BranchCursor):
    """One conversation of one user; several may run at once."""

    def __init__(
        self,
        info: SessionInfo,
        store: Store,
        turns: Branch,
        toolbox: Toolbox,
        backend: Backend,
        *,
        think: bool,
        budget: int,
        max_steps: int,
    ) -> None:
        super().__init__(turns)
        self._info = info
        self._store = store
        self._permissions = Permissions()
        self.toolbox = toolbox
        self.backend = backend
        self.think = think
        self.budget = budget
        self.effort = ""
        """How hard the model thinks, in its own word; empty leaves it to the model."""
        self.gauge = TokenMeter()
        self.max_steps = max_steps
        self.remarks: tuple[str, ...] = ()
        """What the user should read before anything is sent."""
        self.ask: Ask = refuse
        self.ask_input: AskInput | None = None
        """Asks for the line that running code waits for; None where nobody is there."""

    @property
    def id(self) -> str:
        return self._info.id

    @property
    def title(self) -> str:
        if self._info.title:
            return self._info.title
        return " ".join(self.turns.heads[0].prompt.split()) if self.turns else "new conversation"

    @title.setter
    def title(self, title: str) -> None:
        self._info = msgspec.structs.replace(self._info, title=title)

    @property
    def last_step(self) -> StepFinished | None:
        """The newest reply's usage and timings."""
        return self.turns.last_step

    async def start(self) -> None:
        """Warm up the engine, kernel and memory. Raises QchatError; what failed is tried at use."""
        await asyncio.to_thread(self.toolbox.load)
        results = await asyncio.gather(
            self.backend.start(), self.toolbox.start(), return_exceptions=True
        )
        for failure in results:
            if failure is not None:
                raise failure

    def send(self, prompt: str, attached: Sequence[Attached] = ()) -> AsyncGenerator[Event, None]:
        """Answer a prompt. Ends with TurnFinished; failures come as a Notice of level error.

        Cancelling the task that iterates ends the turn; what was streamed is kept.
        """
        return self._chat(prompt, attached)

    async def _chat(
        self,
        prompt: str,
        attached: Sequence[Attached],
        place: int | None = None,
        *,
        beside: bool = False,
    ) -> AsyncGenerator[Event, None]:
        """Answer a prompt, at that place of the conversation instead of what stands there.

        What that left behind elsewhere is taken back, but not where the new one stands `beside` it.
        """
        gone = [] if place is None or beside else self.turns[place:]

        async def stream(writer: TurnWriter) -> AsyncGenerator[Event, None]:
            if gone:
                await self.abandoned(gone)
            self.note_sent()  # what was sent before this turn is not of it
            async with aclosing(self._answer(writer, attached)) as events:
                async for event in events:
                    for sent in self.toolbox.memories.sent():
                        yield sent
                    yield event

        async with aclosing(self._record("chat", prompt, stream, place)) as events:
            async for event in events:
                yield event

    def edit(
        self, number: int, prompt: str, attached: Sequence[Attached] = ()
    ) -> AsyncGenerator[Event, None]:
        """Send another prompt in place of the one of that number, counted from 1.

        What followed the old one stays as a branch beside it. Raises UsageError.
        """
        return self._chat(prompt, attached, self._place(number))

    def retry(self, number: int) -> AsyncGenerator[Event, None]:
        """Send the prompt of that number once more, as `edit` does. Raises UsageError."""
        turn = self.turns[self._place(number)]
        if turn.kind != "chat":
            raise UsageError(f"{turn.prompt.split(maxsplit=1)[0]} is sent again by typing it")
        attached = [event for event in turn.events if isinstance(event, Attached)]
        return self._chat(turn.prompt, attached, number - 1)

    @property
    def last_prompt(self) -> str:
        """What was asked last; empty before that."""
        number = self.turns.last_chat
        return self.turns.heads[number - 1].prompt if number else ""

    async def compare(self, backend: Backend) -> AsyncGenerator[Event, None]:
        """Answer the last prompt with another backend too, in a branch beside its answer.

        The conversation goes on from there, with the backend that it had; where nothing was
        answered it stays where it was. Raises UsageError.
        """
        if not (number := self.turns.last_chat):
            raise UsageError("nothing has been asked yet that could be compared")
        place = self._place(number)
        turn = self.turns[place]
        attached = [event for event in turn.events if isinstance(event, Attached)]
        before, self.backend = self.backend, backend
        stood, answered = self.turns.heads[-1].id, False
        try:
            async with aclosing(self._chat(turn.prompt, attached, place, beside=True)) as events:
                async for event in events:
                    answered = answered or isinstance(event, Text)
                    yield event
        finally:
            self.backend = before
            if not answered and self.turns.heads[-1].id != stood:
                self._checkout(stood)

    def senders(self) -> list[Turn]:
        """The turns of every branch, with what `egress` reads of them. Raises StoreError."""
        self.note_sent()
        return self._store.senders(self.id)

    def note_sent(self) -> None:
        """Keep what memories have sent outside of turns. Raises StoreError."""
        if sent := self.toolbox.memories.sent():
            self._store.note_outside(self.id, sent)

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
            run = run_calls([call], tools, _allow, caller="user", ask_input=self.ask_input)
            async with aclosing(run) as events:
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
        kind: TurnKind,
        prompt: str,
        stream: Callable[[TurnWriter], AsyncGenerator[Event, None]],
        place: int | None = None,
    ) -> AsyncGenerator[Event, None]:
        """Keep every event of a turn as it comes, whatever ends it, at that place or the end.

        Where it cannot be kept, the conversation stays as it is.
        """
        before = self.turns.heads[:place]
        parent = before[-1].id if before else None
        backend = self.backend
        try:
            writer = self._store.begin_turn(
                self.id, parent, prompt, kind=kind, backend=backend.name, model=backend.model
            )
        except StoreError as error:
            yield Notice(f"nothing was sent: {error}", "error")
            yield TurnFinished("error")
            return
        if place is not None:
            self.turns.cut(place)
            self._dropped = 0
        self.turns.append(writer.turn)
        self._running = True
        try:
            async with aclosing(recorded(writer, stream(writer))) as events:
                async for event in events:
                    self.turns.note(event)
                    yield event
        finally:
            self._running = False
            try:
                self.turns.finish(writer.close())
            except StoreError:
                self.turns.finish(writer.turn)
                log.exception("the end of a turn could not be kept")

    async def _answer(
        self, writer: TurnWriter, attached: Sequence[Attached]
    ) -> AsyncGenerator[Event, None]:
        text, switch = context.soft_switch(writer.turn.prompt)
        begun: list[Event] = [*attached]
        for file in attached:
            yield file
        async for event in self._recall(text):
            begun.append(event)
            yield event
        if len(self.turns) > 1 and not self.backend.context:
            await self.backend.start()  # else nobody knows how much fits
        past = before_last(
            self.turns,
            self.backend.context,
            self._dropped,
            self.last_step,
            thoughts=self.backend.recalls_thinking,
            beside=context.characters(fold(text, begun)),
        )
        if past.dropped:
            yield Notice(f"{past.dropped} earlier turns no longer fit and were not sent")
        turn = run_turn(
            self.backend,
            self._request(past.messages, think=self.think if switch is None else switch),
            text,
            begun=begun,
            tools=self.toolbox.tools(turn=writer.turn.id),
            confirm=self._confirm,
            ask_input=self.ask_input,
            max_steps=self.max_steps,
        )
        answer: list[str] = []
        async with aclosing(turn) as events:
            async for event in events:
                self.gauge.add(event)
                if isinstance(event, StepFinished):
                    self._dropped = past.dropped  # what it counts was sent without them
                if isinstance(event, Text):
                    answer.append(event.text)
                if isinstance(event, TurnFinished):
                    cites = resolved("".join(answer), self.toolbox.sources.get)
                    if cites is not None:
                        yield cites
                yield event

    def _request(self, past: tuple[Message, ...], *, think: bool) -> Request:
        return Request(
            messages=past,
            system=context.system_text(datetime.date.today()),
            tools=self.toolbox.specs,
            think=think,
            budget=self.budget,
            effort=self.effort,
            search=self.toolbox.server_search,
        )

    def claims(self, number: int) -> list[str]:
        """What the answers of this conversation have a source for, by its number."""
        answers = (
            "".join(event.text for event in turn.events if isinstance(event, Text))
            for turn in self.turns
        )
        return [claim for answer in answers for claim in claims(answer, number)]

    async def _recall(self, text: str) -> AsyncGenerator[Event, None]:
        try:
            memories = await self.toolbox.memories.recall(text)
        except QchatError as error:
            yield Notice(str(error), "warning")
            return
        if memories:
            yield Recalled(memories)

    async def _confirm(self, topic: str, question: str) -> bool:
        return await self._permissions.granted(topic, question, self.ask)


async def _allow(_topic: str, _question: str) -> bool:
    return True
