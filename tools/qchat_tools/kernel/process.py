"""One Jupyter kernel as a child process, and the sockets to it, in jupyter_client's protocol."""

import asyncio
import contextlib
import importlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from qchat_tools.kernel import launch as kernel_launch
from qchat_tools.kernel.launch import KernelEnvironment, Started
from qchat_tools.kernel.link import (
    USUAL_GAP_S,
    KernelError,
    LiveKernel,
    evaluate_request,
    evaluated,
    execute_request,
    waited,
)
from qchat_tools.kernel.messages import Message, Writer, read_message
from qchat_tools.kernel.output import Run

START_TIMEOUT_S = 60.0
_LAST_MESSAGES_S = 0.05
_MAX_BUSY_S = 0.01
_MAX_ENDING_S = 15.0
LOST_AFTER_S = 15.0
"""How long the output channel may be silent while the kernel answers on the other."""
MAX_HERE_BYTES = 500_000
"""Longer messages are read in a thread, and their text is handled piece by piece."""
MAX_LATE_CHARACTERS = 20_000
_MAX_MESSAGE_BYTES = 256 * 1024 * 1024
_MAX_UNREAD = 10_000
"""Messages of output that may lie here unread; our kernels wait then, others lose what follows."""


class KernelProcess:
    """A kernel that is ready to run code, until it dies.

    Everything happens in the event loop that launched it; `on_death` is called there, once, when
    the process is gone, however that came about.
    """

    def __init__(self, started: Started) -> None:
        self.dead = asyncio.Event()
        self.on_death: Callable[[LiveKernel], None] | None = None
        self._popen: subprocess.Popen[bytes] = started.popen
        self._lifeline = started.lifeline
        self._private = started.folder
        self.folder = started.folder.inner
        self._by_message = started.by_message
        self._run: Run | None = None
        self._run_id = ""
        self._heard = asyncio.Event()
        self._messages_heard = 0
        self._last_idle = ""
        self._late = ""
        self._replies: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._interrupts: set[asyncio.Task[None]] = set()
        self._looked_for: Run | None = None
        self._looking: set[asyncio.Task[None]] = set()
        self._open_channels()
        self._listeners = [
            asyncio.create_task(self._listen()),
            asyncio.create_task(self._listen_to_replies(self._shell)),
            asyncio.create_task(self._listen_to_replies(self._control)),
            asyncio.create_task(self._listen_to_questions()),
        ]
        loop = asyncio.get_running_loop()
        threading.Thread(target=self._wait, args=(loop,), name="kernel-wait", daemon=True).start()

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def exit_reason(self) -> str:
        """Say how the process ended, for people."""
        code = self._popen.returncode or 0
        number = -code if code < 0 else code - 128  # a supervisor reports a signal as 128 + number
        with contextlib.suppress(ValueError):
            return f"killed by {signal.Signals(number).name}"
        return f"exit status {code}"

    def begin(self, run: Run, *, may_ask: bool) -> None:
        """Send the run's code; its output is fed to the run."""
        self._run = run
        run.late, self._late = self._late, ""
        content = execute_request(run.code, may_ask=may_ask)
        self._run_id = self._send(self._shell, "execute_request", content)

    def answer(self, text: str) -> None:
        """Give the code that waits for input its line."""
        self._send(self._stdin, "input_reply", {"value": text, "status": "ok"})

    async def evaluate(self, expression: str) -> str:
        """Give the repr of an expression's value, as no run of its own; empty where it fails.

        Raises KernelError when the kernel dies meanwhile.
        """
        return evaluated(
            await self._ask(self._shell, "execute_request", evaluate_request(expression))
        )

    def interrupt(self) -> None:
        """Raise KeyboardInterrupt in the code that runs, if any does just now."""
        if self._by_message:
            if self._interrupts:
                return  # one is on its way: more would come late, and stop what runs next
            asking = asyncio.create_task(self._ask_to_interrupt(), name="kernel-interrupt")
            self._interrupts.add(asking)
            asking.add_done_callback(self._interrupts.discard)
        elif sys.platform == "win32":
            win_interrupt = importlib.import_module("jupyter_client.win_interrupt")
            win_interrupt.send_interrupt(vars(self._popen)["win32_interrupt_event"])
        elif (group := self._lifeline.group) is not None and not self.dead.is_set():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(group, signal.SIGINT)

    async def interrupted(self) -> None:
        """Wait until the kernel has answered all interrupts; signals are there at once."""
        if self._interrupts:
            await asyncio.wait(self._interrupts)

    def kill(self) -> None:
        """End it now, with all that it started."""
        if sys.platform == "win32":
            self._popen.kill()
        else:
            self._lifeline.cut()

    async def wait_ready(self) -> None:
        """Shake hands. Raises KernelError if the kernel dies, or stays silent for too long."""
        ready = asyncio.create_task(self._shake_hands())
        died = asyncio.create_task(self.dead.wait())
        try:
            await asyncio.wait(
                {ready, died}, timeout=START_TIMEOUT_S, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            answered = ready.done()
            await _cancelled(ready, died)
        if self.dead.is_set():
            raise KernelError(
                f"the Python kernel did not start ({self.exit_reason}): {self._complaint()}"
            )
        if not answered:
            raise KernelError(f"the Python kernel did not answer within {START_TIMEOUT_S:.0f} s")

    async def aclose(self) -> None:
        """End the process and free all that belongs to it.

        It is killed, not asked: ipykernel 7 often takes 10 s to shut down, waiting for its own
        threads. What code wrote to a file that it left open may be lost.
        """
        self.kill()
        try:
            await waited(self.dead, _MAX_ENDING_S)
            self._popen.kill()  # its supervisor was stopped, or waits for what nobody can end
            await self.dead.wait()
            await _cancelled(*self._listeners, *self._interrupts, *self._looking)
        finally:
            self._context.destroy(linger=0)
            await asyncio.to_thread(self._private.remove)

    def _open_channels(self) -> None:
        zmq = importlib.import_module("zmq")
        info = msgspec.json.decode((self.folder / kernel_launch.CONNECTION_FILE).read_bytes())
        self._key = info["key"].encode()
        self._writer = Writer(self._key)
        self._context = importlib.import_module("zmq.asyncio").Context()

        def channel(kind: int, port: int) -> Any:
            socket = self._context.socket(kind)
            socket.linger = 0
            socket.reconnect_ivl = 20  # ms; the kernel opens its end some time after we look
            socket.maxmsgsize = _MAX_MESSAGE_BYTES
            if kind == zmq.SUB:
                socket.rcvhwm = _MAX_UNREAD
                socket.subscribe(b"")
            else:
                socket.identity = (
                    self._writer.session.encode()
                )  # a question goes to whoever sent code
            mark = "-" if info["transport"] == "ipc" else ":"
            socket.connect(f"{info['transport']}://{info['ip']}{mark}{port}")
            return socket

        self._shell = channel(zmq.DEALER, info["shell_port"])
        self._control = channel(zmq.DEALER, info["control_port"])
        self._stdin = channel(zmq.DEALER, info["stdin_port"])
        self._iopub = channel(zmq.SUB, info["iopub_port"])

    def _send(self, socket: Any, kind: str, content: dict[str, Any]) -> str:
        """Send one request; gives its id, which all answers carry."""
        request, frames = self._writer.pack(kind, content)
        socket.send_multipart(frames)  # by the event loop's own socket, which then looks for more
        return request

    async def _ask_to_interrupt(self) -> None:
        with contextlib.suppress(KernelError):
            await self._ask(self._control, "interrupt_request", {})

    async def _ask(self, socket: Any, kind: str, content: dict[str, Any]) -> dict[str, Any]:
        """Send one request and wait for its reply. Raises KernelError when the kernel dies."""
        return await self._answered(*self._request(socket, kind, content))

    def _request(
        self, socket: Any, kind: str, content: dict[str, Any]
    ) -> "tuple[str, asyncio.Future[dict[str, Any]]]":
        """Send one request; gives its id and its reply to come, for `_answered`."""
        reply: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        request = self._send(socket, kind, content)
        self._replies[request] = reply
        return request, reply

    async def _answered(
        self, request: str, reply: "asyncio.Future[dict[str, Any]]"
    ) -> dict[str, Any]:
        died = asyncio.ensure_future(self.dead.wait())
        try:
            await asyncio.wait((reply, died), return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._replies.pop(request, None)
            await _cancelled(died)
        if not reply.done():
            raise KernelError(f"the Python kernel died ({self.exit_reason})")
        return reply.result()

    async def _shake_hands(self) -> None:
        """Ask until an answer came and the output channel was heard: it drops what comes before."""
        while not self._heard.is_set():
            await self._ask(self._shell, "kernel_info_request", {})
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.1):
                    await self._heard.wait()

    async def _listen(self) -> None:
        """Read the output channel as fast as it comes, whoever takes the parts.

        Receiving what is there already never suspends, so a flood of output would stop all others.
        """
        loop = asyncio.get_running_loop()
        breath = loop.time()
        while True:
            if loop.time() - breath > _MAX_BUSY_S:
                await asyncio.sleep(0)
                breath = loop.time()
            frames = await self._iopub.recv_multipart()
            if sum(map(len, frames)) > MAX_HERE_BYTES:
                message = await asyncio.to_thread(read_message, frames, self._key)
            else:
                message = read_message(frames, self._key)
            self._heard.set()
            self._messages_heard += 1
            for piece in _pieces(message):
                self._take_output(piece)
                if piece is not message:
                    await asyncio.sleep(0)

    def _take_output(self, message: Message | None) -> None:
        """Give a message to its run; text of earlier code goes to the run that is there now."""
        run = self._run
        if message is None:
            if run is not None:
                run.unreadable()
            return
        if message.kind == "status" and message.content.get("execution_state") == "idle":
            self._last_idle = message.parent
        if run is None:
            return
        if not run.ended.is_set() and (message.parent == self._run_id or message.kind == "stream"):
            run.feed(message.kind, message.content)
            if self._last_idle == self._run_id:
                self._look_for_the_rest(run)
        elif message.kind == "stream":
            self._keep_late(message)

    async def _listen_to_replies(self, socket: Any) -> None:
        """Read the answers to requests; those that nobody waits for are dropped."""
        while True:
            message = read_message(await socket.recv_multipart(), self._key)
            if message is None:
                continue
            waiting = self._replies.get(message.parent)
            if waiting is not None and not waiting.done():
                waiting.set_result(message.content)
            elif self._run is not None and message.parent == self._run_id:
                self._run.reply(message.content)
                self._look_for_the_rest(self._run)

    async def _listen_to_questions(self) -> None:
        """Read what code asks the user."""
        while True:
            message = read_message(await self._stdin.recv_multipart(), self._key)
            if message is not None and self._run is not None and message.parent == self._run_id:
                self._run.feed(message.kind, message.content)

    def _look_for_the_rest(self, run: Run) -> None:
        """Once the reply or "idle" of a run is there, see to it that the other comes."""
        if not run.ended.is_set() and self._looked_for is not run:
            self._looked_for = run
            looking = asyncio.create_task(self._wait_for_the_rest(run), name="kernel-rest")
            self._looking.add(looking)
            looking.add_done_callback(self._looking.discard)

    async def _wait_for_the_rest(self, run: Run) -> None:
        """End a run of which the reply or "idle" is lost: code can close either channel.

        An interrupt at the wrong moment loses a reply too. The kernel handles one request after
        the other, and both channels keep the order. So a second request is made: when the kernel
        has answered that, a reply that is not there is lost; when "idle" of it is heard, that of
        the run is. Only an output channel that stays silent after the answer counts as closed.
        """
        await waited(run.ended, USUAL_GAP_S)
        with contextlib.suppress(KernelError):
            while not run.ended.is_set():
                heard = self._messages_heard
                probe, answer = self._request(self._shell, "kernel_info_request", {})
                await self._answered(probe, answer)
                if run.idle:
                    run.end()
                    return
                await waited(run.ended, LOST_AFTER_S)
                if self._last_idle == probe:
                    run.end()
                elif self._messages_heard == heard and not run.ended.is_set():
                    run.stop("its output channel was closed", kill=True)
                    return

    def _keep_late(self, message: Message) -> None:
        """Keep the end of what earlier code prints while no run goes on, for the next one."""
        text = message.content.get("text")
        if isinstance(text, str):
            self._late = (self._late + text)[-MAX_LATE_CHARACTERS:]

    def _wait(self, loop: asyncio.AbstractEventLoop) -> None:
        """Wait for the end in a thread of its own: the only way that every platform has."""
        self._popen.wait()
        with contextlib.suppress(RuntimeError):  # the loop may be gone before its kernel
            loop.call_soon_threadsafe(self._died, loop)

    def _died(self, loop: asyncio.AbstractEventLoop) -> None:
        self.dead.set()
        if self._run is not None:  # what it still said is on its way
            loop.call_later(_LAST_MESSAGES_S, self._run.end)
        if self.on_death is not None:
            self.on_death(self)

    def _complaint(self) -> str:
        """The last line that the process wrote to its own standard error."""
        try:
            text = (self.folder / "stderr").read_text("utf-8", "replace")
        except OSError:
            text = ""
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        return lines[-1][:500] if lines else "it gave no reason"


def _pieces(message: Message | None) -> Iterator[Message | None]:
    """Cut text that takes long to handle; our kernels send it so, others need not."""
    text = message.content.get("text") if message is not None else None
    if message is not None and isinstance(text, str) and len(text) > MAX_HERE_BYTES:
        for at in range(0, len(text), MAX_HERE_BYTES):
            content = {**message.content, "text": text[at : at + MAX_HERE_BYTES]}
            yield Message(message.kind, message.parent, content)
    else:
        yield message


async def launch(where: KernelEnvironment) -> KernelProcess:
    """Start a kernel and wait until it is ready; raises KernelError."""
    how = await asyncio.to_thread(kernel_launch.prepare, where)
    process = KernelProcess(kernel_launch.start(how, where))
    try:
        await process.wait_ready()
    except BaseException:
        await process.aclose()
        raise
    return process


async def _cancelled(*tasks: "asyncio.Task[Any]") -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
