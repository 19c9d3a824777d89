"""Tables as lines; rows that come are drawn alone, as long as the columns hold."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from rich.segment import Segment
from rich.style import Style

from qchat.tui.render.wrap import Line, longest_word, width_of, wrap

GAP = "  "
MIN_COLUMN = 4
"""Cells below which a column is not made; the rows are then shown one cell a line."""

Align = Literal["left", "center", "right"]
Runs = list[Segment]
Row = list[Runs]


class Size(NamedTuple):
    """Cells that a column would like, and those without which a word of it must be broken."""

    natural: int = 0
    word: int = 0

    def __or__(self, other: "Size") -> "Size":
        return Size(max(self.natural, other.natural), max(self.word, other.word))


class Table:
    """A head, and rows that are added to it; those at its end may still grow."""

    def __init__(self, head: Row, aligns: Sequence[Align], rule: Style) -> None:
        self._head = head
        self._aligns = list(aligns)
        self._rule = rule
        self._rows: list[Row] = []
        self._open: Sequence[Row] = ()
        """Rows that may still change."""
        self._sizes = [_size(cell) for cell in head]
        self._drawn: list[Line] = []
        self._drawn_rows = 0
        self._height = 1
        """Lines of the row that was drawn last."""
        self._drawn_for: tuple[int, list[int]] = (0, [])

    def extend(self, rows: Sequence[Row], open_: Sequence[Row] = ()) -> None:
        """Take more complete rows, and what there is of those behind them."""
        for row in rows:
            self._sizes = _widened(self._sizes, row)
        self._rows += rows
        self._open = open_

    def draw(self, width: int) -> list[Line]:
        """Its lines at a width."""
        return [*self.steady(width), *self.open(width)]

    def steady(self, width: int) -> list[Line]:
        """The lines of its head and of its complete rows; the list grows as long as it is the same
        list, and is another one when the columns are."""
        sizes = self._sizes
        for row in self._open:
            sizes = _widened(sizes, row)
        columns = fit(sizes, width) if _has_room(sizes, width) else []
        if self._drawn_for != (width, columns):
            self._drawn_for = width, columns
            self._drawn, self._drawn_rows, self._height = self._heading(columns, width), 0, 1
        for row in self._rows[self._drawn_rows :]:
            self._drawn += self._next(row, columns, width, self._drawn_rows)
            self._drawn_rows += 1
        return self._drawn

    def open(self, width: int) -> list[Line]:
        """The lines of the rows that may still change; `steady` was asked before."""
        columns = self._drawn_for[1]
        height, lines = self._height, []
        for number, row in enumerate(self._open, self._drawn_rows):
            lines += self._next(row, columns, width, number)
        self._height = height
        return lines

    def _heading(self, columns: list[int], width: int) -> list[Line]:
        if not columns:
            names = [line for cell in self._head for line in wrap(cell, width)]
            return [] if self._rows or self._open else names
        total = sum(columns) + len(GAP) * (len(columns) - 1)
        rule = [Segment("─" * min(total, width), self._rule)]
        return [*self._row(self._head, columns, width), rule]

    def _next(self, row: Row, columns: list[int], width: int, number: int) -> list[Line]:
        """A row; between two, one of which has several lines, stands a faint rule."""
        lines = self._row(row, columns, width)
        apart = number and max(self._height, len(lines)) > 1
        self._height = len(lines)
        if not apart:
            return lines
        total = sum(columns) + len(GAP) * (len(columns) - 1) if columns else MIN_COLUMN
        return [[Segment("╌" * total, self._rule)], *lines]

    def _row(self, row: Row, columns: list[int], width: int) -> list[Line]:
        """One row, of as many lines as its tallest cell has."""
        if not columns:
            return self._record(row, width)
        filled = [*row, *([[]] * (len(columns) - len(row)))]
        cells = [_beside_others(cell, room) for cell, room in zip(filled, columns, strict=True)]
        height = max(map(len, cells))
        if height == 1:
            return [self._line([cell[0] for cell in cells], columns)]
        return [
            self._line([cell[n] if n < len(cell) else [] for cell in cells], columns)
            for n in range(height)
        ]

    def _line(self, cells: list[Line], columns: list[int]) -> Line:
        line: Line = []
        for place, (cell, room) in enumerate(zip(cells, columns, strict=True)):
            if place:
                line.append(Segment(GAP))
            spare = max(room - width_of(cell), 0)
            align = self._aligns[place] if place < len(self._aligns) else "left"
            left = {"left": 0, "center": spare // 2, "right": spare}[align]
            if left:
                line.append(Segment(" " * left))
            line += cell
            if spare - left:
                line.append(Segment(" " * (spare - left)))
        return line

    def _record(self, row: Row, width: int) -> list[Line]:
        """Too narrow for columns: each cell behind its column's name."""
        lines: list[Line] = []
        for place, cell in enumerate(row):
            name = self._head[place] if place < len(self._head) else []
            lines += wrap([*name, Segment(": "), *cell] if name else cell, width)
        return lines


