"""Rich renderables as strips: the lines that a block keeps, made once for a width."""

from collections.abc import Iterable

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.strip import Strip

from qchat.visible import visible

LONGEST_LINE = 20_000
"""A single line of more characters is cut, with a count: wrapping it would hang the interface."""


def render(console: Console, renderable: RenderableType, width: int) -> list[Strip]:
    """Lay out at `width` cells."""
    options = console.options.update(width=max(width, 1), height=None, highlight=False)
    lines = console.render_lines(renderable, options, pad=False)
    return [Strip(line) for line in lines]


def shown(text: str) -> str:
    """Foreign text as it may be shown: no control characters, tabs as blanks, no endless line."""
    lines = visible(text).expandtabs(4).split("\n")
    return "\n".join(_bounded(line) for line in lines)


def plain(text: str, style: Style) -> Text:
    """Foreign text that wraps anywhere; markup in it means nothing."""
    return Text(shown(text), style=style, overflow="fold", no_wrap=False)


class Plain:
    """Foreign text of many lines: as `plain`, at a tenth of its cost for lines that fit."""

    def __init__(self, text: str, style: Style) -> None:
        self._lines = shown(text).split("\n")
        self._style = style

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for line in self._lines:
            if cell_len(line) <= options.max_width:
                yield Segment(line, self._style)
                yield Segment.line()
            else:
                yield from console.render(Text(line, style=self._style, overflow="fold"), options)


def _bounded(line: str) -> str:
    if len(line) <= LONGEST_LINE:
        return line
    return f"{line[:LONGEST_LINE]} [… {len(line) - LONGEST_LINE} more characters]"


def blank() -> Strip:
    return Strip([])


def indented(lines: Iterable[Strip], cells: int) -> list[Strip]:
    """Move lines to the right."""
    margin = Segment(" " * cells)
    return [Strip([margin, *line]) for line in lines]
