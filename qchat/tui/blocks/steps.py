"""Steps without a word between them, as one line that opens."""

from collections.abc import Sequence
from typing import ClassVar, Protocol

import msgspec
from rich.text import Text
from textual.message import Message
from textual.strip import Strip

from qchat.runtime.language import tr
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


class Steps(msgspec.Struct, frozen=True):
    """So many steps: times in seconds, 0 where nobody knows."""

    calls: int = 0
    thoughts: int = 0
    failed: int = 0
    began: float = 0.0
    ended: float = 0.0

    def __add__(self, later: "Steps") -> "Steps":
        return Steps(
            self.calls + later.calls,
            self.thoughts + later.thoughts,
            self.failed + later.failed,
            self.began or later.began,
            max(self.ended, later.ended),
        )

    def __str__(self) -> str:
        parts = [_calls(self.calls), _thoughts(self.thoughts)]
        if self.ended > self.began:
            parts.append(duration(self.ended - self.began))
        return " · ".join(part for part in parts if part)


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
        self._sum = Steps()
        self._held = Steps()
        """Steps of further sections that it stands for."""
        self._members: list[Block] = []
        self.folded = True

    @property
    def source(self) -> str:
        return str(self._all)

    @property
    def _all(self) -> Steps:
        return self._sum + self._held

    @property
    def members(self) -> Sequence[Block]:
        """The blocks that it stands for."""
        return self._members

    def add(self, block: Block, step: Step) -> None:
        """One more; it is the block itself, seen as a step."""
        self._members.append(block)
        began, ended = step.span
        self._sum += Steps(step.is_call, not step.is_call, step.failed, began, ended)
        self.retitle()

    def hold(self, steps: Steps) -> None:
        """Stand for so many steps of further sections as well."""
        if steps != self._held:
            self._held = steps
            self.retitle()

    def title(self) -> Text:
        style = self.colours.dim
        line = Text(arrow(folded=self.folded), style, overflow="ellipsis", no_wrap=True)
        line.append(str(self._all))
        failed = self._all.failed
        return (
            line.append(tr(" · {failed} failed", failed=failed), self.colours.bad)
            if failed
            else line
        )

    def body(self, width: int) -> list[Strip]:  # noqa: ARG002  what it opens stands below it
        return []

    def action_fold(self) -> None:
        self.post_message(self.Toggled(self))


def _calls(number: int) -> str:
    return {0: "", 1: tr("1 call")}.get(number, tr("{n} calls", n=number))


def _thoughts(number: int) -> str:
    return {0: "", 1: tr("1 thought")}.get(number, tr("{n} thoughts", n=number))
