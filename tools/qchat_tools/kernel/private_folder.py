"""The private folder of one kernel: its sockets, and nothing of it left when the program is gone.

A program that is killed cannot clean up. So a folder says by a lock whether somebody still owns it,
and the next start sweeps those that nobody does. Code in the kernel reaches only what is inside
`inner`: it cannot touch the lock.
"""

import contextlib
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

PREFIX = "qchat-"
_LOCK = "owner"
_INNER = "k"
_SOCKET_PATH_BYTES = 90  # of the 104 to 108 that the platforms allow
_SOCKET_NAME = "kernel-5"
_UNNAMED = ".qchat-new-"
_TOO_NEW_S = 0.0 if os.name == "posix" else 60.0
"""A folder as young as this may not have its lock yet, where it cannot be renamed with it."""


class PrivateFolder:
    """A folder of mode 0700 with a path that is short enough for sockets in `inner`."""

    def __init__(self, place: str) -> None:
        unnamed = _UNNAMED if os.name == "posix" else PREFIX
        new = Path(tempfile.mkdtemp(prefix=unnamed, dir=place)).resolve()
        self._lock = FileLock(new / _LOCK, timeout=0, thread_local=False)
        self._lock.acquire()
        # It gets the name that others look for when it is locked.
        self._outer = new.with_name(PREFIX + new.name.removeprefix(unnamed))
        new.rename(self._outer)
        self.inner = self._outer / _INNER
        self.inner.mkdir(mode=0o700)

    def remove(self) -> None:
        """Take it away with all that is in it. Harmless when done twice."""
        self._lock.release()
        _remove(self._outer)


def make() -> PrivateFolder | None:
    """Make one; None where every place's path is too long for sockets. Raises OSError."""
    for place in _places():
        longest = Path(place) / f"{PREFIX}12345678" / _INNER / _SOCKET_NAME
        if os.name != "posix" or len(os.fsencode(longest)) <= _SOCKET_PATH_BYTES:
            return PrivateFolder(place)
    return None


def sweep() -> None:
    """Remove the folders of this user that their programs have left behind."""
    for place in _places():
        for folder in _candidates(Path(place)):
            lock = FileLock(folder / _LOCK, timeout=0)
            with contextlib.suppress(OSError, Timeout), lock:
                _remove(folder)


def _places() -> list[str]:
    return list(filter(None, (tempfile.gettempdir(), os.environ.get("XDG_RUNTIME_DIR", ""))))


def _candidates(place: Path) -> Iterator[Path]:
    with contextlib.suppress(OSError):
        for folder in place.glob(f"{PREFIX}*"):
            status = folder.lstat()
            own = not hasattr(os, "getuid") or status.st_uid == os.getuid()
            old = time.time() - status.st_mtime > _TOO_NEW_S
            if stat.S_ISDIR(status.st_mode) and own and old and (folder / _LOCK).is_file():
                yield folder


def _remove(folder: Path) -> None:
    """Remove a folder; code in it may have forbidden its folders to everybody."""
    for root, names, _ in os.walk(folder):
        for name in names:
            path = Path(root) / name
            with contextlib.suppress(OSError):
                if not path.is_symlink():
                    path.chmod(0o700)
    shutil.rmtree(folder, ignore_errors=True)
