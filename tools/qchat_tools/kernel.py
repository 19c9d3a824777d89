"""The session's Python: one kernel whose state lives from run to run, for the user and the model.

A run is the parts it yields. Stopping one, from inside or outside, leaves a kernel that works.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from pathlib import Path

from qchat_tools import variables, workfolder
from qchat_tools.kernel_output import Run
from qchat_tools.kernel_process import KernelError, KernelProcess, launch
from qchat_tools.parts import Part, TextPart
from qchat_tools.sandbox import Sandbox
from qchat_tools.variables import Variable
from qchat_tools.wording import error
from qchat_tools.workfolder import WorkFile

GRACE_S = 3.0
"""How long interrupted code may take to stop before its kernel is killed."""
_INTERRUPT_EVERY_S = 0.3
_ANSWER_S = 3.0
_RESTARTED = "[the Python kernel was restarted: earlier variables are gone]\n"


class Kernel:
    """A Jupyter kernel that is started when needed and started anew when it dies.

    Use it in one event loop, and close it there. Runs wait for each other.
    """

    def __init__(
        self,
        work_dir: Path,
        *,
        files_dir: Path,
        kernelspec: str = "",
        sandbox: Sandbox | None = None,
        timeout_s: float = 120.0,
    ) -> None:
        self.sandbox = sandbox
        self.work_dir = work_dir.absolute()
        self._files_dir = files_dir
        self._kernelspec = kernelspec
        self._timeout_s = timeout_s
        self._lock = asyncio.Lock()
        self._starting: asyncio.Task[KernelProcess] | None = None
        self._process: KernelProcess | None = None
        self._state_lost = False
        self._closed = False

    def start(self) -> None:
        """Begin to start in the background; the first run waits for it and hears if it failed."""
        self._start()

    async def execute(self, code: str) -> AsyncGenerator[Part, None]:
        """Run code and yield its output as it comes; what it raised is a part of stream "error".

        Raises KernelError if there is no kernel. Cancelling, or closing the generator, interrupts.
        """
        async with self._lock:
            process = await self._ready()
            if self._state_lost:
                self._state_lost = False
                yield TextPart(_RESTARTED, "stderr")
            # IPython drops leading blank lines, and then counts without them.
            run = process.begin(_without_leading_blank_lines(code), self._files_dir)
            try:
                async with contextlib.aclosing(self._follow(process, run)) as parts:
                    async for part in parts:
                        yield part
            finally:
                await self._stop(process, run)
            if process.dead.is_set() and self._state_lost:
                self._state_lost = False
                reason = process.exit_reason
                yield error(f"the Python kernel died ({reason}); all its variables are gone")

    async def variables(self) -> list[Variable]:
        """List what code has defined, after the run that goes on; empty where no kernel is ready.

        No run of its own: it changes no number, no output and no name.
        """
        async with self._lock:
            process = self._process
            if process is None or self._closed:
                return []
            try:
                async with asyncio.timeout(_ANSWER_S):
                    return variables.read(await process.evaluate(variables.QUESTION))
            except TimeoutError:
                process.interrupt()  # a value whose size or shape takes for ever to tell
            except KernelError:
                pass
            return []

    def files(self) -> list[WorkFile]:
        """List the plain files in the working folder."""
        return workfolder.listed(self.work_dir)

    async def upload(self, path: Path) -> WorkFile:
        """Copy a file into the working folder. Raises ToolError."""
        return await asyncio.to_thread(workfolder.upload, path, self.work_dir)

    async def save_file(self, name: str, target: Path) -> Path:
        """Copy a file of the working folder out, to a new file or a folder. Raises ToolError."""
        return await asyncio.to_thread(workfolder.save, name, self.work_dir, target)

    async def interrupt(self) -> None:
        """Raise KeyboardInterrupt in the code that runs, if any does."""
        if self._process is not None:
            self._process.interrupt()

    async def restart(self) -> None:
        """Throw the kernel and its state away, and wait for a fresh one. Raises KernelError."""
        self.start()
        if self._process is not None:
            self._process.kill()
            self._replace(self._process)
        await self._ready()

    async def aclose(self) -> None:
        """End the kernel and free all that belongs to it. Harmless when done twice."""
        self._closed = True
        starting, self._starting = self._starting, None
        if starting is None:
            return
        if not starting.done():
            starting.cancel()
            await asyncio.wait({starting})
        if not starting.cancelled() and starting.exception() is None:
            await starting.result().aclose()

    def _start(self) -> asyncio.Task[KernelProcess]:
        if self._closed:
            raise KernelError("the Python kernel of this session is closed")
        if self._starting is None:
            self._starting = asyncio.create_task(self._launch(None), name="kernel-start")
        return self._starting

    async def _ready(self) -> KernelProcess:
        starting = self._start()
        try:
            return await asyncio.shield(starting)
        except KernelError:
            self._starting = None  # the next run tries again
            raise

    async def _launch(self, old: KernelProcess | None) -> KernelProcess:
        if old is not None:
            await old.aclose()
        process = await launch(self._kernelspec, self.work_dir, self.sandbox)
        process.on_death = self._replace
        self._process = process
        return process

    def _replace(self, process: KernelProcess) -> None:
        """Start anew at once when a kernel is gone, so that the next run need not wait."""
        if self._process is process and not self._closed:
            self._process = None
            self._state_lost = True
            self._starting = asyncio.create_task(self._launch(process), name="kernel-restart")

    async def _follow(self, process: KernelProcess, run: Run) -> AsyncGenerator[Part, None]:
        """Yield a run's parts until it ended or its time is up."""
        deadline = asyncio.get_running_loop().time() + self._timeout_s
        while True:
            ended = run.ended.is_set()  # before the taking: more may come while a part is out
            for part in run.take():
                yield part
            if ended:
                return
            try:
                async with asyncio.timeout_at(deadline):
                    await run.changed.wait()
            except TimeoutError:
                break
        stopped = await self._stop(process, run)
        for part in run.take():
            if not (isinstance(part, TextPart) and part.stream == "error"):
                yield part  # the KeyboardInterrupt is ours: it would tell nothing
        yield error(_time_is_up(self._timeout_s, stopped))
        if not stopped:
            self._state_lost = False

    async def _stop(self, process: KernelProcess, run: Run) -> bool:
        """Interrupt until the run has ended; kill the kernel if it will not. True if it ended."""
        try:
            async with asyncio.timeout(GRACE_S):
                while not run.ended.is_set():
                    # Again and again: one that arrives before the code began is lost.
                    process.interrupt()
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(_INTERRUPT_EVERY_S):
                            await run.ended.wait()
        except TimeoutError:
            pass
        finally:
            ended = run.ended.is_set()
            if not ended:
                run.end()
                process.kill()
                self._replace(process)
        return ended


def _time_is_up(timeout_s: float, stopped: bool) -> str:
    killed = "" if stopped else "; it had to be killed, and all variables are gone"
    return f"stopped after the time limit of {timeout_s:g} s (python.timeout_s){killed}"


def _without_leading_blank_lines(code: str) -> str:
    lines = code.split("\n")
    while lines and not lines[0].strip():
        del lines[0]
    return "\n".join(lines)
