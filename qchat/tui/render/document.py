"""A Markdown document that streams: what can no longer change is parsed and drawn once.

Blocks are closed by the parser's own rules. After each addition the text is parsed again from the
last block that may still change: where a block ends does not depend on what stands before it,
apart from the labels that are defined there. Within a list that is its last item; within a table
and a fence it is the open line, parsed below the lines that opened them.
"""

import re
from collections.abc import Sequence

from markdown_it.token import Token
from textual.strip import Strip

from qchat.runtime.sanitize import sanitize_for_terminal
from qchat.tui.render.definition_rules import STAND_IN, may_define
from qchat.tui.render.markdown import (
    Context,
    Painter,
    code_lines,
    first_number,
    has_end,
    table_parts,
)
from qchat.tui.render.parser import Env, Group, environment, parse_blocks, siblings, undecided
from qchat.tui.render.pieces import (
    BlockPiece,
    DefinitionPiece,
    FencePiece,
    ItemPiece,
    ListRun,
    Mentions,
    Piece,
    RawPiece,
    TablePiece,
)
from qchat.tui.render.strips import blank

MAX_FED = 4_000
"""Characters that are parsed at once, or as many as the tail has: some rules of the parser look at
all that follows."""
MAX_EAGER = 4_000
"""Characters of an open block up to which each addition has it parsed again."""
PART, PART_AT_BLANK = 8, 32
"""Behind that it is parsed again once so much of it is new: the second where a blank line came, at
which it may have ended. The cost of a character is bounded so, however long a block stays open."""
_BLANK_LINE = re.compile(r"\n[ \t>]*\n")
LISTS = ("bullet_list_open", "ordered_list_open")
Grown = TablePiece | FencePiece | DefinitionPiece
"""What a block may begin with that goes on: its rows, its lines, what it says of a term."""


