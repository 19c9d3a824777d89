"""A conversation: its turns, its switches, its tools, and everything that happens kept as it does.

All state that an interface shows lives here, none in the interface. A turn has four stages:
`record` (every event is kept), `recall` (memories beside the prompt), `run` (model and tools in
turn), `cite` (what the answer refers to).
"""

import asyncio
import datetime
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from typing import Any

import msgspec
from msgspec.structs import replace

from qchat.backends.base import Backend, Request
from qchat.backends.retries import IN_A_TALK, Retries
from qchat.conversation.agent import run_turn
from qchat.conversation.aside import answer
from qchat.conversation.branch import Branch
from qchat.conversation.citations import claims, resolved
from qchat.conversation.compaction import covered_by, decide, foreseen
from qchat.conversation.consulting import consult
from qchat.conversation.context import system_text
from qchat.conversation.cursor import BranchCursor
from qchat.conversation.cut import told_of_cut
from qchat.conversation.history import History
from qchat.conversation.look_back import LookBackTool
from qchat.conversation.note_writer import NoteWriter, untrusted
from qchat.conversation.oversight import Oversight
from qchat.conversation.planner import Past, StepPlanner, said
from qchat.conversation.recording import record
from qchat.conversation.steering import Steering
from qchat.conversation.thinking_budget import TokenMeter
from qchat.conversation.tool_runner import Confirm, run_calls
from qchat.conversation.toolbox import Toolbox
from qchat.conversation.view import WHOLE_TURN, TurnMessages, cuts, view
from qchat.conversation.window import Account, ContextWindow, NextRequest
from qchat.protocol.errors import QchatError, StoreError, UsageError
from qchat.protocol.events import (
    Attached,
    Compacted,
    CompactionUndone,
    Event,
    GivenUp,
    Marked,
    Notes,
    Notice,
    Recalled,
    Sent,
    StepFinished,
    Text,
    ToolCall,
    TurnFinished,
    TurnReason,
    Usage,
)
from qchat.protocol.fold import fold
from qchat.protocol.messages import Message
from qchat.protocol.permission import Ask, Permissions, refuse
from qchat.protocol.soft_switch import soft_switch
from qchat.store import SessionInfo, Store, Turn, TurnKind, TurnWriter
from qchat_tools.base import AskInput

Stages = Callable[[TurnWriter], AsyncGenerator[Event, None]]
"""What a turn does, given where it is kept."""
Runs = Callable[[Turn, Sequence[Event]], AsyncGenerator[Event, None]]
"""Answers a turn, given what it begins with: what is attached and recalled."""


