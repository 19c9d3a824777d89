"""Asked before every step of a turn: what is sent of the conversation, and what goes first."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing

import msgspec
from msgspec.structs import replace

from qchat.conversation.compaction import covered_by, decide, foreseen
from qchat.conversation.note_writer import NoteWriter, untrusted
from qchat.conversation.view import (
    Changes,
    Cuts,
    TurnMessages,
    cuts,
    drafted,
    view,
    view_of_turn,
)
from qchat.conversation.window import WARN, ContextWindow
from qchat.protocol.event_values import Usage
from qchat.protocol.events import Compacted, Event, Notice, Sent
from qchat.protocol.messages import Assistant, Message
from qchat.runtime.language import tr
from qchat_tools.base import ToolSpec

CountTokens = Callable[[Sequence[str]], Awaitable[list[int] | None]]
"""Counts the tokens of texts by the model's own tokenizer; None where none is at hand."""
NOTHING = Cuts()
MAX_REFUSALS = 2
"""So often a step is tried again with less, after a server refused it for its length."""


class Past(msgspec.Struct, frozen=True):
    """The turns before the running one, as far as they can be sent, and what was compacted."""

    turns: tuple[TurnMessages, ...] = ()
    compactions: tuple[Changes, ...] = ()
    unread: int = 0
    """Older turns that no request could hold with these."""