class Document:
    """Takes text as it comes; `pieces` are its blocks, those before `settled` for good."""

    def __init__(self) -> None:
        self.pieces: list[Piece] = []
        self.settled = 0
        self.version = 0
        """Counts how often settled pieces had to be drawn anew."""
        self._held = ""
        """A carriage return whose line feed may be to come."""
        self._tail = ""
        """The source from where it may still change."""
        self._new = ""
        """What of the tail is shown as it was written, until it is parsed with the rest."""
        self._opening = ""
        """The lines that opened what the tail goes on with: a table, a fence, a term."""
        self._grown: Grown | None = None
        """That table or fence, or the last of the definitions."""
        self._run: ListRun | None = None
        """The list in which the tail begins."""
        self._references: dict[str, object] = {}
        self._notes: dict[str, object] = {}
        self._codes = 0
        """Pieces of code in what is settled."""
        self._mentions: list[Mentions] = []
        """What is mentioned in what is settled."""
        self._context = Context(environment({}, {}), frozenset())
        self._closed = False

    def append(self, text: str) -> None:
        """Take more text."""
        text = (self._held + text).replace("\r\n", "\n")
        self._held = "\r" if text.endswith("\r") else ""
        text = sanitize_for_terminal(text.removesuffix("\r").replace("\r", "\n"))
        while text:
            fed = max(MAX_FED, len(self._tail))
            self._take_text(text[:fed])
            text = text[fed:]

    def close(self) -> None:
        """No more text comes."""
        if self._held:
            self._tail, self._held = f"{self._tail}\n", ""
        self._closed = True
        self._parse()

    def codes(self) -> list[tuple[str, str]]:
        """Language and text of each piece of code, in their order."""
        return [code for piece in self.pieces for code in piece.codes()]

    def strips(self, first: int, last: int, painter: Painter, *, begun: bool) -> list[Strip]:
        """The lines of some pieces, with the blank ones between them.

        `begun` says whether there are lines of earlier pieces.
        """
        out: list[Strip] = []
        for number in range(first, last):
            piece = self.pieces[number]
            drawn = piece.draw(painter, self._context)
            if (begun or out) and drawn and piece.apart:
                out.append(blank())
            out += drawn
        return out

    @property
    def settled_codes(self) -> int:
        """How many pieces of code can no longer change."""
        return self._codes

    def _take_text(self, text: str) -> None:
        self._tail += text
        self._new += text
        if not self._may_wait():
            self._parse()
        elif self.pieces and isinstance(raw := self.pieces[-1], RawPiece):
            raw.extend(text)
        else:
            self._add(RawPiece(text))

    def _may_wait(self) -> bool:
        """Whether a long open block need not be parsed again yet."""
        size, new = len(self._tail), len(self._new)
        if size <= MAX_EAGER or new * PART >= size:
            return False
        return new * PART_AT_BLANK < size or not _BLANK_LINE.search(self._new)

    # Taking what was parsed

    def _parse(self) -> None:
        self._new = ""
        env = environment(self._references, self._notes)
        source = self._opening + self._tail
        part = _Part(source, parse_blocks(source, env), undecided(env), closed=self._closed)
        before = self.pieces[self.settled :]
        run, grown, shift = self._run, self._grown, self.settled
        del self.pieces[self.settled :]
        self._run, self._grown, self._opening = None, None, ""
        for number, group in enumerate(part.groups):
            going_on = (run, grown) if number == 0 else (None, None)
            self._take(part, group, number, *going_on)
        self._keep_drawn(before, shift)
        self._tail = part.rest()
        self._look_around(env)

    def _take(
        self,
        part: "_Part",
        group: Group,
        number: int,
        run: ListRun | None,
        grown: Grown | None,
    ) -> None:
        """Make pieces of a block; `run` or `grown` is what it goes on with."""
        if number > part.open:
            self._add(BlockPiece(part.text(group), group.tokens, self._code_count()))
        elif group.kind in LISTS:
            self._take_list(part, group, number, run)
        elif group.kind == "table_open":
            self._take_table(part, group, number, grown)
        elif group.kind == "term_open":
            self._take_term(part, group, number, grown)
        elif group.kind == "fence":
            self._take_fence(part, group, number, grown)
        else:
            self._add(BlockPiece(part.text(group), group.tokens, self._code_count()))
            if number < part.open:
                self._settle(group.tokens)
            else:
                part.cut = group.start

    def _take_list(self, part: "_Part", group: Group, number: int, run: ListRun | None) -> None:
        run = run or ListRun(first_number(group.tokens[0]))
        items = [Group.of(tokens) for tokens in siblings(group.tokens[1:-1])]
        was_loose = run.loose
        keep = len(items) if number < part.open else part.decided([i.start for i in items])
        run.settled_loose = run.settled_loose or part.is_loose(items[:keep], items[keep:])
        run.loose = run.settled_loose or part.is_loose(items, [])
        self.version += run.loose != was_loose
        for place, item in enumerate(items):
            self._add(ItemPiece(part.text(item), item.tokens, self._code_count(), run, place))
            if place < keep:
                self._settle(item.tokens)
        run.settled += keep
        if keep < len(items):
            self._run, part.cut = run, items[keep].start

    def _take_table(self, part: "_Part", group: Group, number: int, grown: Grown | None) -> None:
        head, aligns, rows = table_parts(group.tokens)
        table = grown if isinstance(grown, TablePiece) else TablePiece(head, aligns)
        self._add(table)
        if number < part.open:
            table.extend(rows, [])
            self._settle(group.tokens)
            return
        top = group.start + 2
        keep = part.complete_lines(top, len(rows))
        table.extend(rows[:keep], rows[keep:])
        part.cut = group.start
        if part.is_complete(top - 1):
            self._grown, self._opening = table, part.opening(group.start, top)
            part.cut = top + keep

    def _take_fence(self, part: "_Part", group: Group, number: int, grown: Grown | None) -> None:
        token, lines = group.tokens[0], code_lines(group.tokens[0])
        fence = grown
        if not isinstance(fence, FencePiece):
            fence = FencePiece(token.info, self._code_count())
        self._add(fence)
        if number < part.open or (has_end(token) and part.is_complete(group.end - 1)):
            fence.extend(lines, None, closed=True)
            self._settle(group.tokens)
            part.cut = group.end
            return
        top = group.start + 1
        keep = part.complete_lines(top, len(lines))
        open_ = "\n".join(lines[keep:]) if lines[keep:] else None
        fence.extend(lines[:keep], open_, closed=False)
        part.cut = group.start
        if part.is_complete(group.start):
            self._grown, self._opening = fence, part.opening(group.start, top)
            part.cut = top + keep

    def _take_term(self, part: "_Part", group: Group, number: int, grown: Grown | None) -> None:
        definitions = [Group.of(tokens) for tokens in siblings(group.tokens[3:-1])]
        opening = part.opening(group.start, definitions[0].start)
        loose = bool(group.tokens[0].meta["loose"])
        going_on = isinstance(grown, DefinitionPiece)
        if going_on:
            del definitions[0]  # it stands there for those before
        starts = [definition.start for definition in definitions]
        keep = len(definitions) if number < part.open else part.decided(starts)
        for place, each in enumerate(definitions):
            begins = place == 0 and not going_on
            tokens = [*group.tokens[:3], *each.tokens, group.tokens[-1]] if begins else each.tokens
            source = f"{opening}{'' if begins else STAND_IN}{part.text(each)}"
            first_code = self._code_count()
            piece = DefinitionPiece(source, tokens, first_code, begins=begins, loose=loose)
            self._add(piece)
            if place < keep:
                self._settle(tokens)
        if keep < len(definitions):
            part.cut = group.start
            if going_on or keep:
                self._grown, self._opening = piece, f"{opening}{STAND_IN}"
                part.cut = starts[keep]

    def _add(self, piece: Piece) -> None:
        self.pieces.append(piece)

    def _settle(self, tokens: Sequence[Token]) -> None:
        """The piece that was added last can no longer change."""
        piece = self.pieces[-1]
        self.settled += 1
        if piece.mentions.labels:
            self._mentions.append(piece.mentions)
        self._codes += piece.code_count
        for token in tokens:
            if token.type == "definition":
                place = {"href": token.meta["url"], "title": token.meta["title"], "map": [0, 0]}
                self._references.setdefault(token.meta["id"], place)
            elif token.type == "footnote_reference_open":
                self._notes[f":{token.meta['label']}"] = -1

    def _code_count(self) -> int:
        """Pieces of code in what was added so far."""
        return self._codes + sum(piece.code_count for piece in self.pieces[self.settled :])

    def _keep_drawn(self, before: list[Piece], shift: int) -> None:
        """Take the pieces of the last time for those that are as they were: they are drawn."""
        for number, old in enumerate(before, shift):
            new = self.pieces[number] if number < len(self.pieces) else None
            if isinstance(old, BlockPiece) and isinstance(new, BlockPiece) and old.same_as(new):
                self.pieces[number] = old

    def _look_around(self, env: Env) -> None:
        """See whether links or notes of what is settled now mean something else."""
        context = Context(env, frozenset())
        if env["references"]:
            open_ = [piece.mentions for piece in self.pieces[self.settled :]]
            used = frozenset[str]().union(*(m.used(context) for m in [*self._mentions, *open_]))
            context = Context(env, used)
        if context.meaning() != self._context.meaning():
            self.version += 1
        self._context = context


