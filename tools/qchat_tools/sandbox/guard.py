"""Limits that no single process can be held to: the memory of all of them, the folder they fill.

Memory limits of a process are in `sandbox`; these are for what many processes do together, where
the system offers no control group to a plain user.
"""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import msgspec

EVERY_S = 0.5
_LEVELS = 12


class Limits(msgspec.Struct, frozen=True):
    """Most bytes that a kernel with all its children may hold, and its folder may grow to.

    0 of memory stands for half of this machine's.
    """

    memory: int
    folder: int


async def watch(pid: int, folder: Path, limits: Limits, stop: Callable[[str], None]) -> None:
    """Look again and again, until cancelled; call `stop` with the reason when a limit is passed."""
    most, full = await asyncio.to_thread(_bounds, folder, limits)
    while True:
        await asyncio.sleep(EVERY_S)
        memory, filled = await asyncio.to_thread(lambda: (_memory(pid), _filled(folder, _LEVELS)))
        if memory > most:
            stop(f"its processes took more than {_size(most)} of memory (python.memory_mb)")
        if filled > full:
            stop(f"its folder grew to more than {_size(full)} (python.folder_mb)")


def _bounds(folder: Path, limits: Limits) -> tuple[int, int]:
    """Most memory, and most in the folder: one that is too full already may still be emptied."""
    return limits.memory or _machine_memory() // 2, max(limits.folder, _filled(folder, _LEVELS))


def _memory(pid: int) -> int:
    """Resident bytes of a process and all below it; shared pages count for each that has them."""
    import psutil  # noqa: PLC0415  comes with ipykernel, and only where code runs

    try:
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
    except psutil.Error:
        return 0
    total = 0
    for member in family:
        try:
            status = member.memory_info()
        except psutil.Error:
            continue
        total += status.rss - getattr(status, "shared", 0)
    return total


def _filled(folder: Path, levels: int) -> int:
    """Bytes on disk below a folder; links are not followed."""
    total = 0
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                status = entry.stat(follow_symlinks=False)
                total += getattr(status, "st_blocks", status.st_size // 512) * 512
                if levels and entry.is_dir(follow_symlinks=False):
                    total += _filled(Path(entry.path), levels - 1)
    except OSError:
        pass  # it changes while it is looked at
    return total


def _machine_memory() -> int:
    import psutil  # noqa: PLC0415

    return int(psutil.virtual_memory().total)


def _size(size: int) -> str:
    return f"{size / (1 << 30):.1f} GB" if size >= 1 << 30 else f"{size >> 20} MB"
