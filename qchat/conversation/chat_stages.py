"""The stages of a turn in which a model answers: recall, consult, run, cite.

What is kept of them, and where the turn stands, is not theirs: see `recording` and `cursor`.
"""

from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing
from functools import partial
from typing import Protocol

from qchat.backends.base import Backend, Request
from qchat.backends.retries import Retries
from qchat.conversation.agent import run_turn
from qchat.conversation.citations import resolved
from qchat.conversation.cursor import BranchCursor
from qchat.conversation.interrupted import told_of_cut
from qchat.conversation.knowledge_mentions import consult
from qchat.conversation.look_back import LookBackTool
from qchat.conversation.oversight import Oversight
from qchat.conversation.planner import Past, StepPlanner
from qchat.conversation.request_context import RequestContext
from qchat.conversation.rerun import PYTHON, kept_cells, rerun
from qchat.conversation.steering import Saying
from qchat.conversation.thinking_budget import TokenMeter
from qchat.conversation.toolbox import Toolbox
from qchat.protocol.errors import QchatError
from qchat.protocol.events import (
    Attached,
    Delegated,
    Event,
    Notice,
    Recalled,
    Text,
    Thinking,
    Told,
    ToolDraft,
    TurnFinished,
)
from qchat.protocol.fold import fold
from qchat.protocol.wording import counted
from qchat.runtime.language import tr, verbatim
from qchat.store import Turn, TurnWriter
from qchat_tools.base import AskInput, Tool, ToolSpec

Runs = Callable[[Turn, Sequence[Event]], AsyncGenerator[Event, None]]
"""Answers a turn, given what it begins with: what is attached and recalled."""


class Talk(Protocol):
    """A conversation, as far as answers are made from it. Its user may change it meanwhile."""

    cursor: BranchCursor
    context: RequestContext
    toolbox: Toolbox
    backend: Backend
    think: bool
    budget: int
    effort: str
    gauge: TokenMeter
    max_steps: int
    retries: Retries
    written_notes: bool
    reruns: bool
    oversight: Oversight | None
    ask_input: AskInput | None

    def note_sent(self) -> None:
        """Keep what memories have sent outside of turns. Raises StoreError."""

    async def confirm(self, topic: str, question: str, /) -> bool:
        """Whether the user allows it."""


