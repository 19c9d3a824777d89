"""An object as people and models write it: with comments, a last comma, and whatever quotes.

Read to its last bracket or not at all: what was cut off is not made up, and no bare word is taken
for a text.
"""

import re

_BETWEEN = re.compile(r"(?:[\s\ufeff]|\\[nrt]|//[^\n]*|\#[^\n]*|/\*.*?\*/)*", re.S)
_QUOTES = {"“": "”", "”": "”", "„": "”“", "‘": "’", "’": "’", "«": "»", "「": "」"}
"""Typographic quotes, and what may close each."""
_ESCAPED = {
    "n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "\n": "", "0": "\0",
}  # fmt: skip
_NUMBER = re.compile(r"[+-]?(?:0[xX][0-9a-fA-F]+|(?:\d[\d_]*)?\.?\d+(?:[eE][+-]?\d+)?)(?![\w.])")
_BARE_KEY = re.compile(r"[A-Za-z_$][\w$-]*")
_WORD = re.compile(r"[A-Za-z]+")
_WORDS = {
    "true": True, "True": True, "false": False, "False": False,
    "null": None, "None": None, "undefined": None, "nil": None,
}  # fmt: skip
MAX_DEPTH = 50


class _NotRead(Exception):
    """What stands here is no value, or has no end."""


def relaxed_object(text: str) -> dict[str, object] | None:
    """The object that a text is; None where it is none, or one without its end."""
    reader = _Reader(text)
    try:
        value = reader.value(MAX_DEPTH)
        reader.end()
    except (_NotRead, ValueError):
        return None
    return value if isinstance(value, dict) else None


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def end(self) -> None:
        """Raise where more follows than comments."""
        self._skip()
        if self._text[self._at :].strip(";"):
            raise _NotRead

    def value(self, depth: int) -> object:
        """The next value."""
        start = self._next()
        if depth == 0:
            raise _NotRead
        if start == "{":
            return self._object(depth - 1)
        if start == "[":
            return self._list(depth - 1)
        if (quoted := self._string()) is not None:
            return quoted
        if number := _NUMBER.match(self._text, self._at):
            self._at = number.end()
            return _number(number.group().replace("_", ""))
        found = _WORD.match(self._text, self._at)
        if found is None or found.group() not in _WORDS:
            raise _NotRead
        self._at = found.end()
        return _WORDS[found.group()]

    def _object(self, depth: int) -> dict[str, object]:
        found: dict[str, object] = {}
        self._at += 1
        while self._next() != "}":
            key = self._string()
            if key is None:
                bare = _BARE_KEY.match(self._text, self._at)
                if bare is None:
                    raise _NotRead
                key, self._at = bare.group(), bare.end()
            if self._next() not in (":", "：", "="):
                raise _NotRead
            self._at += 1
            found[key] = self.value(depth)
            self._comma("}")
        self._at += 1
        return found

    def _list(self, depth: int) -> list[object]:
        found: list[object] = []
        self._at += 1
        while self._next() != "]":
            found.append(self.value(depth))
            self._comma("]")
        self._at += 1
        return found

    def _comma(self, closer: str) -> None:
        """What divides two values: a comma, or nothing but a new line."""
        before = self._at
        if (found := self._next()) in (",", "，"):
            self._at += 1
        elif found != closer and "\n" not in self._text[before : self._at]:
            raise _NotRead

    def _string(self) -> str | None:
        """The text in quotes that stands here; None where there are none."""
        start = self._text[self._at : self._at + 1]
        if start not in "\"'`" and start not in _QUOTES:
            return None
        ends = _QUOTES.get(start, start)
        said: list[str] = []
        at = self._at + 1
        while at < len(self._text):
            letter = self._text[at]
            if letter in ends:
                self._at = at + 1
                return "".join(said)
            if letter == "\\":
                piece, at = self._escape(at + 1)
                said.append(piece)
                continue
            said.append(letter)
            at += 1
        raise _NotRead

    def _escape(self, at: int) -> tuple[str, int]:
        letter = self._text[at : at + 1]
        if not letter:
            raise _NotRead
        if letter in "ux":
            size = 4 if letter == "u" else 2
            return chr(int(self._text[at + 1 : at + 1 + size], 16)), at + 1 + size
        return _ESCAPED.get(letter, letter), at + 1

    def _next(self) -> str:
        """The next letter that is no comment. Raises at the end of the text."""
        self._skip()
        if self._at >= len(self._text):
            raise _NotRead
        return self._text[self._at]

    def _skip(self) -> None:
        if found := _BETWEEN.match(self._text, self._at):
            self._at = found.end()


def _number(text: str) -> int | float:
    if "x" in text.lower():
        return int(text, 16)
    return float(text) if re.search("[.eE]", text) else int(text)
