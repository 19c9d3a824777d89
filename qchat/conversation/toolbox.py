"""The tools of one session, and what the user may do with the same tools himself."""

import asyncio
import secrets
import shutil
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

import msgspec

from qchat.config.settings import Settings
from qchat.conversation.web import web_tools
from qchat.knowledge.library import Library
from qchat.knowledge.tool import KnowledgeTool
from qchat.memory.memories import Memories
from qchat.protocol.errors import QchatError
from qchat.runtime import offline
from qchat.runtime.language import tr, verbatim
from qchat.runtime.paths import Paths, private_dir
from qchat_tools.base import Tool, ToolError, ToolSpec
from qchat_tools.kernel import workfolder
from qchat_tools.kernel.gateway import Gateway
from qchat_tools.kernel.kernel import Kernel
from qchat_tools.kernel.link import KernelError
from qchat_tools.kernel.python import PythonTool
from qchat_tools.kernel.snapshot import Taken, listed
from qchat_tools.parts import SourcePart
from qchat_tools.sandbox.guard import Limits
from qchat_tools.sandbox.sandbox import find_sandbox
from qchat_tools.web.sources import Sources

TRAILS = "-trails"
"""Behind the name of a session's folder: where the folders of its trails are."""
MAX_COPIED = 16 << 20
"""Bytes of a folder that each trail gets a copy of."""


FRESH = "Python begins fresh: nothing is there that earlier code defined, apart from files."


class Snapshot(msgspec.Struct, frozen=True):
    """What code has defined in a session, as a file for the kernels of its trails."""

    file: Path
    taken: Taken

    @property
    def told(self) -> str:
        """What a trail is told of its kernel."""
        if not self.taken.names:
            return FRESH
        left = listed(tuple(name for name, _ in self.taken.left))
        lost = f" Not there, though the conversation has it: {left}." if left else ""
        return f"Python begins with what earlier code defined: {listed(self.taken.names)}.{lost}"

    def remove(self) -> None:
        """It is no longer needed."""
        with suppress(OSError):
            self.file.unlink(missing_ok=True)
            self.file.parent.rmdir()


