"""The signals that ask a program to end: it does, and leaves a terminal that can be used."""

import asyncio
import signal
import threading
from collections.abc import Callable
from contextlib import suppress

ASKED = 128
"""Added to the number of the signal, as shells do."""


def catch_ends(leave: Callable[[int], None]) -> None:
    """Call `leave` with the exit status when the terminal is closed or somebody ends the program.

    Without it Python would stop where it stands, with the terminal as the interface had it.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    loop = asyncio.get_running_loop()
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None:
            with suppress(NotImplementedError):  # Windows
                loop.add_signal_handler(number, leave, ASKED + number)
