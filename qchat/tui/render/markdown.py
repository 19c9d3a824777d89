"""Markdown as rich renderables, with the colours of the theme."""

import re
from collections.abc import Iterator
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.dollarmath.index import math_block_dollar
from mdit_py_plugins.tasklists import tasklists_plugin
from mdit_py_plugins.texmath import texmath_plugin
from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.rule import Rule
from rich.segment import Segment
from rich.style import Style
from rich.text import Text

from qchat.conversation.citations import Known
from qchat.tui.render.code import code_text
from qchat.tui.render.formula import readable
from qchat.tui.render.palette import Palette
from qchat.tui.render.strips import shown
from qchat.tui.render.table import Align, Table
from qchat.tui.render.targets import cite, link
from qchat.tui.render.targets import code as code_target

DEEPEST = 12
"""Levels of nesting that are indented; deeper ones are shown at this level."""

MOST_PARSED = 10_000
MOST_BRACKETS = 1_000
"""Characters, and opening brackets, of one block beyond which it is shown as it is: the parser
tries each bracket against all that follow."""

_parser = MarkdownIt("commonmark", {"maxNesting": 60}).enable(["table", "strikethrough"])
_parser.use(tasklists_plugin)
_parser.use(dollarmath_plugin, allow_space=False, allow_digits=False, double_inline=True)
_parser.use(texmath_plugin, delimiters="brackets")
_formula_block = math_block_dollar(allow_labels=False, allow_blank_lines=True)


