"""One Jupyter kernel as a child process, and the sockets to it. All of jupyter_client is in here.

The sockets are files in a private folder where the platform has such: they need no network, so a
kernel without one can be reached, and no other user of the machine can.
"""

import asyncio
import contextlib
import importlib
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from qchat_tools.base import ToolError
from qchat_tools.kernel_output import Run
from qchat_tools.sandbox import Sandbox, clean_environment, python_folders

START_TIMEOUT_S = 60.0
_LAST_MESSAGES_S = 0.05
_LONGEST_GRIP_S = 0.01
_MESSAGE_BYTES = 64 * 1024 * 1024
_SOCKET_PATH_BYTES = 90  # of the 104 to 108 that the platforms allow, less "/kernel-5"


class KernelError(ToolError):
    """There is no kernel to run code in; the message says why and what to do."""


class _Launch(msgspec.Struct, frozen=True):
    """How a kernel is started: its command, what it adds to the environment, how it is stopped."""

    argv: list[str]
    env: dict[str, str]
    interrupt_mode: str
    folders: list[Path]


class _Message(msgspec.Struct, frozen=True):
    """What came from the kernel; `parent` is the request that it belongs to."""

    kind: str
    parent: str
    content: dict[str, Any]


class _Value(msgspec.Struct):
    """The value of one expression in several media types; `data` is missing where it raised."""

    data: dict[str, str] = {}


class _Evaluated(msgspec.Struct):
    """Content of an `execute_reply`, as far as expressions go."""

    user_expressions: dict[str, _Value]


