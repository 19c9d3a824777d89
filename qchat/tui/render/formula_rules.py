"""Where formulas stand in Markdown: rules for the parser, by what Pandoc and GitHub agree on.

A formula has no space inside its dollars, no digit behind them, no word right before or behind
them, and never reaches across code or a blank line. So prices, shell variables and regular
expressions stay what they are.
"""

import re
from typing import NamedTuple

from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline

from qchat.tui.render.block_lines import continues_paragraph, line_text

UNDECIDED = "undecided"
"""Key in a parser's `env`: the lines at which a formula may begin that has no end yet."""
MAX_FORMULA_LINES = 60
"""A block of more lines only looked like a formula."""

_OPENING = re.compile(r"\$\$|\\\[")
_CLOSING = {"$$": "$$", r"\[": r"\]", r"\(": r"\)", "$": "$", "$`": "`$"}
_FENCE = re.compile(r"`{3,}|~{3,}")
_MATH_FENCE = re.compile(r"(`{3,}|~{3,})[ \t]*math")
_ENVIRONMENT = re.compile(
    r"\\begin(\{(?:equation|align|alignat|flalign|gather|multline|eqnarray|displaymath|math)\*?\})"
)
"""Environments of LaTeX that are formulas by themselves, without dollars around them."""
_BEFORE = re.compile(r"[\s(\[{\"'“‘«/—–*_~-]|[^\x00-\u2fff]")
"""What may stand right before an inline formula: space, an opening mark, a letter of Chinese."""
_ESCAPED = re.compile(r"(?:[^\W_]|[\s,;-]){0,3}")
"""What is no formula between `\\[` and `\\]`: a citation or a box whose brackets were escaped."""
_MARKS = re.compile(r"[.,;:!?。，；：！？]+")
"""What belongs to the sentence that a formula on its own lines is a part of."""
_BEHIND = re.compile(r"[\s)\]}\"'”’».,;:!?/—–*_~-]|[^\x00-\u2fff]|(?:st|nd|rd|th)\b")
"""What may stand right behind one: space, a closing mark, a letter of Chinese, the end of "nth"."""


class Found(NamedTuple):
    """A formula that fills lines."""

    content: str
    last: int
    """The line on which it ends."""
    behind: str = ""
    """The text behind its end, on that line."""


