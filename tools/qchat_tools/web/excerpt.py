"""What of a page is given at once: all of a short one, of a long one what is asked for."""

from qchat_tools.base import ToolError
from qchat_tools.passages import best, split

MAX_CHARACTERS = 8_000
MAX_LISTED = 20


def excerpt(text: str, question: str = "", part: int = 0) -> str:
    """A page that fits, whole; else from `part` on, or the best parts for `question` first.

    The last line says what there is beside that. Raises ToolError for a part that there is not.
    """
    parts = [text] if len(text) <= MAX_CHARACTERS else split(text)
    if part > len(parts):
        raise ToolError(f"there is no part {part}: the page has {_counted(len(parts))}")
    if len(parts) == 1:
        return text
    order = best(question, parts) if question and part < 1 else []
    if order:
        return _chosen(parts, order)
    first = max(part, 1) - 1
    last = first + _fitting([len(piece) for piece in parts[first:]])
    shown = "\n\n".join(parts[first:last])
    rest = f'; go on with "part": {last + 1}' if last < len(parts) else ""
    which = f"part {last}" if last == first + 1 else f"parts {first + 1} to {last}"
    return f"{shown}\n[{which} of {len(parts)}{rest}]"


def _chosen(parts: list[str], order: list[int]) -> str:
    order = order[: _fitting([len(parts[i]) for i in order])]
    shown = [f"[part {i + 1} of {len(parts)}]\n{parts[i]}" for i in order]
    missing = [i + 1 for i in range(len(parts)) if i not in order]
    more = f'\n[not shown, ask with "part": {_listed(missing)}]' if missing else ""
    return "\n\n".join(shown) + more


def _listed(numbers: list[int]) -> str:
    """A few numbers one by one, many as ranges: `1 to 40, 42 to 90`."""
    if len(numbers) <= MAX_LISTED:
        return ", ".join(map(str, numbers))
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(str(a) if a == b else f"{a} to {b}" for a, b in runs[:MAX_LISTED])


def _fitting(lengths: list[int]) -> int:
    """How many of these fit, at least one."""
    room = MAX_CHARACTERS
    for count, length in enumerate(lengths):
        room -= length
        if room < 0 and count:
            return count
    return len(lengths)


def _counted(number: int) -> str:
    return "1 part" if number == 1 else f"{number} parts"
