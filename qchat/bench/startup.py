"""The terminal interface from outside: its first frame and its memory, in a real terminal."""

import asyncio
import os
import pty
import select
import signal
import subprocess
import sys
import tempfile
import termios
import time
import tty
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psutil

from qchat.bench.table import Row, middle
from qchat.protocol.events import StepFinished, Text, Thinking, TurnFinished
from qchat.store import Store

ROUNDS = 5
BARE = """
from textual.app import App
from textual.widgets import Input

class Bare(App):
    def compose(self):
        yield Input()

Bare().run()
"""
TYPE_EVERY_S = 0.02
KEY = "ŵ"
"""A letter that stands on no screen until it is typed and echoed."""
WINDOW = b"Welcome!"
"""The window says it at a first start; the prompt that takes keys before it does not."""
TURNS = 2_000
SETTLED_S = 5.0
"""After that the engine, the kernel and the tools are loaded."""
MAX_MEMORY_MB = 74.0


def rows() -> list[Row]:
    """Time until a key that is typed stands on the screen, and what the client then holds."""
    qchat, bare, whole = [], [], []
    with tempfile.TemporaryDirectory() as home:
        for _ in range(ROUNDS):
            first, window = _first_echo(["-m", "qchat"], home, WINDOW)
            qchat.append(first)
            whole.append(window)
            bare.append(_first_echo(["-c", BARE], home)[0])
        _resident_mb(["-m", "qchat"], home)  # once per installation what is loaded late is compiled
        small = _resident_mb(["-m", "qchat"], home)
        asyncio.run(_long_session(Path(home)))
        large = _resident_mb(["-m", "qchat", "-c"], home)
    ours, theirs = middle(qchat), middle(bare)
    return [
        Row(
            "first frame that takes keys",
            f"{ours:.2f} s",
            f"{theirs:.2f} s bare Textual",
            ours / theirs,
            1.5,
        ),
        Row(
            "the whole window, with all that was typed",
            f"{middle(whole):.2f} s",
            f"{theirs:.2f} s bare Textual",
            middle(whole) / theirs,
            2.5,
        ),
        Row(
            "client's memory after start",
            f"{small:.0f} MB",
            f"{MAX_MEMORY_MB:.0f} MB",
            small / MAX_MEMORY_MB,
            1.0,
        ),
        Row(
            f"client's memory, {TURNS:,} turns open",
            f"{large:.0f} MB",
            f"{small:.0f} MB after start",
            large / small,
            1.5,
        ),
    ]


async def _long_session(home: Path) -> None:
    """Write a conversation of `TURNS` turns, as they are kept."""
    with closing(Store(home / "sessions.db")) as store:
        session, parent = store.create_session("default").id, None
        for number in range(TURNS):
            writer = store.begin_turn(session, parent, f"question {number}", model="bench")
            for event in (
                Thinking(f"Let me think of {number}. " * 20),
                Text(f"The answer to **{number}** is this:\n\n- one\n- two\n\n" + "text " * 60),
                StepFinished(),
                TurnFinished("stop"),
            ):
                writer.add(event)
            parent = writer.close().id


def _resident_mb(arguments: list[str], home: str) -> float:
    """The client alone: its engine and kernel are processes of their own."""
    with _running(arguments, home) as (process, leader):
        _wait_for_echo(leader, time.perf_counter(), 30.0)
        _drain(leader, SETTLED_S)
        return float(psutil.Process(process.pid).memory_info().rss) / 1e6


def _first_echo(
    arguments: list[str], home: str, window: bytes = b"", limit_s: float = 30.0
) -> tuple[float, float]:
    """Seconds until a key is echoed, and until the window is drawn, where it is known by a word."""
    began = time.perf_counter()
    with _running(arguments, home) as (_, leader):
        first = _wait_for_echo(leader, began, limit_s)
        seen = window[:0]
        while window not in seen:
            seen = seen[-64:] + os.read(leader, 65536)
        return first, time.perf_counter() - began


@contextmanager
def _running(arguments: list[str], home: str) -> "Iterator[tuple[subprocess.Popen[bytes], int]]":
    """A program in a terminal of its own, and the terminal's other end."""
    leader, follower = pty.openpty()
    termios.tcsetwinsize(leader, (40, 100))
    tty.setraw(follower)  # or the terminal would echo by itself, before any program runs
    with subprocess.Popen(
        [sys.executable, *arguments],
        stdin=follower,
        stdout=follower,
        stderr=follower,
        start_new_session=True,
        env=_environment(home),
    ) as process:
        os.close(follower)
        try:
            yield process, leader
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            os.close(leader)


def _environment(home: str) -> dict[str, str]:
    """An own home, and compiled modules kept, as they are for everybody who installed qchat."""
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"QCHAT_HOME": home, "TERM": "xterm-256color"}


def _wait_for_echo(leader: int, began: float, limit_s: float) -> float:
    seen = b""
    while time.perf_counter() - began < limit_s:
        if not select.select([leader], [], [], TYPE_EVERY_S)[0]:
            os.write(leader, KEY.encode())  # what came too early may have been thrown away
            continue
        seen = seen[-64:] + os.read(leader, 65536)
        if KEY.encode() in seen:
            return time.perf_counter() - began
    raise TimeoutError("no echo in the terminal")


def _drain(leader: int, seconds: float) -> None:
    """Read what is drawn, or the program would wait for its terminal."""
    until = time.perf_counter() + seconds
    while (left := until - time.perf_counter()) > 0:
        if select.select([leader], [], [], left)[0]:
            os.read(leader, 65536)