class Toolbox:
    """Makes a session's tools when they are asked for.

    `allowed` names them, all if None; `known` are the sources that earlier turns have numbered.
    """

    def __init__(
        self,
        settings: Settings,
        paths: Paths,
        session: str,
        memories: Memories,
        allowed: frozenset[str] | None = None,
        known: Iterable[SourcePart] = (),
        *,
        user: str = "default",
        library: Library | None = None,
        begins_with: Snapshot | None = None,
    ) -> None:
        self._user = user
        self._library = library
        self._settings = settings
        self.memories = memories
        self._allowed = allowed
        self.sources = Sources(known)
        self.only: Mapping[str, Tool] | None = None
        """Tools that stand in for all others, as a question of an evaluation brings its own."""
        self._web: list[Tool] | None = None
        self._paths = paths
        self._work_dir = paths.work_dir / session
        self._begins_with = begins_with
        file = begins_with.file if begins_with is not None and begins_with.taken.names else None
        self.kernel = open_kernel(settings, paths, self._work_dir, file)

    @property
    def told(self) -> str:
        """What a trail is told of its kernel; empty where it has none."""
        if not any(spec.name == "python" for spec in self.specs):
            return ""
        return self._begins_with.told if self._begins_with is not None else ""

    async def snapshot(self) -> Snapshot | None:
        """Write down what code has defined by now, for trails; None where that is nothing."""
        if not self.kernel.ready:
            return None
        name = f".variables-{secrets.token_hex(8)}"
        taken = await self.kernel.write_snapshot(name)
        folder = self._paths.work_dir / f"{self._work_dir.name}{TRAILS}"
        try:
            if taken.names:
                private_dir(folder)
                await asyncio.to_thread(workfolder.save, name, self._work_dir, folder / name)
        except (ToolError, OSError):  # code that runs there may have taken it away
            taken = Taken((), taken.left)
        with suppress(OSError):
            (self._work_dir / name).unlink(missing_ok=True)
        some = taken.names or taken.left or self.kernel.remote is not None
        return Snapshot(folder / name, taken) if some else None

    def fork(
        self, name: str, allowed: frozenset[str], begins_with: Snapshot | None = None
    ) -> "Toolbox":
        """Tools for a trail: its own kernel and folder, and no more than these.

        The kernel begins with the variables that were written down, if any. Sources are numbered
        together. The folder begins as a copy, unless it is large. Blocks.
        """
        named = frozenset(spec.name for spec in self.specs) & allowed
        folder = f"{self._work_dir.name}{TRAILS}/{name}"
        fork = Toolbox(
            self._settings,
            self._paths,
            folder,
            self.memories,
            named,
            user=self._user,
            library=self._library,
            begins_with=begins_with,
        )
        fork.sources, fork.only = self.sources, self.only
        target = self._paths.work_dir / folder
        if "python" in named and not target.exists() and _size(self._work_dir) <= MAX_COPIED:
            private_dir(target.parent)
            with suppress(OSError):
                shutil.copytree(self._work_dir, target, symlinks=True)
        return fork

    def source(self, number: int) -> SourcePart | None:
        """What was last seen under a number that answers cite; None if it was never given out."""
        return self.sources.get(number)

    @property
    def specs(self) -> tuple[ToolSpec, ...]:
        """What the model is told of the tools; always in the same order, for its cache."""
        return tuple(tool.spec for tool in self.tools(turn=0).values())

    def tools(self, turn: int) -> Mapping[str, Tool]:
        """The tools by name; what they keep is marked with the turn."""
        if self.only is not None:
            return self.only
        tools: list[Tool] = [PythonTool(self.kernel)]
        tools += self.memories.tools(turn)
        if self._settings.web.enabled:
            if self._web is None:
                self._web = web_tools(self._settings.web, self._paths, self.sources, self._user)
            tools += [t for t in self._web if t.spec.name == "web_read" or not offline.forbidden()]
        if self._library is not None and self._library.exists:
            tools.append(KnowledgeTool(self._library, self.sources))
        named = {tool.spec.name: tool for tool in tools}
        if self._allowed is None:
            return named
        return {name: tool for name, tool in named.items() if name in self._allowed}

    @property
    def server_search(self) -> bool:
        """Whether the model's own service may search the web too, where it can."""
        web = self._settings.web
        wanted = self._allowed is None or "web_search" in self._allowed
        return web.enabled and web.search == "cloud" and wanted and not offline.forbidden()

    def load(self) -> None:
        """Import what the tools need, in a thread: it takes a moment."""
        self.tools(turn=0)

    async def start(self) -> None:
        """Make ready ahead of the first use: the kernel, in the background, and the memory."""
        if self._allowed is None or "python" in self._allowed:
            private_dir(self._work_dir)
            self.kernel.start()
        await self.memories.open()

    async def kernel_command(self, command: str) -> str:
        """Do `restart` or `interrupt`, or say what the kernel runs in. Raises QchatError."""
        try:
            match command:
                case "restart":
                    await self.kernel.restart()
                    return tr("The kernel is new: its variables are gone.")
                case "interrupt":
                    await self.kernel.interrupt()
                    return tr("The kernel was interrupted.")
                case "":
                    return _where(self.kernel)
                case _:
                    pass
        except KernelError as error:
            raise QchatError(verbatim(str(error))) from error
        raise QchatError(
            tr(
                "/kernel takes restart, interrupt, rerun, variables, network on|off or "
                "install NAME, not {command!r}",
                command=command,
            )
        )

    @property
    def remembers(self) -> bool:
        """Whether this session reads and writes memories."""
        return self.memories.on

    @property
    def sandboxed(self) -> bool:
        """Whether the model's code runs in a sandbox."""
        return self.kernel.sandbox is not None

    @property
    def networked(self) -> bool:
        """Whether the user let sandboxed code reach the network."""
        return self.sandboxed and self.kernel.where.network

    async def aclose(self) -> None:
        """End the kernel; its folder goes too where nothing was left in it."""
        await self.kernel.aclose()
        with suppress(OSError):
            self._work_dir.rmdir()
            if self._work_dir.parent.name.endswith(TRAILS):
                self._work_dir.parent.rmdir()


def _size(folder: Path) -> int:
    """Bytes of the files in a folder; more than is copied where there are none, or many."""
    total = 0
    for number, path in enumerate(folder.rglob("*")):
        if number > 1_000 or total > MAX_COPIED:
            return MAX_COPIED + 1
        total += path.lstat().st_size
    return total or MAX_COPIED + 1


def _where(kernel: Kernel) -> str:
    """What the kernel runs in, for people."""
    if kernel.remote is not None:
        shared = tr("everyone who has its token shares its kernels and its folder")
        return tr("Python runs at {url}; {shared}", url=kernel.remote.url, shared=shared)
    sandbox = kernel.sandbox
    held = (
        tr("in a sandbox ({name})", name=sandbox.name)
        if sandbox is not None
        else tr("without a sandbox")
    )
    network = tr(" with network") if sandbox is not None and kernel.where.network else ""
    return tr(
        "Python runs {held}{network}; its folder is {work_dir}",
        held=held,
        network=network,
        work_dir=kernel.work_dir,
    )


def open_kernel(
    settings: Settings, paths: Paths, work_dir: Path, begins_with: Path | None = None
) -> Kernel:
    """The kernel as the settings want it: here, in a sandbox, or at a gateway; not started yet."""
    python = settings.python
    return Kernel(
        work_dir,
        files_dir=paths.files_dir,
        kernelspec=python.kernel,
        sandbox=find_sandbox(python.sandbox),
        timeout_s=python.timeout_s,
        environment=paths.python_dir,
        network=python.network,
        limits=Limits(python.memory_mb << 20, python.folder_mb << 20),
        remote=_gateway(settings),
        begins_with=begins_with,
    )


def _gateway(settings: Settings) -> Gateway | None:
    python = settings.python
    return (
        Gateway(python.gateway_url, python.token(), python.kernel) if python.gateway_url else None
    )
