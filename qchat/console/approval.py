"""A tool's question to the person at a plain terminal."""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from qchat.protocol.permission import Permission
from qchat.runtime.sanitize import sanitize_for_terminal
from qchat_tools.base import InputRequest

SHOWN_CODE = 1_000

ANSWERS: dict[str, Permission] = {"y": "once", "a": "session", "n": "no", "v": "never"}


async def ask_on_terminal(question: str) -> Permission:
    """Ask in the terminal; an empty line means no."""
    sys.stderr.write(
        f"{sanitize_for_terminal(question)}\n[y]es, [a]lways in this session, [n]o, ne[v]er: "
    )
    sys.stderr.flush()
    answer = await _line()
    return ANSWERS.get(answer.strip().lower()[:1], "no")


async def ask_line_on_terminal(request: InputRequest) -> str | None:
    """Ask for the line that running code waits for; None at the end of the input."""
    asked = sanitize_for_terminal(
        f"[code in the kernel asks]\n{request.code[:SHOWN_CODE]}\n{request.prompt}"
    )
    sys.stderr.write(asked)
    sys.stderr.flush()
    with _hidden() if request.password else nullcontext():
        answer = await _line()
    if request.password:
        sys.stderr.write("\n")
    return answer.rstrip("\r\n") if answer else None


@contextmanager
def _hidden() -> Iterator[None]:
    """Do not show what is typed, where the platform lets that be switched."""
    try:
        import termios  # noqa: PLC0415  not on Windows
    except ImportError:
        sys.stderr.write("(it will be seen as it is typed) ")
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
    """Read a line in a way that can be cancelled, where the platform has one."""
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    try:
        loop.add_reader(sys.stdin.fileno(), ready.set)
    except NotImplementedError:
        return await asyncio.to_thread(sys.stdin.readline)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(sys.stdin.fileno())
    return sys.stdin.readline()
