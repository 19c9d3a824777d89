"""Signals that end the program while nothing hears them yet: what was opened is closed."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

ASKED = 128
"""Added to the number of a signal, as shells do."""


@contextmanager
def exit_on_signals() -> Iterator[None]:
    """While this lasts, SIGTERM and SIGHUP leave as an exception does, through what closes.

    By themselves they end Python where it stands: a terminal would stay as it was changed.
    """
    names = ("SIGTERM", "SIGHUP")  # Windows has no second one
    numbers = [number for name in names if (number := getattr(signal, name, None)) is not None]
    former = {number: signal.signal(number, _exit) for number in numbers}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def _exit(number: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(ASKED + number)
