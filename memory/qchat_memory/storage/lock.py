"""One process at a time in a folder, and a number that tells the next what it has missed."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path

from qchat_memory.errors import MemoryStoreError
from qchat_memory.localized_text import tr

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


DIGITS = 20
"""Of the number in the file, with zeros before it."""


class Turn:
    """The right to work in the folder, for as long as it is repository."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._next = 0

    @property
    def generation(self) -> int:
        """Another number after each change that was begun in this folder, by any process.

        0 before the first change, and where the number cannot be read.
        """
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        digits = os.read(self._descriptor, DIGITS)
        return int(digits) if len(digits) == DIGITS and digits.isdigit() else 0

    @property
    def next_generation(self) -> int:
        """The number after the change that comes next."""
        if not self._next:
            # A lost number must not come again: somebody may still go by it. So it is a moment.
            self._next = self.generation + 1 if self.generation else time.time_ns() // 1_000
        return self._next

    def begin_change(self) -> None:
        """Count a change before it is made: one that is killed half-way is then noticed too."""
        number, self._next = b"%020d" % self.next_generation, 0
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


def _opened(file: Path) -> int:
    """The lock file, made where there is none; something else in its place is put aside."""
    for repair in (_put_right, None):
        try:
            return os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            try:
                if repair is None:
                    raise
                repair(file)
            except OSError:
                raise MemoryStoreError(
                    tr(
                        "The lock file of the memories cannot be used: {error}. Check that you own "
                        "the folder and may write to it.",
                        error=error,
                    )
                ) from error
    raise AssertionError("unreachable")


def _put_right(file: Path) -> None:
    if file.is_dir() and not file.is_symlink():
        file.rename(file.with_name(f"{file.name}.damaged-{time.time_ns()}"))
    elif file.exists():
        file.chmod(0o600)


@contextmanager
def _locked(file: Path, path: Path, deadline: float) -> Iterator[int]:
    descriptor = _opened(file)
    try:
        while True:
            try:
                _try_lock(descriptor)
                break
            except OSError as error:
                if time.monotonic() > deadline:
                    raise MemoryStoreError(
                        tr(
                            "the memories are in use by another process ({path}): try again",
                            path=path,
                        )
                    ) from error
            time.sleep(0.005)
        yield descriptor
    finally:
        os.close(descriptor)
