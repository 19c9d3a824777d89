"""A terminal in the test itself: a pty, read with pyte, that answers what programs ask it."""

import array
import codecs
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path

import pyte

from qchat.protocol.events import Event, encode
from qchat.store import Store
from tests.program import QCHAT, environment

_KEY_PROTOCOL = re.compile(r"\x1b\[[<>][\d;]*[um]")
"""How a program asks for keys with modifiers; pyte writes a part of it on the screen."""
DEADLINE_S = 30.0
CARET = {"\x1b[6n": ""}
"""For a terminal that is asked where its caret is, and says so, as nearly all do."""
CELL = (10, 20)
"""Pixels of a character."""
PICTURE = "▦"
"""Stands in the cells that a sixel picture covers."""
KEYS = {"Enter": "\r", "Escape": "\x1b", "Up": "\x1b[A", "Down": "\x1b[B", "Tab": "\t"}
KEYS |= {"BTab": "\x1b[Z", "PageUp": "\x1b[5~", "PageDown": "\x1b[6~", "Backspace": "\x7f"}
KEYS |= {"C-End": "\x1b[1;5F"}
KEYS |= {"F2": "\x1bOQ", "F3": "\x1bOR", "F4": "\x1bOS", "F5": "\x1b[15~"}

# Device control strings (sixel) and application commands (kitty), which pyte does not know.
_GRAPHICS = re.compile(r"\x1b([P_])(.*?)\x1b\\", re.DOTALL)
_SIXELS = re.compile(r'[\d;]*q"\d+;\d+;(\d+);(\d+)')
_BEGUN = re.compile(r"\x1b(?:[P_].*)?\Z", re.DOTALL)


