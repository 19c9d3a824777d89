"""What a document is drawn in: blocks, items of its lists, tables and code that grow."""

import re
from collections.abc import Iterable, Sequence
from typing import Protocol

from markdown_it.token import Token
from rich.segment import Segment
from textual.strip import Strip

from qchat.tui.render.click_targets import code as code_target
from qchat.tui.render.code import CodeLines
from qchat.tui.render.footnote_rules import ways_to_find
from qchat.tui.render.markdown import Context, Painter, code_lines
from qchat.tui.render.parser import environment, parse_blocks, siblings, used_labels
from qchat.tui.render.table import Align, Row, Table
from qchat.tui.render.wrap import Line, wrap

_LABEL = re.compile(r"\[(\^?(?:\\.|[^\[\]\\]){1,999})\]")


class Mentions:
    """What some text mentions in brackets, and which of it are links to definitions."""

    def __init__(self, contents: Iterable[str]) -> None:
        self._contents: list[str] = []
        self.labels: frozenset[str] = frozenset()
        self._found: tuple[object, frozenset[str]] = (None, frozenset())
        self.add(contents)

    def add(self, contents: Iterable[str]) -> None:
        """Take more text."""
        new = [content for content in contents if "[" in content]
        self._contents += new
        self.labels |= labels_of(new)

    def used(self, context: Context) -> frozenset[str]:
        """The labels of the definitions to which its links lead."""
        key = (len(self._contents), *context.resolved(self.labels))
        if key != self._found[0]:
            used = used_labels(self._contents, context.env) if len(key) > 1 else set()
            self._found = (key, frozenset(used))
        return self._found[1]


class Piece(Protocol):
    """A part of a document that is drawn by itself."""

    mentions: Mentions
    code_count: int
    """Pieces of code in it."""

    @property
    def apart(self) -> bool:
        """Whether a blank line stands above it."""

    def draw(self, painter: Painter, context: Context) -> list[Strip]:
        """Its lines, drawn anew if anything is not what it was."""

    def codes(self) -> Sequence[tuple[str, str]]:
        """Language and text of each piece of code in it."""


class ListRun:
    """A list at the top of a document, of which each item is a piece."""

    def __init__(self, first: int | None) -> None:
        self.first = first
        self.settled = 0
        """How many of its items can no longer change."""
        self.settled_loose = False
        self.loose = False
        """Whether blank lines stand between its items."""

    def number(self, item: int) -> int | None:
        """The number of an item, counted from 0 behind the settled ones."""
        return None if self.first is None else self.first + self.settled + item


class BlockPiece:
    """A block: its source is kept, its tokens only until it is drawn."""

    apart = True

    def __init__(self, source: str, tokens: Sequence[Token], first_code: int) -> None:
        self.source, self.first_code = source, first_code
        self.mentions = Mentions(token.content for token in tokens if token.type == "inline")
        self._defined = {t.meta["id"] for t in tokens if t.type == "definition"}
        self._tokens: Sequence[Token] = tokens
        self._codes = codes_of(tokens)
        self.code_count = len(self._codes)
        self._key: object = None
        self._strips: list[Strip] = []

    def same_as(self, other: "BlockPiece") -> bool:
        """Whether it is drawn as another one is."""
        return (type(self), self.source, self.first_code, self._codes) == (
            type(other),
            other.source,
            other.first_code,
            other._codes,  # a line that is complete may be code, though its text is as it was
        )

    def codes(self) -> Sequence[tuple[str, str]]:
        return self._codes

    def draw(self, painter: Painter, context: Context) -> list[Strip]:
        key = (painter.width, painter.colours, *self._extra(context))
        if key != self._key:
            tokens = self._tokens or self._parsed()
            self._strips = [Strip(line) for line in self._draw(painter, tokens, context)]
            self._key, self._tokens = key, ()
        return self._strips

    def _extra(self, context: Context) -> Iterable[object]:
        return (
            *context.resolved(self.mentions.labels | self._defined),
            frozenset(self._defined & context.used),
        )

    def _parsed(self) -> Sequence[Token]:
        # Its last line may be a blank one, of code: that one too has an end.
        return parse_blocks(f"{self.source}\n", environment({}, {}))[0].tokens

    def _draw(self, painter: Painter, tokens: Sequence[Token], context: Context) -> list[Line]:
        return painter.block(tokens, context, self.first_code)


class ItemPiece(BlockPiece):
    """An item of a list at the top."""

    def __init__(
        self, source: str, tokens: Sequence[Token], first_code: int, run: ListRun, item: int
    ) -> None:
        super().__init__(source, tokens, first_code)
        self.run = run
        self.number = run.number(item)
        self._first = run.settled + item == 0

    def same_as(self, other: BlockPiece) -> bool:
        return (
            isinstance(other, ItemPiece)
            and super().same_as(other)
            and (self.run, self.number) == (other.run, other.number)
        )

    @property
    def apart(self) -> bool:  # type: ignore[override]
        return self._first or self.run.loose

    def _extra(self, context: Context) -> Iterable[object]:
        return (*super()._extra(context), self.run.loose)

    def _parsed(self) -> Sequence[Token]:
        return next(siblings(list(super()._parsed()[1:-1])))

    def _draw(self, painter: Painter, tokens: Sequence[Token], context: Context) -> list[Line]:
        return painter.item(tokens, self.number, context, self.first_code, loose=self.run.loose)


