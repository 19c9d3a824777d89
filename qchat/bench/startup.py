"""The first frame of the terminal interface, against a bare Textual app, in a real terminal."""

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

from qchat.bench.table import Row, middle

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


def rows() -> list[Row]:
    """Time from the start of the process until a key that is typed stands on the screen."""
    qchat, bare = [], []
    with tempfile.TemporaryDirectory() as home:
        for _ in range(ROUNDS):
            qchat.append(_first_echo(["-m", "qchat"], home))
            bare.append(_first_echo(["-c", BARE], home))
    ours, theirs = middle(qchat), middle(bare)
    return [
        Row(
            "first frame that takes keys",
            f"{ours:.2f} s",
            f"{theirs:.2f} s bare Textual",
            ours / theirs,
            2.0,
        )
    ]


def _first_echo(arguments: list[str], home: str, limit_s: float = 30.0) -> float:
    began = time.perf_counter()
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
            return _wait_for_echo(leader, began, limit_s)
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
