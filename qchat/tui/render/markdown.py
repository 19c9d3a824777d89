"""Blocks of Markdown as lines, in the colours of the theme; HTML that is not known stays text."""

import re
from collections.abc import Iterable, Sequence

import msgspec
from markdown_it.token import Token
from rich.segment import Segment
from rich.style import Style

from qchat.conversation.citations import Known
from qchat.tui.render.alerts import alert_style, split_alert
from qchat.tui.render.click_targets import code as code_target
from qchat.tui.render.click_targets import link
from qchat.tui.render.code import CodeLines
from qchat.tui.render.footnote_rules import NOTES
from qchat.tui.render.formula import readable
from qchat.tui.render.inline import Inline, Runs, note_number, readable_address, safe
from qchat.tui.render.palette import Palette
from qchat.tui.render.parser import SURPLUS, Env, environment, parse_inline, siblings
from qchat.tui.render.selection import MARGIN
from qchat.tui.render.table import Align, Row, Table
from qchat.tui.render.wrap import Line, wrap

MAX_INDENTED = 12
"""Levels of nesting that are indented; deeper ones are shown at this level."""
MIN_WIDTH = 8
"""Cells that what stands in lists and quotations keeps, however deep."""

_LISTS = ("bullet_list_open", "ordered_list_open")
_BULLETS = "•◦"
_HTML_PART = re.compile(r"(<[^<>]*>)")
_DETAILS = re.compile(r"</?details(?:\s+open)?>\s*", re.IGNORECASE)
_SUMMARY_END = re.compile(r"(</summary>)\s*", re.IGNORECASE)


class Context(msgspec.Struct, frozen=True):
    """What blocks are drawn by, of all that stands elsewhere in the document."""

    env: Env
    """Where labels go, and which notes there are."""
    used: frozenset[str]
    """The labels that its text mentions."""

    def leads_to(self, label: str, address: str) -> bool:
        """Whether a link of that label leads to that address, and so shows it."""
        places: dict[str, dict[str, str]] = self.env["references"]  # type: ignore[assignment]
        return label in self.used and places[label]["href"] == address

    def meaning(self) -> object:
        """What labels stand for, and those that are used of what is defined."""
        places: dict[str, dict[str, str]] = self.env["references"]  # type: ignore[assignment]
        notes: dict[str, dict[str, int]] = self.env[NOTES]  # type: ignore[assignment]
        defined = {label: (place["href"], place["title"]) for label, place in places.items()}
        return defined, set(notes["refs"]), self.used

    def resolved(self, labels: Iterable[str]) -> list[tuple[str, str]]:
        """What some labels stand for; those of nothing are left out."""
        places: dict[str, dict[str, str]] = self.env["references"]  # type: ignore[assignment]
        notes: dict[str, dict[str, int]] = self.env[NOTES]  # type: ignore[assignment]
        found = []
        for label in labels:
            place = places.get(label)
            if place is not None:
                found.append((label, f"{place['href']} {place['title']}"))
            elif label.startswith("^") and f":{label[1:]}" in notes["refs"]:
                found.append((label, ""))
        return found