def _formula(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A formula ends the paragraph before it: else, in a list, it would end at a blank line.

    The parser asks first (`silent`), for which the plugin's rule does not care.
    """
    line, tokens = state.line, len(state.tokens)
    found = _formula_block(state, start, end, silent)
    if silent:
        state.line = line
        del state.tokens[tokens:]
    return found


_parser.block.ruler.at("math_block", _formula, {"alt": ["paragraph", "blockquote", "list"]})

# Of footnotes, the mark and the note may stand in different blocks: they are told by their form.
_NOTE = re.compile(r"^\[\^([\w-]{1,20})\]:[ \t]*", re.MULTILINE)
_NOTE_MARK = re.compile(r"\[\^([\w-]{1,20})\]")
_SMALL = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def markdown(
    source: str,
    colours: Palette,
    columns: list[int] | None = None,
    known: Known = lambda _number: False,
) -> RenderableType:
    """Render a block of untrusted Markdown; HTML in it is shown as text.

    `columns` are the widths of a table that an earlier block began; if empty, it takes them.
    `known` says which sources an answer may cite.
    """
    text = shown(source)
    if text.startswith("[^"):
        text = _NOTE.sub(r"\n[^\1] ", text)
    if len(text) > MOST_PARSED or text.count("[") > MOST_BRACKETS:
        return Text(text, style=colours.text, overflow="fold")
    renderer = _Renderer(colours, [] if columns is None else columns, known)
    return Group(*renderer.blocks(_parser.parse(text)))


def fences(source: str) -> list[tuple[str, str]]:
    """Language and text of each piece of code in a document, in its order."""
    tokens = _parser.parse(shown(source))
    return [(_language(t), t.content) for t in tokens if t.type in ("fence", "code_block")]


def _language(token: Token) -> str:
    return token.info.split()[0] if token.info.split() else ""


class _Renderer:
    """Walks the tokens of one document."""

    def __init__(self, colours: Palette, columns: list[int], known: Known) -> None:
        self._colours = colours
        self._columns = columns
        self._known = known
        self._codes = 0

    def blocks(self, tokens: list[Token], depth: int = 0) -> list[RenderableType]:
        """Render sibling blocks, a blank line between them."""
        out: list[RenderableType] = []
        for group in _groups(tokens):
            rendered = self._block(group, depth)
            if rendered is not None:
                if out:
                    out.append(Text(""))
                out.append(rendered)
        return out

    def _block(self, tokens: list[Token], depth: int) -> RenderableType | None:
        first = tokens[0]
        match first.type:
            case "paragraph_open":
                return self._inline(tokens[1])
            case "heading_open":
                return self._heading(first.tag, tokens[1])
            case "fence" | "code_block":
                return self._code(first)
            case "bullet_list_open" | "ordered_list_open":
                return self._list(tokens, depth)
            case "blockquote_open":
                inner = Group(*self.blocks(tokens[1:-1], depth + 1))
                return self._beside("▏ ", inner, self._colours.dim)
            case "table_open":
                return self._table(tokens, self._columns if depth == 0 else [])
            case "hr":
                return Rule(style=self._colours.dim)
            case "math_block" | "math_block_eqno" | "math_block_label":
                formula = Text(readable(first.content.strip()), self._colours.code, overflow="fold")
                return self._beside("  ", formula, self._colours.dim)
            case "html_block":
                return Text(first.content.rstrip(), style=self._colours.dim)
            case _:
                return Text(first.content) if first.content else None

    def _heading(self, tag: str, inline: Token) -> Text:
        text = self._inline(inline)
        text.stylize(self._colours.strong)
        if tag == "h1":
            text.stylize(Style(underline=True))
        return text

    def _code(self, token: Token) -> RenderableType:
        code = token.content.rstrip("\n")
        body = code_text(code, _language(token), self._colours)
        self._codes += 1
        return self._beside("┃ ", body, self._colours.dim + code_target(self._codes))

    def _list(self, tokens: list[Token], depth: int) -> RenderableType:
        number = int(tokens[0].attrs.get("start", 1)) if tokens[0].type[0] == "o" else None
        rows: list[RenderableType] = []
        for item in _groups(tokens[1:-1]):
            mark = "• " if number is None else f"{number}. "
            number = None if number is None else number + 1
            inner = [block for block in self.blocks(item[1:-1], depth + 1) if not _is_blank(block)]
            rows.append(
                self._beside(mark if depth < DEEPEST else "", Group(*inner), self._colours.accent)
            )
        return Group(*rows)

    def _beside(self, mark: str, body: RenderableType, style: Style) -> RenderableType:
        return _Beside(mark, body, style)

    def _table(self, tokens: list[Token], columns: list[int]) -> RenderableType:
        rows: list[list[Text]] = []
        aligns: list[Align] = []
        for token in tokens:
            match token.type:
                case "tr_open":
                    rows.append([])
                case "th_open":
                    aligns.append(_alignment(token))
                case "inline":
                    rows[-1].append(self._inline(token))
                case _:
                    pass
        head, *body = rows
        for cell in head:
            cell.stylize(self._colours.strong)
        return Table(head, body, aligns, self._colours.dim, columns)

    def _inline(self, token: Token) -> Text:
        text = Text(overflow="fold")
        styles: list[Style] = []
        links: list[str] = []
        for child in token.children or []:
            self._inline_token(child, text, styles, links)
        return text

    def _inline_token(
        self, token: Token, text: Text, styles: list[Style], links: list[str]
    ) -> None:
        match token.type:
            case "text":
                self._text(token.content, text, _all_of(styles), linked=bool(links))
            case "code_inline" | "math_inline" | "math_inline_double" | "math_single":
                text.append(_literal(token), _all_of([*styles, self._colours.code]))
            case "softbreak" | "hardbreak":
                text.append("\n" if token.type == "hardbreak" else " ")
            case "strong_open":
                styles.append(_BOLD)
            case "em_open":
                styles.append(Style(italic=True))
            case "s_open":
                styles.append(Style(strike=True))
            case "link_open":
                links.append(str(token.attrs.get("href", "")))
                styles.append(self._colours.link + link(links[-1]))
            case "link_close":
                styles.pop()
                self._address(text, links.pop())
            case "strong_close" | "em_close" | "s_close":
                styles.pop()
            case "image":
                text.append(f"[picture: {token.content}]", self._colours.dim)
                self._address(text, str(token.attrs.get("src", "")))
            case "html_inline":
                text.append(_task_mark(token.content), _all_of(styles))
            case _:
                text.append(token.content)

    def _address(self, text: Text, address: str) -> None:
        """Show where a link goes: a terminal shows no tooltip, and a name may lie."""
        if address and not text.plain.endswith(address):
            text.append(f" ({address})", self._colours.dim + link(address))

    def _text(self, content: str, text: Text, style: Style, *, linked: bool) -> None:
        if linked:
            text.append(content, style)
            return
        end = 0
        for note in _NOTE_MARK.finditer(content):
            before = content[end : note.start()]
            text.append_text(cite(before, style, self._colours, self._known))
            small = note[1].translate(_SMALL) if note[1].isdecimal() else f"[{note[1]}]"
            text.append(small, style + self._colours.accent)
            end = note.end()
        text.append_text(cite(content[end:], style, self._colours, self._known))


class _Beside:
    """A mark on each block's first line, or a bar on every line, and the body beside it."""

    def __init__(self, mark: str, body: RenderableType, style: Style) -> None:
        self._mark = mark
        self._body = body
        self._style = style

    def __rich_console__(self, console: Any, options: Any) -> Iterator[Any]:
        width = cell_len(self._mark)
        inner = options.update(width=max(options.max_width - width, 4))
        bar = self._mark in ("┃ ", "▏ ")
        for number, line in enumerate(console.render_lines(self._body, inner, pad=False)):
            mark = self._mark if bar or number == 0 else " " * width
            yield Segment(mark, self._style)
            yield from line
            yield Segment.line()


_BOLD = Style(bold=True)


def _all_of(styles: list[Style]) -> Style:
    return Style.combine([Style.null(), *styles])


def _groups(tokens: list[Token]) -> Iterator[list[Token]]:
    """Cut tokens into siblings: a lone token, or all from an opening to its closing one."""
    group: list[Token] = []
    level = 0
    for token in tokens:
        group.append(token)
        level += token.nesting
        if level == 0:
            yield group
            group = []


def _alignment(token: Token) -> Align:
    match str(token.attrs.get("style", "")).rpartition(":")[2]:
        case "right":
            return "right"
        case "center":
            return "center"
        case _:
            return "left"


def _is_blank(block: RenderableType) -> bool:
    return isinstance(block, Text) and not block.plain


def _literal(token: Token) -> str:
    if token.type == "code_inline":
        return token.content
    return readable(token.content.strip()).replace("\n", "; ")


def _task_mark(html: str) -> str:
    if 'class="task-list-item-checkbox"' not in html:
        return html
    return "☑" if "checked" in html else "☐"