class KernelProcess:
    """A kernel that is ready to run code, until it dies.

    Everything happens in the event loop that launched it; `on_death` is called there, once, when
    the process is gone, however that came about.
    """

    def __init__(self, popen: "subprocess.Popen[bytes]", folder: Path, by_message: bool) -> None:
        self.dead = asyncio.Event()
        self.on_death: Callable[[KernelProcess], None] | None = None
        self._popen = popen
        self._folder = folder
        self._by_message = by_message
        self._run: Run | None = None
        self._run_id = ""
        self._heard = asyncio.Event()
        self._replies: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._open_channels()
        self._listeners = [
            asyncio.create_task(self._listen()),
            asyncio.create_task(self._listen_to_replies()),
        ]
        loop = asyncio.get_running_loop()
        threading.Thread(target=self._wait, args=(loop,), name="kernel-wait", daemon=True).start()

    @property
    def exit_reason(self) -> str:
        """Say how the process ended, for people."""
        code = self._popen.returncode or 0
        number = -code if code < 0 else code - 128  # a sandbox reports a signal as 128 + number
        with contextlib.suppress(ValueError):
            return f"killed by {signal.Signals(number).name}"
        return f"exit status {code}"

    def begin(self, code: str, files_dir: Path) -> Run:
        """Send code to the kernel; its output arrives in the run that is given back."""
        run = Run(code, files_dir)
        content = {
            "code": code,
            "silent": False,
            "store_history": True,
            "user_expressions": {},
            "allow_stdin": False,
            "stop_on_error": False,  # would drop what is queued behind a failed run
        }
        self._run = run
        self._run_id = self._send(self._shell, "execute_request", content)
        return run

    async def evaluate(self, expression: str) -> str:
        """Give the repr of an expression's value, as no run of its own; empty where it fails.

        Raises KernelError when the kernel dies meanwhile.
        """
        content = {
            "code": "",
            "silent": True,
            "store_history": False,
            "user_expressions": {"value": expression},
            "allow_stdin": False,
            "stop_on_error": False,
        }
        reply = await self._ask(self._shell, "execute_request", content)
        try:
            return msgspec.convert(reply, _Evaluated).user_expressions["value"].data["text/plain"]
        except (msgspec.ValidationError, KeyError):
            return ""

    def interrupt(self) -> None:
        """Raise KeyboardInterrupt in the code that runs, if any does just now."""
        if self._by_message:
            # A signal would reach the sandbox and not the kernel in it.
            self._send(self._control, "interrupt_request", {})
        elif sys.platform == "win32":
            win_interrupt = importlib.import_module("jupyter_client.win_interrupt")
            win_interrupt.send_interrupt(vars(self._popen)["win32_interrupt_event"])
        else:
            self._signal_group(signal.SIGINT)

    def kill(self) -> None:
        """End it now, with all that it started."""
        if sys.platform == "win32":
            self._popen.kill()
        else:
            self._signal_group(signal.SIGKILL)

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
            await self.dead.wait()
            await _cancelled(*self._listeners)
        finally:
            self._context.destroy(linger=0)
            shutil.rmtree(self._folder, ignore_errors=True)

    def _open_channels(self) -> None:
        zmq = importlib.import_module("zmq")
        sessions = importlib.import_module("jupyter_client.session")
        info = msgspec.json.decode((self._folder / "kernel.json").read_bytes())
        self._session = sessions.Session(key=info["key"].encode(), username="qchat")
        self._context = importlib.import_module("zmq.asyncio").Context()

        def channel(kind: int, port: int) -> Any:
            socket = self._context.socket(kind)
            socket.linger = 0
            socket.reconnect_ivl = 20  # ms; the kernel opens its end some time after we look
            socket.maxmsgsize = _MESSAGE_BYTES
            if kind == zmq.SUB:
                socket.rcvhwm = 0
                socket.subscribe(b"")
            mark = "-" if info["transport"] == "ipc" else ":"
            socket.connect(f"{info['transport']}://{info['ip']}{mark}{port}")
            return socket

        self._shell = channel(zmq.DEALER, info["shell_port"])
        self._control = channel(zmq.DEALER, info["control_port"])
        self._iopub = channel(zmq.SUB, info["iopub_port"])

    def _send(self, socket: Any, kind: str, content: dict[str, Any]) -> str:
        """Send one request; gives its id, which all answers carry."""
        message: dict[str, Any] = self._session.send(socket, kind, content)
        return str(message["header"]["msg_id"])

    async def _ask(self, socket: Any, kind: str, content: dict[str, Any]) -> dict[str, Any]:
        """Send one request and wait for its reply. Raises KernelError when the kernel dies."""
        reply: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        request = self._send(socket, kind, content)
        self._replies[request] = reply
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
            if loop.time() - breath > _LONGEST_GRIP_S:
                await asyncio.sleep(0)
                breath = loop.time()
            message = self._read(await self._iopub.recv_multipart())
            self._heard.set()
            if message is not None and self._run is not None and message.parent == self._run_id:
                self._run.feed(message.kind, message.content)

    async def _listen_to_replies(self) -> None:
        """Read the answers to requests; those that nobody waits for are dropped."""
        while True:
            message = self._read(await self._shell.recv_multipart())
            waiting = self._replies.get(message.parent) if message is not None else None
            if message is not None and waiting is not None and not waiting.done():
                waiting.set_result(message.content)

    def _read(self, frames: list[bytes]) -> "_Message | None":
        """Check and decode one message; None for nonsense, since code there can send anything."""
        try:
            _, parts = self._session.feed_identities(frames)
            message = self._session.deserialize(parts)
            return _Message(
                str(message["header"]["msg_type"]),
                message["parent_header"].get("msg_id", ""),
                message["content"],
            )
        except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError):
            return None

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

    def _signal_group(self, number: int) -> None:
        """Signal the kernel and all of its session; one that is gone already is no error."""
        if not self.dead.is_set():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._popen.pid, number)

    def _complaint(self) -> str:
        """The last line that the process wrote to its own standard error."""
        try:
            text = (self._folder / "stderr").read_text("utf-8", "replace")
        except OSError:
            text = ""
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        return lines[-1][:500] if lines else "it said nothing"


