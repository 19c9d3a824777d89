"""A session that is open: the turn that runs in it, the prompts that wait, on the screen or not."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable
from contextlib import aclosing, suppress
from functools import partial
from typing import Literal, Protocol

import msgspec
from textual.worker import Worker, WorkerCancelled, WorkerFailed

from qchat.commands import RunTurn
from qchat.conversation.session import Session
from qchat.protocol.draft import Draft
from qchat.protocol.errors import QchatError
from qchat.protocol.event_values import RecalledMemory
from qchat.protocol.events import Event, Notice, Text, Thinking, TurnFinished, joined
from qchat.runtime.language import tr
from qchat.tui.activity import Activity
from qchat.tui.background_work import Work
from qchat.tui.transcript.conversation import Conversation

MAX_UPDATES_PER_S = 5
"""How often the line of figures changes while text streams: more could not be read."""
Level = Literal["info", "warning", "error"]


class Owner(Protocol):
    """Who is told of what happens in a session."""

    def send(self, queue: "TurnQueue", draft: Draft) -> Awaitable[None]:
        """The turn of a prompt that waited has come."""

    def changed(self, queue: "TurnQueue") -> None:
        """Something went on."""

    def over(self, queue: "TurnQueue") -> None:
        """A turn has ended."""


class TurnQueue:
    """Runs the turns of one session one by one, and shows them where somebody looks."""

    def __init__(self, session: Session, conversation: Conversation, owner: Owner) -> None:
        self.session = session
        self.activity = Activity()
        self.waiting: list[Draft] = []
        self.unseen = False
        """Whether a turn has ended that nobody has looked at."""
        self._conversation = conversation
        self._owner = owner
        self._shown = False
        self._running: Worker[None] | None = None
        self._prompt = ""
        self._kept = 0
        """How many turns stand before the running one."""
        self._events: list[Event] = []
        """What the running turn has brought, or was said of it while nobody looked."""
        self._ran = 0
        """The id of the turn that runs, or ran last; 0 before it began."""
        self._before = 0
        """The id of the turn behind which it began."""
        self._draft: Draft | None = None
        """What was written for it; None for what a command runs."""
        self._failure = ""
        """Why it failed, where it did."""
        self._told = 0.0

    @property
    def busy(self) -> bool:
        return self._running is not None and not self._running.is_finished

    @property
    def shown(self) -> bool:
        """Whether it is the session on the screen."""
        return self._shown

    # On the screen, or not

    def show(self) -> None:
        """Put the session on the screen, the running turn as far as it has come."""
        self._shown, self.unseen = True, False
        turns = self.session.turns
        self._conversation.show(turns, self._kept if self.busy else None)
        if self.busy:
            self._conversation.begin(self._prompt)
        for event in joined(self._events):
            self._feed(event)
        if not self.busy:
            self._events = []

    def leave(self) -> None:
        """Another session is shown; what runs here goes on."""
        self._shown = False

    def notice(
        self, text: str, level: Level = "info", memory: RecalledMemory | None = None
    ) -> None:
        """Say something in this session, now or when the user looks at it."""
        if self._shown:
            self._conversation.notice(text, level, memory)
        else:
            self._events.append(Notice(text, level, memory))

    # What runs

    def ask(self, draft: Draft) -> None:
        """Send what was written to the model, as a new turn or instead of an earlier one."""
        session, self._draft = self.session, draft
        if draft.instead is None:
            events = session.send(draft.text, draft.attached, draft.think)
            self._play(RunTurn(draft.typed, events))
        else:
            turn = session.turns.heads[draft.instead - 1].id
            events = session.edit(draft.instead, draft.text, draft.attached, draft.think)
            self._play(RunTurn(draft.typed, events, turn))

    def play(self, turn: RunTurn) -> None:
        """Run a turn and show it from its prompt to its end."""
        self._draft = None
        self._play(turn)

    def _play(self, turn: RunTurn) -> None:
        heads = self.session.turns.heads
        replaced = (n for n, head in enumerate(heads) if head.id == turn.instead)
        self._kept = next(replaced, len(heads))
        self._prompt, self._events = turn.prompt, []
        self.activity.begin()
        if self._shown:
            if turn.instead is not None:
                # Also an answer with which the replaced one was compared: it is on another branch.
                self._conversation.keep({head.id for head in heads[: self._kept]})
            self._conversation.begin(turn.prompt)
        follow: Work = partial(self._follow, turn.events)
        self._running = self._conversation.run_worker(follow, group="turn")
        self._owner.changed(self)

    def play_or_wait(self, turn: RunTurn, draft: Draft) -> bool:
        """Run a turn, or let the line that it came of wait; says whether it runs now."""
        if self.busy:
            self.waiting.append(draft)
            return False
        self.play(turn)
        return True

    def stop(self) -> None:
        """End the running turn; what was streamed is kept."""
        if self.busy and self._running is not None:
            self._running.cancel()

    async def ended(self) -> None:
        """Wait until nothing runs.

        A bug in it ends the program, and the page on that bug says so; here it must not keep the
        rest from being closed.
        """
        if self._running is not None:
            with suppress(WorkerCancelled, WorkerFailed):
                await self._running.wait()

    async def _follow(self, events: AsyncGenerator[Event, None]) -> None:
        turns = self.session.turns
        self._ran, self._failure = 0, ""
        self._before = _newest(self.session)
        try:
            async with aclosing(events) as stream:
                async for event in stream:
                    self._ran = self._ran or self._begun()
                    self._take(event)
        except QchatError as error:  # refused before it began: there is no turn to show it in
            self._failure = str(error)
        except asyncio.CancelledError:
            for event in turns[-1].events[-2:]:  # its end, and the report of a run before that
                if isinstance(event, Notice | TurnFinished) and event not in self._events:
                    self._take(event)
            raise
        finally:
            self.activity.end()
            self._settle()
            self._conversation.call_later(self._next)

    def _begun(self) -> int:
        """The id of the turn that has begun; 0 where it could not be kept, as on a full disk."""
        newest = _newest(self.session)
        return newest if newest != self._before else 0

    def _take(self, event: Event) -> None:
        self._events.append(event)
        self.activity.feed(event)
        if isinstance(event, Notice) and event.level == "error":
            self._failure = event.text
        self._feed(event)
        now = time.monotonic()  # now and then is enough for what streams
        if not isinstance(event, Text | Thinking) or now - self._told >= 1 / MAX_UPDATES_PER_S:
            self._told = now
            self._owner.changed(self)

    def _feed(self, event: Event) -> None:
        if self._shown:
            self._conversation.feed(event)

    def _settle(self) -> None:
        """The turn is the session's own from here on, or came to nothing and was left again."""
        self._events = []
        self.unseen = not self._shown
        heads = self.session.turns.heads
        refused = not self._ran and bool(self._failure)
        left = bool(self._ran and heads and heads[-1].id != self._ran)
        if not (refused or left):
            if self._shown and heads:
                self._conversation.settle(heads[-1].id)
            return
        if self._shown:
            self._conversation.show(self.session.turns)
        if refused:
            self.notice(self._failure, "warning")
            if self._draft is not None:
                self.waiting.insert(0, msgspec.structs.replace(self._draft, held=True))
        elif self._failure:
            text = tr(
                "{failure}\nThe earlier answer stays; /branch lists the attempt.",
                failure=self._failure,
            )
            self.notice(text, "warning")

    async def _next(self) -> None:
        """The turn has ended: what waits comes next, unless the whole program ends."""
        if not self._conversation.app.is_running:
            return
        self._owner.changed(self)
        self._owner.over(self)
        while not self.busy and (draft := self._first()) is not None:  # a command begins no turn
            self.waiting.remove(draft)
            await self._owner.send(self, draft)
            self._owner.changed(self)

    def _first(self) -> Draft | None:
        """The prompt whose turn it is; those that were left unsent wait for the user."""
        return next((draft for draft in self.waiting if not draft.held), None)


def _newest(session: Session) -> int:
    heads = session.turns.heads
    return heads[-1].id if heads else 0
