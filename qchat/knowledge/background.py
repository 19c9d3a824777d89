"""Folders are read in a process of their own while a chat is open, again and again: so they are
watched, and reading takes nothing from the window.
"""

import asyncio
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress

import msgspec

from qchat.knowledge.library import Library
from qchat.memory.reembedding import bar
from qchat.runtime.language import tr

LEAVING_S = 3.0


class Progress(msgspec.Struct):
    """A line of what the process says."""

    done: int
    total: int


_lines = msgspec.json.Decoder(Progress)


class Reading:
    """The process that reads one user's folders for a workspace."""

    def __init__(self, library: Library, user: str) -> None:
        self._library = library
        self._user = user
        self._process: asyncio.subprocess.Process | None = None
        self._wanted = asyncio.Event()
        self._told: Callable[[], None] = lambda: None
        self.progress: tuple[int, int] | None = None
        """How many passages or files are done, and of how many; None while nothing is read."""

    def begin(self) -> None:
        """Look now: a folder was added."""
        self._wanted.set()

    @property
    def shown(self) -> str:
        """The progress as a bar, for a line of an interface; empty where there is none."""
        return (
            tr("reading your folders {progress}", progress=bar(*self.progress))
            if self.progress
            else ""
        )

    async def run(self, told: Callable[[], None] = lambda: None) -> None:
        """Watch until it is cancelled; begins with the first folder that is known.

        `told` is called whenever there is another progress to show.
        """
        self._told = told
        try:
            while True:
                if not self._library.exists:
                    await self._wanted.wait()
                self._wanted.clear()
                await self._watch()
        finally:
            await self.aclose()

    async def _watch(self) -> None:
        """Go along with one process; another is started when one is wanted or it has ended."""
        command = [sys.executable, "-P", "-m", "qchat.knowledge.watcher", self._user]
        process = self._process = await asyncio.create_subprocess_exec(
            *command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=sys.platform != "win32",  # Ctrl+C is not for it
        )
        wanted = asyncio.create_task(self._wanted.wait())
        ended = asyncio.create_task(self._follow(process))
        try:
            await asyncio.wait({wanted, ended}, return_when=asyncio.FIRST_COMPLETED)
            if ended.done() and not wanted.done():
                await wanted  # it cannot read: not again before somebody asks for it
        finally:
            wanted.cancel()
            ended.cancel()
            await asyncio.gather(wanted, ended, return_exceptions=True)
            await self.aclose()

    async def _follow(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        while line := await process.stdout.readline():
            with suppress(msgspec.DecodeError):
                said = _lines.decode(line)
                self.progress = (said.done, said.total) if said.total else None
                self._told()

    async def aclose(self) -> None:
        """End it: what it has read is kept."""
        process, self._process = self._process, None
        self.progress = None
        if process is None:
            return
        if process.stdin is not None:
            process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), LEAVING_S)
        except TimeoutError:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