async def launch(kernelspec: str, work_dir: Path, sandbox: Sandbox | None) -> KernelProcess:
    """Start a kernel and wait until it is ready; raises KernelError.

    Call it in the thread that shall keep the kernel alive (see `Sandbox.command`).
    """
    how = await asyncio.to_thread(_how_to_launch, kernelspec)
    folder = _private_folder()
    try:
        popen = _spawn(how, folder, work_dir, sandbox)
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise KernelError(f"the Python kernel could not be started: {error}") from error
    by_message = sandbox is not None or how.interrupt_mode == "message"
    process = KernelProcess(popen, folder, by_message)
    try:
        await process.wait_ready()
    except BaseException:
        await process.aclose()
        raise
    return process


def _how_to_launch(name: str) -> _Launch:
    """Load jupyter_client, and look up the kernelspec; none means the Python that runs qchat."""
    importlib.import_module("zmq.asyncio")
    importlib.import_module("jupyter_client.session")
    if not name:
        argv = [sys.executable, "-P", "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        # No `ls` for `%ls`: what a run may do is judged by reading it as Python.
        argv += ["--HistoryManager.enabled=False", "--InteractiveShell.automagic=False"]
        return _Launch(argv, {}, "signal", python_folders(sys.executable))
    specs = importlib.import_module("jupyter_client.kernelspec")
    manager = specs.KernelSpecManager()
    try:
        spec = manager.get_kernel_spec(name)
    except (specs.NoSuchKernel, ValueError) as error:
        known = ", ".join(sorted(manager.find_kernel_specs())) or "none"
        raise KernelError(
            f"there is no Jupyter kernel named {name!r} (installed: {known}); "
            "set python.kernel to one of these, or leave it empty"
        ) from error
    argv = [a.replace("{resource_dir}", spec.resource_dir) for a in spec.argv]
    program = argv[0] if argv else ""
    if not shutil.which(program):
        raise KernelError(f"the Jupyter kernel {name!r} starts {program!r}, which is not there")
    folders = [*python_folders(program), Path(spec.resource_dir)]
    return _Launch(argv, dict(spec.env), spec.interrupt_mode, folders)


def _spawn(
    how: _Launch, folder: Path, work_dir: Path, sandbox: Sandbox | None
) -> "subprocess.Popen[bytes]":
    launcher = importlib.import_module("jupyter_client.launcher")
    connect = importlib.import_module("jupyter_client.connect")
    connection_file = folder / "kernel.json"
    unix = os.name == "posix"
    connect.write_connection_file(
        str(connection_file),
        transport="ipc" if unix else "tcp",
        ip=str(folder / "kernel") if unix else "127.0.0.1",
        key=secrets.token_hex(32).encode(),
    )
    work_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    argv = [a.replace("{connection_file}", str(connection_file)) for a in how.argv]
    if sandbox is not None:
        argv = sandbox.command(
            argv, readable=how.folders, writable=[folder, work_dir], work_dir=work_dir
        )
    # IPython keeps a profile: a fresh one, so that every kernel starts the same.
    env = {**clean_environment(), "IPYTHONDIR": str(folder / "ipython"), **how.env}
    with (folder / "stderr").open("wb") as stderr:
        popen: subprocess.Popen[bytes] = launcher.launch_kernel(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            env=env,
            cwd=str(work_dir),
        )
    return popen


def _private_folder() -> Path:
    """Make a folder of mode 0700 whose path is short enough for the sockets in it."""
    places = [tempfile.gettempdir(), os.environ.get("XDG_RUNTIME_DIR", "")]
    for place in filter(None, places):
        longest = Path(place) / "qchat-12345678" / "kernel-5"
        if len(os.fsencode(longest)) <= _SOCKET_PATH_BYTES or os.name != "posix":
            return Path(tempfile.mkdtemp(prefix="qchat-", dir=place)).resolve()
    raise KernelError(
        f"the Python kernel cannot start: {places[0]} is too long a path for sockets; "
        "set TMPDIR to a shorter one"
    )


async def _cancelled(*tasks: "asyncio.Task[Any]") -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
