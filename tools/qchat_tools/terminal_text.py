"""Text written for a terminal, as what a terminal would show of it in the end.

A progress bar writes its line again and again; nested ones move up and down between their lines.
Colours are kept for the reader (`settled`), and taken away for a model (`without_escapes`).
"""

import re

_MOVES = re.compile(r"(\r|\n|\x1b\[\d{0,3}A|\x1b\[[0-2]?K)")
_UP = re.compile(r"\x1b\[(\d{0,3})A")
_ESCAPES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # control sequences: colours, moves, modes
    r"|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)"  # strings for the terminal: titles, addresses
    r"|\x1b[@-Z\\-_]?"
)


def without_escapes(text: str) -> str:
    """Take all escape sequences away: a model that reads them wastes its attention."""
    return _ESCAPES.sub("", text) if "\x1b" in text else text


def settled(text: str) -> str:
    """Keep of each line what was written last, as a terminal shows it: a bar stays one line.

    Moves that concern what came before the text, or what is to come, stay in it. So the result is
    the same however the text was cut, and when done again with more of it:
    `settled(settled(a) + b) == settled(a + b)`.
    """
    return _screen(text).text() if _moves(text) else text


def shown(text: str) -> str:
    """The lines as they stand in the end, with their colours and without any move."""
    return _screen(text).shown() if _moves(text) else text


def _moves(text: str) -> bool:
    return "\r" in text or "\x1b[" in text


def _screen(text: str) -> "_Screen":
    screen = _Screen()
    for piece in _MOVES.split(text):
        screen.take(piece)
    return screen


class _Screen:
    """Lines by their distance from the one where the text began.

    What was in a line before stays until something is written there after a move: then the line
    is begun anew as a whole.
    """

    def __init__(self) -> None:
        self._lines: dict[int, str] = {0: ""}
        self._begun_anew = False
        self._at = 0
        self._anew = False

    def take(self, piece: str) -> None:
        if piece == "\n":
            self._move(1)
        elif piece == "\r":
            self._anew = True
        elif up := _UP.fullmatch(piece):
            self._move(-int(up[1] or 1))
        elif piece and not _MOVES.fullmatch(piece):
            self._write(piece)

    def text(self) -> str:
        """The shortest text that leaves a terminal as this one is."""
        top, bottom = min(self._lines), max(self._lines)
        out = [self._line(0) if not self._is_last_written(0) else "", _up(-top)]
        for line in range(top, bottom + 1):
            if line > top:
                out.append("\n")
            if line and not self._is_last_written(line):
                out.append(self._line(line) if line == top else self._lines.get(line, ""))
        out.append(_up(bottom - self._at))
        if self._is_last_written(self._at):
            out.append(self._line(self._at))
        elif self._anew and self._at == bottom and (self._at <= 0 or self._lines[self._at]):
            out.append("\r")
        return "".join(out)

    def shown(self) -> str:
        lines = range(min(self._lines), max(self._lines) + 1)
        return "\n".join(self._lines.get(line, "") for line in lines)

    def _line(self, line: int) -> str:
        """A line's text, and before it a mark where it takes the place of what was there."""
        anew = self._begun_anew if line == 0 else bool(self._lines[line])
        return ("\r" if anew else "") + self._lines[line]

    def _is_last_written(self, line: int) -> bool:
        """Whether text goes on in this line, after others: they are written first."""
        others = self._at < max(self._lines) or (self._at == 0 and min(self._lines) < 0)
        return line == self._at and not self._anew and others

    def _move(self, down: int) -> None:
        self._at += down
        self._lines.setdefault(self._at, "")
        self._anew = True

    def _write(self, text: str) -> None:
        if self._anew:
            self._anew = False
            self._lines[self._at] = ""
            self._begun_anew = self._begun_anew or self._at == 0
        self._lines[self._at] += text


def _up(lines: int) -> str:
    return f"\x1b[{lines}A" if lines > 1 else "\x1b[A" * lines
