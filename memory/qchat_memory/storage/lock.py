"""One process at a time in a folder, and a number that tells the next what it has missed."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path

from qchat_memory.errors import MemoryStoreError

if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int) -> None:
        # A byte far behind the number: Windows refuses to read bytes that another has locked.
        os.lseek(descriptor, 1 << 20, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _try_lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


class Turn:
    """The right to work in the folder, for as long as it is repository."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @property
    def generation(self) -> int:
        """How many changes were begun in this folder, by any process."""
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        return int(os.read(self._descriptor, 20) or b"0")

    def begin_change(self) -> None:
        """Count a change before it is made: one that is killed half-way is then noticed too."""
        number = b"%020d" % (self.generation + 1)
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        os.write(self._descriptor, number)


@contextmanager
def exclusive(path: Path, timeout_s: float = 10.0) -> Iterator[Turn]:
    """Hold the lock file at `path`; the system lets go of it when the process dies.

    Raises MemoryStoreError when another process does not let go within the time; who does not wait
    needs no queue.
    """
    deadline = time.monotonic() + timeout_s
    # Who waits holds the queue: else one that works without a pause would be first again and again.
    with ExitStack() as work:
        queue = path.with_suffix(".queue.lock")
        with _locked(queue, path, deadline) if timeout_s else nullcontext():
            descriptor = work.enter_context(_locked(path, path, deadline))
        yield Turn(descriptor)


@contextmanager
def _locked(file: Path, path: Path, deadline: float) -> Iterator[int]:
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        while True:
            try:
                _try_lock(descriptor)
                break
            except OSError as error:
                if time.monotonic() > deadline:
                    raise MemoryStoreError(
                        f"the memories are in use by another process ({path}): try again"
                    ) from error
            time.sleep(0.005)
        yield descriptor
    finally:
        os.close(descriptor)