class Surroundings(msgspec.Struct, frozen=True):
    """What a turn beside the running one is answered with: the same past, and the same rights."""

    past: Past
    request: Request
    confirm: Confirm


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
        self.cursor = BranchCursor(turns)
        """Where it stands among its branches."""
        self._history = History(turns)
        self._window = ContextWindow()
        self._foretold: tuple[object, float] = (None, 0.0)
        """Where the conversation stands, and the estimate of a request there without a prompt."""
        self._unread = 0
        """Older turns of which the user was told that they do not fit."""
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
        self.retries: Retries = IN_A_TALK
        """How often, and after what waits, a request that failed is made again."""
        self.limit: Callable[[], int] = lambda: 0
        """The longest request in tokens that the backend has said it takes; 0: it said nothing."""
        self.written_notes = False
        """Whether the model writes the notes when the context is full."""
        self.remarks: tuple[str, ...] = ()
        """What the user should read before anything is sent."""
        self.ask: Ask = refuse
        self.oversight: Oversight | None = None
        """Who watches over a run towards a goal; None in a talk."""
        self.steering: Steering | None = None
        """The running turn, where it can be told something."""
        self.ask_input: AskInput | None = None
        """Asks for the line that running code waits for; None where nobody is there."""

    def learn_limits(self, learned: Callable[[int], None]) -> None:
        """Tell of what its backend refuses to exceed."""
        self._window.learned = learned

    @property
    def id(self) -> str:
        return self._info.id

    @property
    def turns(self) -> Branch:
        """Those up to where it stands."""
        return self.cursor.turns

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

    def send(
        self, prompt: str, attached: Sequence[Attached] = (), think: bool | None = None
    ) -> AsyncGenerator[Event, None]:
        """Answer a prompt. Ends with TurnFinished; failures come as a Notice of level error.

        `think` switches thinking for this one; so does `/think` or `/no_think` in the prompt.
        Cancelling the task that iterates ends the turn; what was streamed is kept.
        """
        return self._chat(prompt, attached, think)

    def answer_by(
        self,
        runs: Runs,
        prompt: str,
        attached: Sequence[Attached] = (),
        place: int | None = None,
        *,
        beside: bool = False,
    ) -> AsyncGenerator[Event, None]:
        """Answer a prompt as `send` does, but by `runs` in place of one model in one turn.

        At that place of the conversation it takes the place of what stands there, or stands
        `beside` it, which still counts.
        """
        return self._chat(prompt, attached, None, place, beside=beside, runs=runs)

    async def ask_other(self, backend: Backend, prompt: str) -> AsyncGenerator[Event, None]:
        """Let another backend answer this one prompt; the conversation keeps the one it has."""
        before, self.backend = self.backend, backend
        try:
            async with aclosing(self._chat(prompt, (), None)) as events:
                async for event in events:
                    yield event
        finally:
            self.backend = before

    def begin_trail(self, prompt: str, backend: Backend, parent: int | None) -> TurnWriter:
        """Begin a turn that is on no branch, behind that one. Raises StoreError."""
        return self._store.begin_turn(
            self.id, parent, prompt, kind="trail", backend=backend.name, model=backend.model
        )

    def trail(self, turn: int) -> Turn | None:
        """A turn of this conversation on any branch or none, by its id. Raises StoreError."""
        return self._store.turn(self.id, turn)

    def choose(self, turn: int) -> None:
        """Go on behind a trail, which is a turn as others are from then on.

        Raises UsageError while a turn runs or where there is no such turn, StoreError.
        """
        if self.trail(turn) is None:
            raise UsageError(f"there is no turn {turn} in this conversation")
        self.cursor.choose(turn)

    def surroundings(self, think: bool) -> Surroundings:
        """What trails of the running turn are answered with."""
        return Surroundings(
            self._past(len(self.turns) - 1), self._request(think, None), self._confirm
        )

    def _chat(
        self,
        prompt: str,
        attached: Sequence[Attached],
        think: bool | None,
        place: int | None = None,
        *,
        beside: bool = False,
        runs: Runs | None = None,
    ) -> AsyncGenerator[Event, None]:
        """Answer a prompt, at that place of the conversation instead of what stands there.

        What that left behind elsewhere is taken back, but not where the new one stands `beside` it.
        """
        text, switch = soft_switch(prompt)
        gone = [] if place is None or beside else self.turns[place:]
        return self._turn(
            "chat",
            text,
            lambda writer: self._stages(writer, attached, gone, runs or self._run),
            place,
            think if switch is None else switch,
        )

    def edit(
        self,
        number: int,
        prompt: str,
        attached: Sequence[Attached] = (),
        think: bool | None = None,
    ) -> AsyncGenerator[Event, None]:
        """Send another prompt in place of the one of that number, counted from 1.

        What followed the old one stays as a branch beside it. Raises UsageError.
        """
        return self._chat(prompt, attached, think, self.cursor.place(number))

    def retry(self, number: int) -> AsyncGenerator[Event, None]:
        """Send the prompt of that number once more, as `edit` does. Raises UsageError."""
        turn = self.turns[self.cursor.place(number)]
        if turn.kind != "chat":
            raise UsageError(f"{turn.prompt.split(maxsplit=1)[0]} is sent again by typing it")
        attached = [event for event in turn.events if isinstance(event, Attached)]
        return self._chat(turn.prompt, attached, turn.think, number - 1)

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
        place = self.cursor.place(number)
        turn = self.turns[place]
        attached = [event for event in turn.events if isinstance(event, Attached)]
        before, self.backend = self.backend, backend
        stood, answered = self.turns.heads[-1].id, False
        try:
            again = self._chat(turn.prompt, attached, turn.think, place, beside=True)
            async with aclosing(again) as events:
                async for event in events:
                    answered = answered or isinstance(event, Text)
                    yield event
        finally:
            self.backend = before
            if not answered and self.turns.heads[-1].id != stood:
                self.cursor.checkout(stood)

    def senders(self) -> list[Turn]:
        """The turns of every branch, with what `egress` reads of them. Raises StoreError."""
        self.note_sent()
        return self._store.senders(self.id)

    def note_sent(self) -> None:
        """Keep what memories have sent outside of turns. Raises StoreError."""
        if sent := self.toolbox.memories.sent():
            self._store.note_outside(self.id, sent)

    async def ask_aside(self, system: str, prompt: str, max_tokens: int) -> str:
        """What the model says to something beside the conversation. Raises QchatError."""

        def noted(sent: Sequence[Sent]) -> None:
            self._store.note_outside(self.id, sent)

        return await answer(self.backend, system, prompt, noted, max_tokens=max_tokens)

    def run(self, code: str) -> AsyncGenerator[Event, None]:
        """Run the user's own code in the session's kernel."""
        return self.call("python", {"code": code}, f"/run {code}")

    def call(
        self, tool: str, arguments: dict[str, Any], prompt: str
    ) -> AsyncGenerator[Event, None]:
        """Use a tool as the user, without the model, which sees in its next turn what came of it.

        `prompt` is what the user typed for it.
        """

        async def stages(writer: TurnWriter) -> AsyncGenerator[Event, None]:
            call = ToolCall(f"user-{writer.turn.id}", tool, arguments)
            tools = self.toolbox.tools(turn=writer.turn.id)
            run = run_calls([call], tools, _allow, caller="user", ask_input=self.ask_input)
            async with aclosing(run) as events:
                async for event in events:
                    yield event
            yield TurnFinished("stop")

        return self._turn("run", prompt, stages)

    def compact(self, what_matters: str = "", *, fast: bool = False) -> AsyncGenerator[Event, None]:
        """Send less of what came before from here on; a turn that a model is not told of.

        What goes and what stays is said first, and the model writes notes of it unless it shall
        be `fast`; ended before that is done, nothing is changed.
        """

        async def stages(writer: TurnWriter) -> AsyncGenerator[Event, None]:
            past, turns = self._compactable(writer.turn.id)
            held = cuts([turn.id for turn in turns], past.compactions)
            event = decide(self._window, turns, held, at_once=True)
            if event is None:
                yield Notice("There is nothing that could be made shorter.")
                yield TurnFinished("stop")
                return
            yield Notice(foreseen(event, turns))
            if event.level != "outputs" and not fast:
                covered = covered_by(event, turns)
                notes = NoteWriter(self.backend, self._request(think=False, watch=None))
                sent = view(past.turns, held)
                async with aclosing(notes.write(sent, covered, what_matters)) as written:
                    async for told in written:
                        yield told
                if notes.notes is None:
                    yield Notice(f"{notes.why_none}: notes are made without it.", "warning")
                event = replace(event, notes=notes.notes, origins=untrusted(covered))
            yield replace(event, what_matters=what_matters)
            yield Notice(said(event))
            yield TurnFinished("stop")

        typed = " ".join(filter(None, ["/compact", "fast" if fast else "", what_matters]))
        return self._turn("run", typed, stages)

    @property
    def notes(self) -> Notes | None:
        """What was written of all that is no longer sent, as it stands now."""
        return self._last_written()[1]

    def change_notes(self, notes: Notes) -> AsyncGenerator[Event, None]:
        """Let these stand in place of the notes that hold now. Raises UsageError without any."""
        last, _ = self._last_written()
        if last is None:
            raise UsageError("There are no notes yet: /compact makes them.")

        async def stages(_writer: TurnWriter) -> AsyncGenerator[Event, None]:
            yield replace(last, notes=notes, at=0.0)
            yield Notice("The notes are sent as you changed them from here on.")
            yield TurnFinished("stop")

        return self._turn("run", "/compact notes", stages)

    def mark(self, turn: int, message: int, *, on: bool) -> AsyncGenerator[Event, None]:
        """Let a message, or a whole turn, never be made shorter; or as the others again."""
        handle = f"{turn}" if message == WHOLE_TURN else f"{turn}.{message}"

        async def stages(_writer: TurnWriter) -> AsyncGenerator[Event, None]:
            yield Marked(turn, message, on)
            as_ = "always sent whole" if on else "made shorter like the others when it must be"
            yield Notice(f"{handle} is {as_} from here on.")
            yield TurnFinished("stop")

        return self._turn("run", f"/keep {'' if on else 'off '}{handle}", stages)

    def original(self, turn: int) -> TurnMessages | None:
        """A turn of this branch as it was, with nothing left out; None where there is none."""
        return self._history.turn(turn)

    def _compactable(self, turn: int) -> tuple[Past, list[TurnMessages]]:
        past = self._past(len(self.turns) - 1)
        return past, [*past.turns, TurnMessages(turn, ())]

    def _last_written(self) -> tuple[Compacted | None, Notes | None]:
        """The last compaction to notes that holds, and what was written for it."""
        held: list[Compacted] = []
        for event in self._past(self._finished).compactions:
            if isinstance(event, Compacted):
                held.append(event)
            elif isinstance(event, CompactionUndone):
                held = held[:-1]
        last = next((event for event in reversed(held) if event.level == "notes"), None)
        return last, last.notes if last is not None else None

    def undo_compaction(self) -> AsyncGenerator[Event, None]:
        """Send again what the last compaction left out."""

        async def stages(_writer: TurnWriter) -> AsyncGenerator[Event, None]:
            past = self._past(len(self.turns) - 1)
            held = cuts([turn.id for turn in past.turns], past.compactions)
            if held == cuts([], []):
                yield Notice("Nothing is compacted here.")
            else:
                yield CompactionUndone()
                yield Notice("The last compaction is undone: what it left out is sent again.")
            yield TurnFinished("stop")

        return self._turn("run", "/compact undo", stages)

    def account(self, prompt: str = "", attached: Sequence[Attached] = ()) -> Account:
        """Where the tokens of the next request go, with this prompt and what goes along."""
        past = self._past(self._finished)
        turns = [*past.turns, TurnMessages(0, _unsent(prompt, attached))]
        held = cuts([turn.id for turn in turns], past.compactions)
        return self._window.account(turns, held)

    def next_request(self, prompt: str = "", attached: Sequence[Attached] = ()) -> NextRequest:
        """What the next request will cost, by the same count; asked for as often as one likes."""
        heads = self.turns.heads[: self._finished]
        stands = (heads[-1].id if heads else 0, len(heads), self._model, self.backend.context)
        if stands != self._foretold[0]:
            past = self._past(len(heads))
            held = cuts([turn.id for turn in past.turns], past.compactions)
            self._foretold = (stands, self._window.estimate_of(past.turns, held))
        more = self._window.more(_unsent(prompt, attached))
        return self._window.next_request(self._foretold[1] + more)

    @property
    def room(self) -> int:
        """Tokens that a request may have, as far as it was asked for by now; 0: unknown."""
        return self._window.room

    @property
    def _finished(self) -> int:
        """How many turns are over."""
        return len(self.turns) - self.cursor.running

    @property
    def _model(self) -> str:
        return f"{self.backend.name}/{self.backend.model}"

    async def answer_now(self) -> bool:
        """End the thinking of the running reply; False where the backend cannot."""
        if self.steering is not None:
            self.steering.answer_now()
            return True
        return await self.backend.answer_now()

    async def aclose(self) -> None:
        """End the kernel. The backend belongs to the workspace."""
        await self.toolbox.aclose()

    async def _turn(
        self,
        kind: TurnKind,
        prompt: str,
        stages: Stages,
        place: int | None = None,
        think: bool | None = None,
    ) -> AsyncGenerator[Event, None]:
        """Begin a turn at that place or the end, and record what its stages do.

        Where it cannot be kept, the conversation stays as it is.
        """
        before = self.turns.heads[:place]
        parent = before[-1].id if before else None
        name, model = self.backend.name, self.backend.model
        try:
            writer = self._store.begin_turn(
                self.id, parent, prompt, kind=kind, backend=name, model=model, think=think
            )
        except StoreError as error:
            yield Notice(f"nothing was sent: {error}", "error")
            yield TurnFinished("error")
            return
        if place is not None:
            self.turns.cut(place)
        watch = self.oversight if kind == "chat" else None
        closing = watch.closing if watch is not None else _nothing_to_say
        recorded = record(writer, self.cursor, stages(writer), closing)
        async with aclosing(recorded) as events:
            async for event in events:
                yield event

    async def _stages(
        self, writer: TurnWriter, attached: Sequence[Attached], gone: Sequence[Turn], runs: Runs
    ) -> AsyncGenerator[Event, None]:
        """Recall, run, cite; what memories send meanwhile is told as it goes."""
        if gone:
            await self.cursor.abandoned(gone)
        self.note_sent()  # what was sent before this turn is not of it
        begun: list[Event] = [*attached]
        if (cut := told_of_cut(self.turns)) is not None:
            begun.append(cut)
        for beside in begun[:]:
            yield beside
        async for event in self._recall(writer.turn.prompt):
            begun.append(event)
            yield event
        async for event in consult(
            writer.turn.prompt, writer.turn.id, self.toolbox.tools(writer.turn.id)
        ):
            begun.append(event)
            yield event
        answer: list[str] = []
        whole = 0
        """How many pieces of it belong to replies that are complete."""
        async with aclosing(runs(writer.turn, begun)) as events:
            async for event in events:
                for sent in self.toolbox.memories.sent():
                    yield sent
                if isinstance(event, Text):
                    answer.append(event.text)
                if isinstance(event, StepFinished):
                    whole = len(answer)
                if isinstance(event, GivenUp):
                    del answer[whole:]
                if isinstance(event, TurnFinished):
                    cites = resolved("".join(answer), self.toolbox.sources.get)
                    if cites is not None:
                        yield cites
                yield event

    async def _recall(self, text: str) -> AsyncGenerator[Event, None]:
        try:
            memories = await self.toolbox.memories.recall(text)
        except QchatError as error:
            yield Notice(str(error), "warning")
            return
        for mended in self.toolbox.memories.mended():
            yield Notice(f"{mended}.", "warning")
        if memories:
            yield Recalled(memories)

    async def _run(self, turn: Turn, begun: Sequence[Event]) -> AsyncGenerator[Event, None]:
        """Let the model answer, with tools, within what its context holds."""
        if len(self.turns) > 1 and not self.backend.context:
            await self.backend.start()  # else nobody knows how much fits
        past = self._past(len(self.turns) - 1)
        if past.unread and not self._unread:
            yield Notice(
                f"{past.unread} earlier turns no longer fit and were not sent; look_back finds them"
            )
        self._unread = past.unread
        tools = dict(self.toolbox.tools(turn.id))
        if tools or self.oversight is not None:
            tools[LookBackTool.spec.name] = LookBackTool(self._history, turn.id)
        way_back = (LookBackTool.spec,) if tools else ()
        watch = self.oversight
        if watch is not None:
            tools |= watch.tools
        standing = watch.standing if watch is not None else tuple
        planner = StepPlanner(self._window, past, turn.id, way_back, standing)
        alone = fold(turn.prompt, begun)
        await planner.count(alone, self.backend.count_tokens)
        if why := planner.too_long(alone):
            yield Notice(why, "error")
            yield TurnFinished("error")
            return
        running = run_turn(
            self.backend,
            self._request(self.think if turn.think is None else turn.think, watch),
            turn.prompt,
            begun=begun,
            tools=tools,
            confirm=self._confirm,
            ask_input=self.ask_input if watch is None else None,
            max_steps=self.max_steps,
            planner=planner,
            oversight=watch,
            retries=self.retries,
            written_notes=self.written_notes,
        )
        async with aclosing(running) as events:
            async for event in events:
                self.gauge.add(event)
                yield event
        self._window.forget()

    def _past(self, length: int) -> Past:
        """The first turns as messages, as far as a request could hold them."""
        specs = msgspec.json.encode(self.toolbox.specs).decode()
        count = self._window.counts.of
        self._window.use(
            self.backend.context,
            thoughts=self.backend.recalls_thinking,
            overhead=count(self._system) + count(specs),
            model=self._model,
            limit=self.limit(),
        )
        past = self._history.before(length, self._window.context)
        if self._window.counter.fresh and (last := self.last_step) is not None:
            usage = Usage(prompt=last.usage.prompt + last.usage.completion)
            held = cuts([turn.id for turn in past.turns], past.compactions)
            self._window.seed(past.turns, held, usage)
        return past

    @property
    def _system(self) -> str:
        return system_text(datetime.date.today())

    def _request(self, think: bool, watch: Oversight | None) -> Request:
        more = tuple(tool.spec for tool in watch.tools.values()) if watch is not None else ()
        return Request(
            messages=(),
            system=self._system,
            tools=(*self.toolbox.specs, *more),
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

    async def _confirm(self, topic: str, question: str) -> bool:
        ask = self.ask if self.oversight is None else self.oversight.ask
        return await self._permissions.granted(topic, question, ask)


def _nothing_to_say(_reason: TurnReason) -> tuple[Event, ...]:
    return ()


def _unsent(prompt: str, attached: Sequence[Attached]) -> tuple[Message, ...]:
    """A prompt that is not sent yet, as messages."""
    return fold(soft_switch(prompt)[0], attached) if prompt or attached else ()


async def _allow(_topic: str, _question: str) -> bool:
    return True
