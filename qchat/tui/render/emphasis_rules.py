"""Emphasis beside Chinese, Japanese and Korean text, as the "cjk-friendly" extension defines it.

CommonMark looks for spaces around punctuation. Those scripts write none, so that `**注意：**请`
would show its asterisks. Here punctuation of these scripts does not hinder, and a letter of theirs
counts as a space beside other punctuation.
"""

import re

from markdown_it.common.utils import isMdAsciiPunct, isPunctChar, isWhiteSpace
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Delimiter, Scanned

_EAST_ASIAN = re.compile(
    "[\u1100-\u11ff\u20a9\u2329\u232a\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7fb"
    "\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uffee\U0001b000-\U0001b2ff"
    "\U00020000-\U0003fffd]"
)
_VARIATION = "\ufe00-\ufe0f"
STRIKE = "~"


def emphasis(state: StateInline, silent: bool) -> bool:
    """Note a run of `*` or `_`; the library's own rule pairs the runs."""
    marker = state.src[state.pos]
    if silent or marker not in "*_":
        return False
    run = scan(state, splits_words=marker == "*")
    for _ in range(run.length):
        _delimiter(state, marker, run, run.length)
    state.pos += run.length
    return True


def strikethrough(state: StateInline, silent: bool) -> bool:
    """Note a run of two or more `~`."""
    if silent or state.src[state.pos] != STRIKE:
        return False
    run = scan(state, splits_words=True)
    if run.length < 2:
        return False
    if run.length % 2:
        state.push("text", "", 0).content = STRIKE
    for _ in range(run.length // 2):
        _delimiter(state, STRIKE * 2, run, 0)
    state.pos += run.length
    return True


def _delimiter(state: StateInline, text: str, run: Scanned, length: int) -> None:
    state.push("text", "", 0).content = text
    place = len(state.tokens) - 1
    state.delimiters.append(Delimiter(ord(text[0]), length, place, -1, run.can_open, run.can_close))


def scan(state: StateInline, *, splits_words: bool) -> Scanned:
    """How long the run at the parser's position is, and whether it may open and close."""
    source, begin, limit = state.src, state.pos, state.posMax
    end = begin
    while end < limit and source[end] == source[begin]:
        end += 1
    before = _before(source, begin)
    behind = source[end] if end < limit else " "
    space_before, space_behind = isWhiteSpace(ord(before)), isWhiteSpace(ord(behind))
    asian_before, asian_behind = _EAST_ASIAN.match(before), _EAST_ASIAN.match(behind)
    mark_before = _is_punctuation(before) and not asian_before
    mark_behind = _is_punctuation(behind) and not asian_behind
    left = not space_behind and (
        not mark_behind or space_before or mark_before or bool(asian_before)
    )
    right = not space_before and (
        not mark_before or space_behind or mark_behind or bool(asian_behind)
    )
    opens = left and (splits_words or not right or _is_punctuation(before))
    closes = right and (splits_words or not left or _is_punctuation(behind))
    return Scanned(opens, closes, end - begin)


def _before(source: str, begin: int) -> str:
    """The character before a run; a variation selector belongs to what it varies."""
    at = begin - 1
    while at > 0 and _VARIATION[0] <= source[at] <= _VARIATION[-1]:
        at -= 1
    return source[at] if at >= 0 else " "


def _is_punctuation(character: str) -> bool:
    return isMdAsciiPunct(ord(character)) or isPunctChar(character)