class ChatStages:
    """Of one conversation, turn after turn."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self._unread = 0
        """Older turns of which the user was told that they do not fit."""

    async def answer(
        self,
        writer: TurnWriter,
        attached: Sequence[Attached | Delegated],
        gone: Sequence[Turn],
        runs: Runs | None,
    ) -> AsyncGenerator[Event, None]:
        """Recall, run (by the conversation's model, or `runs`), cite.

        `gone`: the turns in whose place this one stands. What memories send meanwhile is told as
        it goes.
        """
        talk, turn = self._talk, writer.turn
        if gone:
            await talk.cursor.abandoned(gone)
        talk.note_sent()  # what was sent before this turn is not of it
        tools = talk.toolbox.tools(turn.id)
        kernel: Told | None = None
        if talk.reruns:
            async for event in self.rerun(tools):
                if isinstance(event, Told):
                    kernel = event
                else:
                    yield event
        begun: list[Event] = []
        async for event in self._beside(turn, attached, kernel, tools):
            begun.append(event)
            yield event
        async with aclosing((runs or partial(self._run, tools))(turn, begun)) as events:
            async for event in events:
                if not isinstance(event, Thinking | Text | ToolDraft):  # a model writes, no more
                    for sent in talk.toolbox.memories.sent():
                        yield sent
                if isinstance(event, TurnFinished):
                    cites = resolved(_said(writer.turn.events), talk.toolbox.sources.get)
                    if cites is not None:
                        yield cites
                yield event

    async def rerun(self, tools: Mapping[str, Tool]) -> AsyncGenerator[Event, None]:
        """Let code run again before the first answer of a process, where the user allowed it."""
        talk = self._talk
        allowed, talk.reruns = talk.reruns, False
        if not allowed or PYTHON not in tools:
            return
        if cells := kept_cells(talk.cursor.turns[: talk.context.finished]):
            async for event in rerun(cells, tools):
                yield event

    def request(self, think: bool, tools: tuple[ToolSpec, ...]) -> Request:
        """What every step is asked with, but for its messages."""
        talk = self._talk
        return Request(
            messages=(),
            system=talk.context.system,
            tools=tools,
            think=think,
            budget=talk.budget,
            effort=talk.effort,
            search=talk.toolbox.server_search,
        )

    async def _beside(
        self,
        turn: Turn,
        attached: Sequence[Attached | Delegated],
        kernel: Told | None,
        tools: Mapping[str, Tool],
    ) -> AsyncGenerator[Event, None]:
        """What stands beside the prompt: attached, told (also of the `kernel`), recalled, found."""
        for beside in attached:
            yield beside
        if (cut := told_of_cut(self._talk.cursor.turns, kernel)) is not None:
            yield cut
        async for event in self._recall(turn.prompt):
            yield event
        async for event in consult(turn.prompt, turn.id, tools):
            yield event

    async def _recall(self, text: str) -> AsyncGenerator[Event, None]:
        memories = self._talk.toolbox.memories
        try:
            found = await memories.recall(text)
        except QchatError as error:
            yield Notice(str(error), "warning")
            return
        for mended in memories.mended():
            yield Notice(verbatim(f"{mended}."), "warning")
        if found:
            yield Recalled(found)

    async def _run(
        self, tools: Mapping[str, Tool], turn: Turn, begun: Sequence[Event]
    ) -> AsyncGenerator[Event, None]:
        """Let the model answer, with tools, within what its context holds."""
        talk = self._talk
        if len(talk.cursor.turns) > 1 and not talk.backend.context:
            await talk.backend.start()  # else nobody knows how much fits
        past = talk.context.past(talk.context.finished)
        if (told := self._told_of_unread(past)) is not None:
            yield told
        watch = talk.oversight
        if watch is not None:
            tools = {**tools, **watch.tools}
        specs = tuple(tool.spec for tool in tools.values())
        back = LookBackTool(talk.context.history, turn.id)  # to what no longer fits
        way_back = (back.spec,) if tools else ()
        standing = watch.standing if watch is not None else tuple
        planner = StepPlanner(talk.context.window, past, turn.id, way_back, standing)
        alone = fold(turn.prompt, begun)
        await planner.count(alone, talk.backend.count_tokens)
        if why := planner.too_long(alone):
            yield Notice(why, "error")
            yield TurnFinished("error")
            return
        running = run_turn(
            talk.backend,
            self.request(talk.think if turn.think is None else turn.think, specs),
            turn.prompt,
            begun=begun,
            tools={**tools, back.spec.name: back} if tools else tools,
            confirm=talk.confirm,
            ask_input=talk.ask_input if watch is None else None,
            max_steps=talk.max_steps,
            planner=planner,
            oversight=watch,
            retries=talk.retries,
            written_notes=talk.written_notes,
        )
        async with aclosing(running) as events:
            async for event in events:
                talk.gauge.add(event)
                yield event
        talk.context.window.forget_all_but(past.turns, planner.sent)

    def _told_of_unread(self, past: Past) -> Notice | None:
        """Said once, when older turns begin not to fit."""
        before, self._unread = self._unread, past.unread
        if before or not past.unread:
            return None
        return Notice(
            tr(
                "{unread} could not be sent for want of room; what was said there is found "
                "by look_back",
                unread=counted(past.unread, "earlier turn"),
            )
        )


def _said(events: Iterable[Event]) -> str:
    """What a turn says, without the replies that were given up."""
    saying = Saying()
    for event in events:
        saying.add(event)
    return saying.text