class Emulator:
    """One program in a terminal of its own; `sent` is all that it wrote."""

    def __init__(
        self,
        home: Path,
        arguments: Sequence[str] = (),
        *,
        size: tuple[int, int] = (100, 30),
        environ: Mapping[str, str] | None = None,
        answers: Mapping[str, str] | None = None,
        controls: bool = True,
    ) -> None:
        """`answers` are what the terminal says when it is asked, by what it was asked; see CARET.

        `controls` says whether the program hears from the system when the terminal is gone.
        """
        self.sent = ""
        self.graphics: list[tuple[str, str, int]] = []
        """Sixel (`P`) and kitty (`_`) sequences with the line on which they came."""
        self.screen = pyte.Screen(*size)
        self._stream = pyte.Stream(self.screen)
        self._rest = ""
        self._gone = False
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._answers = dict(answers or {})
        self._terminal, inner = pty.openpty()
        self.resize(*size)
        kept = environment(home)
        for name in ("COLUMNS", "LINES", "TMUX", "STY", "NO_COLOR", "COLORTERM", "TERM_PROGRAM"):
            kept.pop(name, None)
        kept |= {"TERM": "xterm-256color", "PYTHONIOENCODING": "utf-8"} | dict(environ or {})
        self.kind = kept["TERM"]
        self._process = subprocess.Popen(
            [*QCHAT, *arguments],
            stdin=inner,
            stdout=inner,
            stderr=inner,
            env=kept,
            start_new_session=True,
            # The child does nothing else before it runs.
            preexec_fn=_take_terminal if controls else None,  # noqa: PLW1509
        )
        os.close(inner)

    @property
    def lines(self) -> list[str]:
        """What stands on the screen."""
        return ["".join(cells).rstrip() for cells in self._cells()]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def lines_as_cells(self) -> list[str]:
        """As `lines`, one character a cell: the index of a character is its column."""
        return ["".join(cell[:1] or " " for cell in cells) for cells in self._cells()]

    def _cells(self) -> list[list[str]]:
        """The letters in each cell; the second cell of a wide one is empty."""
        self._read(0)
        rows = (self.screen.buffer[y] for y in range(self.screen.lines))
        return [[row[x].data for x in range(self.screen.columns)] for row in rows]

    @property
    def caret(self) -> int:
        """The column of the cursor, which programs leave where the next letter goes."""
        self._read(0)
        return int(self.screen.cursor.x)

    def column(self, x: int) -> list[str]:
        """The characters of one column of cells, top to bottom."""
        return [cells[x] for cells in self._cells()]

    def type(self, text: str) -> None:
        os.write(self._terminal, text.encode())

    def press(self, *keys: str) -> None:
        """Press keys one by one: names as tmux has them, `C-x` and `M-x` too."""
        for key in keys:
            if key in KEYS:
                self.type(KEYS[key])
            elif key.startswith("C-"):
                self.type(chr(ord(key[2]) & 0x1F))
            elif key.startswith("M-"):
                self.type(f"\x1b{key.removeprefix('M-')}")
            else:
                self.type(key)
            self._read(0.05)

    def paste(self, text: str) -> None:
        """As terminals hand over what was pasted."""
        self.type(f"\x1b[200~{text}\x1b[201~")

    def resize(self, width: int, height: int) -> None:
        pixels = (width * CELL[0], height * CELL[1])
        wanted = struct.pack("HHHH", height, width, *pixels)
        fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, wanted)
        self.screen.resize(height, width)

    def wait_for(self, *texts: str, absent: bool = False) -> str:
        """Read until all texts stand on the screen (or none of them does)."""
        self.wait_until(lambda: all((text in self.text) != absent for text in texts))
        return self.text

    def wait_until(self, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + DEADLINE_S
        while not holds():
            assert time.monotonic() < deadline, self.text
            self._read(0.05)

    def wait_exit(self) -> int:
        """Read to the end; gives back the exit status."""
        deadline = time.monotonic() + DEADLINE_S
        while self._process.poll() is None:
            assert time.monotonic() < deadline, self.text
            self._read(0.05)
        self._read(0)
        return self._process.returncode

    @property
    def line_mode(self) -> bool:
        """Whether the terminal hands over whole lines; else a program reads each key."""
        return bool(termios.tcgetattr(self._terminal)[3] & termios.ICANON)

    def signal(self, number: int) -> None:
        """Send the program a signal."""
        self._process.send_signal(number)

    def end(self, number: int) -> int:
        """Send the program a signal; gives back its exit status."""
        self.signal(number)
        return self._process.wait(DEADLINE_S)

    def vanish(self) -> int:
        """Take the terminal away; gives back the exit status of the program."""
        os.close(self._terminal)
        self._gone = True
        return self._process.wait(DEADLINE_S)

    def close(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        if not self._gone:
            os.close(self._terminal)

    def _read(self, wait_s: float) -> None:
        """Take what there is; waits for the first of it."""
        while select.select([self._terminal], [], [], wait_s)[0]:
            wait_s = 0
            try:
                data = os.read(self._terminal, 65_536)
            except OSError:  # the program has ended
                return
            if not data:
                return
            self._take(data)

    def _take(self, data: bytes) -> None:
        text = self._decoder.decode(data)
        self.sent += text
        text = self._rest + text
        begun = _BEGUN.search(_GRAPHICS.sub(lambda found: " " * len(found[0]), text))
        end = begun.start() if begun else len(text)
        text, self._rest = text[:end], text[end:]
        at = 0
        for found in _GRAPHICS.finditer(text):
            self._show(text[at : found.start()])
            self.graphics.append((found[1], found[2], self.screen.cursor.y))
            self._draw(found[2])
            self._answer(found[0])
            at = found.end()
        self._show(text[at:])

    def _show(self, text: str) -> None:
        self._stream.feed(_KEY_PROTOCOL.sub("", text))
        self._answer(text)

    def _draw(self, sixels: str) -> None:
        """Mark the cells of a sixel picture; what is written into one wipes it out."""
        if size := _SIXELS.match(sixels):
            across, down = -(-int(size[1]) // CELL[0]), -(-int(size[2]) // CELL[1])
            left, top = self.screen.cursor.x, self.screen.cursor.y
            for y in range(top, min(top + down, self.screen.lines)):
                for x in range(left, min(left + across, self.screen.columns)):
                    self.screen.buffer[y][x] = self.screen.default_char._replace(data=PICTURE)

    def _answer(self, asked: str) -> None:
        for question, answer in self._answers.items():
            for _ in range(asked.count(question)):
                caret = self.screen.cursor
                self.type(answer or f"\x1b[{caret.y + 1};{caret.x + 1}R")


def _take_terminal() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, array.array("i", [0]))


def keep_talk(home: Path, *turns: tuple[str, Sequence[Event]]) -> str:
    """Write a conversation as if it had been; its id. Its backend is a server that is not there."""
    config = home / "config.toml"
    if not config.exists():
        server = 'kind = "openai"\nmodel = "gone"\nbase_url = "http://127.0.0.1:9/v1"'
        config.write_text(f'backend = "gone"\n[backends.gone]\n{server}\n')
    with closing(Store(home / "sessions.db")) as store:
        session = store.create_session("default").id
        parent = None
        for prompt, events in turns:
            parent = store.begin_turn(session, parent, prompt, backend="gone").turn.id
            rows = [(parent, number, encode(e).decode()) for number, e in enumerate(events)]
            with store.database.transaction() as db:
                db.executemany("INSERT INTO events VALUES (?, ?, ?)", rows)
    return session
