"""How a kernel on this machine is started: which Python, in which sandbox, with which sockets.

The sockets are files in a private folder where the platform has such: they need no network, so a
kernel without one can be reached, and no other user of the machine can.
"""

import importlib
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import msgspec

from qchat_tools.kernel import private_folder
from qchat_tools.kernel.lifeline import Lifeline
from qchat_tools.kernel.link import KernelError
from qchat_tools.kernel.private_folder import PrivateFolder
from qchat_tools.kernel.startup import STARTUP
from qchat_tools.sandbox.command import SandboxedCommand
from qchat_tools.sandbox.sandbox import Sandbox, clean_environment, python_folders
from qchat_tools.typed_path import typed_path

CONNECTION_FILE = "kernel.json"


class KernelEnvironment(msgspec.Struct, frozen=True):
    """Where code runs and what it may do there."""

    work_dir: Path
    sandbox: Sandbox | None = None
    network: bool = False
    kernelspec: str = ""
    """A Jupyter kernelspec, or the path of an interpreter; empty: the Python that runs qchat."""
    environment: Path | None = None
    """A virtual environment with further packages, used if it is there (see `packages`)."""

    @property
    def inside(self) -> str:
        """The folder as the code in it names it."""
        return self.sandbox.inside(self.work_dir) if self.sandbox else str(self.work_dir)


class Launch(msgspec.Struct, frozen=True):
    """How a kernel is started: its command, what it adds to the environment, how it is stopped."""

    argv: list[str]
    env: dict[str, str]
    interrupt_mode: str
    folders: list[Path]


class Started(msgspec.Struct, frozen=True):
    """A process that was started, and the private folder with its sockets."""

    popen: "subprocess.Popen[bytes]"
    lifeline: Lifeline
    folder: PrivateFolder
    by_message: bool
    """Interrupt it by a message: a signal would reach the sandbox and not the kernel in it."""


def prepare(where: KernelEnvironment) -> Launch:
    """Load and look up what starting needs, in a thread: it takes a moment. Raises KernelError."""
    for module in ("zmq.asyncio", "jupyter_client.launcher", "jupyter_client.connect"):
        importlib.import_module(module)
    private_folder.sweep()
    if where.kernelspec and not _is_path(where.kernelspec):
        return _from_kernelspec(where.kernelspec)
    return _from_interpreter(where)


def start(how: Launch, where: KernelEnvironment) -> Started:
    """Start a kernel's process, which ends when this program does. Raises KernelError."""
    try:
        folder = private_folder.make()
    except OSError as error:
        raise KernelError(f"the Python kernel could not be started: {error}") from error
    if folder is None:
        raise KernelError(
            f"the Python kernel cannot start: the path {tempfile.gettempdir()} is too long for "
            "sockets; set TMPDIR to a shorter one"
        )
    lifeline = Lifeline()
    try:
        popen = _spawn(how, folder.inner, where, lifeline)
    except BaseException as error:
        lifeline.cut()
        folder.remove()
        if isinstance(error, OSError):
            raise KernelError(f"the Python kernel could not be started: {error}") from error
        raise
    return Started(
        popen, lifeline, folder, where.sandbox is not None or how.interrupt_mode == "message"
    )


def interpreter(where: KernelEnvironment) -> str:
    """The Python that runs the code, unless a kernelspec says otherwise."""
    if _is_path(where.kernelspec):
        return str(typed_path(where.kernelspec))
    own = python_in(where.environment) if where.environment is not None else None
    return str(own) if own is not None and own.exists() else sys.executable


def python_in(environment: Path) -> Path:
    """The interpreter of a virtual environment."""
    return environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _is_path(kernelspec: str) -> bool:
    return "/" in kernelspec or "\\" in kernelspec


def _from_interpreter(where: KernelEnvironment) -> Launch:
    python = interpreter(where)
    folders = python_folders(python)
    if _is_path(where.kernelspec):
        _check_interpreter(python)
    elif python != sys.executable:  # its packages are looked for in both
        folders += python_folders(sys.executable)
    argv = [python, "-P", "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    # No `ls` for `%ls`: what a run may do is judged by reading it as Python.
    argv += ["--HistoryManager.enabled=False", "--InteractiveShell.automagic=False"]
    return Launch(argv, {}, "signal", folders)


def _check_interpreter(python: str) -> None:
    if not shutil.which(python):
        raise KernelError(f"python.kernel is set to {python!r}, which is not a program")
    try:
        done = subprocess.run(
            [python, "-P", "-c", "import ipykernel"], capture_output=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise KernelError(f"python.kernel is set to {python!r}, which does not run") from error
    if done.returncode:
        raise KernelError(f"{python} has no ipykernel: install it with {python} -m pip")


def _from_kernelspec(name: str) -> Launch:
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
        raise KernelError(f"the Jupyter kernel {name!r} starts {program!r}, which does not exist")
    folders = [*python_folders(program), Path(spec.resource_dir)]
    return Launch(argv, dict(spec.env), spec.interrupt_mode, folders)


def _spawn(
    how: Launch, folder: Path, where: KernelEnvironment, lifeline: Lifeline
) -> "subprocess.Popen[bytes]":
    launcher = importlib.import_module("jupyter_client.launcher")
    connect = importlib.import_module("jupyter_client.connect")
    connection_file = folder / CONNECTION_FILE
    unix = os.name == "posix"
    connect.write_connection_file(
        str(connection_file),
        transport="ipc" if unix else "tcp",
        ip=str(folder / "kernel") if unix else "127.0.0.1",
        key=secrets.token_hex(32).encode(),
    )
    startup = folder / "ipython" / "profile_default" / "startup"
    startup.mkdir(mode=0o700, parents=True)
    (startup / "plots.py").write_text(STARTUP, "utf-8")
    for work_dir in (where.work_dir.parent, where.work_dir):
        work_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    argv = [a.replace("{connection_file}", str(connection_file)) for a in how.argv]
    # IPython keeps a profile: a fresh one, so that every kernel starts the same.
    env = {**clean_environment(), "IPYTHONDIR": str(folder / "ipython"), **how.env}
    confined: AbstractContextManager[SandboxedCommand] = nullcontext(SandboxedCommand(argv, env))
    if where.sandbox is not None:
        confined = where.sandbox.confine(
            argv,
            readable=how.folders,
            writable=[folder],
            work_dir=where.work_dir,
            network=where.network,
            environment=env,
        )
    with (
        confined as plain,
        lifeline.tie(plain) as command,
        (folder / "stderr").open("wb") as stderr,
    ):
        popen: subprocess.Popen[bytes] = launcher.launch_kernel(
            command.argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            env=command.environment,
            cwd=str(where.work_dir),
            **({"pass_fds": command.pass_fds} if command.pass_fds else {}),
        )
    return popen
