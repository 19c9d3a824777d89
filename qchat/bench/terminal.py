"""A raw terminal with one program in it, whose echo and memory can be measured."""

import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time
import tty
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

ALPHABET = [chr(code) for code in range(0x0100, 0x0180)]
"""Letters that stand on no screen until they are typed and echoed."""
LIMIT_S = 60.0
TYPE_EVERY_S = 0.05
SETTLED_S, IDLE = 0.5, 0.1
"""Whoever takes less than this share of a core for so long is at rest."""


class Terminal:
    """What is written to it the program reads as keys; what the program draws can be awaited."""

    def __init__(self, leader: int, process: subprocess.Popen[bytes], began: float) -> None:
        self._leader = leader
        self._process = process
        self._began = began
        self._letters = iter(ALPHABET)

    @property
    def resident_mb(self) -> float:
        """Memory of the program itself, its children not counted."""
        return float(psutil.Process(self._process.pid).memory_info().rss) / 1e6

    def type(self, text: str) -> None:
        os.write(self._leader, text.encode())

    def read(self, for_s: float) -> bytes:
        """What is drawn in so many seconds."""
        seen, until = b"", time.perf_counter() + for_s
        while (left := until - time.perf_counter()) > 0:
            if select.select([self._leader], [], [], left)[0]:
                seen += os.read(self._leader, 65536)
        return seen

    def settle(self) -> None:
        """Read until it has done what it does at its start, kernel and all. Raises TimeoutError."""
        until = time.perf_counter() + LIMIT_S
        worked = self._worked_s()
        while time.perf_counter() < until:
            self.read(SETTLED_S)
            before, worked = worked, self._worked_s()
            if worked - before < IDLE * SETTLED_S:
                return
        raise TimeoutError("it never came to rest")

    def _worked_s(self) -> float:
        """CPU time of the program and its children."""
        program = psutil.Process(self._process.pid)
        times = [each.cpu_times() for each in (program, *program.children(recursive=True))]
        return float(sum(time_.user + time_.system for time_ in times))

    def wait_for(self, text: str) -> None:
        """Read until it is drawn. Raises TimeoutError."""
        self._wait_for(text.encode())

    def first_echo(self) -> float:
        """Seconds from the program's start until it takes a key."""
        letter = next(self._letters)
        self._wait_for(letter.encode(), again=letter.encode())
        return time.perf_counter() - self._began

    def echo(self) -> float:
        """Seconds from a key to its letter on the screen."""
        letter = next(self._letters).encode()
        began = time.perf_counter()
        os.write(self._leader, letter)
        self._wait_for(letter)
        return time.perf_counter() - began

    def _wait_for(self, text: bytes, again: bytes = b"") -> None:
        seen, until = b"", time.perf_counter() + LIMIT_S
        while time.perf_counter() < until:
            if not select.select([self._leader], [], [], TYPE_EVERY_S)[0]:
                os.write(self._leader, again)  # what came too early may have been thrown away
                continue
            seen = seen[-256:] + os.read(self._leader, 65536)
            if text in seen:
                return
        raise TimeoutError(f"{text.decode()!r} was never drawn")


@contextmanager
def terminal(home: str, *arguments: str) -> Iterator[Terminal]:
    """Run qchat on a home of its own until the block is left, then kill it."""
    began = time.perf_counter()
    leader, follower = pty.openpty()
    termios.tcsetwinsize(leader, (40, 100))
    tty.setraw(follower)  # or the terminal would echo by itself, before any program runs
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    with subprocess.Popen(
        [sys.executable, "-m", "qchat", *arguments],
        stdin=follower,
        stdout=follower,
        stderr=follower,
        start_new_session=True,
        env=kept | {"QCHAT_HOME": home, "TERM": "xterm-256color", "NO_PROXY": "*"},
    ) as process:
        os.close(follower)
        try:
            yield Terminal(leader, process, began)
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            os.close(leader)
