"""Where a long turn is cut, so that a part of it can be on the screen and the rest need not."""

from collections.abc import Iterable
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
    part_key,
)

MAX_PARTS = 48
"""Parts of a turn after which another section begins: about a dozen steps."""


class Cut:
    """Sees a turn's events go by, and says where one may cut: where a reply begins."""

    def __init__(self) -> None:
        self._key = ("", "")
        self._parts = 0
        self._replying = False
        self._running: set[str] = set()

    def before(self, event: Event) -> bool:
        """Whether another section begins with this event."""
        # A reply that only called tools is kept as its last event and the calls.
        begins = isinstance(event, Thinking | Text | ToolDraft | StepFinished)
        cut = begins and self._parts >= MAX_PARTS and not (self._replying or self._running)
        key = part_key(event)
        self._parts = (0 if cut else self._parts) + (key != self._key)
        self._key = key
        match event:
            case Thinking() | Text() | ToolDraft():
                self._replying = True
            case StepFinished():
                self._replying = False
            case ToolStarted():
                self._running.add(event.call_id)
            case ToolFinished():
                self._running.discard(event.call_id)
            case Attached() | Recalled() | Cited() | Notice() | Sent() | ToolProgress():
                pass
            case TurnFinished():
                pass
            case ControlEvent() | Imported():
                pass
            case TrailEvent():
                pass
            case _:
                assert_never(event)
        return cut


def cuts(events: Iterable[Event]) -> list[int]:
    """The numbers of the events with which sections begin, the first one's among them."""
    cut = Cut()
    return [0, *(number for number, event in enumerate(events) if cut.before(event))]
