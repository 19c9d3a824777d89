"""Patterns that are compiled when they are first used.

All of those that look for secrets and times took 50 ms of a start, and most starts use none.
"""

import re
from collections.abc import Iterable
from typing import Any, cast


class _Later:
    """Becomes a pattern at the first use; each of its methods is looked up once."""

    def __init__(self, source: str, flags: int) -> None:
        self._source = source
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        found = getattr(re.compile(self._source, self._flags), name)  # `re` keeps what it compiled
        setattr(self, name, found)
        return found


def later(source: str, flags: int = 0) -> re.Pattern[str]:
    """As `re.compile`; a mistake in `source` shows at the first use."""
    return cast("re.Pattern[str]", _Later(source, flags))


def glimpsed(signs: Iterable[str], text: str) -> bool:
    """Whether a text in small letters has any of them: a first look, before dear patterns.

    Most texts have none, and a look at one takes a hundredth of what a pattern takes.
    """
    return any(sign in text for sign in signs)
