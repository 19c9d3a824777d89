"""The tools of one session, and what the user may do with the same tools himself."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import TypeVar

import msgspec

from qchat import offline
from qchat.errors import QchatError
from qchat.events import RecalledMemory
from qchat.paths import Paths, private_dir
from qchat.settings import Settings
from qchat.web import web_tools
from qchat_memory.errors import MemoryStoreError
from qchat_memory.memory import Memory, checked
from qchat_memory.store import MemoryStore
from qchat_tools.base import Tool, ToolSpec
from qchat_tools.gateway import Gateway
from qchat_tools.guard import Limits
from qchat_tools.kernel import Kernel
from qchat_tools.kernel_link import KernelError
from qchat_tools.memory import MemoryForgetTool, MemorySaveTool, MemorySearchTool
from qchat_tools.parts import SourcePart
from qchat_tools.python import PythonTool
from qchat_tools.sandbox import find_sandbox
from qchat_tools.sources import Sources

T = TypeVar("T")

RECALLED = 4
"""Most memories that a turn is given beside the pinned ones."""


class Toolbox:
    """Makes a session's tools when they are asked for.

    `allowed` names them, all if None; `known` are the sources that earlier turns have numbered.
    """

    def __init__(
        self,
        settings: Settings,
        paths: Paths,
        session: str,
        memory: MemoryStore | None,
        allowed: frozenset[str] | None = None,
        known: Iterable[SourcePart] = (),
    ) -> None:
        self._settings = settings
        self._session = session
        self._memory = memory
        self._allowed = allowed
        self.sources = Sources(known)
        self._web: list[Tool] | None = None
        self._paths = paths
        self._work_dir = paths.work_dir / session
        self.kernel = Kernel(
            self._work_dir,
            files_dir=paths.files_dir,
            kernelspec=settings.python.kernel,
            sandbox=find_sandbox(settings.python.sandbox),
            timeout_s=settings.python.timeout_s,
            environment=paths.python_dir,
            network=settings.python.network,
            limits=Limits(settings.python.memory_mb << 20, settings.python.folder_mb << 20),
            remote=_gateway(settings),
        )

    def source(self, number: int) -> SourcePart | None:
        """What was last seen under a number that answers cite; None if it was never given out."""
        return self.sources.get(number)

    @property
    def specs(self) -> tuple[ToolSpec, ...]:
        """What the model is told of the tools; always in the same order, for its cache."""
        return tuple(tool.spec for tool in self.tools(turn=0).values())

    def tools(self, turn: int) -> Mapping[str, Tool]:
        """The tools by name; what they keep is marked with the turn."""
        tools: list[Tool] = [PythonTool(self.kernel)]
        if self._memory is not None:
            where = {"session": self._session, "turn": str(turn)}
            tools.append(MemorySaveTool(self._memory, **where))
            tools.append(MemorySearchTool(self._memory))
            tools.append(MemoryForgetTool(self._memory))
        if self._settings.web.enabled:
            if self._web is None:
                self._web = web_tools(self._settings.web, self._paths, self.sources)
            tools += [t for t in self._web if t.spec.name == "web_read" or not offline.forbidden()]
        named = {tool.spec.name: tool for tool in tools}
        if self._allowed is None:
            return named
        return {name: tool for name, tool in named.items() if name in self._allowed}

    @property
    def server_search(self) -> bool:
        """Whether the model's own service may search the web too, where it can."""
        return self._settings.web.search == "cloud" and not offline.forbidden()

    def load(self) -> None:
        """Import what the tools need, in a thread: it takes a moment."""
        self.tools(turn=0)

    async def start(self) -> None:
        """Make ready ahead of the first use: the kernel, in the background, and the memory."""
        if self._allowed is None or "python" in self._allowed:
            private_dir(self._work_dir)
            self.kernel.start()
        if self._memory is not None:
            await _in_thread(self._memory.open)

    async def recall(self, prompt: str) -> tuple[RecalledMemory, ...]:
        """The pinned memories, and those that fit a prompt. Raises QchatError."""
        memory = self._memory
        if memory is None:
            return ()

        def find() -> tuple[RecalledMemory, ...]:
            pinned = [_recalled(m, 1.0) for m in memory.pinned()]
            known = {m.id for m in pinned}
            hits = memory.recall(prompt, RECALLED)
            found = [_recalled(h.memory, h.score) for h in hits if h.memory.id not in known]
            return (*pinned, *found)

        return await _in_thread(find)

    async def remember(self, text: str, *, pinned: bool = False) -> str:
        """Keep a memory at the user's own word. Raises QchatError."""
        store = self._store()
        kept = await _in_thread(lambda: store.save(text, session=self._session, pinned=pinned))
        return f"{'Pinned' if kept.pinned else 'Remembered'} [{kept.id}]: {kept.text}"

    async def pin(self, id_or_text: str) -> str:
        """Pin a memory by its id, or keep a new text pinned. Raises QchatError."""
        store = self._store()
        known = {memory.id for memory in await _in_thread(store.list)}
        if id_or_text not in known:
            return await self.remember(id_or_text, pinned=True)
        memory = await _in_thread(lambda: store.pin(id_or_text))
        return f"Pinned [{memory.id}]: {memory.text}"

    async def forget(self, id_: str) -> str:
        """Delete a memory. Raises QchatError."""
        store = self._store()
        memory = await _in_thread(lambda: store.forget(id_))
        return f"Forgot [{memory.id}]: {memory.text}"

    async def memories(self, query: str) -> str:
        """All memories, or those that a query finds. Raises QchatError."""
        store = self._store()
        if query:
            found = [hit.memory for hit in await _in_thread(lambda: store.search(query))]
        else:
            found = list(await _in_thread(store.list))
        return "\n".join(memory_line(memory) for memory in found) or "Nothing is remembered."

    async def remembered(self, query: str) -> list[Memory]:
        """The memories themselves, the newest or the best fitting first. Raises QchatError."""
        store = self._store()
        if query:
            return [hit.memory for hit in await _in_thread(lambda: store.search(query, 50))]
        return list(await _in_thread(store.list))

    async def change(self, work: Callable[[MemoryStore], T]) -> T:
        """Do something with the store of memories, in a thread. Raises QchatError."""
        store = self._store()
        return await _in_thread(lambda: work(store))

    async def replace(self, old: Memory | None, new: Memory) -> None:
        """Put a memory back as it was, or another text in an old one's place. Raises QchatError."""

        def work(store: MemoryStore) -> None:
            kept = msgspec.structs.replace(new, text=checked(new.text))
            if old is not None:
                store.forget(old.id)
            store.import_lines([msgspec.json.encode(kept).decode()])

        await self.change(work)

    async def kernel_command(self, command: str) -> str:
        """Do `restart` or `interrupt`, or say what the kernel runs in. Raises QchatError."""
        try:
            match command:
                case "restart":
                    await self.kernel.restart()
                    return "The kernel is new: its variables are gone."
                case "interrupt":
                    await self.kernel.interrupt()
                    return "The kernel was interrupted."
                case "":
                    where = "in a sandbox" if self.sandboxed else "without a sandbox"
                    return f"Python runs {where}; its folder is {self.kernel.work_dir}"
        except KernelError as error:
            raise QchatError(str(error)) from error
        raise QchatError(f"/kernel takes restart or interrupt, not {command!r}")

    @property
    def remembers(self) -> bool:
        """Whether there are memories in this session."""
        return self._memory is not None

    @property
    def sandboxed(self) -> bool:
        """Whether the model's code runs in a sandbox."""
        return self.kernel.sandbox is not None

    async def aclose(self) -> None:
        """End the kernel; its folder goes too where nothing was left in it."""
        await self.kernel.aclose()
        with suppress(OSError):
            self._work_dir.rmdir()

    def _store(self) -> MemoryStore:
        if self._memory is None:
            raise QchatError("memory is off: [memory] enabled = false in the settings")
        return self._memory


def _gateway(settings: Settings) -> Gateway | None:
    python = settings.python
    return (
        Gateway(python.gateway_url, python.token(), python.kernel) if python.gateway_url else None
    )


def memory_line(memory: Memory) -> str:
    """One memory for a list."""
    return f"[{memory.id}] {memory.date} {'* ' if memory.pinned else ''}{memory.text}"


def _recalled(memory: Memory, score: float) -> RecalledMemory:
    return RecalledMemory(memory.id, memory.text, memory.date, round(score, 3), memory.pinned)


async def _in_thread(work: Callable[[], T]) -> T:
    try:
        return await asyncio.to_thread(work)
    except MemoryStoreError as error:
        raise QchatError(str(error)) from error
