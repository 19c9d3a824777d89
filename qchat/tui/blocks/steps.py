"""Steps without a word between them, as one line that opens."""

from collections.abc import Sequence
from typing import ClassVar, Protocol

from rich.text import Text
from textual.message import Message
from textual.strip import Strip

from qchat.tui.blocks.block import Block, arrow, duration

MIN_STEPS = 4
"""Fewer stand there as they are."""


class Step(Protocol):
    """A thought or a call, as far as the line speaks of it."""

    @property
    def span(self) -> tuple[float, float]:
        """When it began and ended; 0 for an end that nobody knows."""

    @property
    def failed(self) -> bool: ...

    @property
    def is_call(self) -> bool: ...


class StepsBlock(Block):
    """Stands for its steps while it is folded: they are no widgets then, however many there are.

    Opened or folded again, its turn is made anew; whoever holds that is asked by `Toggled`.
    """

    KIND: ClassVar[str] = "steps"

    class Toggled(Message):
        """It is to be opened, or folded."""

        def __init__(self, block: "StepsBlock") -> None:
            super().__init__()
            self.block = block

    def __init__(self) -> None:
        super().__init__()
        self._steps: list[Step] = []
        self._members: list[Block] = []
        self.folded = True

    @property
    def source(self) -> str:
        return self._said()

    @property
    def members(self) -> Sequence[Block]:
        """The blocks that it stands for."""
        return self._members

    def add(self, block: Block, step: Step) -> None:
        """One more; it is the block itself, seen as a step."""
        self._members.append(block)
        self._steps.append(step)
        self.retitle()

    def title(self) -> Text:
        style = self.colours.dim
        line = Text(arrow(folded=self.folded), style, overflow="ellipsis", no_wrap=True)
        line.append(self._said())
        failed = sum(step.failed for step in self._steps)
        return line.append(f" · {failed} failed", self.colours.bad) if failed else line

    def body(self, width: int) -> list[Strip]:  # noqa: ARG002  what it opens stands below it
        return []

    def action_fold(self) -> None:
        self.post_message(self.Toggled(self))

    def _said(self) -> str:
        calls = sum(step.is_call for step in self._steps)
        thoughts = len(self._steps) - calls
        parts = [_many(calls, "call"), _many(thoughts, "thought")]
        began = self._steps[0].span[0] if self._steps else 0.0
        ended = max((step.span[1] for step in self._steps), default=0.0)
        if ended > began:
            parts.append(duration(ended - began))
        return " · ".join(part for part in parts if part)


def _many(number: int, what: str) -> str:
    return f"{number} {what}{'s' if number != 1 else ''}" if number else ""
