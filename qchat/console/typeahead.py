"""What is typed at a plain terminal between prompts: it waits, unseen, for the next one."""

import os
import re
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

from qchat.runtime.exit_signals import exit_on_signals

if sys.platform != "win32":
    import select
    import termios

READ_BYTES = 64 * 1024
PLAIN_TERMINALS = ("", "dumb", "linux")
"""Those that show a sequence that they do not know."""
_PASTED = re.compile(r"\x1b\[200~(.*?)(?:\x1b\[201~|\Z)", re.DOTALL)
_NO_TEXT = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|O.|.)?|[\x00-\x08\x0b\x0c\x0e-\x1f]", re.DOTALL)
_TAKEN_BACK = re.compile(r"[^\r\x7f]?\x7f")
MARK_PASTES, MARK_NO_PASTES = "\x1b[?2004h", "\x1b[?2004l"


class Typing:
    """The terminal while nobody is asked for anything: Enter stays Enter, nothing is echoed.

    As a terminal is by default, Enter becomes a line feed, which in a prompt of several lines is a
    line break, and what is typed is echoed into the answer. On Windows nothing is changed.
    """

    def __init__(self) -> None:
        self._before: list[Any] | None = None
        self._typed = b""
        """What waited in the terminal as it was held."""
        self._collected = b""
        """What was typed since, and taken out of the terminal."""

    def take(self) -> str:
        """What was taken out of the terminal, with each Enter as Enter."""
        if self._collected:
            self.collect()  # also the rest of a letter
        typed = self._typed.replace(b"\n", b"\r") + self._collected
        self._typed = self._collected = b""
        return typed.decode(errors="replace")

    def collect(self) -> None:
        """Take what waits out of the terminal, where it would end with the program."""
        if sys.platform == "win32" or self._before is None:
            return
        with suppress(OSError):
            while select.select([sys.stdin], [], [], 0)[0]:
                if not (data := os.read(sys.stdin.fileno(), READ_BYTES)):
                    return
                self._collected += data

    @property
    def waits(self) -> bool:
        """Whether something was typed that nobody has read yet; Windows does not say so."""
        if self._typed or self._collected:
            return True
        return sys.platform != "win32" and bool(select.select([sys.stdin], [], [], 0)[0])

    @property
    def lines(self) -> list[str]:
        """What was collected, as text: each line that was sent, and what was begun last."""
        text = self._collected.decode(errors="replace")
        text = _PASTED.sub(lambda paste: paste[1].replace("\r", "\n"), text)
        text = _NO_TEXT.sub("", text)
        while "\x7f" in text:
            text = _TAKEN_BACK.sub("", text)
        return [line for line in text.split("\r") if line.strip()]

    def hold(self) -> None:
        """From here on what is typed waits."""
        if sys.platform == "win32" or not sys.stdin.isatty():
            return
        mode = termios.tcgetattr(sys.stdin)
        self._before = [*mode[:6], [*mode[6]]]
        mode[0] &= ~termios.ICRNL
        mode[3] &= ~(termios.ECHO | termios.ICANON)
        mode[3] |= termios.NOFLSH  # Ctrl+C stops the answer, not what was typed meanwhile
        mode[6][termios.VMIN], mode[6][termios.VTIME] = 1, 0
        termios.tcsetattr(sys.stdin, termios.TCSANOW, mode)
        if self._before[0] & termios.ICRNL and select.select([sys.stdin], [], [], 0)[0]:
            with suppress(OSError):
                self._typed += os.read(sys.stdin.fileno(), READ_BYTES)
        self.mark_pastes()

    def mark_pastes(self) -> None:
        """Have the terminal say what is pasted between prompts: each prompt ends that with itself.

        Else lines that were pasted could not be told from lines that were typed one by one.
        """
        if self._before is not None:
            _tell_terminal(MARK_PASTES)

    def release(self) -> None:
        """The terminal is as it was."""
        if sys.platform != "win32" and self._before is not None:
            _tell_terminal(MARK_NO_PASTES)
            termios.tcsetattr(sys.stdin, termios.TCSANOW, self._before)
            self._before = None

    @contextmanager
    def for_an_answer(self) -> Iterator[None]:
        """Somebody is asked for a line."""
        held = self._before is not None
        self.release()
        try:
            yield
        finally:
            if held:
                self.hold()


def _tell_terminal(sequence: str) -> None:
    if sys.stdout.isatty() and os.environ.get("TERM", "") not in PLAIN_TERMINALS:
        with suppress(OSError):
            sys.stdout.write(sequence)
            sys.stdout.flush()


@contextmanager
def typed_ahead() -> Iterator[Typing]:
    """While this lasts, what is typed waits for whoever reads next."""
    typing = Typing()
    with exit_on_signals(), _stopped_by_key(typing):
        typing.hold()
        try:
            yield typing
        finally:
            typing.release()


@contextmanager
def _stopped_by_key(typing: Typing) -> Iterator[None]:
    """Ctrl+Z leaves the terminal to the shell as it was; `fg` takes it back."""
    if sys.platform == "win32":
        yield
        return

    def stop(number: int, _frame: FrameType | None) -> None:
        with typing.for_an_answer():
            signal.signal(number, signal.SIG_DFL)
            signal.pthread_kill(threading.get_ident(), number)  # returns when it goes on
            signal.signal(number, stop)

    before = signal.signal(signal.SIGTSTP, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTSTP, before)
