"""Tables as lines: rich's own costs ten times as much, and sets its columns anew for each piece."""

from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec
from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment
from rich.style import Style
from rich.text import Text

GAP = "  "
NARROWEST = 4
"""Cells below which a column is not made; the rows are then shown one cell a line."""
MANY_ROWS = 30
"""Rows from which a table is likely to be shown in pieces."""

Align = Literal["left", "center", "right"]
Line = list[Segment]


class Table(msgspec.Struct, frozen=True):
    """Rows below a head. `columns` holds the widths of a table whose first piece was shown before;

    where it is empty, it takes those that fit this piece.
    """

    head: Sequence[Text]
    rows: Sequence[Sequence[Text]]
    aligns: Sequence[Align]
    rule: Style
    columns: list[int]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        continues = bool(self.columns)
        available = options.max_width
        least = len(self.head) * (NARROWEST + len(GAP)) - len(GAP)
        if least > available and any(cell.cell_len > NARROWEST for cell in self.head):
            yield from self._records(console)
            return
        if not continues:
            self.columns[:] = fit(self._natural(), available)
            yield from self._row(console, self.head)
            total = sum(self.columns) + len(GAP) * (len(self.columns) - 1)
            yield from _line([Segment("─" * min(total, available), self.rule)])
        for row in self.rows:
            yield from self._row(console, row)

    def _natural(self) -> list[int]:
        """The widths that the columns would like; more in a long table, whose rest is to come."""
        widths = [cell.cell_len for cell in self.head]
        for row in self.rows:
            for place, cell in enumerate(row):
                widths[place] = max(widths[place], cell.cell_len)
        if len(self.rows) < MANY_ROWS:
            return widths
        return [width + max(2, width // 4) for width in widths]

    def _row(self, console: Console, row: Sequence[Text]) -> Iterator[Segment]:
        """One row, of as many lines as its tallest cell has."""
        cells = [
            _wrapped(console, cell, width) for cell, width in zip(row, self.columns, strict=False)
        ]
        height = max((len(cell) for cell in cells), default=0)
        for number in range(height):
            line: Line = []
            for place, (cell, width) in enumerate(zip(cells, self.columns, strict=False)):
                text = cell[number] if number < len(cell) else Text()
                if place:
                    line.append(Segment(GAP))
                line += _aligned(console, text, width, self.aligns[place])
            yield from _line(line)

    def _records(self, console: Console) -> Iterator[Segment]:
        """Too narrow for columns: each cell behind its column's name, a rule between rows."""
        for number, row in enumerate(self.rows):
            if number:
                yield from _line([Segment("─" * NARROWEST, self.rule)])
            for name, cell in zip(self.head, row, strict=False):
                yield from console.render(Text.assemble(name, ": ", cell, overflow="fold"))


def fit(natural: Sequence[int], available: int) -> list[int]:
    """Widths for columns that would like `natural`; the widest give way first."""
    widths = [max(width, 1) for width in natural]
    room = max(available - len(GAP) * (len(widths) - 1), len(widths))
    excess = sum(widths) - room
    while excess > 0:
        widest = max(widths)
        second = max((width for width in widths if width < widest), default=1)
        many = widths.count(widest)
        step = min(widest - second, -(-excess // many))
        step = max(step, 1)
        for place, width in enumerate(widths):
            if width == widest and excess > 0:
                taken = min(step, width - 1, excess)
                widths[place] -= taken
                excess -= taken
        if widest == 1:
            break
    return widths


def _wrapped(console: Console, cell: Text, width: int) -> list[Text]:
    if cell.cell_len <= width and "\n" not in cell.plain:
        return [cell]
    return list(cell.wrap(console, width, overflow="fold"))


def _aligned(console: Console, text: Text, width: int, align: Align) -> Iterator[Segment]:
    spare = max(width - text.cell_len, 0)
    left = {"left": 0, "center": spare // 2, "right": spare}[align]
    if left:
        yield Segment(" " * left)
    yield from text.render(console, end="")
    if spare - left:
        yield Segment(" " * (spare - left))


def _line(segments: Line) -> Iterator[Segment]:
    yield from segments
    yield Segment.line()
