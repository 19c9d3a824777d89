"""Cuts streaming Markdown into blocks: those that are complete, and the open tail.

A block is complete when what follows can no longer change how it is rendered.
"""

import re

_FENCE = re.compile(r"^( {0,3})(`{3,}|~{3,})(.*)$")
_ITEM = re.compile(r"^( {0,3})(?:[-*+]|\d{1,9}[.)])(?:\s|$)")
_INDENTED = re.compile(r"^(?: {2,}|\t)\S")
LONG_FENCE = 100
"""Lines of an open fence after which its beginning is given out as a block of its own."""


class Splitter:
    """Takes text as it comes; `feed` gives back complete blocks, `tail` is the rest."""

    def __init__(self) -> None:
        self._line = ""
        """The last line, which has no end yet."""
        self._lines: list[str] = []
        """Complete lines of the open block."""
        self._fence = ""
        """The marker of the open fence, its opening line in `_opening`."""
        self._opening = ""

    @property
    def tail(self) -> str:
        """The open block, closed as if the text ended here."""
        lines = [*self._lines, self._line] if self._line else self._lines
        return "\n".join(lines)

    def feed(self, text: str) -> list[str]:
        """Take more text; give back the blocks that are now complete."""
        done: list[str] = []
        *complete, self._line = (self._line + text).split("\n")
        for line in complete:
            done += self._take(line)
        return done

    def close(self) -> list[str]:
        """No more text comes: everything is complete."""
        done = self._take(self._line) if self._line else []
        self._line = ""
        done += self._flush()
        self._fence = ""
        return done

    def _take(self, line: str) -> list[str]:
        if self._fence:
            return self._in_fence(line)
        if opening := _FENCE.match(line):
            done = [] if self._in_list() else self._flush()
            if self._in_list():
                self._lines.append(line)
                return []
            self._fence, self._opening = opening[2], line
            self._lines.append(line)
            return done
        if not line.strip():
            if self._lines:
                self._lines.append("")
            return []
        return self._after_blank(line)

    def _after_blank(self, line: str) -> list[str]:
        """A line with text in it: does it belong to the open block?"""
        if not self._lines or self._lines[-1]:
            starts_list = _ITEM.match(line) and not self._in_list()
            done = self._flush() if starts_list else []
            self._lines.append(line)
            return done
        # Behind a blank line only a list or quote goes on; everything else is a new block. An item
        # behind a blank line stands alone too: its number says where to go on.
        if self._in_list() and _INDENTED.match(line):
            self._lines.append(line)
            return []
        done = self._flush()
        self._lines.append(line)
        return done

    def _in_list(self) -> bool:
        return bool(self._lines) and _ITEM.match(self._lines[0]) is not None

    def _in_fence(self, line: str) -> list[str]:
        self._lines.append(line)
        stripped = line.strip()
        marker = self._fence
        if len(self._lines) > 1 and stripped.startswith(marker) and not stripped.strip(marker[0]):
            self._fence = ""
            return self._flush()
        if len(self._lines) > LONG_FENCE:
            block = "\n".join([*self._lines, marker])
            self._lines = [self._opening]
            return [block]
        return []

    def _flush(self) -> list[str]:
        while self._lines and not self._lines[-1]:
            self._lines.pop()
        block = "\n".join(self._lines)
        self._lines = []
        return [block] if block.strip() else []