class Painter:
    """Draws the blocks of one document, at one width."""

    def __init__(
        self,
        colours: Palette,
        known: Known,
        width: int,
        before: "Painter | None" = None,
    ) -> None:
        """`before` drew the same document, with the same links, the last time."""
        self.colours, self.width, self.known = colours, width, known
        self._before = {} if before is None else before.kept
        self.kept: dict[tuple[str, Style, int], list[Line]] = {}
        """Text that was drawn now, by what it says, its style and its width."""
        self.codes: dict[int, CodeLines] = {} if before is None else before.codes
        """Code in blocks that may still change, by its number, as it was coloured."""
        self._inline = Inline(colours, known)
        self._context = Context(environment({}, {}), frozenset())
        self._code = 0
        self._heads = _headings(colours)

    def block(self, tokens: Sequence[Token], context: Context, first_code: int) -> list[Line]:
        """Draw a block; `first_code` is the number of its first piece of code."""
        self._context, self._code = context, first_code
        return self._block(list(tokens), self.width, 0)

    def item(
        self,
        tokens: Sequence[Token],
        number: int | None,
        context: Context,
        first_code: int,
        *,
        loose: bool,
    ) -> list[Line]:
        """Draw one item of a list; `number` is None where they are not counted."""
        self._context, self._code = context, first_code
        return self._item(list(tokens), number, self.width, 0, loose=loose)

    def definition(self, tokens: Sequence[Token], context: Context, first_code: int) -> list[Line]:
        """Draw one of the definitions of a term."""
        self._context, self._code = context, first_code
        return self._meaning(list(tokens), self.width, 0)

    def cells(self, contents: Sequence[str], context: Context, style: Style | None = None) -> Row:
        """The cells of a row of a table."""
        self._context = context
        return [self._runs(content, style or self.colours.text) for content in contents]

    def forget_codes(self, settled: int) -> None:
        """Code with a lower number will not change any more: it was drawn for good."""
        for number in [number for number in self.codes if number < settled]:
            del self.codes[number]

    def code_head(self, info: str, number: int) -> list[Line]:
        """What stands above a piece of code: its language."""
        return self._code_head(info, number, self.width)

    def _code_head(self, info: str, number: int, width: int) -> list[Line]:
        ground = self.colours.code_ground
        label = " ".join(info.split())
        style = self.colours.dim + ground + code_target(number)
        lines = wrap([Segment(label, style)], max(width - 2, 1)) if label else []
        return [_filled([Segment(" ", ground + MARGIN), *line], width, ground) for line in lines]

    def _text(self, content: str, style: Style, width: int) -> list[Line]:
        key = (content, style, width)
        lines = self.kept.get(key) or self._before.get(key)
        if lines is None:
            lines = wrap(self._runs(content, style), width)
        self.kept[key] = lines
        return lines

    def _runs(self, content: str, style: Style) -> Runs:
        return self._inline.runs(parse_inline(content, self._context.env), style)

    def _blocks(self, tokens: list[Token], width: int, depth: int, *, loose: bool) -> list[Line]:
        """Sibling blocks, a blank line between them where they are loose."""
        lines: list[Line] = []
        for group in siblings(tokens):
            drawn = self._block(group, width, depth)
            if lines and drawn and loose:
                lines.append([])
            lines += drawn
        return lines

    def _block(self, tokens: list[Token], width: int, depth: int) -> list[Line]:
        first, colours = tokens[0], self.colours
        match first.type:
            case "paragraph_open":
                return self._text(tokens[1].content, colours.text, width)
            case "heading_open":
                return self._text(tokens[1].content, self._heads[int(first.tag[1]) - 1], width)
            case "fence" | "code_block":
                return self._code_lines(first, width)
            case "bullet_list_open" | "ordered_list_open":
                return self._list(tokens, width, depth)
            case "blockquote_open":
                return self._quotation(tokens, width, depth)
            case "footnote_reference_open":
                return self._note(tokens, width, depth)
            case "term_open":
                return self._term(tokens, width, depth)
            case "formula_with_text_open":
                return self._blocks(tokens[1:-1], width, depth, loose=False)
            case "table_open":
                return self._table(tokens, width)
            case "hr":
                return [[Segment("─" * width, colours.dim)]]
            case "formula_block":
                formula = readable(first.content) + first.info
                lines = wrap([Segment(formula, colours.code)], _inside(width, 2))
                return _beside([Segment("  ")], lines, every=True)
            case "html_block":
                runs = self._html(first.content)
                return wrap(runs, width) if runs else []
            case "definition":
                return self._definition(first, width)
            case _:
                return wrap([Segment(first.content, colours.text)], width)

    def _code_lines(self, token: Token, width: int) -> list[Line]:
        number = self._code
        lines = code_lines(token)
        code = self.codes.get(number)
        if code is None or not code.goes_on(token.info, lines):
            code = self.codes[number] = CodeLines(token.info, code_target(number))
        code.take(lines, closed=has_end(token))
        self._code += 1
        return [*self._code_head(token.info, number, width), *code.draw(width, self.colours)]

    def _list(self, tokens: list[Token], width: int, depth: int) -> list[Line]:
        number = first_number(tokens[0])
        loose = is_loose(tokens)
        lines: list[Line] = []
        for item in siblings(tokens[1:-1]):
            if lines and loose:
                lines.append([])
            lines += self._item(item, number, width, depth, loose=loose)
            number = None if number is None else number + 1
        return lines

    def _item(
        self, item: list[Token], number: int | None, width: int, depth: int, *, loose: bool
    ) -> list[Line]:
        first, colours = item[0], self.colours
        mark = f"{_BULLETS[depth % 2]} " if number is None else f"{number}{first.markup} "
        if depth >= MAX_INDENTED:
            mark = ""
        checked = first.meta.get("checked")
        if checked is not None:
            mark += "☑ " if checked else "☐ "
        room = _inside(width, len(mark))
        inner = self._blocks(item[1:-1], room, depth + 1, loose=loose)
        return _beside([Segment(mark, colours.accent)], inner or [[]], every=False)

    def _quotation(self, tokens: list[Token], width: int, depth: int) -> list[Line]:
        bar, label, said = self.colours.bar, [], tokens[1:-1]
        alert = split_alert(tokens) if depth == 0 else None
        if alert is not None:
            name, said = alert
            style = alert_style(name, self.colours)
            bar, label = Style(bgcolor=style.color), [[Segment(name, style + Style(bold=True))]]
        inner = self._blocks(said, _inside(width, 2), depth + 1, loose=True)
        return _beside([Segment(" ", bar), Segment(" ")], [*label, *inner], every=True)

    def _note(self, tokens: list[Token], width: int, depth: int) -> list[Line]:
        mark = f"{note_number(tokens[0].meta['label'])} "
        inner = self._blocks(tokens[1:-1], _inside(width, len(mark)), depth + 1, loose=True)
        return _beside([Segment(mark, self.colours.accent)], inner or [[]], every=False)

    def _term(self, tokens: list[Token], width: int, depth: int) -> list[Line]:
        """A term, and below it, indented, each of its definitions."""
        loose = bool(tokens[0].meta["loose"])
        lines = self._text(tokens[2].content, self.colours.strong, width)
        for meaning in siblings(tokens[3:-1]):
            above: list[Line] = [[]] if loose else []
            lines = [*lines, *above, *self._meaning(meaning, width, depth)]
        return lines

    def _meaning(self, tokens: list[Token], width: int, depth: int) -> list[Line]:
        inner = self._blocks(tokens[1:-1], _inside(width, 4), depth + 1, loose=True)
        return _beside([Segment("    ")], inner, every=True)

    def _table(self, tokens: list[Token], width: int) -> list[Line]:
        head, aligns, rows = table_parts(tokens)
        table = Table(
            self.cells(head, self._context, self.colours.strong), aligns, self.colours.dim
        )
        table.extend([self.cells(row, self._context) for row in rows])
        return table.draw(width)

    def _html(self, source: str) -> Runs:
        """HTML that stands by itself: what folds away is opened, tags that are not known shown."""
        text = _DETAILS.sub("", source)
        text = _SUMMARY_END.sub(r"\1\n", text).strip("\n")
        tokens = [
            Token("html_inline" if part[0] == "<" else "plain", "", 0, content=part)
            for part in _HTML_PART.split(text)
            if part
        ]
        return self._inline.runs(tokens, self.colours.text)

    def _definition(self, token: Token, width: int) -> list[Line]:
        """The address of a link stands where the link is; without one, nothing may be lost."""
        if self._context.leads_to(token.meta["id"], token.meta["url"]):
            return []
        title = f' "{token.meta["title"]}"' if token.meta["title"] else ""
        style = self.colours.dim
        runs = [
            Segment(f"[{token.meta['label']}]: ", style),
            Segment(readable_address(token.meta["url"]), style + link(token.meta["url"])),
            Segment(safe(title), style),
        ]
        return wrap(runs, width)


