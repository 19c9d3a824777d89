"""What rules for blocks ask of the state: the text of a line, and where a paragraph ends."""

from markdown_it.rules_block import StateBlock


def line_text(state: StateBlock, number: int) -> str:
    """A line without the margin of the block that it stands in, and without blanks at its end."""
    begin = state.bMarks[number] + state.tShift[number]
    return state.src[begin : state.eMarks[number]].rstrip()


def continues_paragraph(state: StateBlock, line: int, end: int) -> bool:
    """Whether a line belongs to the paragraph above it: no rule takes it for something else."""
    if not line_text(state, line) or state.sCount[line] < state.blkIndent:
        return False
    rules = state.md.block.ruler.getRules("paragraph")
    # Some rules ask what they would end. A heading that was none leaves its own word for it there.
    before, state.parentType = state.parentType, "paragraph"
    try:
        return not any(rule(state, line, end, True) for rule in rules)
    finally:
        state.parentType = before
