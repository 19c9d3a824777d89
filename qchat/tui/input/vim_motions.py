"""Where Vim's motions and text objects lead: places in a text, counted in characters."""

import re
from typing import NamedTuple

_WORD = re.compile(r"\w+|[^\w\s]+|\n(?=\n)")
_BIG_WORD = re.compile(r"\S+|\n(?=\n)")
PAIRS = {"(": "()", ")": "()", "b": "()", "[": "[]", "]": "[]", "{": "{}", "}": "{}", "B": "{}"}
PAIRS |= {"<": "<>", ">": "<>"}
QUOTES = "\"'`"


class Motion(NamedTuple):
    """Where a motion leads, and what an operator takes on the way."""

    place: int
    inclusive: bool = False
    """Whether the character at the end is taken too."""
    linewise: bool = False


def line_start(text: str, at: int) -> int:
    return text.rfind("\n", 0, at) + 1


def line_end(text: str, at: int) -> int:
    """The place of the line feed, or the text's end."""
    end = text.find("\n", at)
    return len(text) if end < 0 else end


def first_letter(text: str, at: int) -> int:
    """The first character of the line that is no blank."""
    start, end = line_start(text, at), line_end(text, at)
    return start + len(text[start:end]) - len(text[start:end].lstrip())


def motion(key: str, text: str, at: int, count: int | None) -> Motion | None:
    """Where a key leads from `at`; None for a key that is no motion, or leads nowhere."""
    times = count or 1
    start, end = line_start(text, at), line_end(text, at)
    match key:
        case "h" | "left" | "backspace":
            return Motion(max(at - times, start))
        case "l" | "right" | "space":
            return Motion(min(at + times, end))
        case "j" | "down" | "k" | "up":
            step = times if key in ("j", "down") else -times
            return _by_lines(text, at, step)
        case "0" | "home":
            return Motion(start)
        case "^" | "_":
            return Motion(first_letter(text, at))
        case "$" | "end":
            return Motion(max(end - 1, start), inclusive=end > start)
        case "g" | "G":  # `gg` comes as "g"
            lines = [0, *(m.end() for m in re.finditer("\n", text))]
            default = len(lines) if key == "G" else 1
            line = min(count or default, len(lines)) - 1
            return Motion(first_letter(text, lines[line]), linewise=True)
        case "w" | "W" | "e" | "E" | "b" | "B":
            return _by_words(key, text, at, times)
        case "{" | "}":
            return Motion(_paragraph(text, at, times if key == "}" else -times))
        case "%":
            return _matching(text, at)
        case _:
            return None


def find(kind: str, letter: str, text: str, at: int, count: int) -> Motion | None:
    """`f F t T`: to a letter of the line, or beside it."""
    place = at
    for _ in range(count):
        if kind in "ft":
            place = text.find(letter, place + 1, line_end(text, at))
        else:
            place = text.rfind(letter, line_start(text, at), place)
        if place < 0:
            return None
    if kind == "t":
        return Motion(place - 1, inclusive=True)
    return Motion(place + (kind == "T"), inclusive=kind == "f")


def text_object(around: bool, key: str, text: str, at: int) -> tuple[int, int] | None:
    """From where to where `iw`, `a"`, `i(` … reach; None where there is none."""
    if key in "wW":
        return _word_object(around, text, at, big=key == "W")
    if key in QUOTES:
        return _quoted(around, key, text, at)
    if key in PAIRS:
        return _bracketed(around, PAIRS[key], text, at)
    return None


def _by_lines(text: str, at: int, step: int) -> Motion | None:
    column, place = at - line_start(text, at), at
    for _ in range(abs(step)):
        if step > 0:
            end = line_end(text, place)
            if end == len(text):
                return None
            place = end + 1
        else:
            start = line_start(text, place)
            if start == 0:
                return None
            place = line_start(text, start - 1)
    start, end = line_start(text, place), line_end(text, place)
    return Motion(min(start + column, max(end - 1, start)), linewise=True)


def _words(text: str, big: bool) -> list[re.Match[str]]:
    return list((_BIG_WORD if big else _WORD).finditer(text))


def _by_words(key: str, text: str, at: int, times: int) -> Motion:
    big = key.isupper()
    match key.lower():
        case "w":
            return Motion(_forward(text, at, times, big))
        case "e":
            return Motion(_word_end(text, at, times, big), inclusive=True)
        case _:
            return Motion(_backward(text, at, times, big))


def _forward(text: str, at: int, times: int, big: bool) -> int:
    starts = [m.start() for m in _words(text, big) if m.start() > at]
    return starts[times - 1] if len(starts) >= times else len(text)


def _backward(text: str, at: int, times: int, big: bool) -> int:
    starts = [m.start() for m in _words(text, big) if m.start() < at]
    return starts[-times] if len(starts) >= times else 0


def _word_end(text: str, at: int, times: int, big: bool) -> int:
    ends = [m.end() - 1 for m in _words(text, big) if m.end() - 1 > at and m[0] != "\n"]
    return ends[times - 1] if len(ends) >= times else max(len(text) - 1, 0)


def _paragraph(text: str, at: int, times: int) -> int:
    breaks = [m.start() + 1 for m in re.finditer(r"\n(?=\n)", text)]
    if times > 0:
        later = [place for place in breaks if place > at]
        return later[times - 1] if len(later) >= times else len(text)
    earlier = [place for place in breaks if place < at]
    return earlier[times] if len(earlier) >= -times else 0


def _matching(text: str, at: int) -> Motion | None:
    brackets = "()[]{}"
    place = next((n for n in range(at, line_end(text, at)) if text[n] in brackets), None)
    if place is None:
        return None
    kind = brackets.index(text[place])
    other = brackets[kind ^ 1]
    depth, step = 0, 1 if kind % 2 == 0 else -1
    while 0 <= place < len(text):
        depth += (text[place] == brackets[kind]) - (text[place] == other)
        if depth == 0:
            return Motion(place, inclusive=True)
        place += step
    return None


def _word_object(around: bool, text: str, at: int, *, big: bool) -> tuple[int, int] | None:
    pieces = re.finditer(r"\S+|[^\S\n]+|\n" if big else r"\w+|[^\w\s]+|[^\S\n]+|\n", text)
    piece = next((m for m in pieces if m.start() <= at < m.end()), None)
    if piece is None:
        return None
    start, end = piece.span()
    if around:
        behind = len(text[end:]) - len(text[end:].lstrip(" \t"))
        before = len(text[:start]) - len(text[:start].rstrip(" \t"))
        return (start, end + behind) if behind else (start - before, end)
    return start, end


def _quoted(around: bool, quote: str, text: str, at: int) -> tuple[int, int] | None:
    start, end = line_start(text, at), line_end(text, at)
    marks = [n for n in range(start, end) if text[n] == quote]
    for first, last in zip(marks[::2], marks[1::2], strict=False):
        if at <= last:
            return (first, last + 1) if around else (first + 1, last)
    return None


def _bracketed(around: bool, pair: str, text: str, at: int) -> tuple[int, int] | None:
    depth, first = 0, at
    while first >= 0:
        depth += (text[first : first + 1] == pair[1]) and first != at
        if text[first : first + 1] == pair[0]:
            if depth == 0:
                break
            depth -= 1
        first -= 1
    if first < 0:
        return None
    depth = 0
    for last in range(first, len(text)):
        depth += (text[last] == pair[0]) - (text[last] == pair[1])
        if depth == 0:
            return (first, last + 1) if around else (first + 1, last)
    return None
