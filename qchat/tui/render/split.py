"""Cuts streaming Markdown into blocks: those that are complete, and the open tail.

A block is complete when what follows can no longer change how it is rendered.
"""

import re
from typing import NamedTuple

_FENCE = re.compile(r"^( *)(`{3,}|~{3,})(.*)$")
_FORMULA = re.compile(r"^ {0,3}(?:(\$\$)(?!.*\$\$)|\\\[(?!.*\\\]))")
_ITEM = re.compile(r"^( {0,3})(?:[-*+]|\d{1,9}[.)])(?:\s|$)")
_INDENTED = re.compile(r"^(?: {2,}|\t)\S")
_DELIMITER = re.compile(r"^ {0,3}\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$")
LONG_FENCE = 100
"""Lines of an open fence after which its beginning is given out as a piece of its own."""
CALM_FENCE = 40
"""Lines after which that is done already at a blank line, where a highlighter seldom stumbles."""
LONG_FORMULA = 60
"""Lines of an open formula after which it is taken for text that only looked like one."""
LONG_LIST = 20
LONG_TABLE = 40
"""Likewise, lines of an open list and of an open table."""


class Piece(NamedTuple):
    """A block, or a piece of a long one: `continues` is true for all but its first."""

    text: str
    continues: bool = False


class Splitter:
    """Takes text as it comes; `feed` gives back complete blocks, `tail` is the rest."""

    def __init__(self) -> None:
        self._line = ""
        """The last line, which has no end yet."""
        self._lines: list[str] = []
        """Complete lines of the open block."""
        self._opening: list[str] = []
        """The lines that each piece of the open block begins with: of a fence, or of a table."""
        self._fence = ""
        """The marker of the open fence."""
        self._nested = False
        """Whether that fence stands in a list item."""
        self._formula = ""
        """What ends the open formula, which may hold blank lines."""
        self._continues = False
        """Whether the beginning of the open block was given out already."""

    @property
    def tail(self) -> Piece:
        """What has come of the open block."""
        lines = [*self._lines, self._line] if self._line else self._lines
        return Piece("\n".join(lines), self._continues)

    def feed(self, text: str) -> list[Piece]:
        """Take more text; give back the blocks that are now complete."""
        done: list[Piece] = []
        *complete, self._line = (self._line + text).split("\n")
        for line in complete:
            done += self._take(line)
        return done

    def close(self) -> list[Piece]:
        """No more text comes: everything is complete."""
        done = self._take(self._line) if self._line else []
        self._line = ""
        while self._formula:
            done += self._no_formula()
        done += self._flush()
        self._fence = ""
        return done

    def _take(self, line: str) -> list[Piece]:
        if self._fence:
            if not self._nested or not line.strip() or line.startswith(" "):
                return self._in_fence(line)
            self._fence = ""  # the item that the fence stands in has ended
        if self._formula:
            return self._in_formula(line)
        if opening := _FENCE.match(line):
            nested = self._in_list() and len(opening[1]) >= 2
            if nested or len(opening[1]) <= 3:
                return self._open_fence(line, opening[2], nested=nested)
        if (opening := _FORMULA.match(line)) and not (self._in_list() and line[0] == " "):
            done = self._flush()
            self._formula = opening[1] or r"\]"
            self._lines.append(line)
            return done
        return self._take_text(line)

    def _take_text(self, line: str) -> list[Piece]:
        if not line.strip():
            if self._lines:
                self._lines.append("")
            return []
        return self._after_blank(line)

    def _in_formula(self, line: str) -> list[Piece]:
        self._lines.append(line)
        if self._formula in line:
            self._formula = ""
            return self._flush()
        return self._no_formula() if len(self._lines) > LONG_FORMULA else []

    def _no_formula(self) -> list[Piece]:
        """It never ended: its first line was text, the others are looked at again."""
        (first, *others), self._lines, self._formula = self._lines, [], ""
        done = self._take_text(first)
        return done + [piece for line in others for piece in self._take(line)]

    def _after_blank(self, line: str) -> list[Piece]:
        """A line with text in it: does it belong to the open block?"""
        if not self._lines or self._lines[-1]:
            done = self._before(line)
            self._lines.append(line)
            return done
        # Behind a blank line only a list or quote goes on; everything else is a new block. An item
        # behind a blank line stands alone too: its number says where to go on.
        if self._in_list() and _INDENTED.match(line):
            self._lines.append(line)
            return []
        done = self._flush()
        self._lines.append(line)
        return done

    def _before(self, line: str) -> list[Piece]:
        """What a line without a blank one before it completes."""
        if item := _ITEM.match(line):
            first = _ITEM.match(self._lines[0]) if self._lines else None
            if first is None:
                return self._flush()
            if len(self._lines) >= LONG_LIST and len(item[1]) <= len(first[1]):
                return [self._cut()]
        elif self._is_table():
            if len(self._lines) >= LONG_TABLE:
                self._opening = self._lines[:2]
                return [self._cut()]
        elif self._lines and "|" in line and "|" in self._lines[-1] and _DELIMITER.match(line):
            head = self._lines.pop()
            done = self._flush()
            self._lines.append(head)
            return done
        return []

    def _in_list(self) -> bool:
        return bool(self._lines) and _ITEM.match(self._lines[0]) is not None

    def _is_table(self) -> bool:
        return (
            len(self._lines) > 1
            and "|" in self._lines[1]
            and bool(_DELIMITER.match(self._lines[1]))
        )

    def _open_fence(self, line: str, marker: str, *, nested: bool) -> list[Piece]:
        done = [] if nested else self._flush()
        self._fence, self._nested = marker, nested
        self._lines.append(line)
        if not nested:
            self._opening = [line]
        return done

    def _in_fence(self, line: str) -> list[Piece]:
        stripped = line.strip()
        marker = self._fence
        self._lines.append(line)
        if stripped.startswith(marker) and not stripped.strip(marker[0]):
            self._fence = ""
            return [] if self._nested else self._flush()
        if self._nested:
            return []
        if len(self._lines) > CALM_FENCE and not stripped:
            piece = self._cut(marker)
            self._lines.append(line)  # the end of a piece is drawn without its blank lines
            return [piece]
        return [self._cut(marker)] if len(self._lines) > LONG_FENCE else []

    def _cut(self, *closing: str) -> Piece:
        """Give out what has come of the open block; what follows continues it."""
        piece = Piece("\n".join([*self._lines, *closing]), self._continues)
        self._lines, self._continues = [*self._opening], True
        return piece

    def _flush(self) -> list[Piece]:
        while self._lines and not self._lines[-1]:
            self._lines.pop()
        lines, continues, opening = self._lines, self._continues, self._opening
        self._lines, self._continues, self._opening = [], False, []
        if not lines or (continues and len(lines) == len(opening)):
            return []  # nothing came behind the last piece
        return [Piece("\n".join(lines), continues)]