def formula_block(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    r"""Take formulas that fill whole lines; others are left to the inline rule.

    They stand in `$$ … $$`, `\[ … \]`, a fence that says `math`, or an environment of LaTeX.
    """
    if state.is_code_block(start):
        return False
    first = line_text(state, start)
    if opening := _OPENING.match(first):
        mark = opening[0]
        found = _content(state, start, end, first[opening.end() :], _CLOSING[mark])
    elif opening := _ENVIRONMENT.match(first):
        mark = closing = f"\\end{opening[1]}"
        found = _content(state, start, end, first, closing)
        found = found and found._replace(content=f"{found.content}{closing}")
    elif opening := _MATH_FENCE.fullmatch(first):
        mark = opening[1]
        found = _in_fence(state, start, end, mark)
    else:
        return False
    if found is None:
        return False
    if not silent:
        _push(state, found, (start, end), mark)
    return True


def _push(state: StateBlock, found: Found, lines: tuple[int, int], mark: str) -> None:
    """A formula; with what stands behind its end, if anything does, it is one block."""
    start, end = lines
    last = found.last + 1
    marks = _MARKS.match(found.behind)
    if marks:
        found = found._replace(behind=found.behind[marks.end() :].strip())
    if found.behind:
        text = [found.behind]
        while last < end and continues_paragraph(state, last, end):
            text.append(line_text(state, last))
            last += 1
        state.push("formula_with_text_open", "", 1).map = [start, last]
    token = state.push("formula_block", "math", 0)
    token.content, token.markup, token.map = found.content, mark, [start, found.last + 1]
    token.info = marks[0] if marks else ""
    if found.behind:
        state.push("paragraph_open", "p", 1).map = [found.last, last]
        inline = state.push("inline", "", 0)
        inline.content, inline.map, inline.children = "\n".join(text), [found.last, last], []
        state.push("paragraph_close", "p", -1)
        state.push("formula_with_text_close", "", -1)
    state.line = last


def _in_fence(state: StateBlock, start: int, end: int, fence: str) -> Found | None:
    """The text of a fence and its last line; None if it has no end, or none as yet."""
    lines: list[str] = []
    number = start + 1
    while number < end and len(lines) < MAX_FORMULA_LINES:
        line = line_text(state, number)
        if line and state.sCount[number] < state.blkIndent:
            return None
        if len(line) >= len(fence) and not line.strip(fence[0]):
            if number + 1 >= end:  # more may come behind its end
                state.env.setdefault(UNDECIDED, []).append(start)
            content = "\n".join(lines).strip()
            return Found(content, number) if content else None
        lines.append(line)
        number += 1
    if number >= end:
        state.env.setdefault(UNDECIDED, []).append(start)
    return None


def _content(state: StateBlock, start: int, end: int, first: str, closing: str) -> Found | None:
    """The text of a formula and its last line; None if there is none, or none as yet."""
    lines = [first]
    number = start
    while closing not in lines[-1]:
        number += 1
        if number >= end:
            state.env.setdefault(UNDECIDED, []).append(start)
            return None
        line = line_text(state, number)
        outside = state.sCount[number] < state.blkIndent
        if not line or outside or _FENCE.match(line) or len(lines) >= MAX_FORMULA_LINES:
            return None
        lines.append(line)
    if number + 1 >= end:  # more may come behind its end
        state.env.setdefault(UNDECIDED, []).append(start)
    before, _, behind = lines[-1].partition(closing)
    lines[-1] = before
    content = "\n".join(lines).strip()
    if not content or "`" in content:
        return None
    if behind and closing in ("$$", r"\]") and number == start:
        return None  # it stands in a line of text
    if behind and closing == "$$" and not _MARKS.fullmatch(behind):
        return None  # dollars may be something else
    return Found(content, number, behind.strip())


def formula_inline(state: StateInline, silent: bool) -> bool:
    r"""Take `$x$`, `$$x$$`, ``$`x`$``, `\(x\)` and `\[x\]` in the midst of text."""
    source, begin = state.src, state.pos
    if source[begin] not in "$\\":
        return False
    opening = next((o for o in ("$$", "$`", "$", r"\(", r"\[") if source.startswith(o, begin)), "")
    named = _ENVIRONMENT.match(source, begin, state.posMax)
    if named:
        opening, closing = named[0], f"\\end{named[1]}"
    elif opening:
        closing = _CLOSING[opening]
    else:
        return False
    inside = begin + len(opening)
    end = _end(source, inside, state.posMax, closing)
    content = source[inside:end]
    if end < 0 or not content.strip() or "`" in content:
        return False
    if opening[0] == "$" and not _dollars(source, begin, end + len(closing), content):
        return False
    if opening == r"\[" and _ESCAPED.fullmatch(content):
        return False
    if not silent:
        token = state.push("formula_inline", "math", 0)
        token.content = f"{opening}{content}{closing}" if named else content
        token.markup = opening
    state.pos = end + len(closing)
    return True


def _end(source: str, begin: int, limit: int, closing: str) -> int:
    """Where the first closing mark stands that is not escaped; -1 if nowhere."""
    at = source.find(closing, begin, limit)
    while at > begin and closing[0] == "$" and source[at - 1] == "\\":
        at = source.find(closing, at + 1, limit)
    return at


def _dollars(source: str, begin: int, end: int, content: str) -> bool:
    """Whether dollars from `begin` to `end` are a formula's."""
    if content[0].isspace() or content[-1].isspace() or content[0] == "$" or content[-1] == "$":
        return False
    free_before = begin == 0 or bool(_BEFORE.match(source[begin - 1]))
    free_behind = end >= len(source) or bool(_BEHIND.match(source, end))
    return free_before and free_behind
