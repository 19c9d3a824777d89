"""Markdown for tests: documents of all kinds, drawn whole and as they stream.

`data/commonmark-0.31.2.json` holds the examples of CommonMark's specification 0.31.2, by John
MacFarlane and others, under CC BY-SA 4.0 (https://creativecommons.org/licenses/by-sa/4.0/): the
Markdown of each, as it stands there, with `→` put back to the tab it means.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from textual.strip import Strip
from textual.theme import BUILTIN_THEMES

from qchat.tui.render.document import Document
from qchat.tui.render.markdown import Painter
from qchat.tui.render.palette import palette

COLOURS = palette(BUILTIN_THEMES["textual-dark"])
EXAMPLES: list[str] = json.loads(
    (Path(__file__).parents[1] / "data" / "commonmark-0.31.2.json").read_text("utf-8")
)
TABLES_AND_LISTS = [
    "| foo | bar |\n| --- | --- |\n| baz | bim |\n",
    "| abc | defghi |\n:-: | -----------:\nbar | baz\n",
    "| f\\|oo  |\n| ------ |\n| b `\\|` az |\n| b **\\|** im |\n",
    "| abc | def |\n| --- | --- |\n| bar | baz |\n> bar\n",
    "| abc | def |\n| --- | --- |\n| bar | baz |\nbar\n\nbar\n",
    "| abc | def |\n| --- |\n| bar |\n",
    "| abc | def |\n| --- | --- |\n| bar |\n| bar | baz | boo |\n",
    "| abc | def |\n| --- | --- |\n",
    "- [ ] foo\n- [x] bar\n",
    "- [x] foo\n  - [ ] bar\n  - [x] baz\n- [ ] bim\n",
    "text\n| a | b |\n|--|--|\n| c | d |\n",
    "1. one\n\n   | a |\n   |---|\n   | b |\n\n2. two\n",
]
"""Of GitHub's tables and lists: their corners, written for these tests."""

BLOCKS = [
    "# heading\n\n", "para one *two* **three**\n\n", "text\nmore\n", "- a\n- b\n\n",
    "- c\n\n- d\n\n",
    "1. x\n2. y\n", "1) x\n\n   ```py\n   code\n\n   more\n   ```\n", "```py\nx = 1\n\n/* c\n```\n",
    "~~~\n```\n~~~\n", "> quoted\n> - item\nlazy\n\n",
    "> [!NOTE]\n> *noted*\nlazy\n\n", "> [!tip] \n>\n> - told\n\n", "> [!WARNING]\n\n",
    "| a | b |\n|---|---|\n| 1 | 2 | 3 |\n",
    "| a |\n|-|\n| 1 |\n\n", "    indented\n\n    code\n\n", '[1]: /u "title"\n',
    "see [1] and [x][1]\n\n",
    "[^n]: note\n\n    more\n", "[^big note] [^Big Note]\n", "[^big note]: n\n",
    "mark[^n] $x$ $$y$$\n", "$$\nx\n- y\n$$\n", "$$ open\n",
    "Term\n: told\n  more\n\n", ": too\n", "Term\n\n: late\n", "  inner\n",
    "\\begin{align}\nu\n\\end{align} where\n", "\\]. v\n",
    "\\[\nz\n\\]\n\n", "***\n", "setext\n===\n", "setext\n---\n", "<div>\nhtml\n</div>\n\n",
    "<details>\n<summary>sum</summary>\n\nin\n\n</details>\n",
    "- a\n  - b\n    1. c\n\n  more of a\n",
    "* x\n* y\n", "-\n", "1.\n", "  \n", "\n", "a | b\n", "--|--\n", "```\n", "~~~\n",
    "**注意：**请 <kbd>K</kbd> H<sub>2</sub>O\n", "- [x] t\n- [ ] u\n", "#\n", "[2]:\n", "/url\n",
    '"title\n', 'more title"\n', "&copy; \\* `c`\n", "=\n", "-\n", "+\n", "    \tt\n", "<!-- c\n",
    "-->\n", "2", "1", ". x\n", "#a", " ", "\t", "\r\n", "\r", "> ", "- ", "$$", "```",
]  # fmt: skip
"""What random documents are made of: whole blocks, and pieces that change what stands around."""


def strips_of(chunks: Iterable[str], width: int = 60, *, close: bool = True) -> list[object]:
    """Each line with its styles, as it is drawn when the text has come in these chunks."""
    document = Document()
    for chunk in chunks:
        document.append(chunk)
        # A picture of each moment, for what is kept from one to the next.
        _strips(document, width)
    if close:
        document.close()
    return [[(s.text, str(s.style)) for s in strip if s.text] for strip in _strips(document, width)]


def moments(chunks: Iterable[str], width: int) -> Iterator[str]:
    """The text on the screen after each chunk."""
    document = Document()
    for chunk in chunks:
        document.append(chunk)
        yield "".join(strip.text for strip in _strips(document, width))


def drawn(text: str, width: int = 60) -> list[str]:
    """The lines of a document that came at once."""
    document = Document()
    document.append(text)
    document.close()
    return [strip.text.rstrip() for strip in _strips(document, width)]


def _strips(document: Document, width: int) -> list[Strip]:
    painter = Painter(COLOURS, lambda _number: False, width)
    return document.strips(0, len(document.pieces), painter, begun=False)
