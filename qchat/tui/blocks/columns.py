"""Answers side by side: Markdown in columns that grow, as many in a row as there is room for."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text
from textual.strip import Strip

from qchat.conversation.citations import Known
from qchat.tui.render.palette import Palette
from qchat.tui.render.strips import render

if TYPE_CHECKING:
    from qchat.tui.render.document import Document

MIN_COLUMN = 32
"""Cells: code and tables are hard to read in less, so what has no room stands in the next row."""
GAP = 2


class Column:
    """One answer, which may still grow."""

    def __init__(self) -> None:
        self._text = ""
        self._read: Document | None = None

    def show(self, text: str) -> bool:
        """Show this text; whether it is another than before."""
        if text == self._text and self._read is not None:
            return False
        if self._read is None or not text.startswith(self._text):
            from qchat.tui.render.document import Document  # noqa: PLC0415  loads slowly

            self._read, self._text = Document(), ""
        self._read.append(text[len(self._text) :])
        self._text = text
        return True

    def draw(self, width: int, colours: Palette, known: Known) -> list[Strip]:
        """Its lines at a width."""
        from qchat.tui.render.markdown import Painter  # noqa: PLC0415  as above

        if self._read is None:
            return []
        painter = Painter(colours, known, width, None)
        return self._read.strips(0, len(self._read.pieces), painter, begun=False)


def side_by_side(
    console: Console,
    columns: Sequence[tuple[Text, Column]],
    width: int,
    colours: Palette,
    known: Known,
) -> list[Strip]:
    """Columns below their heads: as many in each row as fit, all rows alike."""
    if not columns:
        return []
    fit = max(min((width + GAP) // (MIN_COLUMN + GAP), len(columns)), 1)
    room = (width + GAP) // fit - GAP
    lines: list[Strip] = []
    for first in range(0, len(columns), fit):
        row = columns[first : first + fit]
        drawn = [
            [*render(console, head, room), *column.draw(room, colours, known)]
            for head, column in row
        ]
        if lines:
            lines.append(Strip.blank(0))
        for at in range(max(map(len, drawn))):
            parts = [each[at] if at < len(each) else Strip.blank(0) for each in drawn]
            padded = [part.adjust_cell_length(room + GAP) for part in parts[:-1]]
            lines.append(Strip.join([*padded, parts[-1].adjust_cell_length(room)]))
    return lines
