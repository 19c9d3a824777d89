"""A conversation: its turns, its switches, its tools, and everything that happens kept as it does.

All state that an interface shows lives here, none in the interface. Each turn is recorded: every
event is kept as it happens. What a model's answer is made of stands in `chat_stages`.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from typing import Any

import msgspec

from qchat.backends.base import Backend, Request
from qchat.backends.retries import IN_A_TALK, Retries
from qchat.conversation.attachments import sent_along
from qchat.conversation.branch import Branch
from qchat.conversation.chat_stages import ChatStages, Runs
from qchat.conversation.compacting import Compacting, Stages
from qchat.conversation.cursor import BranchCursor
from qchat.conversation.oversight import Oversight
from qchat.conversation.recording import record
from qchat.conversation.request_context import ConversationContext, RequestContext
from qchat.conversation.rerun import PYTHON, kept_cells, rerun
from qchat.conversation.side_request import answer
from qchat.conversation.steering import Steering
from qchat.conversation.thinking_budget import TokenMeter
from qchat.conversation.tool_runner import run_calls
from qchat.conversation.toolbox import Toolbox
from qchat.protocol.errors import StoreError, UsageError
from qchat.protocol.event_values import ToolCall, TurnReason
from qchat.protocol.events import (
    Attached,
    Delegated,
    Event,
    Notice,
    Sent,
    StepFinished,
    Text,
    TurnFinished,
)
from qchat.protocol.permission import Ask, Permissions, refuse
from qchat.protocol.soft_switch import soft_switch
from qchat.runtime.language import tr
from qchat.store import SessionInfo, Store, Turn, TurnKind, TurnWriter, title_of
from qchat_tools.base import AskInput


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
        self.context = RequestContext(self)
        """What of it the next request holds, and what that costs."""
        self._stages = ChatStages(self)
        self.compacting = Compacting(self.context, self._turn, self._asked)
        """What the user does where the context is full."""
        self.written_notes = False
        """Whether the model writes the notes when the context is full."""
        self.reruns = False
        """Whether code of before runs again before the next answer, as the kernel is new."""
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
        self.context.window.learned = learned

    @property
    def id(self) -> str:
        return self._info.id

    @property
    def turns(self) -> Branch:
        """Those up to where it stands."""
        return self.cursor.turns

    @property
    def title(self) -> str:
        heads = self.turns.heads
        provisional = title_of(heads[0].prompt) if heads and heads[0].kind == "run" else ""
        if self._info.title not in ("", provisional):
            return self._info.title
        asked = next((head for head in heads if head.kind == "chat"), heads[0] if heads else None)
        return " ".join(asked.prompt.split()) if asked else tr("new conversation")

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
        attached: Sequence[Attached | Delegated] = (),
        place: int | None = None,
        *,
        beside: bool = False,
    ) -> AsyncGenerator[Event, None]:
        """Answer a prompt as `send` does, but by `runs` in place of one model in one turn.

        At that place of the conversation it takes the place of what stands there, or stands
        `beside` it, which still counts.
        """
        return self._chat(prompt, attached, None, place, beside=beside, runs=runs)

    async def ask_other(
        self, backend: Backend, prompt: str, attached: Sequence[Attached] = ()
    ) -> AsyncGenerator[Event, None]:
        """Let another backend answer this one prompt; the conversation keeps the one it has."""
        before, self.backend = self.backend, backend
        try:
            async with aclosing(self._chat(prompt, attached, None)) as events:
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
            raise UsageError(tr("there is no turn {turn} in this conversation", turn=turn))
        self.cursor.choose(turn)

    def context_for(self, think: bool) -> ConversationContext:
        """What trails of the running turn are answered with."""
        return ConversationContext(
            self.context.past(self.context.finished),
            self._stages.request(think, self.toolbox.specs),
            self.confirm,
        )

    def _chat(
        self,
        prompt: str,
        attached: Sequence[Attached | Delegated],
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
            lambda writer: self._stages.answer(writer, attached, gone, runs),
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
            raise UsageError(
                tr(
                    "{command} is sent again by typing it",
                    command=turn.prompt.split(maxsplit=1)[0],
                )
            )
        return self._chat(turn.prompt, sent_along(turn), turn.think, number - 1)

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
            raise UsageError(tr("nothing has been asked yet that could be compared"))
        place = self.cursor.place(number)
        turn = self.turns[place]
        before, self.backend = self.backend, backend
        stood, answered = self.turns.heads[-1].id, False
        try:
            again = self._chat(turn.prompt, sent_along(turn), turn.think, place, beside=True)
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
        return self._store.sendings.turns(self.id)

    def note_sent(self) -> None:
        """Keep what memories have sent outside of turns. Raises StoreError."""
        if sent := self.toolbox.memories.sent():
            self._store.sendings.note(self.id, sent)

    async def ask_aside(self, system: str, prompt: str, max_tokens: int) -> str:
        """What the model says to something beside the conversation. Raises QchatError."""

        def noted(sent: Sequence[Sent]) -> None:
            self._store.sendings.note(self.id, sent)

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
            if tool == PYTHON and self.reruns:
                async for event in self._stages.rerun(tools):
                    yield event
            run = run_calls([call], tools, _allow, caller="user", ask_input=self.ask_input)
            async with aclosing(run) as events:
                async for event in events:
                    yield event
            yield TurnFinished("stop")

        return self._turn("run", prompt, stages)

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
            yield Notice(tr("nothing was sent: {error}", error=error), "error")
            yield TurnFinished("error")
            return
        if place is not None:
            self.turns.cut(place)
        self.context.window.running = None
        watch = self.oversight if kind == "chat" else None
        closing = watch.closing if watch is not None else _nothing_to_say
        recorded = record(writer, self.cursor, stages(writer), closing)
        async with aclosing(recorded) as events:
            async for event in events:
                yield event

    def run_again(self) -> AsyncGenerator[Event, None]:
        """Run the code of this conversation that ended well again, in the kernel as it is."""

        async def stages(writer: TurnWriter) -> AsyncGenerator[Event, None]:
            if cells := kept_cells(self.turns[: self.context.finished]):
                async for event in rerun(cells, self.toolbox.tools(turn=writer.turn.id)):
                    yield event
            else:
                yield Notice(tr("No code has ended well in this conversation yet."))
            yield TurnFinished("stop")

        return self._turn("run", "/kernel rerun", stages)

    def _asked(self) -> tuple[Backend, Request]:
        """Who answers, and what the next step would be asked with."""
        return self.backend, self._stages.request(False, self.toolbox.specs)

    async def confirm(self, topic: str, question: str) -> bool:
        """Whether the user allows it: by a standing answer, else asked now."""
        ask = self.ask if self.oversight is None else self.oversight.ask
        return await self._permissions.granted(topic, question, ask)


def _nothing_to_say(_reason: TurnReason) -> tuple[Event, ...]:
    return ()


async def _allow(_topic: str, _question: str) -> bool:
    return True