class DefinitionPiece(BlockPiece):
    """One of the definitions of a term; the first one has the term above it."""

    def __init__(
        self, source: str, tokens: Sequence[Token], first_code: int, *, begins: bool, loose: bool
    ) -> None:
        """`source` has the term's line and, for all but the first, a definition in between."""
        super().__init__(source, tokens, first_code)
        self._begins = begins
        self.apart = begins or loose

    def _parsed(self) -> Sequence[Token]:
        term = super()._parsed()
        return term if self._begins else list(siblings(list(term[3:-1])))[-1]

    def _draw(self, painter: Painter, tokens: Sequence[Token], context: Context) -> list[Line]:
        if self._begins:
            return super()._draw(painter, tokens, context)
        return painter.definition(tokens, context, self.first_code)


class _Growing:
    """Strips of lines that come at the end of a list; for another list they are made anew."""

    def __init__(self) -> None:
        self._lines: list[Line] = []
        self._strips: list[Strip] = []

    def strips(self, steady: list[Line], open_: list[Line]) -> list[Strip]:
        """Those of a list that was given before, as far as they were made, and of what is open."""
        if steady is not self._lines:
            self._lines, self._strips = steady, []
        self._strips += map(Strip, steady[len(self._strips) :])
        return [*self._strips, *map(Strip, open_)]


class TablePiece:
    """A table whose rows come one by one."""

    apart = True
    code_count = 0

    def __init__(self, head: list[str], aligns: list[Align]) -> None:
        self._head, self._aligns = head, aligns
        self._rows: list[list[str]] = []
        self._open: list[list[str]] = []
        self.mentions = Mentions(head)
        self._key: object = None
        self._table: Table | None = None
        self._given = 0
        self._drawn = _Growing()

    def codes(self) -> Sequence[tuple[str, str]]:
        return ()

    def extend(self, rows: list[list[str]], open_: list[list[str]]) -> None:
        """Take more complete rows, and what there is of those behind them."""
        self._rows += rows
        self._open = open_
        for row in (*rows, *open_):
            self.mentions.add(row)

    def draw(self, painter: Painter, context: Context) -> list[Strip]:
        key = (painter.colours, *context.resolved(self.mentions.labels))
        if self._table is None or key != self._key:
            colours = painter.colours
            head = painter.cells(self._head, context, colours.strong)
            self._table, self._given, self._key = Table(head, self._aligns, colours.dim), 0, key
        rows = [self._row(painter, row, context) for row in self._rows[self._given :]]
        self._table.extend(rows, [self._row(painter, row, context) for row in self._open])
        self._given = len(self._rows)
        steady = self._table.steady(painter.width)
        return self._drawn.strips(steady, self._table.open(painter.width))

    def _row(self, painter: Painter, row: list[str], context: Context) -> Row:
        return painter.cells(row, context)


class FencePiece:
    """Code whose lines come one by one."""

    apart = True
    code_count = 1

    def __init__(self, info: str, number: int) -> None:
        self._info, self._number = info, number
        self.mentions = Mentions([])
        self._code = CodeLines(info, code_target(number))
        self._drawn = _Growing()

    def codes(self) -> Sequence[tuple[str, str]]:
        return [(language(self._info), self._code.text)]

    def extend(self, lines: list[str], last: str | None, *, closed: bool) -> None:
        """Take more complete lines, and what there is of the next one."""
        self._code.extend(lines, last, closed=closed)

    def draw(self, painter: Painter, context: Context) -> list[Strip]:  # noqa: ARG002  as others
        width, colours = painter.width, painter.colours
        head = map(Strip, painter.code_head(self._info, self._number))
        code = self._code
        return [*head, *self._drawn.strips(code.steady(width, colours), code.open(width, colours))]


def labels_of(contents: Iterable[str]) -> frozenset[str]:
    """The labels that some text may mean, as definitions are found by."""
    return frozenset(
        found
        for content in contents
        if "[" in content
        for label in _LABEL.findall(content)
        for found in ways_to_find(label)
    )


def codes_of(tokens: Iterable[Token]) -> list[tuple[str, str]]:
    """Language and text of each piece of code among tokens."""
    return [
        (language(token.info), "\n".join([*code_lines(token), ""]))
        for token in tokens
        if token.type in ("fence", "code_block")
    ]


def language(info: str) -> str:
    """The language that stands behind the opening of a fence."""
    words = info.split()
    return words[0] if words else ""


class RawPiece:
    """The newest text of a long open block as it was written: later it is parsed with the rest.

    A line that is full is wrapped for good, so that a word more costs no more than a line.
    """

    apart = False
    code_count = 0

    def __init__(self, text: str) -> None:
        self._text = text
        self.mentions = Mentions([])
        self._drawn = 0
        """How much of the text is in the strips."""
        self._rest = ""
        """The text of the last line, which is still filled."""
        self._strips: list[Strip] = []
        self._key: object = None

    def codes(self) -> Sequence[tuple[str, str]]:
        return ()

    def extend(self, text: str) -> None:
        """Take more of it."""
        self._text += text

    def draw(self, painter: Painter, context: Context) -> list[Strip]:  # noqa: ARG002  as others
        key = (painter.width, painter.colours)
        if key != self._key:
            self._key, self._drawn, self._rest, self._strips = key, 0, "", []
        *full, last = (self._rest + self._text[self._drawn :]).replace("\t", "    ").split("\n")
        self._drawn = len(self._text)
        for line in full:
            self._strips += self._wrapped(line, painter)
        *filled, open_ = self._wrapped(last, painter)
        self._strips += filled
        # Blanks at its end are dropped where a line is broken, and stand before the next word.
        self._rest = open_.text.rstrip(" ") + last[len(last.rstrip(" ")) :]
        return [*self._strips, open_]

    @staticmethod
    def _wrapped(line: str, painter: Painter) -> list[Strip]:
        runs = [Segment(line, painter.colours.text)] if line else []
        return [Strip(each) for each in wrap(runs, painter.width)]
