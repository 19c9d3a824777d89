"""Find in the conversation: in all of it, also where it is folded or not on the screen."""

import asyncio
import re
from collections.abc import Callable, Collection
from functools import partial
from typing import ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Static
from textual.worker import Worker

from qchat.runtime.language import tr
from qchat.tui.background_work import Work
from qchat.tui.transcript.conversation import Conversation
from qchat.tui.transcript.list_item import Item

PAUSE_EVERY = 4
"""Turns that are looked through before keys and frames have their turn."""

Likely = Callable[[str], Collection[int]]
"""Ids of the turns that may hold a phrase, as the store's index knows them."""


class Match(NamedTuple):
    """One place: which turn or section, which of its blocks, which of the places in that."""

    item: Item
    block: int
    number: int


def pattern(phrase: str) -> re.Pattern[str] | None:
    """What matches a phrase in any case, however its words are wrapped; None for an empty one."""
    words = [re.escape(word) for word in phrase.split()]
    return re.compile(r"\s+".join(words), re.IGNORECASE) if words else None


class FindBar(Horizontal):
    """A line with the phrase and which of the places stands in view."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "close"),
        Binding("down", "step(1)", "next"),
        Binding("up,shift+enter", "step(-1)", "previous"),
    ]

    class Closed(Message):
        """The reader is done."""

    def __init__(self, conversation: Conversation, likely: Likely) -> None:
        super().__init__(id="find")
        self._conversation = conversation
        self._likely = likely
        self._matches: list[Match] = []
        self._at = 0
        self._input = Input(placeholder=tr("find"), compact=True)
        self._count = Static("", id="found", markup=False)
        self.display = False

    def compose(self) -> ComposeResult:
        yield self._input
        yield self._count

    def open(self) -> None:
        """Ask what to look for; what was looked for last stands there."""
        self.display = True
        self._input.focus()
        self._input.select_all()
        self._look(self._input.value)

    def action_close(self) -> None:
        self.display = False
        self._conversation.mark(None)
        self.post_message(self.Closed())

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if self.display:
            self._look(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_step(1)

    def action_step(self, step: int) -> None:
        if self._matches:
            self._at = (self._at + step) % len(self._matches)
            self._go()

    def _look(self, phrase: str) -> None:
        find: Work = partial(self._find, phrase)
        _: Worker[None] = self.run_worker(find, exclusive=True, group="find")

    async def _find(self, phrase: str) -> None:
        wanted = pattern(phrase)
        self._conversation.mark(wanted)
        self._matches = []
        if wanted is not None:
            likely = self._likely(phrase)
            for looked, item in enumerate(self._conversation.items(likely)):
                for number, text in enumerate(item.texts(self._conversation.around)):
                    many = sum(1 for _ in wanted.finditer(text))
                    self._matches += (Match(item, number, n) for n in range(many))
                if looked % PAUSE_EVERY == 0:
                    await asyncio.sleep(0)
        self._at = max(len(self._matches) - 1, 0)  # the newest: there the reader mostly stands
        self._go()

    def _go(self) -> None:
        if self._matches:
            self._count.update(tr("{at} of {all}", at=self._at + 1, all=len(self._matches)))
            self._conversation.reveal(*self._matches[self._at])
        else:
            self._count.update(tr("not found") if self._input.value.strip() else "")
