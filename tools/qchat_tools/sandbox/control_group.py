"""A limit of memory that the system itself holds, where a user may have control groups.

Those of version 2: systemd gives a user's programs a part of the tree. What is counted there is
exact and at once: shared pages, scratch places and what lies in sockets included. The files:
https://docs.kernel.org/admin-guide/cgroup-v2.html
"""

import contextlib
import os
import secrets
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from qchat_tools.sandbox.rlimits import MAX_PROCESSES

MOUNT = Path("/sys/fs/cgroup")
_PREFIX = "qchat-"
_LOOK_EVERY_S = 0.02
_PASSES = 10
"""So often it is looked whether a process was started while the others were moved."""


class ControlGroup:
    """A group of our own below `parent`, whose processes hold at most `limit` bytes together.

    When they want more, the system ends them all. Raises OSError where it cannot be made.
    """

    def __init__(self, parent: Path, limit: int) -> None:
        _sweep(parent)
        self._folder = parent / f"{_PREFIX}{os.getpid()}-{secrets.token_hex(4)}"
        self._folder.mkdir()
        try:
            self._set("memory.max", limit)
            self._set("memory.oom.group", 1)
            with contextlib.suppress(OSError):  # a system without swap has no such file
                self._set("memory.swap.max", 0)
            with contextlib.suppress(OSError):  # nor where this is not handed on
                self._set("pids.max", MAX_PROCESSES)
        except OSError:
            self.remove()
            raise

    def take(self, family: Callable[[], Iterable[int]]) -> None:
        """Move processes in, and those that they start meanwhile; later ones are in by birth."""
        moved: set[int] = set()
        for _ in range(_PASSES):
            fresh = [pid for pid in family() if pid not in moved]
            if not fresh:
                return
            for pid in fresh:
                with contextlib.suppress(ProcessLookupError):
                    self._set("cgroup.procs", pid)
                moved.add(pid)

    @property
    def burst(self) -> bool:
        """Whether the system has ended processes because they wanted more than the limit."""
        try:
            lines = (self._folder / "memory.events").read_text().splitlines()
        except OSError:
            return False
        return any(name == "oom_kill" and int(many) for name, many in map(str.split, lines))

    def remove(self, patience_s: float = 0.0) -> bool:
        """Give the group back, and say whether it is gone; it stays while it has processes.

        They end one after the other, some time after the first of them, so give it `patience_s`.
        """
        until = time.monotonic() + patience_s
        while True:
            try:
                self._folder.rmdir()
            except FileNotFoundError:
                return True
            except OSError:
                if time.monotonic() >= until:
                    return False
                time.sleep(_LOOK_EVERY_S)
            else:
                return True

    def _set(self, name: str, value: int) -> None:
        # Not created: outside of such a tree there is no file to write to.
        with (self._folder / name).open("r+") as file:
            file.write(str(value))


def delegated(mount: Path = MOUNT, own: str | None = None) -> Path | None:
    """Find the nearest group above this process in which it may make others with a limit.

    `own` is this process's entry in the tree of version 2, as the system tells it; None for none:
    no such tree, no memory in it (it is in the tree of version 1), or not this user's.
    """
    if sys.platform != "linux":
        return None
    path = _own_path() if own is None else own
    if path is None:
        return None
    folder = mount / path.lstrip("/")
    while folder != mount and folder.is_relative_to(mount):
        folder = folder.parent  # its own group holds processes, and so may hold no limited ones
        writable = all(os.access(each, os.W_OK) for each in (folder, folder / "cgroup.procs"))
        if writable and _hands_on_memory(folder):
            return folder
    return None


def _sweep(parent: Path) -> None:
    """Remove what clients that were killed have left; the system keeps those with processes."""
    for folder in parent.glob(f"{_PREFIX}*-*"):
        owner = folder.name.removeprefix(_PREFIX).partition("-")[0]
        if not Path(f"/proc/{owner}").exists():
            with contextlib.suppress(OSError):
                folder.rmdir()


def _own_path() -> str | None:
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/cgroup").read_text().splitlines():
            if line.startswith("0::"):
                return line.removeprefix("0::")
    return None


def _hands_on_memory(folder: Path) -> bool:
    try:
        return "memory" in (folder / "cgroup.subtree_control").read_text().split()
    except OSError:
        return False
