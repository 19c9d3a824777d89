"""Output of the kernel as it is drawn: text by its stream, coloured tracebacks, tables."""

import re
from collections.abc import Iterable, Iterator

from rich.color import Color
from rich.console import RenderableType
from rich.segment import Segment
from rich.style import Style
from rich.text import Text

from qchat.runtime.language import tr
from qchat.tui.render.contrast import readable
from qchat.tui.render.palette import Palette
from qchat.tui.render.strips import Coloured, Drawn, Plain, shown
from qchat.tui.render.table import Row, Table
from qchat_tools import terminal_text
from qchat_tools.parts import Part, RunPart, TablePart, TextPart

_OTHER_ESCAPES = re.compile(r"\x1b(?!\[[0-9;]{0,40}m)")

_RULE = re.compile(r"-{60,}")
_HEAD = re.compile(r" {3,}(?=Traceback \(most recent call last\))")
"""IPython lays the head of a traceback out for 75 columns; in a window of 80 there are fewer."""


def run_number(parts: Iterable[Part]) -> str:
    """The number under which the kernel ran it, as a notebook writes it; empty for other tools."""
    return next((f" [{part.number}]" for part in parts if isinstance(part, RunPart)), "")


def told(parts: Iterable[Part]) -> Iterator[Part]:
    """What is drawn of a result: where a traceback ends with the error, that is not said again."""
    traceback = ""
    for part in parts:
        text = part if isinstance(part, TextPart) else TextPart("")
        if not (text.stream == "error" and _ends_with(traceback, text.text)):
            yield part
        traceback = text.text if text.stream == "traceback" else ""


def _ends_with(traceback: str, error: str) -> bool:
    """Whether a traceback names the error with its message; a long one was cut before that."""
    name, _, message = error.removeprefix("Error: ").partition("\n")[0].partition(": ")
    return bool(traceback) and name in traceback and message in traceback


def text_output(part: TextPart, text: str, colours: Palette) -> RenderableType:
    """Draw `text`, as much of a part as is to be seen."""
    drawn = terminal_text.shown(text).rstrip("\n")
    if part.omitted:
        drawn = tr(
            "[… {omitted} characters are only in the file …]\n{drawn}",
            omitted=part.omitted,
            drawn=drawn,
        )
    if part.stream == "traceback":
        return Coloured(_coloured(_HEAD.sub("  ", _RULE.sub("-" * 40, drawn)), colours))
    if "\x1b[" in drawn and part.stream != "error":
        return Coloured(_coloured(drawn, colours))
    return Plain(drawn, colours.bad if part.stream == "error" else colours.dim)


def table_output(part: TablePart, colours: Palette) -> RenderableType:
    """Draw a table in the lines of the answers' own."""
    width = max([len(part.head), *map(len, part.rows)])
    table = Table(_row(_filled(part.head, width), colours.strong), ["left"] * width, colours.dim)
    table.extend([_row(_filled(row, width), colours.text) for row in part.rows])
    return Drawn(table.draw)


def _row(cells: Iterable[str], style: Style) -> Row:
    return [[Segment(shown(cell), style)] for cell in cells]


def _filled(cells: tuple[str, ...], width: int) -> tuple[str, ...]:
    return cells + ("",) * (width - len(cells))


def _coloured(text: str, colours: Palette) -> Text:
    """Text in which colours are obeyed and nothing else: the rest of each line is made visible.

    Not even a colour may hide what a model reads: concealed text is shown.
    """
    out = Text(style=colours.dim, overflow="fold")
    for number, line in enumerate(Text.from_ansi(_OTHER_ESCAPES.sub("␛", text)).split("\n")):
        if number:
            out.append("\n")
        safe = shown(line.plain)
        out.append_text(line if safe == line.plain else Text(safe))
    out.stylize(Style(conceal=False, blink=False))
    out.spans = [span._replace(style=_readable(span.style, colours)) for span in out.spans]
    return out


def _readable(style: str | Style, colours: Palette) -> str | Style:
    """The colours that a program chose, moved as far as this theme needs to show them."""
    if not isinstance(style, Style) or not (style.color or style.bgcolor):
        return style
    if style.reverse:
        return Style(reverse=True) + style.without_color
    grounds = colours.grounds if style.bgcolor is None else (_hex(style.bgcolor),)
    colour = style.color or colours.text.color
    if colour is None:
        return style
    return style + Style(color=readable(_hex(colour), grounds, colours.contrast))


def _hex(colour: Color) -> str:
    return colour.get_truecolor().hex
