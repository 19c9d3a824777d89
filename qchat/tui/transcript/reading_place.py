"""Where the user reads: a place in a text, so that the view stays there whatever is laid out anew.

A row would not do: at another width, or with other blocks folded, other text stands in it.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate

from textual.strip import Strip
from textual.widget import Widget

from qchat.tui.blocks.block import Block


class ReadingPlace:
    """The first line of the view, by the letters of its block that stand before it."""

    def __init__(self) -> None:
        self._block: Block | None = None
        self._letters = 0
        self._below = 0
        """Lines between the block's end and the view's top, in the blank below a block; below zero
        where the top is above the first block that is drawn."""
        self._counted: tuple[Sequence[Strip], list[int]] = ((), [0])
        """The lines that were counted last, and how many letters stand before each."""

    @property
    def is_empty(self) -> bool:
        return self._block is None

    def forget(self) -> None:
        """Nothing is read: the view follows the end."""
        self._block = None

    def note(self, view: Widget, blocks: Iterable[Block], top: int) -> None:
        """The user looks at the line `top` of the view's whole text."""
        self._block = None
        for block in blocks:
            if not block.display or not block.is_mounted:
                continue
            first = top_of(block, view)
            if first > top and self._block is not None:
                return
            lines = block.lines(block.content_size.width)
            within = min(max(top - first, 0), max(len(lines) - 1, 0))
            self._block, self._below = block, top - first - within
            self._letters = self._before(lines)[within]
            if first + len(lines) > top:
                return

    def line(self, view: Widget) -> int | None:
        """The line at which that stands now; None as long as it is not laid out."""
        block = self._block
        if block is None or not block.is_attached or not block.display:
            return None
        lines = block.lines(block.content_size.width)
        if len(lines) != block.content_size.height:
            return None
        before = self._before(lines)
        within = max(bisect_right(before, self._letters, 0, max(len(lines), 1)) - 1, 0)
        while within and before[within - 1] == before[within] == self._letters:
            within -= 1  # the first of blank lines
        return top_of(block, view) + within + self._below

    def _before(self, lines: Sequence[Strip]) -> list[int]:
        if self._counted[0] is not lines:
            letters = (len("".join(line.text.split())) for line in lines)
            self._counted = (lines, [0, *accumulate(letters)])
        return self._counted[1]


def top_of(block: Widget, view: Widget) -> int:
    """The line of the view's whole text at which a widget in it begins."""
    top = 0
    widget: object = block
    while isinstance(widget, Widget) and widget is not view:
        top += widget.virtual_region.y
        widget = widget.parent
    return top
