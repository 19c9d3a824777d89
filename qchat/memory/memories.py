"""The user's memories as one conversation sees them: for its turns, its commands and its panels.

Everything raises QchatError with one readable line, and runs in a thread, since the store blocks.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import TypeVar

from qchat.egress.traffic import Traffic
from qchat.memory.project import name_of
from qchat.protocol.errors import QchatError
from qchat.protocol.event_values import RecalledMemory, RecalledPast
from qchat.protocol.events import Sent
from qchat.protocol.tokens import estimate
from qchat.runtime.language import tr, verbatim
from qchat_memory.errors import MemoryStoreError
from qchat_memory.language.invisible import with_invisible_shown, without_invisible
from qchat_memory.memory import Hit, Kept, Memory
from qchat_memory.origin import untrusted
from qchat_memory.storage.last_step import Changed
from qchat_memory.store import MemoryStore, Told
from qchat_tools.base import Tool
from qchat_tools.memory import (
    MemoryForgetTool,
    MemorySaveTool,
    MemorySearchTool,
    MemoryUpdateTool,
)

T = TypeVar("T")

RECALLED = 4
"""Most memories that a turn is given beside the pinned ones."""
CAUTION = 1.15
"""How long pinned memories may be is a promise, and an estimate may be so far off."""


class Memories:
    """`store` is None where memory is off for good; `on` turns it off for this conversation."""

    def __init__(
        self,
        store: MemoryStore | None,
        session: str,
        *,
        on: bool = True,
        pinned_tokens: int = 500,
        traffic: Traffic | None = None,
    ) -> None:
        self._store = store
        self._session = session
        self._on = on
        self._pinned_tokens = pinned_tokens
        self._traffic = traffic or Traffic()
        self._told_full = False

    @property
    def on(self) -> bool:
        """Whether this conversation reads and writes memories."""
        return self._store is not None and self._on

    def turn(self, on: bool) -> None:
        """Read and write memories from here on, or no longer. Raises QchatError."""
        if on and self._store is None:
            raise QchatError(tr(NEVER))
        self._on = on

    def tools(self, turn: int) -> list[Tool]:
        """The model's tools; what they keep is marked with the turn."""
        if self._store is None or not self._on:
            return []
        where = {"session": self._session, "turn": str(turn)}
        return [
            MemorySaveTool(self._store, **where),
            MemorySearchTool(self._store),
            MemoryUpdateTool(self._store, **where),
            MemoryForgetTool(self._store),
        ]

    def sent(self) -> Sequence[Sent]:
        """What was sent to other hosts since this was last asked."""
        return self._traffic.taken()

    def mended(self) -> Sequence[str]:
        """What was damaged and has been made whole since this was last asked, a line each.

        And once that the disk is full, where it is.
        """
        if self._store is None:
            return []
        told = [str(mended) for mended in self._store.take_mended()]
        if self._store.take_full() and not self._told_full:
            self._told_full = True
            told.append(tr(FULL))
        return told

    async def open(self) -> None:
        """Make ready ahead of the first use."""
        if self._store is not None and self._on:
            await _in_thread(self._store.open)

    async def recall(self, prompt: str) -> tuple[RecalledMemory, ...]:
        """The pinned memories, as far as they fit, and those that fit a prompt."""
        if self._store is None or not self._on:
            return ()
        store = self._store

        def find() -> tuple[RecalledMemory, ...]:
            pinned = self._fitting(store.pinned())
            known = {memory.id for memory in pinned}
            hits = [hit for hit in store.recall(prompt, RECALLED) if hit.memory.id not in known]
            return (*(receipt(memory) for memory in pinned), *(_recalled(hit) for hit in hits))

        return await _in_thread(find)

    @property
    def project(self) -> str:
        """The folder that is worked on; empty where there is none."""
        return self._store.project if self._store is not None else ""

    async def list(self) -> Sequence[Memory]:
        """All that hold here, the newest first."""
        return [memory for memory in await self.all() if memory.holds_in(self.project)]

    async def all(self) -> Sequence[Memory]:
        """All, the newest first; those about other projects, too."""
        return await self._with(lambda store: store.list())

    async def search(self, query: str, limit: int = 20) -> Sequence[Hit]:
        """Those that fit some words, best first."""
        return await self._with(lambda store: store.search(query, limit))

    async def keep(self, text: str, *, pinned: bool = False, of_project: bool = False) -> Kept:
        """Keep a text at the user's own word; `of_project`: about this project alone.

        Raises QchatError, also where too many wait.
        """
        project = self.project if of_project else ""
        if of_project and not project:
            raise QchatError(tr(NO_PROJECT))
        told = Told(session=self._session, pinned=pinned, project=project)
        with self._slot():
            return await self._with(lambda store: store.keep(text, **told))

    async def get(self, id_: str) -> Memory:
        """The memory of that id. Raises QchatError if there is none."""
        return await self._with(lambda store: store.get(id_))

    async def find(self, id_: str) -> Memory | None:
        """The memory of that id, if there is one. Raises QchatError."""
        return await self._with(lambda store: store.find(id_))

    async def edit(self, id_: str, text: str) -> Kept:
        """Correct the wording."""
        return await self._with(lambda store: store.edit(id_, text))

    async def pin(self, id_: str) -> Memory:
        """Keep it always in front of the model."""
        return await self._with(lambda store: store.pin(id_))

    async def unpin(self, id_: str) -> Memory:
        return await self._with(lambda store: store.unpin(id_))

    async def forget(self, id_: str) -> Memory:
        """Delete it; what is given back can be restored."""
        return await self._with(lambda store: store.forget(id_))

    async def restore(self, *memories: Memory) -> None:
        """Put them back as they were before they were edited, updated or forgotten."""
        await self._with(lambda store: store.restore(*memories))

    async def undo(self, id_: str) -> Memory | None:
        """Take back what it said last; None if nothing is left of it."""
        return await self._with(lambda store: store.undo(id_))

    async def undo_last(self) -> Sequence[Changed]:
        """Take back the last step, or make it again where that was just done."""
        return await self._with(lambda store: store.undo_last())

    async def take_back(self, turns: Iterable[int]) -> Sequence[Kept]:
        """Undo what these turns of this conversation made the model keep."""
        if self._store is None:
            return []
        store, ids = self._store, [str(turn) for turn in turns]
        return await _in_thread(lambda: store.take_back(self._session, ids))

    async def give_back(self, taken: Sequence[Kept]) -> None:
        """Undo what `take_back` did, but for memories that say something else by now."""
        store = self._store
        if store is not None and taken:
            await _in_thread(lambda: store.give_back(taken))

    async def pinned_size(self) -> tuple[int, int]:
        """How many tokens the pinned memories have, about, and how many are put before a model."""
        pinned = await self._with(lambda store: store.pinned())
        return sum(_tokens(memory) for memory in pinned), self._pinned_tokens

    def _fitting(self, pinned: Iterable[Memory]) -> Sequence[Memory]:
        """The oldest pinned ones that fit the limit: what stands there first stays."""
        room, fitting = self._pinned_tokens, []
        for memory in pinned:
            room -= _tokens(memory)
            if room < 0:
                break
            fitting.append(memory)
        return fitting

    @contextmanager
    def _slot(self) -> Iterator[None]:
        try:
            with self._store.saving.one() if self._store is not None else nullcontext():
                yield
        except MemoryStoreError as error:
            raise QchatError(verbatim(str(error))) from error

    async def _with(self, work: Callable[[MemoryStore], T]) -> T:
        store = self._store
        if store is None:
            raise QchatError(tr(NEVER))
        if not self._on:
            raise QchatError(tr("memory is off in this conversation: /memory on turns it on"))
        return await _in_thread(lambda: work(store))


