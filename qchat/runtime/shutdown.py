"""Ending when somebody asks for it: what was started is closed, and nothing of it stays behind."""

import asyncio
import signal
import threading
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

from qchat.runtime.exit_signals import ASKED

WHY = {
    "SIGTERM": "stopped: the system or another program asked it to end (SIGTERM)",
    "SIGHUP": "stopped: its terminal was closed (SIGHUP)",
}
"""With what the work is cancelled, so that it can say why it ended."""


async def until_asked(work: Coroutine[Any, Any, int]) -> int:
    """Run `work`, and cancel it when the terminal is closed or the program is asked to end.

    Gives what it gives, or the exit status of the signal. Without this Python would stop where it
    stands, and leave the folders of its kernels.
    """
    task = asyncio.ensure_future(work)
    asked: list[int] = []

    def leave(number: int, why: str) -> None:
        asked.append(number)
        task.cancel(why)

    if threading.current_thread() is threading.main_thread():
        for name, why in WHY.items():
            number = getattr(signal, name, None)
            if number is not None:
                with suppress(NotImplementedError):  # Windows
                    asyncio.get_running_loop().add_signal_handler(number, leave, number, why)
    try:
        status = await task
    except asyncio.CancelledError:
        if not asked:
            raise
        status = 0
    return ASKED + asked[0] if asked else status
