"""Turns as they run: one at a time into the conversation; prompts that come meanwhile wait."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing, suppress

from textual.worker import Worker, WorkerCancelled

from qchat.conversation.session import Session
from qchat.protocol.errors import QchatError
from qchat.protocol.events import Event, Notice, Text, Thinking
from qchat.tui.input.draft import Draft
from qchat.tui.transcript.conversation import Conversation

TOLD_PER_S = 5
"""How often the line of figures changes while text streams: more could not be read."""


class Turns:
    """Feeds a turn's events to the conversation, and sends what waited when it is over."""

    def __init__(
        self,
        conversation: Conversation,
        send: Callable[[Draft], Awaitable[None]],
        changed: Callable[[], None],
        over: Callable[[], None],
    ) -> None:
        """`changed` is called at every step, `over` when a turn is."""
        self._conversation = conversation
        self._send = send
        self._changed = changed
        self._over = over
        self._running: Worker[None] | None = None
        self._told = 0.0
        self.waiting: list[Draft] = []

    @property
    def busy(self) -> bool:
        return self._running is not None and not self._running.is_finished

    def play(self, session: Session, prompt: str, events: AsyncGenerator[Event, None]) -> None:
        """Show a turn from its prompt to its end."""
        self._conversation.begin(prompt)
        work = self._follow(session, events)
        self._running = self._conversation.run_worker(work, group="turn")
        self._changed()

    def stop(self) -> None:
        """End the running turn; what was streamed is kept."""
        if self.busy and self._running is not None:
            self._running.cancel()

    async def ended(self) -> None:
        """Wait until nothing runs."""
        if self._running is not None:
            with suppress(WorkerCancelled):
                await self._running.wait()

    async def _follow(self, session: Session, events: AsyncGenerator[Event, None]) -> None:
        ran, failure = 0, ""
        try:
            async with aclosing(events) as stream:
                async for event in stream:
                    ran = ran or session.turns.heads[-1].id
                    if isinstance(event, Notice) and event.level == "error":
                        failure = event.text
                    self._conversation.feed(event)
                    self._tell(event)
        except QchatError as error:  # refused before it began: there is no turn to show it in
            self._conversation.show(session.turns)
            self._conversation.notice(str(error), "warning")
        except asyncio.CancelledError:
            for event in session.turns[-1].events[-1:]:
                self._conversation.feed(event)
            raise
        finally:
            heads = session.turns.heads
            if heads and ran and heads[-1].id != ran:  # it came to nothing, and was left again
                self._conversation.show(session.turns)
                if failure:
                    text = f"{failure}\nThe earlier answer stays; /branch lists the attempt."
                    self._conversation.notice(text, "warning")
            elif heads:
                self._conversation.settle(heads[-1].id)
            self._conversation.call_later(self._next)

    def _tell(self, event: Event) -> None:
        """Now and then is enough for what streams."""
        now = time.monotonic()
        if not isinstance(event, Text | Thinking) or now - self._told >= 1 / TOLD_PER_S:
            self._told = now
            self._changed()

    async def _next(self) -> None:
        self._changed()
        self._over()
        if self.waiting and not self.busy:
            await self._send(self.waiting.pop(0))
            self._changed()
