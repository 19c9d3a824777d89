"""Footnotes: `[^1]` where a note stands in the document, and the notes themselves."""

import re

from markdown_it.common.utils import normalizeReference
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from mdit_py_plugins.footnote.index import footnote_def

NOTES = "footnotes"
"""Key in a parser's `env`; below it, under `refs`, the labels of notes, each behind a colon."""

_MARK = re.compile(r"\[\^([^\s\]\[]{1,40})\]")


def note_block(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Take `[^label]: note`; the note goes on in indented lines."""
    return bool(_MARK.match(state.src, state.bMarks[start] + state.tShift[start])) and bool(
        footnote_def(state, start, end, silent)
    )


def note_mark(state: StateInline, silent: bool) -> bool:
    """Take `[^label]` if the document has that note; else it is text."""
    mark = _MARK.match(state.src, state.pos)
    if mark is None or f":{mark[1]}" not in state.env.get(NOTES, {}).get("refs", {}):
        return False
    if not silent:
        state.push("note_mark", "", 0).content = mark[1]
    state.pos = mark.end()
    return True


def ways_to_find(label: str) -> set[str]:
    """What a label may be found by: as that of a link's definition, and as that of a note.

    Notes begin with `^`; so may links, where what stands in the brackets is not one word.
    """
    link = str(normalizeReference(label))
    return {link, label} if label.startswith("^") else {link}
