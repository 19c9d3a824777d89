"""What is typed before there is a window: kept key by key, and shown as far as it can be told.

Letters, Backspace, Enter and short pastes are followed. After any other key the line stays as it
is: the window will know what that key did, and nothing wrong may stand there meanwhile.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Literal, NamedTuple

from qchat.runtime.input_stream import InputStream, Pasted

MAX_SENT = 8
"""Prompts that are shown above the line; those before them are kept all the same."""

ENTER = ("\r", "\x1bOM", "\x1b[13u")
BACKSPACE = ("\x7f", "\b", "\x1b[127u")
"""As terminals send them, and by kitty's protocol, which the window may have asked for already."""

_KEY = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|O.|\Z|.)|.", re.DOTALL)
_NO_KEY = re.compile(r"\x1b\[(?:[IO]|<[\d;]*[Mm]|\?[\d;$]*[a-zA-Z])")
"""Focus, the mouse, and what the terminal answers: nobody typed it."""

Kind = Literal["letter", "back", "enter", "other", "none"]


class Cells(NamedTuple):
    """The end of a text that fits, and how many cells it takes."""

    text: str
    width: int


class EarlyLine:
    """Takes what is read; holds it for the window, and what may be drawn of it."""

    def __init__(self) -> None:
        self.stream = InputStream()
        """Goes on in the window, which gets what is held back here."""
        self.typed: list[str | Pasted] = []
        self.text = ""
        self.sent: list[str] = []
        self.followed = True
        """Whether the text is what will stand in the prompt."""

    def feed(self, data: str) -> None:
        """Take what was read; nothing means that time has passed."""
        for item in self.stream.feed(data) if data else self.stream.silent():
            if isinstance(item, Pasted):
                self._paste(item)
            else:
                for key in _KEY.findall(item):
                    self._key(key)

    def _paste(self, pasted: Pasted) -> None:
        self.typed.append(pasted)
        if _may_be_drawn(pasted.text) and len(pasted.text) < 100:
            self._write(pasted.text)
        else:
            self.followed = False

    def _key(self, key: str) -> None:
        match _kind(key):
            case "enter" if self.followed and not self.text.strip():
                return  # an empty prompt sends nothing; in the window it may press a button
            case "enter":
                self._send()
            case "letter":
                self._write(key)
            case "back" if self.followed:
                self.text = self.text[:-1]
            case "other":
                self.followed = False
            case "back" | "none":
                pass
        self.typed.append(key)

    def _write(self, text: str) -> None:
        if self.followed:
            self.text += text

    def _send(self) -> None:
        if self.followed:
            self.sent = [*self.sent, self.text.strip()][-MAX_SENT:]
            self.text = ""


def _kind(key: str) -> Kind:
    if key in ENTER:
        return "enter"
    if key in BACKSPACE:
        return "back"
    if _NO_KEY.fullmatch(key):
        return "none"
    return "letter" if _may_be_drawn(key) else "other"


def _may_be_drawn(text: str) -> bool:
    return text.isprintable() and not any(unicodedata.combining(each) for each in text)


def ending(text: str, cells: int) -> Cells:
    """As much of the end of a line as fits into so many cells."""
    taken = width = 0
    for each in _widths(text[::-1]):
        if width + each > cells:
            break
        taken, width = taken + 1, width + each
    return Cells(text[len(text) - taken :], width)


def padded(text: str, cells: int) -> str:
    """The beginning of a text that fits, and blanks: so many cells."""
    taken = width = 0
    for each in _widths(text):
        if width + each > cells:
            break
        taken, width = taken + 1, width + each
    return text[:taken] + " " * (cells - width)


def _widths(text: str) -> Iterator[int]:
    for character in text:
        yield 2 if unicodedata.east_asian_width(character) in "WF" else 1
