"""How a command asks the user step by step, in whatever interface it was given."""

from collections.abc import Callable, Sequence
from typing import Protocol

from qchat.protocol.errors import QchatError
from qchat.runtime.language import Said, tr

Complete = Callable[[str], list[str]]
"""Whole texts that what was typed may become, best first."""


class Closed(QchatError):
    """The user left the dialogue."""

    exit_status = 130

    def __init__(self, text: Said | None = None) -> None:
        super().__init__(text if text is not None else tr("Nothing was changed."))


class Dialogue(Protocol):
    """One thing is asked at a time; each question raises Closed when the user leaves."""

    async def choose(
        self, question: str, options: Sequence[str], *, at: int = 0, header: str = ""
    ) -> int:
        """Which of the options: its index. `at` is marked; `header` stands above them."""
        ...

    async def enter(
        self, question: str, *, secret: bool = False, complete: Complete | None = None
    ) -> str:
        """A line; a `secret` one is not shown, and kept nowhere."""
        ...

    def say(self, text: str) -> None:
        """Show how far it is, or what went wrong, above the next question."""
        ...
