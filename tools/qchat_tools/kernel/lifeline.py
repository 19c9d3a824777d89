"""What a kernel on this machine lives by: it ends, with all that it started, with this program.

On Linux and macOS a small process stands between (`supervisor.py`). It has one end of a pair of
sockets and ends everything when the other one is closed: by `cut`, or by the system when this
program is gone, in whatever way and however early. Linux: everything, whatever session it is in;
macOS: the kernel and its process group. On Windows there is no such process: ipykernel holds a
handle of this program and ends itself, while what its code started is left to end by itself.
A kernel at a gateway belongs to the gateway: one that a killed client leaves there stays until
the gateway culls it or somebody ends it, as with every Jupyter client.
"""

import contextlib
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

from qchat_tools.kernel import supervisor
from qchat_tools.sandbox.command import SandboxedCommand

_SUPERVISED = os.name == "posix"


class Lifeline:
    """This program's end. `cut` it to end the kernel; harmless when done twice."""

    def __init__(self) -> None:
        self._ours: socket.socket | None = None
        self._theirs: socket.socket | None = None
        if _SUPERVISED:
            self._ours, self._theirs = socket.socketpair()
        self._group: int | None = None

    @contextlib.contextmanager
    def tie(self, command: SandboxedCommand) -> Iterator[SandboxedCommand]:
        """Give the command whose life hangs on this, to be started within the context."""
        if self._theirs is None:
            yield command
            return
        with self._theirs as theirs:
            python = [sys.executable, "-I", "-S", str(Path(supervisor.__file__))]
            yield msgspec.structs.replace(
                command,
                argv=[*python, str(theirs.fileno()), *command.argv],
                pass_fds=(*command.pass_fds, theirs.fileno()),
            )

    def cut(self) -> None:
        if self._ours is not None:
            self._ours.close()

    @property
    def group(self) -> int | None:
        """The kernel's process group, for signals to it; None as long as it is not started."""
        if self._group is None and self._ours is not None:
            with contextlib.suppress(OSError, ValueError):
                # One line, written at once; not there yet, or closed, are errors too.
                self._group = int(self._ours.recv(32, socket.MSG_DONTWAIT))
        return self._group
