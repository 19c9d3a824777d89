"""What can be pressed inside a block: links and code, found in the lines that were drawn.

Whoever draws them gives their segments a meta value, which also tells a mouse click what it hit.
"""

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from qchat.conversation.citations import Known, cites
from qchat.tui.render.palette import Palette

PAD = " "
"""What stands at the left and right of each line of code."""
SOURCE = "qchat:source/"
TRAIL = "qchat:trail/"
"""Before the number of a source of this session, in the address of its link."""


class Target(NamedTuple):
    """A link (`value` is its address) or code (`value` is its number among those of a piece)."""

    kind: Literal["link", "code"]
    value: str
    first: int
    last: int
    """Its first and last line in the block."""


def link(address: str) -> Style:
    """What makes drawn text a link to an address."""
    return Style.from_meta({"link": address})


def code(number: int) -> Style:
    """What makes a line part of code."""
    return Style.from_meta({"code": str(number)})


def targets(lines: Sequence[Strip]) -> list[Target]:
    """Everything that can be pressed, from top to bottom."""
    found: list[Target] = []
    for y, line in enumerate(lines):
        for kind, value in _metas(line):
            before = found[-1] if found else None
            same = before is not None and (before.kind, before.value) == (kind, value)
            if before is not None and same and before.last >= y - 1:
                found[-1] = before._replace(last=y)
            else:
                found.append(Target(kind, value, y, y))
    return found


def _metas(line: Strip) -> Iterator[tuple[Literal["link", "code"], str]]:
    before: tuple[str, str] | None = None
    for segment in line:
        meta = segment.style.meta if segment.style is not None else {}
        for kind in ("link", "code"):
            value = meta.get(kind)
            if value is not None and (kind, value) != before:
                before = (kind, value)
                yield kind, value
        if not meta:
            before = None


def marked(line: Strip, target: Target) -> Strip:
    """The line with the target in reverse."""
    return Strip(
        [
            segment._replace(style=segment.style + Style(reverse=True))
            if segment.style is not None and segment.style.meta.get(target.kind) == target.value
            else segment
            for segment in line
        ],
        line.cell_length,
    )


def cite(text: str, style: Style, colours: Palette, known: Known) -> Iterator[Segment]:
    """Text whose `[3]` opens source 3; a number that was never given out is dim, with a `?`."""
    end = 0
    for number, start, stop, _ in cites(text, known):
        if start > end:
            yield Segment(text[end:start], style)
        if known(number):
            yield Segment(text[start:stop], style + colours.link + link(f"{SOURCE}{number}"))
        else:
            yield Segment(f"[{number}?]", style + colours.dim)
        end = stop
    if end < len(text):
        yield Segment(text[end:], style)
