"""Steps without a word between them, over the sections of a turn: behind one line, not one each.

A turn of a thousand steps is a hundred sections. As long as nobody opens them they are held by the
one before them, whose line counts them too; so what is laid out does not grow with the turn.
"""

from collections.abc import Iterable, Sequence
from typing import assert_never

from qchat.protocol.events import (
    Attached,
    Cited,
    ControlEvent,
    Event,
    Imported,
    Notice,
    Recalled,
    Sent,
    StepFinished,
    Text,
    Thinking,
    ToolDraft,
    ToolFinished,
    ToolProgress,
    ToolStarted,
    TrailEvent,
    TurnFinished,
)
from qchat.tui.blocks.steps import MIN_STEPS, Steps
from qchat_tools.parts import ImagePart, Part, SavedMemory, TablePart


class StepRun:
    """Sees events go by: the steps since the last one that has something else to show."""

    def __init__(self) -> None:
        self.steps = Steps()
        self.whole = True
        """Whether nothing else was among them."""
        self._thinking = False
        self._running: set[str] = set()

    @property
    def is_group(self) -> bool:
        """Whether one line stands for them, as `TurnBox` makes it."""
        steps = self.steps
        many = steps.calls + steps.thoughts >= MIN_STEPS and steps.calls > 1
        return many and steps.began > 0 and steps.ended > 0 and not self._running

    def take(self, event: Event) -> None:
        match event:
            case Thinking():
                if event.text.strip() and not self._thinking:
                    self.steps += Steps(thoughts=1, began=event.at)
                    self._thinking = True
                return
            case Text():
                if event.text.strip():
                    self._break()
            case StepFinished() | Sent():
                pass
            case ToolDraft():
                self._call(event)
            case ToolStarted():
                self._call(event)
                if event.caller == "user":
                    self._break()
            case ToolProgress():
                if _is_shown((event.part,)):
                    self._break()
            case ToolFinished():
                self._running.discard(event.call_id)
                self.steps += Steps(failed=not event.ok, ended=event.at)
                if _is_shown(event.parts):
                    self._break()
            case Attached() | Recalled() | Cited() | Notice() | TurnFinished():
                self._break()
            case TrailEvent():
                self._break()
            case ControlEvent():
                pass  # a notice says it
            case Imported():
                pass
            case _:
                assert_never(event)
        self._thinking = False

    def _call(self, event: ToolDraft | ToolStarted) -> None:
        if event.call_id not in self._running:
            self._running.add(event.call_id)
            self.steps += Steps(calls=1, began=event.at)

    def _break(self) -> None:
        self.steps, self.whole = Steps(), False


def run_of(events: Iterable[Event]) -> StepRun:
    """The steps with which these events end."""
    run = StepRun()
    for event in events:
        run.take(event)
    return run


def _is_shown(parts: Sequence[Part]) -> bool:
    """Whether a result is to be looked at, so that no line hides it."""
    return any(isinstance(part, ImagePart | TablePart | SavedMemory) for part in parts)
