"""What a run works towards, how it is checked, and what it may cost."""

import msgspec

from qchat.protocol.errors import StoreError
from qchat.runtime.language import tr

DEFAULT_STEPS, DEFAULT_HOURS = 2_000, 24.0
"""Where the user sets none: so many that work is not cut off, and nothing goes on for ever."""


class Goal(msgspec.Struct, frozen=True, omit_defaults=True):
    """The user's goal, word for word, as it is kept with the run."""

    text: str
    until: str = ""
    """A command whose exit status 0 says that it is reached; empty for a check by a model."""
    verify: str = ""
    """What a model is to look at that checks it, in the user's words."""
    folder: str = ""
    """Where the command is run: the user's own folder."""
    steps: int = DEFAULT_STEPS
    tokens: int = 0
    """Read and written, of all requests together; 0 for no limit."""
    hours: float = DEFAULT_HOURS
    """Of work, not of the time in which nobody worked on it."""

    def encode(self) -> str:
        return msgspec.json.encode(self).decode()


class Limits(msgspec.Struct, frozen=True):
    """What a run may cost, of all its work together; None leaves it as it was."""

    steps: int | None = None
    tokens: int | None = None
    hours: float | None = None

    def of(self, goal: Goal) -> Goal:
        """The goal with these limits in place of its own."""
        return msgspec.structs.replace(
            goal,
            steps=goal.steps if self.steps is None else self.steps,
            tokens=goal.tokens if self.tokens is None else self.tokens,
            hours=goal.hours if self.hours is None else self.hours,
        )


def decode(text: str) -> Goal:
    """What `encode` wrote. Raises StoreError."""
    try:
        return msgspec.json.decode(text, type=Goal)
    except msgspec.DecodeError as error:
        raise StoreError(tr("the goal of this run cannot be read: {error}", error=error)) from error


def span(seconds: float) -> str:
    """A length of time as people say it."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"


def short(number: int) -> str:
    """A number of tokens in few characters."""
    if number < 10_000:
        return f"{number:,}"
    return f"{number / 1_000:,.0f}k" if number < 10_000_000 else f"{number / 1_000_000:,.0f}M"
