"""What is typed at a plain terminal between prompts: it waits, unseen, for the next one."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

if sys.platform != "win32":
    import termios


class Typing:
    """The terminal while nobody is asked for anything: Enter stays Enter, nothing is echoed.

    As a terminal is by default, Enter becomes a line feed, which in a prompt of several lines is a
    line break, and what is typed is echoed into the answer. On Windows nothing is changed.
    """

    def __init__(self) -> None:
        self._before: list[Any] | None = None

    def hold(self) -> None:
        """From here on what is typed waits."""
        if sys.platform == "win32" or not sys.stdin.isatty():
            return
        mode = termios.tcgetattr(sys.stdin)
        self._before = [*mode]
        mode[0] &= ~termios.ICRNL
        mode[3] &= ~(termios.ECHO | termios.ICANON)
        termios.tcsetattr(sys.stdin, termios.TCSANOW, mode)

    def release(self) -> None:
        """The terminal is as it was."""
        if sys.platform != "win32" and self._before is not None:
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


@contextmanager
def typed_ahead() -> Iterator[Typing]:
    """While this lasts, what is typed waits for whoever reads next."""
    typing = Typing()
    typing.hold()
    try:
        yield typing
    finally:
        typing.release()