class StepPlanner:
    """Of one running turn, whose id in the store is `turn`."""

    def __init__(
        self,
        window: ContextWindow,
        past: Past,
        turn: int,
        way_back: tuple[ToolSpec, ...] = (),
        standing: Callable[[], tuple[Message, ...]] = tuple,
    ) -> None:
        """`way_back` are the tools that read what is no longer sent in full.

        `standing` gives what stands before all else from the first compaction on; it is asked
        again with each, so that the beginning stays the same between them.
        """
        self._standing = standing
        self._way_back = way_back
        self._window = window
        self._past = past
        self._turn = turn
        self._compactions = list(past.compactions)
        self._ids = [*(before.id for before in past.turns), turn]
        self._held = cuts(self._ids, self._compactions)
        self._sent: tuple[Message, ...] = ()
        self._ahead: tuple[Message, ...] = ()
        self._begin()
        self._refusals = 0
        self._counted, self._total = 0, 0.0
        """How many messages of the running turn are in the estimate, and the estimate."""
        self._looked_at = -1
        """How many messages of the running turn a tokenizer was asked for; -1: none at all yet."""

    @classmethod
    def of(cls, messages: Sequence[Message]) -> "StepPlanner":
        """One that sends these messages before the running turn, and never less."""
        planner = cls(ContextWindow(), Past(), 0)
        planner._sent = tuple(messages)
        return planner

    @property
    def sent(self) -> tuple[Message, ...]:
        """What is sent before the running turn."""
        return self._sent

    @property
    def call_ids(self) -> set[str]:
        """The ids of all calls before this turn, sent or not."""
        every = (*self._sent, *(m for turn in self._past.turns for m in turn.messages))
        assistants = (message for message in every if isinstance(message, Assistant))
        return {call.id for message in assistants for call in message.calls}

    async def count(self, running: Sequence[Message], count_tokens: CountTokens) -> None:
        """Have the texts that are new in the next request counted, where somebody can."""
        new = running[max(self._looked_at, 0) :]
        messages = [*self._sent, *new] if self._looked_at < 0 else new
        self._looked_at = len(running)
        texts = self._window.uncounted(messages)
        counts = await count_tokens(texts) if texts else None
        if counts is not None:
            self._window.keep_counts(messages, texts, counts)

    async def fit(
        self, running: Sequence[Message], writer: NoteWriter | None = None
    ) -> AsyncGenerator[Event, None]:
        """Make room for the next request where it is needed; say so.

        Several large steps may be needed: when output alone is short, replies may be too many.
        With a `writer` the model writes the notes.
        """
        here = TurnMessages(self._turn, tuple(running))
        sent = view_of_turn(here, len(self._ids) - 1, self._held, self._window.shortener)
        estimated = self._estimate(sent)
        if self._window.has_room(estimated):
            if warning := self._warning(estimated, running):
                yield Notice(warning)
            return
        for _ in range(3):
            turns = self._turns(running)
            event = decide(self._window, turns, self._held)
            if event is None:
                return
            if event.level == "notes" and writer is not None:
                yield Notice(tr("The model writes notes of what was done so far."))
                covered = covered_by(event, turns)
                async with aclosing(writer.write(self.messages(running), covered)) as written:
                    async for told in written:
                        if isinstance(told, Sent | Notice):
                            yield told
                known = untrusted(covered, self._held)
                event = replace(event, notes=writer.notes, origins=known, usage=writer.usage)
            elif event.level == "notes" and (draft := drafted(self._compactions)) is not None:
                event = replace(event, notes=draft.notes, origins=draft.origins)
            self._compactions.append(event)
            self._counted, self._total = 0, 0.0
            self._held = cuts(self._ids, self._compactions)
            self._begin()
            yield event
            yield Notice(said(event))

    def _warning(self, estimated: float, running: Sequence[Message]) -> str:
        """What the user is told once when the context is nearly full; else empty."""
        window, room = self._window, self._window.room
        now = window.counter.tokens(estimated)
        warned, window.warned = window.warned, bool(room) and now > room * WARN
        if warned or not window.warned:
            return ""
        turns = self._turns(running)
        event = decide(window, turns, self._held, as_if_full=True)
        then = foreseen(event, turns) if event is not None else ""
        return tr(
            "The context is {room:.0%} full ({now:,} of {room2:,} tokens). So long as "
            "all fits, nothing changes. If it goes on like this, then: {then} /compact "
            "draft shows notes before they hold, for you to change; /context shows "
            "what fills it.",
            room=now / room,
            now=now,
            room2=room,
            then=then,
        )

    def watch(self, running: Callable[[], Sequence[Message]]) -> None:
        """Let the account of the context be one of the running turn, too, as far as it is."""
        self._window.running = lambda: (self._turns(running()), self._held)

    def messages(self, running: Sequence[Message]) -> tuple[Message, ...]:
        """What is sent with the next request."""
        here = TurnMessages(self._turn, tuple(running))
        of_turn = view_of_turn(here, len(self._ids) - 1, self._held, self._window.shortener)
        self._window.counter.ask(self._estimate(of_turn))
        return (*self._ahead, *self._sent, *of_turn)

    def _begin(self) -> None:
        """What is sent before the running turn, as it is from here on."""
        self._ahead = self._standing() if self._held != NOTHING else ()
        self._window.ahead = self._window.more(self._ahead)
        self._sent = tuple(view(self._past.turns, self._held, self._window.shortener))

    def _estimate(self, running: Sequence[Message]) -> float:
        """The estimate of a request with these of the running turn; what is new is added."""
        if not self._counted:
            self._total = self._window.estimate(self._sent, len(self._sent))
        self._total += self._window.more(running[self._counted :])
        self._counted = len(running)
        return self._total

    @property
    def offered(self) -> tuple[ToolSpec, ...]:
        """The tools that only make sense now that something is compacted."""
        return self._way_back if self._held != NOTHING else ()

    @property
    def held(self) -> Cuts:
        """What is compacted now; another object whenever that changes."""
        return self._held

    def too_long(self, running: Sequence[Message]) -> str:
        """Why a prompt cannot be sent at all; empty where it can."""
        context = self._window.context
        alone = self._window.tokens(running)
        if not context or alone < context:
            return ""
        return tr(
            "Nothing was sent: this prompt has about {alone:,} tokens, and the model's "
            "context holds {context:,}. Shorten it, or put long text into a file that "
            "code can read.",
            alone=alone,
            context=context,
        )

    def counted(self, usage: Usage) -> None:
        """A server has counted the last request."""
        self._window.counter.learn(usage)

    def refused(self, limit: int) -> bool:
        """A server refused the last request for its length; whether to try again with less."""
        self._refusals += 1
        self._window.refused(limit)
        return self._refusals <= MAX_REFUSALS

    def _turns(self, running: Sequence[Message]) -> list[TurnMessages]:
        return [*self._past.turns, TurnMessages(self._turn, tuple(running))]


def said(event: Compacted) -> str:
    """What was compacted, for the user."""
    what = {
        "outputs": tr("Long tool output from before is sent by its head and tail from here on"),
        "notes": tr(
            "What was done before is sent as notes from here on; your words stay as they are"
        ),
        "dropped": tr("The oldest turns no longer fit and are not sent from here on"),
    }[event.level]
    return tr(
        "{what}: about {before:,} tokens became {after:,}. "
        "Nothing is deleted; /compact undo sends it again.",
        what=what,
        before=event.tokens_before,
        after=event.tokens_after,
    )
