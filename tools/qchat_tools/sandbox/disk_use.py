"""How much of the disk a folder takes, at any depth, without following what code put in it."""

import contextlib
import os
import sys
from collections.abc import Iterable
from pathlib import Path

from qchat_tools.sandbox import walk

_BLOCK = 512
_ENTRY_BYTES = 512
"""What an entry costs at least; a million empty files fill a disk too."""
TOO_DEEP = 1 << 62
"""Stands for what lies deeper than anybody counts: only to evade a limit is it put there."""


def used_bytes(folders: Iterable[Path], pids: Iterable[int] = ()) -> int:
    """Bytes on disk below the folders, and of files that were removed and are still held open."""
    folders = list(folders)
    devices = {status.st_dev for folder in folders if (status := _status(folder)) is not None}
    return sum(map(_below, folders)) + sum(_removed(pid, devices) for pid in pids)


def _status(folder: Path) -> os.stat_result | None:
    with contextlib.suppress(OSError):
        return folder.lstat()
    return None


def _below(folder: Path) -> int:
    total = 0
    for entry in walk.entries(folder):
        if entry.depth >= walk.MAX_DEPTH:
            return TOO_DEEP
        blocks = getattr(entry.status, "st_blocks", entry.status.st_size // _BLOCK)
        total += blocks * _BLOCK + _ENTRY_BYTES
    return total


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
