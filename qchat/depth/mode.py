"""What a mode is: a way to an answer, as data with a name, and what comes of it."""

from typing import Protocol

import msgspec

from qchat.depth.trails import Trails
from qchat.protocol.errors import UsageError
from qchat.runtime.language import tr


class Outcome(msgspec.Struct, frozen=True):
    """The answer that a mode came to."""

    answer: str
    tokens: int
    """How many were written for it, in all trails, thinking included."""
    trails: tuple[int, ...] = ()
    """The turns that it came from, by their ids in the store."""
    unsure: str = ""
    """What remains unsure, in one line; empty where nothing is known to be."""
    written: bool = False
    """Whether the answer stands in the turn already, as a model wrote it there."""

    @property
    def doubt(self) -> str:
        """What remains unsure, as a sentence."""
        end = "" if self.unsure.endswith(("?", "!", ".", "？", "。")) else "."
        return tr("Not sure: {unsure}{end}", unsure=self.unsure, end=end) if self.unsure else ""


class Mode(Protocol):
    """A way to an answer."""

    @property
    def name(self) -> str:
        """As it is typed, and parsed again: `vote:5`, `deep:3x2`."""
        ...

    @property
    def rounds(self) -> int:
        """Most trails one after the other."""
        ...

    @property
    def width(self) -> int:
        """Trails side by side."""
        ...

    @property
    def least(self) -> int:
        """Tokens without which it is not begun."""
        ...

    async def answer(self, question: str, trails: Trails, tokens: int) -> Outcome:
        """Answer a question by trails, with at most so many tokens (0: no limit).

        Whatever it tells (`Trails.tell`) is kept and shown. It depends on nothing but what its
        trails give back: resumed, it is run again, with the trails that are done. Raises
        BackendError or EngineError where no trail came to anything.
        """
        ...


def enough(mode: Mode, tokens: int) -> None:
    """Raises UsageError where a mode can do nothing with so many tokens (0: no limit)."""
    if 0 < tokens < mode.least:
        raise UsageError(
            tr(
                "{name} needs at least {least} tokens, not {tokens}.",
                tokens=tokens,
                name=mode.name,
                least=mode.least,
            )
        )
