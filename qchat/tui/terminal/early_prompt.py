"""A prompt that takes keys before the window is loaded, in the window's own place and colours.

Reading Textual and what a session needs takes half a second of a processor and more. Whoever starts
qchat wants to write: so the terminal is taken first, by as little code as can draw one line, and
what is typed goes to the window key by key when that is there. Nothing here imports Textual.
"""

import os
import shutil
import sys
import threading
from codecs import getincrementaldecoder
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import msgspec

from qchat.runtime.exit_signals import exit_on_signals
from qchat.tui.terminal.early_colours import PLAIN, REVERSED, painter
from qchat.tui.terminal.early_line import EarlyLine, ending, padded
from qchat.tui.terminal.first_frame import Look, placeholder

if sys.platform != "win32":
    import select
    import termios

READ_BYTES = 64 * 1024
LOOK_EVERY_S = 0.1
TAKE_SCREEN, LEAVE_SCREEN = "\x1b[?1049h", "\x1b[?1049l"
BEGIN, END = (
    f"{TAKE_SCREEN}\x1b[?25l\x1b[?2004h\x1b[?7l",
    f"\x1b[?7h\x1b[?2004l{LEAVE_SCREEN}\x1b[?25h",
)
"""Alternate screen, no cursor, pastes marked as such, no wrapping; and all of it back."""
BAR = "▌"


class EarlyKeys(msgspec.Struct, frozen=True):
    """What the window takes over."""

    line: EarlyLine
    decoder: Any
    """Holds the first bytes of a letter that is not whole."""


class EarlyPrompt:
    """Draws and reads in a thread of its own, until it is stopped."""

    before: list[Any]
    """The attributes of the terminal before it was taken."""

    def __init__(self, look: Look, read_from: int, write_to: int) -> None:
        self._look, self._paint = look, painter(os.environ)
        self._in, self._out = read_from, write_to
        self.line = EarlyLine()
        """What was typed so far."""
        self._decoder = getincrementaldecoder("utf-8")("replace")
        self._size = shutil.get_terminal_size()
        self.before = termios.tcgetattr(read_from)
        self._wake, self._stop = os.pipe()
        self._thread = threading.Thread(target=self._run, name="early-prompt", daemon=True)

    def start(self) -> None:
        mode = termios.tcgetattr(self._in)
        mode[0] &= ~(termios.IXON | termios.IXOFF | termios.ICRNL | termios.INLCR | termios.IGNCR)
        mode[3] &= ~(termios.ECHO | termios.ICANON | termios.IEXTEN | termios.ISIG)
        mode[6][termios.VMIN] = 1
        termios.tcsetattr(self._in, termios.TCSANOW, mode)
        self._take_what_was_typed_before()
        self._write(BEGIN + self._frame())
        self._thread.start()

    def _take_what_was_typed_before(self) -> None:
        """What waits in the terminal since before it was taken: there Enter is a line feed.

        In the window that is Ctrl+J, which would break the line where somebody meant to send.
        """
        if not self.before[0] & termios.ICRNL or not select.select([self._in], [], [], 0)[0]:
            return
        with suppress(OSError):
            data = os.read(self._in, READ_BYTES).replace(b"\n", b"\r")
            self.line.feed(self._decoder.decode(data))

    def stop(self) -> EarlyKeys:
        """Read no more; the terminal stays as it is, for the window."""
        os.write(self._stop, b".")
        self._thread.join()
        os.close(self._stop)
        os.close(self._wake)
        return EarlyKeys(self.line, self._decoder)

    def leave(self) -> None:
        """Give the terminal back as it was."""
        self.stop()
        self._write(END)
        with suppress(termios.error):
            termios.tcsetattr(self._in, termios.TCSANOW, self.before)

    def _run(self) -> None:
        while True:
            ready, _, _ = select.select([self._in, self._wake], [], [], LOOK_EVERY_S)
            if self._wake in ready:
                return
            data = b""
            if self._in in ready:
                with suppress(OSError):
                    data = os.read(self._in, READ_BYTES)
                if not data:  # the terminal is gone; the window will find that out, too
                    return
            before, size = (self.line.text, len(self.line.sent)), self._size
            self.line.feed(self._decoder.decode(data))
            self._size = shutil.get_terminal_size()
            if self._size != size:
                self._write(self._frame())
            elif (self.line.text, len(self.line.sent)) != before:
                self._write(self._lines())

    def _write(self, text: str) -> None:
        with suppress(OSError):
            os.write(self._out, text.encode())

    def _frame(self) -> str:
        ground = self._paint(self._look.foreground, self._look.background)
        muted = self._paint(self._look.muted, self._look.background)
        said = padded(self._look.status, max(self._size.columns - 4, 0))
        status = f"{muted}\x1b[{self._size.lines};3H{said}"
        return f"{ground}\x1b[2J{status}{self._lines()}"

    def _lines(self) -> str:
        """The prompts that were sent, and below them the one that is written."""
        room = self._size.columns - 5
        row = self._size.lines - 1
        if room < 1 or row < 1:
            return ""
        muted = self._paint(self._look.muted, self._look.background)
        waiting = [ending(text, room).text for text in self.line.sent[max(0, 1 - row) :]]
        out = [
            f"\x1b[{row - len(waiting) + number};1H{muted}\x1b[K  {text}"
            for number, text in enumerate(waiting)
        ]
        return "".join([*out, f"\x1b[{row};1H", self._prompt(room)])

    def _prompt(self, room: int) -> str:
        look = self._look
        ground = self._paint(look.foreground, look.background)
        text = self._paint(look.foreground, look.surface)
        caret = self._paint(look.background, look.foreground)
        caret = f"{PLAIN}{REVERSED}" if caret == PLAIN else caret
        bar = f"{ground} {self._paint(look.accent, look.surface)}{BAR}{text} "
        written, width = ending(self.line.text, room - 1)
        if written:
            rest = f"{text}{written}{caret} {text}{' ' * (room - width)}"
        else:
            held = padded(placeholder(room + 3), room + 1)
            rest = f"{caret}{held[0]}{self._paint(look.muted, look.surface)}{held[1:]}"
        return f"{bar}{rest}{ground} \x1b[m"


class _Screen:
    """The terminal of this process is one."""

    prompt: EarlyPrompt | None = None


def how_it_was() -> list[Any] | None:
    """The attributes of the terminal before the early prompt took it; None without one."""
    return _Screen.prompt.before if _Screen.prompt is not None else None


def take_over() -> EarlyKeys | None:
    """What was typed before the window, which has the terminal from here on; None without any."""
    prompt, _Screen.prompt = _Screen.prompt, None
    return prompt.stop() if prompt is not None else None


@contextmanager
def early_prompt(look: Look) -> Iterator[None]:
    """Take keys until the window takes over; the terminal is given back if none ever does."""
    if sys.platform == "win32" or not sys.stderr.isatty():
        yield
        return
    with exit_on_signals():
        _Screen.prompt = prompt = EarlyPrompt(look, sys.stdin.fileno(), sys.stderr.fileno())
        prompt.start()
        try:
            yield
        finally:
            if _Screen.prompt is prompt:
                _Screen.prompt = None
                prompt.leave()
