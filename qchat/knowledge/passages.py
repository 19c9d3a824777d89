"""Sections become passages: short enough to quote, each with its heading and its place."""

import re
from collections.abc import Iterable, Iterator

from qchat.knowledge.reading.base import Section
from qchat.knowledge.records import Passage
from qchat_tools.passages import split

CHARACTERS = 1_500
MAX_PASSAGES = 5_000
"""Of one file: more is data, not text."""
_HEADING = re.compile(r"^#{1,6} +(.{1,200}?)(?: +#+)?$", re.MULTILINE)
_CONTROLS = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f]")


def passages(sections: Iterable[Section], *, headings: bool = True) -> list[Passage]:
    """All passages of a file, in its order; `headings`: lines that begin with # are some."""
    found: list[Passage] = []
    for section in sections:
        for passage in _of_section(section, headings):
            found.append(passage)
            if len(found) >= MAX_PASSAGES:
                return found
    return found


def _of_section(section: Section, marked: bool) -> Iterator[Passage]:
    text = _CONTROLS.sub("", section.text)
    at, line, heading = 0, 1, section.heading
    marks = _HEADING.finditer(text) if marked else ()
    headings = [(match.start(), match[1].strip()) for match in marks]
    for piece in split(text, CHARACTERS):
        if not piece.strip():
            continue
        start = max(text.find(piece[:60].splitlines()[0], at), at)
        line += text.count("\n", at, start)
        at = start
        while headings and headings[0][0] <= start:
            heading = headings.pop(0)[1]
        place = section.place or f"#L{line}"
        yield Passage(place, heading, piece)
