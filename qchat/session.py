"""A conversation: its turns, its switches, its tools, and everything that happens kept as it does.

All state that an interface shows lives here, none in the interface.
"""

import asyncio
import datetime
import logging
import math
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from itertools import islice
from typing import Any, Literal

import msgspec

from qchat import context
from qchat.agent import run_calls, run_turn
from qchat.backends.base import Backend, Request
from qchat.branch import Branch, Tree
from qchat.citations import cited, claims
from qchat.errors import QchatError, StoreError, UsageError
from qchat.events import (
    USER_CALL,
    Attached,
    Cited,
    Event,
    Notice,
    Recalled,
    SourceName,
    StepFinished,
    Text,
    ToolCall,
    TurnFinished,
)
from qchat.gauge import Gauge
from qchat.messages import Message
from qchat.store import SessionInfo, Store, Turn, TurnWriter
from qchat.toolbox import Toolbox
from qchat_tools.base import AskInput

Permission = Literal["once", "session", "no", "never"]
"""An answer to a question: for this call, for all of this session, not now, not in this session."""

Ask = Callable[[str], Awaitable[Permission]]

Abandoned = Callable[[Sequence[Turn]], Awaitable[None]]

BUSY = "a turn is running; stop it first (Esc in the window, Ctrl+C in a line)"

log = logging.getLogger(__name__)


async def _nothing(_turns: Sequence[Turn]) -> None:
    """Nothing is kept elsewhere that would have to be taken back."""


async def refuse(_question: str) -> Permission:
    """The answer where nobody is there to be asked."""
    return "no"


