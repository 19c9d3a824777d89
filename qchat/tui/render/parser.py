"""The one Markdown parser: CommonMark and GitHub's tables, with formulas, footnotes, CJK emphasis.

Blocks and what stands inside them are parsed apart, so that a document which streams need not be
parsed from its start, and a link whose definition comes later need only have its line done again.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.ruler import RuleOptionsType
from markdown_it.rules_block import StateBlock, table
from markdown_it.rules_block.table import escapedSplit
from markdown_it.token import Token

from qchat.tui.render.definition_rules import definition_list
from qchat.tui.render.emphasis_rules import emphasis, strikethrough
from qchat.tui.render.footnote_rules import NOTES, note_block, note_mark
from qchat.tui.render.formula_rules import UNDECIDED, formula_block, formula_inline

MAX_NESTING = 60
"""Levels of blocks in blocks; where it is deeper, a block is shown as it was written."""
MAX_INLINE, MAX_BRACKETS = 10_000, 1_000
"""Characters, and opening brackets, of one paragraph beyond which it is shown as it was written:
the parser tries each bracket against all that follow."""

SURPLUS = "surplus"
"""Key in a row's `meta`: the texts of its cells behind the table's last column."""

Env = dict[str, object]
"""What the parser keeps of a document beside its tokens: definitions and notes by their labels."""


def _table(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """The library's rule, which drops the cells behind a table's last column: they are kept.

    It is tried where a paragraph would begin, as GitHub does: a line that opens code, a heading, a
    list or a quotation is the head of no table, whatever the next one looks like.
    """
    before = len(state.tokens)
    if not table(state, start, end, silent):
        return False
    columns = sum(token.type == "th_open" for token in state.tokens[before:])
    for token in state.tokens[before:]:
        if token.type == "tr_open" and token.map and token.map[0] > start:
            line = token.map[0]
            cells = _cells(state.src[state.bMarks[line] : state.eMarks[line]])
            token.meta = {SURPLUS: cells[columns:]}
    return True


def _cells(line: str) -> list[str]:
    cells = [cell.strip() for cell in escapedSplit(line.strip())]
    return cells[not cells[0] : len(cells) - (not cells[-1])] if any(cells) else []


def _build() -> MarkdownIt:
    options = {"maxNesting": MAX_NESTING, "inline_definitions": True, "tasklists": True}
    parser = MarkdownIt("commonmark", options).enable("strikethrough")
    block, inline = parser.block.ruler, parser.inline.ruler
    ends: RuleOptionsType = {"alt": ["paragraph", "reference", "blockquote", "list"]}
    block.before("lheading", "term", definition_list, {"alt": []})
    block.before("term", "tables", _table, {"alt": ["paragraph", "reference"]})
    block.before("fence", "formula", formula_block, ends)
    block.before("reference", "note", note_block, {"alt": ["paragraph", "reference"]})
    inline.before("escape", "formula", formula_inline)
    inline.before("link", "note", note_mark)
    inline.at("emphasis", emphasis)
    inline.at("strikethrough", strikethrough)
    return parser


_parser = _build()


class Group(NamedTuple):
    """The tokens of one block, those of the blocks in it among them, and its lines."""

    tokens: list[Token]
    start: int
    end: int
    """The line behind its last one."""

    @classmethod
    def of(cls, tokens: list[Token]) -> "Group":
        """The tokens from an opening to its closing one."""
        start, end = tokens[0].map or [0, 0]
        return cls(tokens, start, end)

    @property
    def kind(self) -> str:
        return self.tokens[0].type


def environment(references: dict[str, object], notes: dict[str, object]) -> Env:
    """What a part of a document is parsed with: what was defined before it."""
    return {"references": dict(references), NOTES: {"refs": dict(notes), "list": {}}}


def undecided(env: Env) -> int | None:
    """The first line at which a formula may begin that has no end yet."""
    lines = env.get(UNDECIDED)
    return min(lines) if isinstance(lines, list) else None


def parse_blocks(source: str, env: Env) -> list[Group]:
    """The blocks of a text, the outermost ones; what is inside of lines is not parsed yet."""
    tokens: list[Token] = []
    lines = source.split("\n")
    _parser.block.parse(source, _parser, env, tokens)
    groups = []
    for group in map(Group.of, siblings(tokens)):
        if any(token.level >= MAX_NESTING - 1 for token in group.tokens):
            written = _as_written("\n".join(lines[group.start : group.end]))
            groups.append(group._replace(tokens=[written]))
        else:
            groups.append(group)
    return groups


def parse_inline(content: str, env: Env) -> list[Token]:
    """What stands inside of a paragraph, heading or cell."""
    if len(content) > MAX_INLINE or content.count("[") > MAX_BRACKETS:
        return [Token("text", "", 0, content=content)]
    children: list[Token] = []
    _parser.inline.parse(content, _parser, env, children)
    return children


def used_labels(contents: Iterable[str], env: Env) -> set[str]:
    """The labels of definitions to which links in some text lead."""
    asked = _Asked(env["references"])  # type: ignore[arg-type]
    for content in contents:
        parse_inline(content, {**env, "references": asked})
    return asked.labels


class _Asked(dict[str, object]):
    """Definitions, and which of them the parser took."""

    def __init__(self, references: Mapping[str, object]) -> None:
        super().__init__(references)
        self.labels: set[str] = set()

    def get(self, label: str, default: object = None) -> object:
        found = super().get(label, default)
        if found is not default:
            self.labels.add(label)
        return found

    def __getitem__(self, label: str) -> object:
        self.labels.add(label)
        return super().__getitem__(label)


def siblings(tokens: list[Token]) -> Iterator[list[Token]]:
    """Cut tokens into siblings: a lone token, or all from an opening to its closing one."""
    group: list[Token] = []
    level = 0
    for token in tokens:
        group.append(token)
        level += token.nesting
        if level == 0:
            yield group
            group = []


def _as_written(source: str) -> Token:
    return Token("as_written", "", 0, content=source)
