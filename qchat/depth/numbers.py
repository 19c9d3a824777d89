"""Numbers in the names of modes and behind options."""

from qchat.config.settings import MAX_BUDGET
from qchat.protocol.errors import UsageError
from qchat.runtime.language import tr


def number(name: str, text: str) -> int:
    """A positive number as it was typed behind a name. Raises UsageError."""
    if not (text.isascii() and text.isdecimal()) or len(text) > 9:
        raise UsageError(tr("{name} takes a number, not {text!r}.", name=name, text=text[:40]))
    value = int(text)
    if not 0 < value <= MAX_BUDGET:
        raise UsageError(
            tr(
                "{name} takes a number from 1 to {longest_budget:,}, not {value}.",
                name=name,
                longest_budget=MAX_BUDGET,
                value=value,
            )
        )
    return value