class Session:
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
        self._info = info
        self._store = store
        self._permissions: dict[str, Permission] = {}
        self._dropped = 0
        """Earlier turns that did not fit the last time."""
        self.toolbox = toolbox
        self.backend = backend
        self.think = think
        self.budget = budget
        self.effort = ""
        """How hard the model thinks, in its own word; empty leaves it to the model."""
        self.gauge = Gauge()
        self.max_steps = max_steps
        self.ask: Ask = refuse
        self.ask_input: AskInput | None = None
        """Asks for the line that running code waits for; None where nobody is there."""
        self.turns = turns
        self.abandoned: Abandoned = _nothing
        """Awaited with the turns that an edited or repeated prompt takes out of the conversation,

        before the new one is sent: what they left behind elsewhere can be taken back here.
        """
        self._running = False
        self._tree: Tree | None = None
        self._counted: tuple[int, StepFinished | None] = (0, None)
        """The last step as it was looked up, and how many turns there were."""

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
        length, last = self._counted
        if length != len(self.turns):  # turns came, or another branch is stood at
            events = (event for turn in reversed(self.turns) for event in reversed(turn.events))
            last = next((event for event in events if isinstance(event, StepFinished)), None)
            self._counted = (len(self.turns), last)
        return last

    async def start(self) -> None:
        """Warm up the engine, kernel and memory. Raises QchatError; what failed is tried at use."""
        await asyncio.to_thread(self.toolbox.load)
        results = await asyncio.gather(
            self.backend.start(), self.toolbox.start(), return_exceptions=True
        )
        for failure in results:
            if failure is not None:
                raise failure

    async def send(
        self, prompt: str, attached: Sequence[Attached] = ()
    ) -> AsyncGenerator[Event, None]:
        """Answer a prompt. Ends with TurnFinished; failures come as a Notice of level error.

        Cancelling the task that iterates ends the turn; what was streamed is kept.
        """

        async def stream(writer: TurnWriter) -> AsyncGenerator[Event, None]:
            async with aclosing(self._answer(writer, attached)) as events:
                async for event in events:
                    yield event

        async with aclosing(self._record("chat", prompt, stream)) as events:
            async for event in events:
                yield event

    def edit(
        self, number: int, prompt: str, attached: Sequence[Attached] = ()
    ) -> AsyncGenerator[Event, None]:
        """Send another prompt in place of the one of that number, counted from 1.

        What followed the old one stays as a branch beside it. Raises UsageError.
        """
        return self._instead(self._place(number), prompt, attached)

    def retry(self, number: int) -> AsyncGenerator[Event, None]:
        """Send the prompt of that number once more, as `edit` does. Raises UsageError."""
        turn = self.turns[self._place(number)]
        if turn.kind != "chat":
            raise UsageError(f"{turn.prompt.split(maxsplit=1)[0]} is sent again by typing it")
        attached = [event for event in turn.events if isinstance(event, Attached)]
        return self._instead(number - 1, turn.prompt, attached)

    async def _instead(
        self, place: int, prompt: str, attached: Sequence[Attached]
    ) -> AsyncGenerator[Event, None]:
        abandoned = self.turns[place:]
        self.turns.cut(place)
        self._counted = (0, None)
        self._dropped = 0
        await self.abandoned(abandoned)
        async with aclosing(self.send(prompt, attached)) as events:
            async for event in events:
                yield event

    @property
    def last_prompt(self) -> str:
        """What was asked last; empty before that."""
        chats = (turn for turn in reversed(self.turns.heads) if turn.kind == "chat")
        return next((turn.prompt for turn in chats), "")

    async def compare(self, backend: Backend) -> AsyncGenerator[Event, None]:
        """Answer the last prompt with another backend too, in a branch beside its answer.

        The conversation goes on from there, with the backend that it had. Raises UsageError.
        """
        chats = [at for at, turn in enumerate(self.turns.heads) if turn.kind == "chat"]
        if not chats:
            raise UsageError("nothing has been asked yet that could be compared")
        turn = self.turns[self._place(chats[-1] + 1)]
        attached = [event for event in turn.events if isinstance(event, Attached)]
        self.turns.cut(chats[-1])
        before, self.backend = self.backend, backend
        try:
            async with aclosing(self.send(turn.prompt, attached)) as events:
                async for event in events:
                    yield event
        finally:
            self.backend = before

    def switch(self, turn: int) -> None:
        """Go to the newest branch that goes through a turn of this session, by its id.

        Raises UsageError while a turn runs, StoreError.
        """
        self._stand_at(self.tree().leaf(turn))

    def fork(self, number: int) -> None:
        """Stand behind the turn of that number: what is sent next begins a branch there.

        Raises UsageError, StoreError.
        """
        self._stand_at(self.turns.heads[self._place(number)].id)

    def senders(self) -> list[Turn]:
        """The turns of every branch, with what `egress` reads of them. Raises StoreError."""
        return self._store.senders(self.id)

    def tree(self) -> Tree:
        """How the turns of all branches hang together. Raises StoreError."""
        if self._tree is None:
            self._tree = Tree(self._store.parents(self.id))
        return self._tree

    def beside(self, turn: int) -> list[int]:
        """The turns that stand in one place, this one among them: answers to other prompts there.

        Raises StoreError.
        """
        return self.tree().siblings(turn)

    def _stand_at(self, turn: int) -> None:
        if self._running:
            raise UsageError(BUSY)
        self._store.move_head(self.id, turn)
        self.turns = Branch(self._store, self.id)
        self._dropped = 0
        self._counted = (0, None)

    def _place(self, number: int) -> int:
        if self._running:
            raise UsageError(BUSY)
        if not 1 <= number <= len(self.turns):
            have = f"there are {len(self.turns)}" if len(self.turns) else "there is none yet"
            raise UsageError(f"there is no prompt {number}: {have}")
        return number - 1

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
            call = ToolCall(f"{USER_CALL}{writer.turn.id}", tool, arguments)
            tools = self.toolbox.tools(turn=writer.turn.id)
            run = run_calls([call], tools, _allow, ask_input=self.ask_input)
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
        kind: Literal["chat", "run"],
        prompt: str,
        stream: Callable[[TurnWriter], AsyncGenerator[Event, None]],
    ) -> AsyncGenerator[Event, None]:
        """Keep every event of a turn as it comes, whatever ends it."""
        parent = self.turns.heads[-1].id if self.turns else None
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
        self._running = True
        self._tree = None

        def keep(event: Event) -> Event:
            stamped = msgspec.structs.replace(event, at=time.time())
            if isinstance(stamped, StepFinished):
                self._counted = (len(self.turns), stamped)
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
        past = self._past()
        if past.dropped:
            yield Notice(f"{past.dropped} earlier turns no longer fit and were not sent")
        request = Request(
            messages=past.messages,
            system=context.system_text(datetime.date.today()),
            tools=self.toolbox.specs,
            think=self.think if switch is None else switch,
            budget=self.budget,
            effort=self.effort,
            search=self.toolbox.server_search,
        )
        turn = run_turn(
            self.backend,
            request,
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
                if isinstance(event, Text):
                    answer.append(event.text)
                if isinstance(event, TurnFinished) and (cites := self._cited("".join(answer))):
                    yield cites
                yield event

    def _cited(self, answer: str) -> Cited | None:
        """The list that stands under an answer; None where it cites nothing."""
        sources = self.toolbox.sources
        numbers, unknown = cited(answer, lambda number: sources.get(number) is not None)
        found = (sources.get(number) for number in numbers)
        names = tuple(SourceName(s.number, s.url, s.title) for s in found if s is not None)
        return Cited(names, tuple(unknown)) if names or unknown else None

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

    def _past(self) -> context.History:
        """The turns before the running one, as far as they fit."""
        past: list[tuple[Message, ...]] = []
        room = self.backend.context * context.CHARACTERS_PER_TOKEN or math.inf
        for turn in islice(reversed(self.turns), 1, None):
            if room < 0:
                break  # what is older cannot fit: it is not even read
            past.insert(0, context.turn_messages(turn.kind, turn.prompt, turn.events))
            room -= sum(map(context.characters, past[0]))
        unread = len(self.turns) - 1 - len(past)
        ratio = context.measured_ratio(past[max(self._dropped - unread, 0) :], self.last_step)
        kept = context.history(past, self.backend.context, ratio)
        self._dropped = kept.dropped + unread
        return msgspec.structs.replace(kept, dropped=self._dropped)

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