class _Part:
    """The parsed tail of a document: which of its blocks and lines may still change."""

    def __init__(
        self, source: str, groups: list[Group], undecided: int | None, *, closed: bool
    ) -> None:
        self.groups = groups
        self._source, self._lines = source, source.split("\n")
        self._complete = len(self._lines) if closed else len(self._lines) - 1
        self._undecided = undecided
        self.open = len(groups) if closed else self._first_open()
        """The number of the first block that may change."""
        self.cut = self._complete
        """The line at which the next tail begins."""

    def _first_open(self) -> int:
        pairs = range(len(self.groups) - 1, 0, -1)
        return next((n for n in pairs if self._is_apart(self.groups[n - 1], self.groups[n])), 0)

    def _is_apart(self, before: Group, group: Group) -> bool:
        """Whether nothing that may come can make a block part of the one before it.

        The first line of a block may still become part of the last paragraph, and so may the next
        one (of a table); behind a blank line it is only in lists that what it is matters.
        """
        if self._undecided is not None and group.start > self._undecided:
            return False
        if not self._lines[group.start - 1].strip():
            decided = group.start < self._complete
            if before.kind in ("paragraph_open", "term_open"):
                return decided or not may_define(self._lines[group.start])
            return before.kind not in LISTS or decided
        if group.start == self._undecided:
            return False
        if before.kind == "definition" and group.kind != "definition":
            return False  # it may be the title of what is defined
        return group.start + 2 <= self._complete

    def is_complete(self, line: int) -> bool:
        """Whether a line, and what it is, can no longer change."""
        return line < self._complete and (self._undecided is None or line < self._undecided)

    def decided(self, starts: list[int]) -> int:
        """The last of some items whose beginning can no longer change."""
        limit = self._complete if self._undecided is None else self._undecided + 1
        limit = min(limit, self._complete)
        return max((n for n, start in enumerate(starts) if start < limit), default=0)

    def complete_lines(self, first: int, number: int) -> int:
        """How many of some lines can no longer change."""
        return sum(self.is_complete(first + place) for place in range(number))

    def is_loose(self, items: Sequence[Group], others: Sequence[Group]) -> bool:
        """Whether some items have blank lines between or in them, or before the next of the others.

        The parser tells it of paragraphs alone, of which there may be none yet.
        """
        blocks = (
            Group.of(block) for item in items for block in list(siblings(item.tokens[1:-1]))[1:]
        )
        begun = [*items[1:], *others[:1]] if items else []
        starts = [block.start for block in (*begun, *blocks)]
        return any(start and not self._lines[start - 1].strip(" \t") for start in starts)

    def text(self, group: Group) -> str:
        return "\n".join(self._lines[group.start : group.end])

    def opening(self, first: int, behind: int) -> str:
        """Lines that open a block, for the next tail to be parsed below."""
        return "\n".join([*self._lines[first:behind], ""])

    def rest(self) -> str:
        """The source from the cut on."""
        if self.cut >= len(self._lines):
            return ""
        return "\n".join(self._lines[self.cut :])
