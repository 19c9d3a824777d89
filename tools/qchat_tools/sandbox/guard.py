"""Limits that no single process can be held to: what all that a kernel has started holds together.

A plain user can have no control group on many systems, and a folder that is mounted no quota. So
it is looked again and again, for as long as the kernel lives: what outlives a run counts too.
"""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from qchat_tools.sandbox.disk_use import DiskUse, disk_use, free_bytes
from qchat_tools.sandbox.memory_use import MemoryScope, family, memory_bytes
from qchat_tools.sandbox.rlimits import MAX_PROCESSES

EVERY_S = 0.5
COUNTS = 3
_COST = 10
"""A look at the folders may take one part in so many of a processor's time, and half of a disk's.

Not of the clock's: hostile code that keeps a machine busy would put off the next look.
"""


class Limits(msgspec.Struct, frozen=True):
    """Most bytes that a kernel with all its children may hold, and its folders may grow to.

    0 of memory stands for half of this machine's.
    """

    memory: int
    folder: int

    @property
    def most_memory(self) -> int:
        """Bytes; what a 0 stands for is looked up, which takes some milliseconds at first."""
        if self.memory:
            return self.memory
        import psutil  # noqa: PLC0415  comes with ipykernel, and only where code runs

        return int(psutil.virtual_memory().total) // 2


def used_before(folder: Path) -> DiskUse:
    """What a folder holds before code can write to it: so much it may go on to hold."""
    return disk_use((folder,))


async def watch(
    scope: MemoryScope,
    folders: tuple[Path, ...],
    limits: Limits,
    before: DiskUse,
    stop: Callable[[str], None],
) -> None:
    """Look again and again, until cancelled or a limit is passed: then call `stop` with why.

    `before` is what `used_before` told of the folder: counted later, it would hold what the code
    wrote in its first moment.
    """
    memory = await asyncio.to_thread(lambda: limits.most_memory)
    disk = _Disk(folders, scope.pid, before)
    full = max(limits.folder, before.seen)
    while True:
        await asyncio.sleep(EVERY_S)
        if await asyncio.to_thread(_are_too_many, scope):
            stop(f"it started more than {MAX_PROCESSES:,} processes")
            return
        if await asyncio.to_thread(_takes_more, scope, memory):
            stop(took_too_much(memory))
            return
        used = await asyncio.to_thread(disk.used_lately, full)
        if used > full:
            stop(f"its folder grew to more than {_size(full)} (python.folder_mb)")
            return
        # One that was too full from the start may be emptied, and not filled again.
        full = max(limits.folder, min(full, used))


def _are_too_many(scope: MemoryScope) -> bool:
    """Whether they are more than a user may have: the system holds root to no number."""
    return len(family(scope.pid)) > MAX_PROCESSES


def _takes_more(scope: MemoryScope, memory: int) -> bool:
    """Whether all counts in a row say so.

    Processes are read one after the other: what they begin to share meanwhile counts as the first
    one's alone, and again as a part of the others'.
    """
    return all(memory_bytes(scope, memory) > memory for _ in range(COUNTS))


class _Disk:
    """What the folders hold, counted anew where that is due: many files take long to count.

    What was hidden counts by what the disk has lost since all was seen: code may hide more at any
    time, and may not be ended for what it found there.
    """

    def __init__(self, folders: tuple[Path, ...], pid: int, before: DiskUse) -> None:
        self._folders = folders
        self._pid = pid
        self._whole = before
        self._used = 0
        self._free = 0
        self._due = 0.0

    def used(self) -> int:
        began, worked = time.monotonic(), time.thread_time()
        now = disk_use(self._folders, family(self._pid))
        ended, work = time.monotonic(), time.thread_time() - worked
        self._due = ended + max(_COST * work, ended - began)
        self._free, self._used = now.free, now.seen
        if now.hidden:
            self._used = max(now.seen, self._whole.seen + self._whole.free - now.free)
        else:
            self._whole = now
        return self._used

    def used_lately(self, limit: int) -> int:
        """The same as far as is known: counted again when it is time, or the disk fills."""
        filled = self._free - free_bytes(self._folders[0])
        if time.monotonic() >= self._due or filled > (limit - self._used) // 4:
            return self.used()
        return self._used


def took_too_much(memory: int) -> str:
    """Why a kernel was ended, where that was its memory, whoever noticed it."""
    return f"its processes took more than {_size(memory)} of memory (python.memory_mb)"


def _size(size: int) -> str:
    return f"{size / (1 << 30):.1f} GB" if size >= 1 << 30 else f"{size >> 20} MB"
