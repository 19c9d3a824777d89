"""The session's Python: one kernel whose state lives from run to run, for the user and the model.

A run is the parts it yields. Stopping one, from inside or outside, leaves a kernel that works.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from pathlib import Path
from weakref import WeakKeyDictionary

import msgspec

from qchat_tools.base import AskInput, InputRequest
from qchat_tools.kernel import gateway, snapshot, svg, variables, workfolder
from qchat_tools.kernel import process as kernel_process
from qchat_tools.kernel.gateway import Gateway
from qchat_tools.kernel.launch import CONNECTION_FILE, KernelEnvironment
from qchat_tools.kernel.limits import enforce_limits
from qchat_tools.kernel.link import KernelError, LiveKernel, waited
from qchat_tools.kernel.output import Run, StdinRequest
from qchat_tools.kernel.snapshot import Taken
from qchat_tools.kernel.variables import Variable
from qchat_tools.kernel.workfolder import WorkFile, WorkFiles
from qchat_tools.parts import Part, TextPart
from qchat_tools.sandbox import guard
from qchat_tools.sandbox.disk_use import DiskUse
from qchat_tools.sandbox.guard import Limits
from qchat_tools.sandbox.sandbox import Sandbox
from qchat_tools.wording import error

GRACE_S = 3.0
"""How long interrupted code may take to stop before its kernel is killed."""
END_OF_INPUT = "\x04"
"""What ipykernel takes for the end of the input: code then gets an EOFError."""
_INTERRUPT_EVERY_S = 0.3
_INTERRUPTS_TIMEOUT_S = 30.0
"""How long a run waits for interrupts that are on their way; a busy machine is slow."""
_EVALUATE_TIMEOUT_S = 3.0
_JUDGEMENT_TIMEOUT_S = 5.0
_LEFT = "[the code has ended its Python kernel: all variables are gone]\n"
_RESTARTED = "[the Python kernel was restarted{why}: earlier variables are gone]\n"


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
        environment: Path | None = None,
        network: bool = False,
        limits: Limits | None = None,
        remote: Gateway | None = None,
        begins_with: Path | None = None,
    ) -> None:
        """`begins_with` is what `write_snapshot` of another kernel wrote: its first state."""
        self.remote = remote
        self._begins_with = begins_with
        self._where = KernelEnvironment(
            work_dir.absolute(), sandbox, network, kernelspec, environment=environment
        )
        self.files_dir = files_dir
        self.timeout_s = timeout_s
        self._limits = limits
        self._lock = asyncio.Lock()
        self._starting: asyncio.Task[LiveKernel] | None = None
        self.live: LiveKernel | None = None
        """The kernel that is ready for a run; none while one starts."""
        self._run: Run | None = None
        self._holding: set[asyncio.Task[None]] = set()
        self._judged: WeakKeyDictionary[LiveKernel, asyncio.Event] = WeakKeyDictionary()
        self._state_lost = False
        self._why_lost = ""
        self._closed = False
        self._files = WorkFiles(work_dir.absolute())

    @property
    def sandbox(self) -> Sandbox | None:
        """What holds the code; none where it runs elsewhere: there it can do what that lets it."""
        return None if self.remote is not None else self._where.sandbox

    @property
    def where(self) -> KernelEnvironment:
        """Where code runs on this machine, unless it runs at a gateway."""
        return self._where

    @property
    def work_dir(self) -> Path:
        return self._where.work_dir

    @property
    def ready(self) -> bool:
        """Whether a run would begin at once."""
        return self.live is not None

    @property
    def connection_file(self) -> Path | None:
        """What another Jupyter client connects by; none where no kernel here is ready."""
        folder = self.live.folder if self.live is not None else None
        return folder / CONNECTION_FILE if folder is not None else None

    def start(self) -> None:
        """Begin to start in the background; the first run waits for it and hears if it failed."""
        self._start()

    async def execute(
        self, code: str, ask_input: AskInput | None = None
    ) -> AsyncGenerator[Part, None]:
        """Run code and yield its output as it comes; what it raised is a part of stream "error".

        Raises KernelError if there is no kernel. Cancelling, or closing the generator, interrupts.
        """
        async with self._lock:
            process = await self._ready()
            await _wait_for_interrupts(process)
            if self._state_lost:
                self._state_lost = False
                why, self._why_lost = self._why_lost, ""
                yield TextPart(_RESTARTED.format(why=why), "stderr")
            # IPython drops leading blank lines, and then counts without them.
            run = Run(_without_leading_blank_lines(code), self.files_dir)
            self._run = run
            process.begin(run, may_ask=ask_input is not None)
            try:
                async with contextlib.aclosing(self._follow(process, run, ask_input)) as parts:
                    async for part in parts:
                        for drawn in await svg.drawn(part, self.files_dir, self._where.sandbox):
                            yield drawn
            finally:
                await self._stop(process, run)
            if self.remote is None:
                for file in await self._files.made():
                    yield file
            if run.exits_kernel and self.live is process:
                yield TextPart(_LEFT, "stderr")
                process.kill()
                self._replace(process)
                self._state_lost = False
            elif process.dead.is_set() and self._state_lost:
                self._state_lost = False
                await self._judgement(process)
                why, self._why_lost = self._why_lost or f" ({process.exit_reason})", ""
                yield error(f"the Python kernel died{why}; all its variables are gone")

    async def alters(self, names: frozenset[str]) -> bool:
        """Tell whether code has given one of these names a meaning, or rewrites what is run.

        A kernel that is not ready is waited for: one at a gateway, or one that begins with what
        another had, has a past before its first run here. Raises KernelError if there is none.
        """
        await self._ready()
        return await self._answer(variables.altered(names)) != "False"

    async def variables(self) -> list[Variable]:
        """List what code has defined, after the run that goes on; empty where no kernel is ready.

        No run of its own: it changes no number, no output and no name.
        """
        return variables.read(await self._answer(variables.QUESTION))

    async def write_snapshot(self, name: str) -> Taken:
        """Write what code has defined to a new file of the folder, which another can begin with.

        Nothing is taken where no kernel is ready, or it runs at a gateway, which has its own files.
        """
        if self.remote is not None:
            return Taken()
        path = f"{self._where.inside}/{name}"
        return snapshot.taken(await self._answer(snapshot.writing(path), snapshot.TIMEOUT_S))

    async def files(self) -> list[WorkFile]:
        """List the plain files in the working folder."""
        return (await self._files.look())[: workfolder.MAX_LISTED]

    @property
    def known_files(self) -> list[WorkFile]:
        """The files that were there when it was last looked; costs nothing."""
        return self._files.known[: workfolder.MAX_LISTED]

    async def upload(self, path: Path) -> WorkFile:
        """Copy a file into the working folder. Raises ToolError."""
        if self.remote is not None:
            raise KernelError("the kernel runs at a gateway, which has its own files")
        return await self._files.upload(path)

    async def save_file(self, name: str, target: Path) -> Path:
        """Copy a file of the working folder out, to a new file or a folder. Raises ToolError."""
        return await asyncio.to_thread(workfolder.save, name, self.work_dir, target)

    async def interrupt(self) -> None:
        """Raise KeyboardInterrupt in the code that runs, if any does."""
        if self.live is not None:
            self.live.interrupt()

    async def restart(self, *, network: bool | None = None) -> None:
        """Throw the kernel and its state away, and wait for a fresh one. Raises KernelError.

        `network` says whether code in the new one may reach the network; None leaves it as it is.
        """
        if network is not None:
            self._where = msgspec.structs.replace(self._where, network=network)
        self.start()
        if self.live is not None:
            self.live.kill()
            self._replace(self.live)
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
        await asyncio.gather(*self._holding, return_exceptions=True)

    async def _answer(self, question: str, timeout_s: float = _EVALUATE_TIMEOUT_S) -> str:
        """The repr of an expression's value in the kernel; empty where there is none in time."""
        async with self._lock:
            process = self.live
            if process is None or self._closed:
                return ""
            await _wait_for_interrupts(process)
            try:
                async with asyncio.timeout(timeout_s):
                    return await process.evaluate(question)
            except TimeoutError:
                process.interrupt()  # a value whose size or shape takes for ever to tell
            except KernelError:
                pass
            return ""

    def _start(self) -> asyncio.Task[LiveKernel]:
        if self._closed:
            raise KernelError("the Python kernel of this session is closed")
        if self._starting is None:
            self._starting = asyncio.create_task(self._launch(None), name="kernel-start")
        return self._starting

    async def _ready(self) -> LiveKernel:
        starting = self._start()
        try:
            return await asyncio.shield(starting)
        except KernelError:
            self._starting = None  # the next run tries again
            raise

    async def _launch(self, old: LiveKernel | None) -> LiveKernel:
        if old is not None:
            await old.aclose()
            await self._judgement(old)
        await self._files.look()
        # Counted before code can run: what it writes at once is no size that it began with.
        process, before = await asyncio.gather(
            self._launched(), asyncio.to_thread(guard.used_before, self.work_dir)
        )
        process.on_death = self._replace
        if self._begins_with is not None and old is None:
            await snapshot.read_into(process, self._begins_with, self._where)
        self.live = process
        self._hold(process, before)
        return process

    async def _launched(self) -> LiveKernel:
        if self.remote is not None:
            return await gateway.launch(self.remote)
        return await kernel_process.launch(self._where)

    def _hold(self, process: LiveKernel, before: DiskUse) -> None:
        """Hold a kernel to the limits, between runs too: what code started may outlive its run.

        `before` is what its folder held when it began.
        """

        def stop(why: str) -> None:
            if self._run is not None and not self._run.ended.is_set():
                self._run.stop(why, kill=True)
            else:
                self._why_lost = f", since {why}"
                process.kill()
                self._replace(process)  # at once: a run that came before the death is seen waits

        judged = self._judged[process] = asyncio.Event()
        holding = enforce_limits(process, self._where, self._limits, before, stop, judged)
        task = asyncio.create_task(holding, name="kernel-limits")
        self._holding.add(task)
        task.add_done_callback(self._holding.discard)

    async def _judgement(self, process: LiveKernel) -> None:
        """Wait until it is known whether a kernel that is gone was ended by a limit."""
        if process in self._judged:
            await waited(self._judged[process], _JUDGEMENT_TIMEOUT_S)

    def _replace(self, process: LiveKernel) -> None:
        """Start anew at once when a kernel is gone, so that the next run need not wait."""
        if self.live is process and not self._closed:
            self.live = None
            self._state_lost = True
            self._starting = asyncio.create_task(self._launch(process), name="kernel-restart")

    async def _follow(
        self, process: LiveKernel, run: Run, ask_input: AskInput | None
    ) -> AsyncGenerator[Part, None]:
        """Yield a run's parts until it ended or must end; waiting for the user costs no time."""
        clock = asyncio.get_running_loop().time
        deadline = clock() + self.timeout_s
        why = f"stopped after the time limit of {self.timeout_s:g} s (python.timeout_s)"
        while True:
            ended = run.ended.is_set()  # before the taking: more may come while a part is out
            for part in run.take():
                yield part
            if run.stop_reason:
                why = f"stopped: {run.stop_reason}"
                break
            if ended:
                return
            if run.question is not None and ask_input is not None:
                asked_at = clock()
                await self._ask(process, run, run.question, ask_input)
                deadline += clock() - asked_at
                continue
            try:
                async with asyncio.timeout_at(deadline):
                    await run.changed.wait()
            except TimeoutError:
                break
        stopped = await self._stop(process, run)
        for part in run.take():
            if not (isinstance(part, TextPart) and part.stream in ("error", "traceback")):
                yield part  # the KeyboardInterrupt is ours: it would tell nothing
        yield error(why if stopped else f"{why}; it had to be killed, and all variables are gone")
        if not stopped:
            self._state_lost = False

    async def _ask(
        self, process: LiveKernel, run: Run, question: StdinRequest, ask_input: AskInput
    ) -> None:
        """Ask the user for what the code waits for, unless the run ends before they answer."""
        run.question = None
        request = InputRequest(question.prompt, question.password, run.code)
        asking = asyncio.ensure_future(ask_input(request))
        ended = asyncio.ensure_future(run.ended.wait())
        try:
            await asyncio.wait((asking, ended), return_when=asyncio.FIRST_COMPLETED)
            if asking.done():
                answer = asking.result()
                process.answer(END_OF_INPUT if answer is None else answer)
        finally:
            for waiting in (asking, ended):
                waiting.cancel()
            await asyncio.gather(asking, ended, return_exceptions=True)

    async def _stop(self, process: LiveKernel, run: Run) -> bool:
        """Interrupt until the run has ended; kill the kernel if it will not. True if it ended."""
        try:
            async with asyncio.timeout(0 if run.must_kill else GRACE_S):
                while not run.ended.is_set():
                    # Again and again: one that arrives before the code began is lost.
                    process.interrupt()
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(_INTERRUPT_EVERY_S):
                            await run.ended.wait()
        except TimeoutError:
            pass
        finally:
            ended = run.ended.is_set() and not run.must_kill
            if not ended:
                run.end()
                process.kill()
                self._replace(process)
        return ended


async def _wait_for_interrupts(process: LiveKernel) -> None:
    """Let the interrupts of earlier code arrive, so that they do not stop what comes now."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_INTERRUPTS_TIMEOUT_S):
            await process.interrupted()


def _without_leading_blank_lines(code: str) -> str:
    lines = code.split("\n")
    while lines and not lines[0].strip():
        del lines[0]
    return "\n".join(lines)
