"""A tool's question to the person at a plain terminal."""

import asyncio
import sys

from qchat.session import Permission
from qchat.visible import visible

ANSWERS: dict[str, Permission] = {"y": "once", "a": "session", "n": "no", "v": "never"}


async def ask_on_terminal(question: str) -> Permission:
    """Ask in the terminal; an empty line means no."""
    sys.stderr.write(f"{visible(question)}\n[y]es, [a]lways in this session, [n]o, ne[v]er: ")
    sys.stderr.flush()
    answer = await _line()
    return ANSWERS.get(answer.strip().lower()[:1], "no")


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
