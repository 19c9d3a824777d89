"""The line of a save: what is remembered from here on, to be taken back, corrected or pinned."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import ClassVar

import msgspec
from rich.style import Style
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.events import Blur
from textual.message import Message
from textual.screen import ModalScreen
from textual.strip import Strip
from textual.widgets import Input, Static
from textual.worker import Worker

from qchat.memory.memories import Memories, about
from qchat.protocol.errors import QchatError
from qchat.protocol.event_values import RecalledMemory
from qchat.protocol.permission import Ask
from qchat.runtime.language import tr
from qchat.runtime.sanitize import sanitize_for_terminal
from qchat.tui.blocks.block import Block
from qchat.tui.render.click_targets import link
from qchat.tui.render.strips import plain, render
from qchat_memory.language.secret import secret_in
from qchat_memory.memory import Memory

PRESSED = "qchat:memory/"
"""Before the name of what a link in the line does."""


class Saved(msgspec.Struct):
    """What the line says, kept while it is not on the screen."""

    said: str
    text: str
    pinned: bool = False
    taken: Memory | None = None
    """The memory as it was when it was taken back."""
    gone: bool = False
    """It was forgotten elsewhere."""


class SavedBlock(Block):
    """One memory that was kept here; what is done to it is done at once, and can be undone."""

    class Changed(Message):
        """What is remembered is not what it was."""

    def __init__(
        self,
        id_: str,
        saved: Saved,
        memories: Memories,
        keep: Callable[[Saved], None],
        ask: Ask,
    ) -> None:
        """`keep` is called with what the line says whenever that changes."""
        super().__init__()
        self._keep = keep
        self._ask = ask
        self.add_class("notice", "info")
        self._memory_id = id_
        self._saved = saved
        self._memories = memories
        self._acting = asyncio.Lock()

    def on_mount(self) -> None:
        """An older line may speak of a memory that was changed elsewhere."""
        _: Worker[None] = self.run_worker(self._look, group="memory")

    async def _look(self) -> None:
        saved = self._saved
        async with self._acting:
            if saved.taken is not None or not self._memories.on:
                return
            try:
                memory = await self._memories.find(self._memory_id)
            except QchatError:
                return  # the line stays as it is; what is pressed says what is wrong
            if memory is None:
                saved.gone, saved.said = True, tr("No longer remembered: {text}", text=saved.text)
            elif memory.text == saved.text:
                saved.gone, saved.pinned = False, memory.pinned
        self.changed()

    @property
    def source(self) -> str:
        return self._saved.text

    def body(self, width: int) -> list[Strip]:
        dim = self.colours.dim
        line = plain(self._saved.said, dim)
        line.append("  ")
        if self._saved.gone:
            pass
        elif self._saved.taken is not None:
            self._lead(line, dim)
            _offer(line, dim, {"undo": tr("u bring back")})
        else:
            pin = tr("p unpin") if self._saved.pinned else tr("p pin")
            self._lead(line, dim)
            _offer(line, dim, {"undo": tr("u undo"), "edit": tr("e edit"), "pin": pin})
        return render(self.app.console, line, width)

    def _lead(self, line: Text, dim: Style) -> None:
        """Say how one comes to the keys, as long as letters are for the prompt."""
        if not self.has_focus:
            line.append(tr("Shift+Tab: "), dim)

    def on_focus(self) -> None:
        self.changed()

    def on_blur(self, event: Blur) -> None:
        super().on_blur(event)
        self.changed()

    def press(self, url: str) -> None:
        match url.removeprefix(PRESSED):
            case "undo":
                self.action_undo()
            case "edit":
                self.action_edit()
            case _:
                self.action_pin()

    def action_undo(self) -> None:
        self._act(self._undo)

    def action_edit(self) -> None:
        self._act(self._edit)

    def action_pin(self) -> None:
        self._act(self._pin)

    def _act(self, work: Callable[[], Awaitable[None]]) -> None:
        done = partial(self._done, work)  # a coroutine made here might never run
        _: Worker[None] = self.run_worker(done, group="memory")

    async def _done(self, work: Callable[[], Awaitable[None]]) -> None:
        async with self._acting:
            try:
                await work()
                self._keep(self._saved)
            except QchatError as error:
                self.notify(sanitize_for_terminal(str(error)), severity="warning", markup=False)
        self.changed()
        self.post_message(self.Changed())

    async def _undo(self) -> None:
        saved = self._saved
        if saved.taken is not None:
            memory = saved.taken
            await self._memories.restore(memory)
            saved.taken = None
            self._say(tr("Remembered again"), memory)
            return
        memory = await self._standing()
        left = await self._memories.undo(memory.id)
        saved.taken = memory
        self._say(tr("Taken back"), memory)
        if left is not None:
            saved.said += tr(" (it says again: {text})", text=left.text)

    async def _edit(self) -> None:
        memory = await self._standing()
        text = await self.app.push_screen_wait(MemoryLine(memory.text))
        if text is not None and await self._allowed(text):
            self._say(tr("Corrected"), (await self._memories.edit(memory.id, text)).memory)

    async def _allowed(self, text: str) -> bool:
        secret = secret_in(text)
        if not secret:
            return True
        asked = tr("Keep this memory? It looks like {secret}.", secret=tr(secret))
        return await self._ask(f"{asked}\n{text}") in ("once", "session")

    async def _pin(self) -> None:
        memory = await self._standing()
        turned = self._memories.unpin if memory.pinned else self._memories.pin
        memory = await turned(memory.id)
        self._say(tr("Pinned") if memory.pinned else tr("No longer pinned"), memory)

    async def _standing(self) -> Memory:
        """The memory, if it still says what stands here. Raises QchatError."""
        if self._saved.taken is not None:
            raise QchatError(tr("this memory was taken back: u brings it back"))
        memory = await self._memories.get(self._memory_id)
        if memory.text != self._saved.text:
            raise QchatError(
                tr(
                    "[{id}] says something else by now: {text} (F3: all)",
                    id=memory.id,
                    text=memory.text,
                )
            )
        return memory

    def _say(self, what: str, memory: Memory) -> None:
        self._saved.text, self._saved.pinned = memory.text, memory.pinned
        self._saved.said = f"{what} [{memory.id}]: {memory.text}"


class MemoryLine(ModalScreen[str | None]):
    """Another wording for a memory; None where it shall stay as it is."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "close")]

    def __init__(self, text: str) -> None:
        super().__init__()
        self._line = sanitize_for_terminal(text).replace("\n", " ")

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog question"):
            yield Static(tr("Correct this memory"), classes="dialog-title")
            yield Input(self._line, select_on_focus=False)
            yield Static(tr("Enter keeps it, Esc leaves it as it was"), classes="dim")

    def on_mount(self) -> None:
        self.query_one(Input).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.dismiss(event.value if event.value != self._line else None)


def saved_line(memory: RecalledMemory, said: str = "") -> Saved:
    """The line of a memory that was just kept."""
    project = f"({about(memory.project)}) " if memory.project else ""
    return Saved(
        said or tr("Remembered [{id}]: {text}", id=memory.id, text=f"{project}{memory.text}"),
        memory.text,
        memory.pinned,
    )


def _offer(line: Text, dim: Style, offers: dict[str, str]) -> None:
    for number, (name, shown) in enumerate(offers.items()):
        line.append(" · " if number else "", dim)
        line.append(shown, dim + Style(underline=True) + link(f"{PRESSED}{name}"))
