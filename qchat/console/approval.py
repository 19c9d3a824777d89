"""A tool's question to the user at a plain terminal, where nothing else is being written.

What was typed before the question stood there answers nothing: it was meant for something else,
perhaps for the shell that comes next. So it is taken out of the terminal first, and a line that was
begun before is no answer as a whole, however it ends (decision 0060).
"""

import asyncio
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from qchat.protocol.permission import Permission
from qchat.runtime.language import tr
from qchat.runtime.sanitize import sanitize_for_terminal
from qchat_tools.base import InputRequest

SHOWN_CODE = 1_000
MAX_TYPED_BYTES = 1_000_000

ANSWERS: dict[str, Permission] = {
    "y": "once",
    "yes": "once",
    "/yes": "once",
    "是": "once",
    "a": "session",
    "always": "session",
    "/always": "session",
    "n": "no",
    "no": "no",
    "/no": "no",
    "否": "no",
    "": "no",
    "v": "never",
    "never": "never",
    "/never": "never",
}
"""Whole lines only: what begins with y is not a yes."""


async def prompt_for_approval(question: str) -> Permission:
    """Ask in the terminal; an empty line means no, and so does the end of the input."""
    begun = _typed_before()
    _say(f"{sanitize_for_terminal(question)}\n")
    while True:
        _say(tr("[y]es, [a]lways in this session, [n]o, ne[v]er: "))
        if not (line := await _line()):
            return "no"
        answer = ANSWERS.get(f"{begun}{line}".strip().lower())
        if answer is not None:
            return answer
        begun = ""
        _say(tr("That was no answer, and nothing was allowed.") + "\n")


async def prompt_for_approval_in_lines(request: InputRequest) -> str | None:
    """Ask for the line that running code waits for; None at the end of the input."""
    begun = _typed_before()
    asked = sanitize_for_terminal(
        f"[{tr('code in the kernel asks')}]\n{request.code[:SHOWN_CODE]}\n{request.prompt}"
    )
    with _hidden() if request.password else nullcontext():
        _say(asked)
        if begun and await _line():
            _say("\n" + tr("A line that was begun before this question is not given to it.") + "\n")
            _say(asked)
        answer = await _line()
    if request.password:
        _say("\n")
    return answer.rstrip("\r\n") if answer else None


def _say(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()


def _typed_before() -> str:
    """Take what was typed until now; the beginning of a line that is not ended yet, if any."""
    try:
        import termios  # noqa: PLC0415  not on Windows
    except ImportError:
        return ""
    terminal = sys.stdin.fileno()
    try:
        before = termios.tcgetattr(terminal)
    except termios.error:
        return ""  # a pipe: what comes there was written for this
    at_once = [*before[:3], before[3] & ~termios.ICANON, *before[4:6], [*before[6]]]
    at_once[6][termios.VMIN], at_once[6][termios.VTIME] = 0, 0
    termios.tcsetattr(terminal, termios.TCSANOW, at_once)
    typed = b""
    try:
        while (some := os.read(terminal, 65_536)) and len(typed) < MAX_TYPED_BYTES:
            typed += some
    finally:
        termios.tcsetattr(terminal, termios.TCSANOW, before)
    return typed.decode("utf-8", "replace").replace("\r", "\n").rpartition("\n")[2]


@contextmanager
def _hidden() -> Iterator[None]:
    """Do not show what is typed, where the platform lets that be switched."""
    try:
        import termios  # noqa: PLC0415  not on Windows
    except ImportError:
        _say(tr("(it will be seen as it is typed) "))
        yield
        return
    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)
    silent = [*before[:3], before[3] & ~termios.ECHO, *before[4:]]
    termios.tcsetattr(terminal, termios.TCSADRAIN, silent)
    try:
        yield
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)


async def _line() -> str:
    """Read a line in a way that can be cancelled, where the platform has one.

    From the terminal itself: it gives one line at a time, and what comes behind it stays there.
    """
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    terminal = sys.stdin.fileno()
    try:
        loop.add_reader(terminal, ready.set)
    except (NotImplementedError, PermissionError):
        return await asyncio.to_thread(sys.stdin.readline)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(terminal)
    if not sys.stdin.isatty():
        return sys.stdin.readline()
    return os.read(terminal, MAX_TYPED_BYTES).decode("utf-8", "replace")
