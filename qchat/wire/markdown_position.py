"""Where in Markdown a text stands: what is in a code fence, in backticks or in quotes is shown."""

import re

import msgspec

_OPENER = re.compile(r"[\s>]*(?:(?:[-*+]|\d{1,3}[.)])\s+)*(`{3,}|~{3,})([^\n]*)")
_HTML = re.compile(r"\s*(?:<[a-z].*?)?(?:(<!--)|<(pre|code|samp|xmp|example)\b[^>]*>)", re.I)
"""What shows its text as it stands, also within or behind another tag that begins the line."""
_RUN = re.compile(r"`+")
_OPENING_QUOTES = frozenset("\"'“‘«‹„「『（(\\")
_INDENT = re.compile(r"(?: {4}|\t)\s*\Z")
_ITEM = re.compile(
    r"[ \t>]*(?:(?:[-*+•‣·:]|\**\(?\d{1,3}[.)]\**)[ \t]+(?:\[[ xX]\][ \t]+)?|\d{1,3}、[ \t]*)"
)
"""The mark of an item of a list, as far as its text."""
_HEADING = re.compile(r" {0,3}#{1,6}[ \t]")


class Spot(msgspec.Struct, frozen=True):
    """What surrounds a place in a text."""

    line: str = ""
    """The line before it."""
    fence: str = ""
    """The code fence that is open there; empty where none is."""
    fenced: str = ""
    """What stands in that fence so far."""
    item: int = 0
    """How far lines are indented that go on with the item of a list above; 0 for no list."""

    @property
    def quoted(self) -> bool:
        """Whether what stands here is code, or quoted."""
        return (
            bool(self.fence)
            or self.line[-1:] in _OPENING_QUOTES
            or self.line.lstrip().startswith((">", "|"))
            or _INDENT.match(self.line) is not None
            or self.in_backticks
        )

    @property
    def shown(self) -> bool:
        """Whether a call here is an example: quoted, a heading, or in an item of a list."""
        return (
            self.quoted
            or _ITEM.match(self.line) is not None
            or _HEADING.match(self.line) is not None
            or bool(self.item and _indent(self.line) >= self.item)
        )

    @property
    def in_backticks(self) -> bool:
        """Whether inline code is open."""
        return bool(_opened(self.line))

    def behind(self, text: str) -> "Spot":
        """The place behind more text."""
        *lines, last = (self.line + text).split("\n")
        fence, fenced, item = self.fence, self.fenced, self.item
        for line in lines:
            if not fence:
                item = _item_behind(line, item)
            if fence.startswith(("</", "-->")):
                shut = fence in line.lower()
                fence, fenced = ("", "") if shut else (fence, f"{fenced}{line}\n")
                continue
            if not fence and (shows := _html_end(line)):
                fence = shows
                continue
            found = _OPENER.match(line)
            run, rest = found.groups() if found else ("", "")
            if fence and run.startswith(fence) and not rest.strip():
                fence, fenced = "", ""
            elif fence:
                fenced += f"{line}\n"
            elif run and "`" not in rest:
                fence = run
            elif len(opened := _opened(line)) >= len("```"):
                fence = opened  # behind words on its line, as models write it too
        return Spot(last, fence, fenced, item)


def _item_behind(line: str, item: int) -> int:
    """How far the text of an item is indented that may go on behind a line."""
    if _ITEM.match(line) and not (item and _indent(line) >= item):
        return _indent(line) + 2
    return item if not line.strip() or _indent(line) >= item else 0


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _html_end(line: str) -> str:
    """What ends the block of HTML that a line begins and does not end; empty where it does."""
    found = _HTML.match(line)
    if found is None:
        return ""
    end = "-->" if found.group(1) else f"</{found.group(2).lower()}>"
    return "" if end in line.lower() else end


def _opened(line: str) -> str:
    """The run of backticks that opens inline code which the line does not close."""
    opened = ""
    for run in _RUN.findall(line):
        if not opened:
            opened = run
        elif run == opened:
            opened = ""
    return opened


class MarkdownPosition:
    """Fed with the text of an answer; looks at it only when somebody asks."""

    def __init__(self) -> None:
        self._spot = Spot()
        self._new: list[str] = []

    def add(self, text: str) -> None:
        """More text."""
        self._new.append(text)

    def behind(self, text: str) -> Spot:
        """What surrounds the place behind all text so far and some more that is not yet certain."""
        if self._new:
            self._spot = self._spot.behind("".join(self._new))
            self._new.clear()
        return self._spot.behind(text)
