"""What a selection takes: the text as it was written, not the lines that a window made of it.

A line that had to be broken is one line again when it is copied, and code begins where its text
does: pasted with breaks or with the room at its left it would be other code.
"""

from collections.abc import Iterable
from functools import lru_cache

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

_BLANKS = "blanks"
MARGIN = Style.from_meta({"margin": True})
"""For room at the left that belongs to the drawing, and not to the text."""


@lru_cache(maxsize=64)
def goes_on(blanks: str) -> Segment:
    """Stands, without a cell, where the rest of a broken line begins: `blanks` were left out."""
    return Segment("", Style.from_meta({_BLANKS: blanks}))


def selected(parts: Iterable[tuple[Strip, tuple[int, int]]]) -> str:
    """The text of lines one below the other, each from a character to another (-1: its end)."""
    said: list[str] = []
    for line, (start, end) in parts:
        begin, blanks = _begin(line)
        if said:
            said.append("\n" if blanks is None else blanks)
        text = line.text.rstrip()
        said.append(text[max(start, begin) : len(text) if end < 0 else end])
    return "".join(said)


def _begin(line: Strip) -> tuple[int, str | None]:
    """Where the text of a line begins, and what was left out where it is the rest of another."""
    at = begin = 0
    for segment in line:
        meta = segment.style.meta if segment.style is not None else {}
        if _BLANKS in meta:
            return at, str(meta[_BLANKS])
        at += len(segment.text)
        if "margin" in meta:
            begin = at
    return begin, None
