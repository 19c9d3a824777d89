"""What the model is doing, and since when: told while one waits for it."""

import time
from collections.abc import Callable
from typing import Literal, assert_never

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
    TrailFinished,
    TrailStarted,
    TurnFinished,
)
from qchat.protocol.tokens import ReplyMeter

MEASURED_S = 0.5
Phase = Literal["idle", "reading", "thinking", "answering", "calling", "running", "asking"]


class Activity:
    """Follows one turn's events."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` gives seconds."""
        self._clock = clock
        self._phase: Phase = "idle"
        self._asked = 0
        """How many things the user is asked, …"""
        self._asked_since = 0.0
        """… and since when: what else goes on meanwhile waits as well, or is not waited for."""
        self._since = self._began = clock()
        self._tools: dict[str, str] = {}
        self._drafted = ""
        self._written = ReplyMeter()
        """Tokens of the running reply …"""
        self._writing_since = 0.0
        """… and when the first of them came."""

    def begin(self) -> None:
        """A prompt was sent."""
        self._tools, self._drafted, self._written = {}, "", ReplyMeter()
        self._began = self._clock()
        self._go("reading")

    def end(self) -> None:
        """The turn is over, whatever ended it."""
        self._go("idle")

    @property
    def phase(self) -> Phase:
        """What one waits for."""
        return "asking" if self._asked else self._phase

    @property
    def turn_s(self) -> float:
        """Seconds since the turn began."""
        return self._clock() - self._began

    @property
    def phase_s(self) -> float:
        """Seconds that it has been doing what it does."""
        return self._clock() - (self._asked_since if self._asked else self._since)

    @property
    def tools(self) -> str:
        """The names of the tools that run, or of the one that is being called."""
        return ", ".join(dict.fromkeys(self._tools.values())) or self._drafted

    @property
    def tokens_per_s(self) -> float:
        """How fast the running reply comes, as estimated from its text; 0 before there is some."""
        took = self._clock() - self._writing_since
        return self._written.tokens / took if took >= MEASURED_S else 0.0

    def ask(self, *, asking: bool) -> None:
        """The user is asked something, or has answered."""
        if asking and not self._asked:
            self._asked_since = self._clock()
        self._asked += 1 if asking else -1

    def feed(self, event: Event) -> None:
        """The next event of the turn."""
        match event:
            case Thinking():
                self._go("thinking")
                self._count(event.text)
            case Text():
                self._go("answering")
                self._count(event.text)
            case ToolDraft():
                self._drafted = event.name or self._drafted
                self._go("calling")
            case ToolStarted():
                self._tools[event.call_id] = event.name
                self._go("running", anew=True)
            case ToolFinished():
                self._tools.pop(event.call_id, None)
                if not self._tools:
                    self._go("reading")
            case StepFinished():
                self._drafted, self._written = "", ReplyMeter()
                if self._phase != "running":
                    self._go("reading")
            case TurnFinished():
                self.end()
            case Attached() | Cited() | Notice() | Recalled() | Sent() | ToolProgress():
                pass
            case ControlEvent() | Imported():
                pass
            case TrailStarted():
                self._tools[f"trail {event.turn}"] = "trails"
                self._go("running", anew=True)
            case TrailFinished():
                self._tools.pop(f"trail {event.turn}", None)
                if not self._tools:
                    self._go("reading")
            case TrailEvent():
                pass
            case _:
                assert_never(event)

    def _count(self, text: str) -> None:
        if not self._written.tokens:
            self._writing_since = self._clock()
        self._written.add(text)

    def _go(self, phase: Phase, *, anew: bool = False) -> None:
        if phase != self._phase or anew:
            self._phase, self._since = phase, self._clock()
