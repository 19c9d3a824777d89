"""Keys one after the other: the next one comes when all that the last one led to is done.

Textual hands a key to the focused widget, from where it goes up to the bindings through the queue
of each ancestor. What is typed meanwhile would overtake it: Ctrl+U and then a line, as one types or
as a slow connection brings them together, deleted nothing; and it would go to a panel that the key
before is about to close.
"""

import asyncio
import math
import time
from collections import deque
from typing import Any

from textual.app import App
from textual.driver import Driver
from textual.events import Event, Key, Paste
from textual.message import Message
from textual.widgets import Input, TextArea

from qchat.tui.textual_private import has_screen

ROUNDS = 3
"""A key goes up to its binding, what the binding says goes up, and then the focus changes."""
TYPING_S = 0.5
"""Who has typed within this time is likely to type on."""
WRITTEN_S = 0.005
"""So long an echo takes from here to the terminal, unless something else is drawn meanwhile."""
DISPATCH_TIMEOUT_S = 1.0
"""Nobody waits longer: a widget may be gone before it has said that it is done."""


class DispatchBarrier(Message):
    """Goes the way that a key went, behind it, so many times more."""

    def __init__(self, number: int, rounds: int) -> None:
        super().__init__()
        self.number = number
        self.rounds = rounds


class OrderedDispatch(App[int]):
    """What is typed and pasted is handled as if it came slowly."""

    def __init__(self, driver_class: type[Driver] | None = None) -> None:
        super().__init__(driver_class=driver_class)
        self._typed: deque[Key | Paste] = deque()
        """What has come and waits for its turn."""
        self._number = 0
        """How many have had theirs."""
        self._patience: asyncio.TimerHandle | None = None
        """Set while one is under way."""
        self.typed_at = -math.inf
        """When the last key came that more may follow, by `time.monotonic`."""
        self._stands = False
        """Whether there is something to type into; what comes before waits too."""

    @property
    def is_dispatching(self) -> bool:
        """Whether what was typed is still being handled, or waits for its turn."""
        return bool(self._typed) or self._patience is not None

    async def on_ready(self) -> None:
        """The first frame stands."""
        self._stands = True
        if self._patience is None:
            await self._next()

    async def on_event(self, event: Event) -> None:
        if not isinstance(event, Key | Paste) or event.is_forwarded:
            await super().on_event(event)
            return
        if isinstance(event, Key) and event.key.startswith("alt+"):
            event.character = (
                None  # terminals send it as Escape and the letter: it is none to write
            )
        sends = isinstance(event, Key) and event.key == "enter"
        self.typed_at = -math.inf if sends else time.monotonic()
        self._typed.append(event)
        if self._stands and self._patience is None:
            await self._next()

    async def _next(self) -> None:
        if self._typed:
            self._number += 1
            self._patience = asyncio.get_running_loop().call_later(
                DISPATCH_TIMEOUT_S, self.post_message, DispatchBarrier(self._number, 0)
            )
            event = self._typed.popleft()
            self.before_dispatch(event)
            await super().on_event(event)
            while self._writes(event) and self._typed and self._writes(self._typed[0]):
                event = self._typed.popleft()
                await super().on_event(event)
            self._follow(DispatchBarrier(self._number, ROUNDS - 1))

    def before_dispatch(self, event: Key | Paste) -> None:
        """Its turn has come: whoever has the focus now gets it, unless the focus is moved here."""

    def after_echo(self) -> None:
        """What was typed is on the screen: what takes long is best begun now."""

    def _writes(self, event: Key | Paste) -> bool:
        """Whether it is one more letter for the field that has the keys, and leads to nothing."""
        letter = isinstance(event, Key) and event.is_printable
        return letter and isinstance(self.focused, TextArea | Input)

    def _follow(self, message: DispatchBarrier) -> None:
        if self.is_running and has_screen(self):
            target = self.focused or self.screen
            _ = target.post_message(message) or self.screen.post_message(message)

    async def on_dispatch_barrier(self, message: DispatchBarrier) -> None:
        if message.number != self._number or self._patience is None:
            return  # it was not waited for
        if message.rounds:
            self._follow(DispatchBarrier(message.number, message.rounds - 1))
            return
        self._patience.cancel()
        self._patience = None
        await self._next()
        if not self.is_dispatching:
            self.call_after_refresh(self.set_timer, WRITTEN_S, self.after_echo)


def is_typing(app: App[Any]) -> bool:
    """Whether somebody types just now."""
    return isinstance(app, OrderedDispatch) and time.monotonic() - app.typed_at < TYPING_S