def _headings(colours: Palette) -> list[Style]:
    bold, italic, underlined = Style(bold=True), Style(italic=True), Style(underline=True)
    return [
        colours.accent + bold + underlined,
        colours.accent + bold,
        colours.strong + bold,
        colours.strong + bold + italic,
        colours.text + italic,
        colours.dim + italic,
    ]


def first_number(opening: Token) -> int | None:
    """The number of a list's first item; None where they are not counted."""
    return int(opening.attrs.get("start", 1)) if opening.type == "ordered_list_open" else None


def is_loose(tokens: Sequence[Token]) -> bool:
    """Whether a list has blank lines between its items, or in one of them."""
    level = tokens[0].level + 2
    return any(
        token.type == "paragraph_open" and token.level == level and not token.hidden
        for token in tokens
    )


def code_lines(token: Token) -> list[str]:
    """The lines of a piece of code."""
    lines = token.content.split("\n")
    return lines[:-1] if lines and not lines[-1] else lines


def has_end(token: Token) -> bool:
    """Whether a piece of code is complete: one that is indented, or whose fence was closed."""
    start, end = token.map or [0, 0]
    return token.type == "code_block" or end - start - 1 > len(code_lines(token))


def table_parts(tokens: Sequence[Token]) -> tuple[list[str], list[Align], list[list[str]]]:
    """Head, alignments and rows of a table, with the cells behind its last column."""
    rows: list[list[str]] = []
    aligns: list[Align] = []
    surplus: list[str] = []
    for token in tokens:
        match token.type:
            case "tr_open":
                rows.append([])
                surplus = token.meta.get(SURPLUS, [])
            case "th_open":
                aligns.append(_alignment(token))
            case "inline":
                rows[-1].append(token.content)
            case "tr_close":
                rows[-1] += surplus
            case _:
                pass
    head, *body = rows
    return head, aligns, body


def _alignment(token: Token) -> Align:
    match str(token.attrs.get("style", "")).rpartition(":")[2]:
        case "right":
            return "right"
        case "center":
            return "center"
        case _:
            return "left"


def _filled(line: Line, width: int, ground: Style) -> Line:
    rest = width - sum(segment.cell_length for segment in line)
    return [*line, Segment(" " * rest, ground)] if rest > 0 else line


def _beside(mark: list[Segment], lines: list[Line], *, every: bool) -> list[Line]:
    """A mark on the first line or on every one, and what it belongs to beside it."""
    blank = [Segment(" " * sum(segment.cell_length for segment in mark))]
    return [
        [*(mark if every or number == 0 else blank), *line] for number, line in enumerate(lines)
    ]


def _inside(width: int, margin: int) -> int:
    return max(width - margin, MIN_WIDTH)