def _beside_others(cell: Runs, room: int) -> list[Line]:
    """The lines of a cell: what goes on below it is not the rest of a line of the table."""
    return [[run for run in line if run.text] for line in wrap(cell, room)]


def _size(cell: Runs) -> Size:
    lines = wrap(cell, 1 << 30)
    return Size(max(map(width_of, lines)), longest_word(cell))


def _widened(sizes: list[Size], row: Row) -> list[Size]:
    own = [_size(cell) for cell in row]
    more = [Size()] * (len(own) - len(sizes))
    return [
        size | (own[place] if place < len(own) else Size())
        for place, size in enumerate([*sizes, *more])
    ]


def _has_room(sizes: list[Size], width: int) -> bool:
    least = sum(min(max(size.word, 1), MIN_COLUMN) + len(GAP) for size in sizes) - len(GAP)
    return least <= width


def fit(sizes: Sequence[Size], available: int) -> list[int]:
    """Widths for columns: words stay whole where they can, the widest column gives way first."""
    natural = [max(size.natural, 1) for size in sizes]
    room = max(available - len(GAP) * (len(sizes) - 1), len(sizes))
    if sum(natural) <= room:
        return natural
    words = [min(max(size.word, 1), wide) for size, wide in zip(sizes, natural, strict=True)]
    if sum(words) > room:
        return _with_broken_words(natural, words, room)
    return _shrunk(natural, words, room)


def _with_broken_words(natural: list[int], words: list[int], room: int) -> list[int]:
    """Widths where some words must be broken: narrow columns stay whole, and the others share."""
    level = _shrunk(natural, [1] * len(natural), room)
    wide = [place for place, width in enumerate(level) if width < natural[place]]
    left = room - sum(width for place, width in enumerate(level) if place not in wide)
    least = [words[place] for place in wide]
    if sum(least) > left:
        least = _shrunk(least, [1] * len(wide), left)
    for place, width in zip(wide, _shrunk([natural[n] for n in wide], least, left), strict=True):
        level[place] = width
    return level


def _shrunk(widths: list[int], least: list[int], room: int) -> list[int]:
    """Take from the widest that have more than they need until all have room."""
    widths = list(widths)
    excess = sum(widths) - room
    while excess > 0:
        above = [place for place, width in enumerate(widths) if width > least[place]]
        if not above:
            break
        widest = max(widths[place] for place in above)
        chosen = [place for place in above if widths[place] == widest]
        others = [widths[place] for place in above if widths[place] < widest]
        floor = max([max(least[place] for place in chosen), *others])
        step = max(min(widest - floor, -(-excess // len(chosen))), 1)
        for place in chosen:
            taken = min(step, widths[place] - least[place], excess)
            widths[place] -= taken
            excess -= taken
    return widths
