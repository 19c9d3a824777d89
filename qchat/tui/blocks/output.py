"""Output of the kernel as it is drawn: text by its stream, coloured tracebacks, tables."""

import re
from collections.abc import Iterable, Iterator

from rich.console import RenderableType
from rich.style import Style
from rich.text import Text

from qchat.tui.render.palette import Palette
from qchat.tui.render.strips import Plain, plain, shown
from qchat.tui.render.table import Table
from qchat_tools import terminal_text
from qchat_tools.parts import Part, RunPart, TablePart, TextPart

_OTHER_ESCAPES = re.compile(r"\x1b(?!\[[0-9;]{0,40}m)")


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
        drawn = f"[… {part.omitted} characters are only in the file …]\n{drawn}"
    if part.stream == "traceback" or ("\x1b[" in drawn and part.stream != "error"):
        return _coloured(drawn, colours.dim)
    return Plain(drawn, colours.bad if part.stream == "error" else colours.dim)


def table_output(part: TablePart, colours: Palette) -> RenderableType:
    """Draw a table in the lines of the answers' own."""
    width = max([len(part.head), *map(len, part.rows)])
    head = [plain(cell, colours.strong) for cell in _filled(part.head, width)]
    rows = [[plain(cell, colours.text) for cell in _filled(row, width)] for row in part.rows]
    return Table(head, rows, ["left"] * width, colours.dim, [])


def _filled(cells: tuple[str, ...], width: int) -> tuple[str, ...]:
    return cells + ("",) * (width - len(cells))


def _coloured(text: str, base: Style) -> Text:
    """Text in which colours are obeyed and nothing else: the rest of each line is made visible.

    Not even a colour may hide what a model reads: concealed text is shown.
    """
    out = Text(style=base, overflow="fold")
    for number, line in enumerate(Text.from_ansi(_OTHER_ESCAPES.sub("␛", text)).split("\n")):
        if number:
            out.append("\n")
        safe = shown(line.plain)
        out.append_text(line if safe == line.plain else Text(safe))
    out.stylize(Style(conceal=False, blink=False))
    return out
