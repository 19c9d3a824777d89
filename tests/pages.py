"""Pages of the documentation, whose lines a test types as they stand there.

A line that a page no longer has fails the test that types it; a line that no test types is named.
"""

import re
from pathlib import Path

from qchat.commands import COMMANDS

ROOT = Path(__file__).parents[1]
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"`([^`]+)`")
_REMARK = re.compile(r"\s{2,}#.*$")


class Page:
    """One page: its commands (of blocks and of running text), and its blocks of settings."""

    def __init__(self, name: str) -> None:
        self.text = text = (ROOT / name).read_text("utf-8")
        self._blocks = [body for kind, body in _FENCE.findall(text) if kind]
        shown = [body.replace("\\\n", "") for kind, body in _FENCE.findall(text) if not kind]
        lines = [_REMARK.sub("", line).strip() for body in shown for line in body.splitlines()]
        spans = (" ".join(span.split()) for span in _SPAN.findall(_FENCE.sub("", text)))
        self.lines = list(dict.fromkeys([*filter(None, lines), *filter(_is_command, spans)]))
        self.untyped = list(self.lines)
        """Those that nothing has typed yet."""

    def line(self, start: str, **instead: str) -> str:
        """The line that begins so, with what stands for the reader's own things replaced."""
        found = next((line for line in self.lines if line.startswith(start)), None)
        assert found is not None, f"the page no longer says {start!r}"
        if found in self.untyped:
            self.untyped.remove(found)
        for old, new in instead.items():
            assert old in found, f"{found!r} has no {old!r}"
            found = found.replace(old, new)
        return found

    def quoted(self, words: str) -> str:
        """What the page says in quotation marks, however its lines are broken."""
        assert f'"{words}"' in " ".join(self.text.split()), f"the page no longer says {words!r}"
        return words

    def block(self, start: str) -> str:
        """The block of settings or of another program's file that has this text."""
        found = next((body for body in self._blocks if start in body), None)
        assert found is not None, f"the page no longer has a block with {start!r}"
        return found


def _is_command(span: str) -> bool:
    first = span.split(maxsplit=1)[0]
    if first[0] == "@":
        return True
    return (first == "qchat" and " " in span) or (first[0] == "/" and first[1:] in COMMANDS)
