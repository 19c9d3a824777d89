"""What is remembered about the user: find, pin, edit, forget and have back."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from qchat.commands import CommandContext
from qchat.commands.memory import refused
from qchat.memory.memories import Memories, about, receipt, source_of
from qchat.protocol.errors import QchatError, UsageError
from qchat.runtime.language import tr
from qchat.tui.panels.base import Panel, Row
from qchat_memory.memory import Memory


class MemoryPanel(Panel):
    """Lists the newest first, or the best fitting; what is forgotten here can come back."""

    NAME = "memory"
    FIND = "find by words or by meaning"
    EMPTY = "nothing is remembered"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "find", "find", key_display="/"),
        Binding("p", "pin", "pin"),
        Binding("e", "edit", "edit"),
        Binding("n", "new", "new"),
        Binding("d", "forget", "forget"),
        Binding("u", "undo", "undo"),
    ]

    def __init__(self, place: Callable[[], CommandContext]) -> None:
        super().__init__(place)
        self._memories: dict[str, Memory] = {}
        self._forgotten: list[Memory] = []

    async def rows(self, query: str) -> Sequence[Row]:
        memories = self._of_session
        if query:
            found = [hit.memory for hit in await memories.search(query, 50)]
        else:
            found = list(await memories.list())
        self._memories = {memory.id: memory for memory in found}
        return [Row(m.id, m.text, _note(m), m.pinned) for m in found]

    async def choose(self, _id: str) -> None:
        self.action_edit()

    def action_pin(self) -> None:
        if memory := self._memories.get(self.marked or ""):
            self.act(self._pin(memory))

    def action_new(self) -> None:
        async def accept(text: str) -> None:
            await self._allowed(text)
            await self._of_session.keep(text)

        self.edit("", accept)

    def action_edit(self) -> None:
        memory = self._memories.get(self.marked or "")
        if memory is None:
            return

        async def accept(text: str) -> None:
            if not text.strip():
                raise UsageError(tr("a memory needs words; d forgets it"))
            await self._allowed(text)
            await self._of_session.edit(memory.id, text)

        self.edit(memory.text, accept)

    def action_forget(self) -> None:
        if memory := self._memories.get(self.marked or ""):
            self.act(self._forget(memory))

    def action_undo(self) -> None:
        self.act(self._undo())

    async def _allowed(self, text: str) -> None:
        """Ask where a text looks like a secret. Raises QchatError where that is not allowed."""
        if reason := await refused(self.place(), text):
            raise QchatError(reason)

    @property
    def _of_session(self) -> Memories:
        return self.place().session.toolbox.memories

    async def _pin(self, memory: Memory) -> str:
        memories = self._of_session
        return _pinned(await (memories.unpin if memory.pinned else memories.pin)(memory.id))

    async def _forget(self, memory: Memory) -> str:
        await self._of_session.forget(memory.id)
        self._forgotten.append(memory)
        return tr("forgot {text!r}; u brings it back while this panel is open", text=memory.text)

    async def _undo(self) -> str:
        if not self._forgotten:
            return tr("nothing to bring back")
        memory = self._forgotten.pop()
        await self._of_session.restore(memory)
        return tr("{text!r} is back", text=memory.text)


def _pinned(memory: Memory) -> str:
    return tr("pinned: {text}" if memory.pinned else "no longer pinned: {text}", text=memory.text)


def _note(memory: Memory) -> str:
    used = {0: "", 1: tr(" · used once")}.get(
        memory.uses, tr(" · used {uses} times", uses=memory.uses)
    )
    project = f" · {about(memory.project)}" if memory.project else ""
    pinned = tr(" · pinned") if memory.pinned else ""
    source = source_of(receipt(memory))
    return f"{memory.date} · {tr(memory.kind)}{project}{used}{pinned} · {source}"
