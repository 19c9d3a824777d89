"""The process between qchat and a kernel: when one of the two is gone, it ends all that is left.

Run as a program of its own, `python -I -S supervisor.py DESCRIPTOR COMMAND…`, so it imports nothing
of qchat. The descriptor is one end of a pair of sockets; the other end is held by the client alone,
so it closes with the client, however that ended: no cleaning up, no signal and no polling is
needed, and the client may die before the kernel exists. Code in the kernel has neither end.

On Linux all that the kernel started comes back to this process when its parent ends (it is a
"child subreaper"), and is ended until nothing is left: a session of its own helps no process.
On other systems it ends the kernel and its process group.
"""

import contextlib
import os
import select
import signal
import sys
from collections.abc import Iterator

_PR_SET_CHILD_SUBREAPER = 36
_MAX_ENDING_S = 10
"""So long processes may take to be gone: one that waits for a dead disk cannot be ended."""
_ENDING = (signal.SIGTERM, signal.SIGHUP)


def main(lifeline: int, argv: list[str]) -> int:
    """Run the command until it ends or the client is gone; gives its status as a shell does."""
    os.set_inheritable(lifeline, False)
    _adopt_orphans()
    woken = _wake_on_signals()
    kernel = _started(argv)
    with contextlib.suppress(OSError):  # the client may be gone already, which is seen below
        os.write(lifeline, b"%d\n" % kernel)
    status = _wait(kernel, lifeline, woken)
    signal.signal(signal.SIGALRM, lambda *_: os._exit(status))
    signal.alarm(_MAX_ENDING_S)
    _end_all(kernel)
    return status


def _adopt_orphans() -> None:
    if sys.platform == "linux":
        with contextlib.suppress(ImportError, OSError, AttributeError):
            import ctypes  # noqa: PLC0415  some Pythons are built without it

            ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _wake_on_signals() -> int:
    """Let signals be read, by their numbers; those that are meant for the kernel do nothing here.

    By handlers, which a started program does not inherit; it would inherit that one is ignored.
    """
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    for number in (signal.SIGCHLD, signal.SIGINT, *_ENDING):
        signal.signal(number, lambda *_: None)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    return woken


def _started(argv: list[str]) -> int:
    """Start the kernel in a session of its own, as Jupyter does; gives its process."""
    if "JPY_PARENT_PID" in os.environ:  # a kernel ends itself when this parent of it is gone
        os.environ["JPY_PARENT_PID"] = str(os.getpid())
    kernel = os.fork()
    if kernel:
        return kernel
    try:
        os.setsid()
        for number in (signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores these
            signal.signal(number, signal.SIG_DFL)
        os.execvp(argv[0], argv)
    except OSError as error:
        os.write(2, f"{argv[0]}: {error.strerror}\n".encode())
    finally:
        os._exit(127)


def _wait(kernel: int, lifeline: int, woken: int) -> int:
    """Wait until the kernel has ended, or must: the client is gone, or it was asked for."""
    poller = select.poll()
    poller.register(lifeline, select.POLLIN)
    poller.register(woken, select.POLLIN)
    while True:
        for descriptor, _ in poller.poll():
            if descriptor == lifeline or any(n in _ENDING for n in os.read(woken, 512)):
                return 128 + signal.SIGKILL
        for pid, status in _ended():
            if pid == kernel:
                return status


def _ended() -> Iterator[tuple[int, int]]:
    """Take the processes that have ended by now, the adopted ones too."""
    with contextlib.suppress(ChildProcessError):
        while (found := os.waitpid(-1, os.WNOHANG))[0]:
            code = os.waitstatus_to_exitcode(found[1])
            yield found[0], code if code >= 0 else 128 - code


def _end_all(kernel: int) -> None:
    """End the kernel's group, then whatever comes back from it, until there is nothing left."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(kernel, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        while True:
            for pid in _children():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            os.waitpid(-1, 0)
            for _ in _ended():
                pass


def _children() -> Iterator[int]:
    own = str(os.getpid()).encode()
    with contextlib.suppress(OSError), os.scandir("/proc") as processes:
        for name in [entry.name for entry in processes if entry.name.isdecimal()]:
            # The name of the program, in brackets, may have brackets and blanks in it.
            if _read(f"/proc/{name}/stat").rpartition(b")")[2].split()[1:2] == [own]:
                yield int(name)


def _read(path: str) -> bytes:
    """A short file of the system; empty where the process is gone."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return b""
    try:
        return os.read(descriptor, 4096)
    except OSError:
        return b""
    finally:
        os.close(descriptor)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2:]))
