"""How wide a text is in a terminal, where a Chinese character takes two cells."""

import unicodedata
from collections.abc import Iterator


def width(text: str) -> int:
    """Cells of a line without control characters."""
    if text.isascii():
        return len(text)
    marks = sum(unicodedata.combining(character) != 0 for character in text)
    return len(text) - marks + sum(unicodedata.east_asian_width(c) in "WF" for c in text)


def padded(text: str, cells: int) -> str:
    """The text with blanks behind it, up to so many cells."""
    return text + " " * max(0, cells - width(text))


def aligned_right(text: str, cells: int) -> str:
    """The text with blanks before it, up to so many cells."""
    return " " * max(0, cells - width(text)) + text


def wrapped(text: str, cells: int) -> list[str]:
    """Lines of at most so many cells, broken at blanks and between Chinese characters.

    No line begins with what closes: a comma, a stop, a bracket.
    """
    lines, line = [], ""
    for piece in _pieces(" ".join(text.split())):
        if line and width(line + piece.rstrip()) > cells:
            lines.append(line.rstrip())
            line = piece.lstrip()
        else:
            line += piece
    return [*lines, line.rstrip()]


_CLOSING = frozenset("，。；：、！？）】》”’,.;:!?)]}")
_OPENING = frozenset("（【《“‘([{")


def _pieces(text: str) -> Iterator[str]:
    """What stays on one line: a word, or one wide character with the signs around it."""
    piece = ""
    for character in text:
        wide = unicodedata.east_asian_width(character) in "WF"
        glued = character in _CLOSING or piece[-1:] in _OPENING
        before_wide = bool(piece) and unicodedata.east_asian_width(piece[-1]) in "WF"
        if piece and not glued and (wide or before_wide or piece[-1] == " "):
            yield piece
            piece = ""
        piece += character
    yield piece
