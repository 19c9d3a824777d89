"""How much of the disk a folder takes, at any depth, without following what code put in it."""

import contextlib
import os
import shutil
import stat
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from qchat_tools.sandbox import walk

_BLOCK = 512
_ENTRY_BYTES = 512
"""What an entry costs at least; a million empty files fill a disk too."""
_OPEN = stat.S_IRUSR | stat.S_IXUSR


class DiskUse(NamedTuple):
    """What folders were seen to hold, in bytes, at a moment at which so many were free."""

    seen: int
    hidden: bool
    """Whether more lies where nobody looks: too deep, or in a folder that its owner closed."""
    free: int


def disk_use(folders: Sequence[Path], pids: Iterable[int] = ()) -> DiskUse:
    """Measure what is below the folders, and files that were removed and are still held open.

    The free bytes are those of the first folder's disk.
    """
    free = free_bytes(folders[0])
    devices = {status.st_dev for folder in folders if (status := _status(folder)) is not None}
    below = [_below(folder) for folder in folders]
    seen = sum(size for size, _ in below) + sum(_removed(pid, devices) for pid in pids)
    return DiskUse(seen, any(hidden for _, hidden in below), free)


def free_bytes(folder: Path) -> int:
    """What is free on its disk, or on the one where it will be made; 0 where that is not known."""
    for place in (folder, *folder.parents):
        with contextlib.suppress(OSError):
            return shutil.disk_usage(place).free
    return 0


def _status(folder: Path) -> os.stat_result | None:
    with contextlib.suppress(OSError):
        return folder.lstat()
    return None


def _below(folder: Path) -> tuple[int, bool]:
    total, hidden = 0, False
    for entry in walk.entries(folder):
        hidden = hidden or entry.depth >= walk.MAX_DEPTH or _is_closed(entry.status)
        blocks = getattr(entry.status, "st_blocks", entry.status.st_size // _BLOCK)
        total += blocks * _BLOCK + _ENTRY_BYTES
    return total, hidden


def _is_closed(status: os.stat_result) -> bool:
    """Whether it is a folder of this user, whom code runs as too, that cannot be looked into."""
    if not hasattr(os, "geteuid") or not stat.S_ISDIR(status.st_mode):
        return False
    return status.st_uid == os.geteuid() != 0 and status.st_mode & _OPEN != _OPEN


def _removed(pid: int, devices: set[int]) -> int:
    """Bytes of files on these devices that a process holds open and that have no name any more."""
    if sys.platform != "linux":
        return 0
    total = 0
    with contextlib.suppress(OSError):
        for opened in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                status = opened.stat()
                if not status.st_nlink and status.st_dev in devices:
                    total += status.st_blocks * _BLOCK
    return total
