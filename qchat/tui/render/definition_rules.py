"""Definition lists, as Pandoc writes them: a term on its line, and below it `: what it means`."""

import re
from collections.abc import Iterator

from markdown_it.rules_block import StateBlock
from markdown_it.token import Token

from qchat.tui.render.block_lines import continues_paragraph, line_text
from qchat.tui.render.formula_rules import UNDECIDED

MAX_MARGIN = 4
"""Columns of a definition's later lines that are its margin."""
_MARK = re.compile(r":[ \t]+(?=\S)")
_UNDERLINE = re.compile(r"^(?=(=+|-+)[ \t]*$)")
"""Below a paragraph that goes on lazily it is text: no heading reaches out of its container."""
STAND_IN = ": …\n"
"""A definition in place of those that can no longer change, so that more of them can be parsed."""
_INSIDE = "in_definition"
"""Key in a parser's `env`: what is parsed is a definition, in which there are no others."""


def definition_list(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Take one term and what is said of it; the next term is a block of its own."""
    if silent or state.env.get(_INSIDE) or state.is_code_block(start):
        return False
    first = _first_definition(state, start, end)
    if first is None:
        return False
    definitions, last = _definitions(state, first, end)
    opening = state.push("term_open", "dl", 1)
    opening.map, opening.meta = [start, last], {"loose": first > start + 1}
    state.push("term", "dt", 0).map = [start, start + 1]
    inline = state.push("inline", "", 0)
    inline.content, inline.map, inline.children = (
        line_text(state, start).strip(),
        [start, start + 1],
        [],
    )
    for place, lines in definitions:
        state.push("meaning_open", "dd", 1).map = [place, place + len(lines)]
        state.tokens += _parsed(state, place, "\n".join(lines))
        state.push("meaning_close", "dd", -1)
    state.push("term_close", "dl", -1)
    state.line = last
    return True


def may_define(line: str) -> bool:
    """Whether a line, or what has come of it, may begin a definition."""
    return line.lstrip().startswith(":")


def _first_definition(state: StateBlock, term: int, end: int) -> int | None:
    """The line of the first definition, below its term or behind one blank line."""
    if not line_text(state, term) or _is_definition(state, term):
        return None
    first = term + 1
    if first < end and not line_text(state, first):
        first += 1
    return first if first < end and _is_definition(state, first) else None


def _is_definition(state: StateBlock, line: int) -> bool:
    inside = 0 <= state.sCount[line] - state.blkIndent <= 3
    return inside and bool(_MARK.match(line_text(state, line)))


def _definitions(
    state: StateBlock, first: int, end: int
) -> tuple[list[tuple[int, list[str]]], int]:
    """Where each definition begins, with its lines; and the line behind the last one."""
    found: list[tuple[int, list[str]]] = []
    number = last = first
    while number < end:
        text, indent = line_text(state, number), state.sCount[number] - state.blkIndent
        if _is_definition(state, number):
            found.append((number, [_MARK.sub("", text, count=1)]))
        elif not text:
            found[-1][1].append("")
        elif indent >= 2:
            found[-1][1].append(" " * max(indent - MAX_MARGIN, 0) + text)
        elif number == last and _is_lazy(state, number, end):
            found[-1][1].append(_UNDERLINE.sub(r"\\\g<0>", text))
        else:
            break
        number += 1
        last = number if text else last
    return [(place, _without_end(lines)) for place, lines in found], last


def _is_lazy(state: StateBlock, line: int, end: int) -> bool:
    """Whether a line goes on with the definition's paragraph although it is not indented."""
    return continues_paragraph(state, line, end) and _first_definition(state, line, end) is None


def _without_end(lines: list[str]) -> list[str]:
    while lines and not lines[-1]:
        lines.pop()
    return lines


def _parsed(state: StateBlock, place: int, source: str) -> Iterator[Token]:
    """The blocks of a definition that begins at the line `place`."""
    env = {key: value for key, value in state.env.items() if key != UNDECIDED}
    env[_INSIDE] = True
    tokens: list[Token] = []
    state.md.block.parse(source, state.md, env, tokens)
    if UNDECIDED in env:
        state.env.setdefault(UNDECIDED, []).append(place)
    for token in tokens:
        yield token.copy(level=token.level + state.level)
