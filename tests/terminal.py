"""A real terminal that a test can type into and read: tmux, on a server of its own."""

import shlex
import shutil
import subprocess
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.program import QCHAT

needs_tmux = pytest.mark.skipif(
    shutil.which("tmux") is None, reason="tmux is not installed (apt install tmux)"
)
DEADLINE_S = 60.0
LOOK_EVERY_S = 0.05


class Terminal:
    """One window with one program, which may be started again."""

    def __init__(self, home: Path, width: int = 100, height: int = 40) -> None:
        self._socket = f"qchat-{uuid.uuid4().hex[:8]}"
        # pytest says how wide its own output is; a program in the window must not believe it.
        self._shell = f"unset COLUMNS LINES; QCHAT_HOME={shlex.quote(str(home))} exec sh"
        self._size = ("-x", str(width), "-y", str(height))
        self.open()

    def open(self) -> None:
        """Open the window; once more after it was closed."""
        self.tmux("-f", "/dev/null", "new-session", "-d", *self._size, self._shell)

    def run(self, *arguments: str) -> None:
        """Start qchat in the window, and say its exit status when it has ended."""
        command = shlex.join([*QCHAT, *arguments])
        self.type(f"clear; {command}; echo exit=$?")

    def type(self, text: str, *, enter: bool = True) -> None:
        self.tmux("send-keys", "-l", text)
        if enter:
            self.press("Enter")

    def press(self, *keys: str) -> None:
        self.tmux("send-keys", *keys)

    def resize(self, width: int, height: int) -> None:
        self.tmux("resize-window", "-x", str(width), "-y", str(height))

    @property
    def screen(self) -> str:
        return self.tmux("capture-pane", "-p")

    def wait_for(self, *texts: str, absent: bool = False) -> str:
        """Look until all texts stand on the screen (or none of them does)."""
        return self.until(lambda screen: all((text in screen) != absent for text in texts))

    def until(self, holds: Callable[[str], bool]) -> str:
        """Look until something holds of the screen; gives that screen."""
        deadline = time.monotonic() + DEADLINE_S
        while not holds(screen := self.screen):
            assert time.monotonic() < deadline, f"it never held\n{screen}"
            time.sleep(LOOK_EVERY_S)
        return screen

    def reads_keys(self) -> bool:
        """Whether a program reads each key by itself: before that, Enter is a line feed."""
        terminal = self.tmux("display-message", "-p", "#{pane_tty}").strip()
        told = subprocess.run(
            ["stty", "-a", "-F", terminal], capture_output=True, text=True, check=True
        )
        return " -icanon" in told.stdout

    def child(self) -> int:
        """The process id of the program that runs in the window."""
        shell = self.tmux("list-panes", "-F", "#{pane_pid}").strip()
        children = Path(f"/proc/{shell}/task/{shell}/children").read_text().split()
        return int(children[-1])

    def close(self) -> None:
        self.tmux("kill-server")

    def tmux(self, *arguments: str) -> str:
        command = ["tmux", "-L", self._socket, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout
