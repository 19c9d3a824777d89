"""Rich renderables as strips: the lines that a block keeps, made once for a width."""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.strip import Strip

from qchat.runtime.language import tr
from qchat.runtime.sanitize import sanitize_for_terminal
from qchat.tui.render.selection import MARGIN
from qchat.tui.render.wrap import wrap

_PLAIN = Style.null()
MAX_LINE_CELLS = 20_000
"""A single line of more characters is cut, with a count: wrapping it would hang the interface."""


def render(console: Console, renderable: RenderableType, width: int) -> list[Strip]:
    """Lay out at `width` cells."""
    options = console.options.update(width=max(width, 1), height=None, highlight=False)
    lines = console.render_lines(renderable, options, pad=False)
    return [Strip(line) for line in lines]


def shown(text: str) -> str:
    """Foreign text as it may be shown: no control characters, tabs as blanks, no endless line."""
    lines = sanitize_for_terminal(text).expandtabs(4).split("\n")
    return "\n".join(_bounded(line) for line in lines)


def plain(text: str, style: Style) -> Text:
    """Foreign text that wraps anywhere; markup in it means nothing."""
    return Text(shown(text), style=style, overflow="fold", no_wrap=False)


class Plain:
    """Foreign text of many lines: as `plain`, at a tenth of its cost for lines that fit."""

    def __init__(self, text: str, style: Style) -> None:
        self._lines = shown(text).split("\n")
        self._style = style

    def __rich_console__(self, _console: Console, options: ConsoleOptions) -> RenderResult:
        for line in self._lines:
            if cell_len(line) <= options.max_width:
                yield Segment(line, self._style)
                yield Segment.line()
            else:
                for part in wrap([Segment(line, self._style)], options.max_width, indented=True):
                    yield from part
                    yield Segment.line()


class Coloured:
    """Text of many styles and lines; where it is broken, it says so for a selection."""

    def __init__(self, text: Text) -> None:
        self._text = text

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for line in self._text.split("\n", allow_blank=True):
            runs = list(line.render(console))
            for part in wrap(runs, options.max_width, indented=True):
                yield from part
                yield Segment.line()


class Drawn:
    """Lines that draw themselves for a width, among what rich lays out."""

    def __init__(self, draw: Callable[[int], Iterable[Sequence[Segment]]]) -> None:
        self._draw = draw

    def __rich_console__(self, _console: Console, options: ConsoleOptions) -> RenderResult:
        for line in self._draw(options.max_width):
            yield from line
            yield Segment.line()


def _bounded(line: str) -> str:
    if len(line) <= MAX_LINE_CELLS:
        return line
    return tr(
        "{line} [… {n} more characters]",
        line=line[:MAX_LINE_CELLS],
        n=len(line) - MAX_LINE_CELLS,
    )


def painted(strip: Strip, spans: Iterable[tuple[int, int]], style: Style) -> Strip:
    """Lay a style over characters `start` to `end` of a line (-1: to its end)."""
    whole = len(strip.text)
    inside = [(start, whole if end == -1 else end) for start, end in spans]
    out: list[Segment] = []
    begin = 0
    for text, before, _ in strip:
        edges = (min(max(edge - begin, 0), len(text)) for span in inside for edge in span)
        for left, right in pairwise(sorted({0, len(text), *edges})):
            at = begin + left
            hit = any(start <= at < end for start, end in inside)
            out.append(Segment(text[left:right], (before or _PLAIN) + style if hit else before))
        begin += len(text)
    return Strip(out, strip.cell_length)


class Span(NamedTuple):
    """Characters `start` to `end` of a line."""

    line: int
    start: int
    end: int


def spans(lines: Sequence[Strip], pattern: re.Pattern[str] | None) -> list[list[Span]]:
    """Where a pattern matches what was drawn; a match that is wrapped is a span on each line."""
    if pattern is None:
        return []
    texts = [line.text for line in lines]
    starts = [0, *accumulate(len(text) + 1 for text in texts)]
    found = []
    for match in pattern.finditer("\n".join(texts)):
        pieces = []
        line = bisect_right(starts, match.start()) - 1
        while line < len(texts) and starts[line] < match.end():
            start = max(match.start() - starts[line], 0)
            end = min(match.end() - starts[line], len(texts[line]))
            pieces.append(Span(line, start, end))
            line += 1
        found.append(pieces)
    return found


def common(first: Sequence[Strip], second: Sequence[Strip]) -> int:
    """How many lines from the top are the same."""
    least, most = 0, min(len(first), len(second))
    while least < most:  # halves are compared by the interpreter itself, mostly by identity
        middle = (least + most + 1) // 2
        if first[least:middle] == second[least:middle]:
            least = middle
        else:
            most = middle - 1
    return least


def blank() -> Strip:
    return Strip([])


def indented(lines: Iterable[Strip], cells: int) -> list[Strip]:
    """Move lines to the right."""
    margin = Segment(" " * cells, MARGIN)
    return [Strip([margin, *line]) for line in lines]
