"""Numbers in the names of modes and behind options."""

from qchat.config.settings import LONGEST_BUDGET
from qchat.protocol.errors import UsageError


def number(name: str, text: str) -> int:
    """A positive number as it was typed behind a name. Raises UsageError."""
    if not (text.isascii() and text.isdecimal()) or len(text) > 9:
        raise UsageError(f"{name} takes a number, not {text[:40]!r}.")
    value = int(text)
    if not 0 < value <= LONGEST_BUDGET:
        raise UsageError(f"{name} takes a number from 1 to {LONGEST_BUDGET:,}, not {value}.")
    return value
