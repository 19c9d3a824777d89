"""Styled text broken into lines of a width: at spaces, beside Chinese letters, else in a word."""

import re
from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import attrgetter

from rich.cells import cell_len, chop_cells
from rich.segment import Segment
from rich.style import Style

from qchat.tui.render.selection import goes_on

Line = list[Segment]
_style = attrgetter("style")

_WIDE = (
    "\u2e80-\u303e\u3041-\u33ff\u3400-\ua4cf\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef"
    "\U00020000-\U0003fffd"
)
_CLOSING = "、。〉》」』】〕〗〞！），．：；？］｝～”’…"
_OPENING = "〈《「『【〔〖〝（［｛“‘"
_UNIT = re.compile(rf"\n|[ \t]+|[{_OPENING}]*[{_WIDE}][{_CLOSING}]*|[^ \t\n{_WIDE}]+", re.UNICODE)
_BREAKS_BESIDE = re.compile(f"[{_WIDE}]")


def cells(text: str) -> int:
    """How many cells of a terminal a text takes."""
    return len(text) if text.isascii() else cell_len(text)


def width_of(line: Iterable[Segment]) -> int:
    """How many cells styled text takes."""
    return sum(cells(segment.text) for segment in line)


def longest_word(runs: Iterable[Segment]) -> int:
    """The cells of the longest piece that would not be broken."""
    longest = word = 0
    for text, _, _ in runs:
        for unit in _UNIT.findall(text):
            if unit[0] in " \t\n":
                word = 0
            elif _BREAKS_BESIDE.search(unit):
                word, longest = 0, max(longest, cells(unit))
            else:
                word += cells(unit)
                longest = max(longest, word)
    return longest


def wrap(runs: Sequence[Segment], width: int, *, indented: bool = False) -> list[Line]:
    """Break at spaces, which go, and at line ends; a word longer than a line is broken inside.

    With `indented`, blanks at the beginning of a line are kept.
    """
    if not any("\n" in run.text for run in runs) and width_of(runs) <= width:
        return [list(runs)]
    filler = _Filler(max(width, 1), indented=indented)
    for text, style, _ in runs:
        for unit in _UNIT.findall(text):
            filler.add(unit, style)
    return filler.finish()


def joined(line: Iterable[Segment]) -> Line:
    """The same with one segment for all that follows each other in one style.

    A line of prose is painted, cut and kept as one piece so, instead of one for each word.
    """
    out: Line = []
    for style, run in groupby(line, _style):
        texts = [segment.text for segment in run]
        out.append(Segment(texts[0] if len(texts) == 1 else "".join(texts), style))
    return out


def fold(runs: Iterable[Segment], width: int) -> list[Line]:
    """Break where the width ends and nowhere else: for code, whose spaces count."""
    line: Line = []
    lines, used = [line], 0
    for text, style, _ in runs:
        rest = text
        while rest:
            taken = _chop(rest, width - used, width)
            if taken:
                line.append(Segment(taken, style))
                used += cells(taken)
                rest = rest[len(taken) :]
            if rest:
                line, used = (
                    [
                        goes_on(_blanks_at_end(line)),
                    ],
                    0,
                )
                lines.append(line)
    return lines


def _blanks_at_end(line: Line) -> str:
    text = "".join(segment.text for segment in line)
    return text[len(text.rstrip()) :]


def _chop(text: str, room: int, width: int) -> str:
    """As much from the start as has room; where a whole line is free, one character at least."""
    near = text[: max(room, 2) * 8 + 16]  # no more can have room, save marks without a width
    if near is text and cells(text) <= room:
        return text
    if near.isascii():
        return near[:room]
    first = next(iter(chop_cells(near, max(room, 2))), near)  # marks alone have no width
    return "" if cells(first) > room and room < width else first


class _Filler:
    """Fills lines with words; a word may be of several styles."""

    def __init__(self, width: int, *, indented: bool) -> None:
        self._width, self._indented = width, indented
        self._lines: list[Line] = [[]]
        self._used = 0
        self._spaces: Line = []
        self._word: Line = []

    def add(self, unit: str, style: Style | None) -> None:
        if unit == "\n":
            self._place()
            self._break([])
        elif unit[0] in " \t":
            self._place()
            self._spaces.append(Segment(unit, style))
        elif _BREAKS_BESIDE.search(unit):
            if self._word:
                self._place()
            self._put(unit, style)
        else:
            self._word.append(Segment(unit, style))

    def _put(self, unit: str, style: Style | None) -> None:
        """Place a word of one piece: a Chinese text has as many of them as letters."""
        size = cells(unit)
        if self._spaces or size > self._width:
            self._word = [Segment(unit, style)]
            self._place()
            return
        if self._used and self._used + size > self._width:
            self._break([goes_on("")])
        self._lines[-1].append(Segment(unit, style))
        self._used += size

    def finish(self) -> list[Line]:
        self._place()
        return [joined(line) for line in self._lines]

    def _break(self, line: Line) -> None:
        self._lines.append(line)
        self._used, self._spaces = 0, []

    def _place(self) -> None:
        """Put the word that is now complete where it has room."""
        word, self._word = self._word, []
        if not word:
            return
        if self._indented and not self._lines[-1]:
            word, self._spaces = [*self._spaces, *word], []
        size, spaces = width_of(word), width_of(self._spaces)
        if self._used and self._used + spaces + size > self._width:
            self._break([goes_on("".join(segment.text for segment in self._spaces))])
        elif self._used:
            self._lines[-1] += self._spaces
            self._used += spaces
        self._spaces = []
        if size <= self._width:
            self._lines[-1] += word
            self._used += size
            return
        first, *others = fold(word, self._width)
        self._lines[-1] += first
        self._lines += others
        self._used = width_of(self._lines[-1])