FULL = "The disk is full: memories can be read, but nothing new is kept until you make room"
"""Told once where memories serve all the same; a full stop follows."""
NEVER = "memory is off: [memory] enabled = false in the settings"


NO_PROJECT = "There is no project here: the folder in which qchat was started is gone."


def memory_line(memory: Memory) -> str:
    """One memory in a line: what it says, and about which project."""
    pinned = "* " if memory.pinned else ""
    kind = f"({memory.kind}) " if memory.kind != "fact" else ""
    before = (
        tr(" (before, {date}: {text})", date=memory.before.date, text=memory.before.text)
        if memory.before
        else ""
    )
    kept_with = ", ".join(map(str, memory.saved_with))
    source = tr(" (after reading {kept_with})", kept_with=kept_with) if kept_with else ""
    date = f"{memory.date} " if memory.date else ""
    project = f"({about(memory.project)}) " if memory.project else ""
    line = f"[{memory.id}] {date}{pinned}{kind}{project}{memory.text}{before}{source}"
    return with_invisible_shown(line)


def listed_line(memory: Memory) -> str:
    """One memory for a list: its line, who kept it, and whether it is trusted."""
    return f"{memory_line(memory)} · {source_of(receipt(memory))}"


def about(project: str) -> str:
    """What a memory is about that holds in one project alone."""
    return tr("project {name}", name=name_of(project))


def source_of(memory: RecalledMemory) -> str:
    """Who kept a memory, and where; and that it is not trusted, where strangers were read."""
    by = tr("kept by the model") if memory.turn else tr("kept by you")
    where = tr(" in session {id}", id=memory.session[:8]) if memory.session else ""
    trust = tr("not trusted") if memory.untrusted else tr("trusted")
    return f"{by}{where}, {trust}"


def changed_line(changed: Changed) -> str:
    """What taking back a step did to one memory, for a list."""
    if changed.after is None:
        return (
            tr("Taken back: {before}", before=memory_line(changed.before)) if changed.before else ""
        )
    if changed.before is None:
        return tr("Back again: {after}", after=memory_line(changed.after))
    return tr("As it was: {after}", after=memory_line(changed.after))


def why(memory: RecalledMemory) -> str:
    """Why a memory was put before the model, as a receipt says it."""
    project = f" · {about(memory.project)}" if memory.project else ""
    if memory.pinned:
        return tr("pinned{project}", project=project)
    matched = f" ({', '.join(memory.matched)})" if memory.matched else tr(" (by meaning)")
    return f"{memory.score:.2f}{matched}{project}"


def _tokens(memory: Memory) -> int:
    """About how many tokens its line has, with the date and with what it said before."""
    said = [past.text for past in (memory, memory.before) if past is not None]
    return round(sum(map(estimate, said)) * CAUTION) + 8 * len(said)


def receipt(memory: Memory) -> RecalledMemory:
    """A memory as events carry it, put there for its own sake and not for a likeness."""
    return _recalled(Hit(memory, 1.0))


def _recalled(hit: Hit) -> RecalledMemory:
    memory, before = hit.memory, hit.memory.before
    return RecalledMemory(
        memory.id,
        without_invisible(memory.text),
        memory.date,
        round(hit.score, 3),
        memory.pinned,
        hit.matched,
        RecalledPast(before.date, without_invisible(before.text)) if before is not None else None,
        untrusted(memory.saved_with),
        memory.project,
        memory.session,
        memory.turn,
    )


async def _in_thread(work: Callable[[], T]) -> T:
    try:
        return await asyncio.to_thread(work)
    except MemoryStoreError as error:
        raise QchatError(verbatim(str(error))) from error
