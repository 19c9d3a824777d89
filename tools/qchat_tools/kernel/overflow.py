"""Output that is too long for a conversation: its beginning and end stay, all of it is a file."""

from pathlib import Path

from qchat_tools.files import Spool
from qchat_tools.parts import FilePart, Part, TextPart

MAX_TEXT_CHARACTERS = 200_000
"""Most characters of one run that stand in the conversation from its beginning."""
MAX_TAIL_CHARACTERS = 8_000
"""And from its end; more than a model is ever shown of it."""
MAX_FILE_CHARACTERS = 64 * 1024 * 1024
"""Most characters that are kept at all: a run that prints more is stopped."""
NAME = "output.txt"


class Overflow:
    """Counts text as it comes, and keeps what is too much of it in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._room = MAX_TEXT_CHARACTERS
        self._written = 0
        self._open_line = 0
        self._head: list[str] = []
        self._file: Spool | None = None
        self._failure = ""
        self._tail = ""
        self._beyond = 0

    @property
    def flooded(self) -> bool:
        """Whether there is more than can be kept."""
        return self._written > MAX_FILE_CHARACTERS

    def clear(self) -> None:
        """What was shown is gone: there is room for as much again."""
        self._room = MAX_TEXT_CHARACTERS
        self._open_line = 0
        self._tail = ""
        self._beyond = 0
        if self._file is None:
            self._head.clear()

    def admit(self, text: str) -> str:
        """Give what of a text still has its place in the conversation; the rest goes to the file.

        Takes text as `settled` gives it: a line that is written anew costs no more room.
        """
        self._written += len(text)
        if self.flooded:
            return ""
        if self._file is None:
            if text.startswith("\r"):
                self._room += self._open_line
                self._open_line = 0
            if len(text) <= self._room:
                self._head.append(text)
                self._room -= len(text)
                lines = text.rpartition("\n")
                self._open_line = len(lines[2]) + (0 if lines[1] else self._open_line)
                return text
            self._open()
        kept, rest = text[: self._room], text[self._room :]
        self._room -= len(kept)
        self._write(text)
        self._beyond += len(rest)
        self._tail = (self._tail + rest)[-MAX_TAIL_CHARACTERS:]
        return kept

    def end(self) -> list[Part]:
        """Close the file, and give the end of the text and where the whole is."""
        if self._file is None:
            return []
        omitted = self._beyond - len(self._tail)
        out: list[Part] = [TextPart(self._tail, "stdout", omitted=omitted)] if self._tail else []
        try:
            if not self._failure:
                sha256, size = self._file.close()
                out.append(FilePart(NAME, size, sha256, "text/plain"))
        except OSError as error:
            self._failure = str(error.strerror or error)
        if self._failure:
            self._file.discard()
            note = f"[the whole output could not be kept: {self._failure}]\n"
            out.append(TextPart(note, "stderr"))
        return out

    def _open(self) -> None:
        self._file = Spool(self._folder)
        self._write("".join(self._head))
        self._head.clear()

    def _write(self, text: str) -> None:
        if self._file is None or self._failure:
            return
        try:
            self._file.write(text.encode())
        except OSError as error:
            self._failure = str(error.strerror or error)
