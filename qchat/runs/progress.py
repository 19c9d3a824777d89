"""How far a run is: folded from its events, so that a restart knows what was known before."""

import time
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import assert_never

import msgspec

from qchat.protocol.event_values import Usage
from qchat.protocol.events import (
    Attached,
    Checked,
    Cited,
    Compacted,
    ControlEvent,
    Event,
    Imported,
    Notice,
    Recalled,
    Sent,
    StepFinished,
    Text,
    Thinking,
    Told,
    ToolEvent,
    ToolFinished,
    ToolStarted,
    TrailEvent,
    TrailFinished,
    TurnFinished,
)
from qchat.runs import metric, notebook
from qchat.runs.metric import MetricArguments, Point
from qchat.runs.notebook import Notebook, NotebookArguments
from qchat.store import Turn
from qchat_memory.origin import Origin
from qchat_tools.parts import FilePart, as_text

MAX_EVIDENCE = 200
"""The last calls with their results; a check is shown as many of them as it has room for."""
MAX_CALL, MAX_RESULT = 1_500, 2_500
"""Characters of each there."""


class Evidence(msgspec.Struct, frozen=True):
    """A call and what came of it."""

    step: int
    name: str
    arguments: str
    result: str
    ok: bool


class Progress:
    """Fed with the events of every turn of a run, in their order."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` gives seconds; they go on evenly whatever is done to the time of day."""
        self._clock = clock
        self.steps = self.calls = self.failed = self.compactions = 0
        self.read = self.written = self.cached = 0
        """Tokens."""
        self.last_prompt = 0
        """Tokens of the last request; the next one has about as many at least."""
        self.notebook = Notebook()
        self.said: list[Told] = []
        """What the user has said while it went on."""
        self.attached: list[Attached] = []
        """What goes along with the goal."""
        self.points: list[Point] = []
        self.files: dict[str, int] = {}
        self.evidence: deque[Evidence] = deque(maxlen=MAX_EVIDENCE)
        self.checked: Checked | None = None
        """The last check of the goal."""
        self.unmet = 0
        """Checks in a row that found it not reached, with no call that worked between them."""
        self.problem = ""
        """What went wrong last."""
        self._started: dict[str, ToolStarted] = {}
        self._worked_s = 0.0
        self._since: float | None = None

    @property
    def tokens(self) -> int:
        return self.read + self.written

    @property
    def worked_s(self) -> float:
        """Seconds in which it was worked on."""
        running = max(self._clock() - self._since, 0.0) if self._since is not None else 0.0
        return self._worked_s + running

    def before(self, turns: Iterable[Turn], worked_s: float = 0.0) -> None:
        """Take turns that are over, or were cut off.

        The times of their events are the time of day, which may have been changed meanwhile, or
        have gone on while the machine slept: where it was noted, `worked_s` says how long it was.
        """
        for turn in turns:
            for event in turn.events:
                self.add(event)
            last = max((event.at for event in turn.events), default=0.0)
            self._worked_s += max(last - turn.created_at, 0.0)
        self._worked_s = worked_s or self._worked_s

    def begin(self) -> None:
        """A turn runs from now on."""
        self._since = self._clock()

    def end(self) -> None:
        """It is over."""
        self._worked_s, self._since = self.worked_s, None

    def add(self, event: Event) -> None:
        """Take the next event."""
        match event:
            case StepFinished():
                self.steps += 1
                self.last_prompt = event.usage.prompt
                self._count(event.usage)
            case ToolStarted():
                self._started[event.call_id] = event
            case ToolFinished():
                self._finished(event)
            case Checked():
                self.checked = event
                self.unmet = 0 if event.met else self.unmet + 1
                self._count(event.usage or Usage())
            case Compacted():
                self.compactions += 1
                self._count(event.usage or Usage())
            case Notice():
                self.problem = event.text if event.level == "error" else self.problem
            case Told(origin=Origin(kind="typed")):
                self.said.append(event)
            case Attached():
                self.attached.append(event)
            case Thinking() | Text() | ToolEvent() | Recalled() | Cited():
                pass
            case TrailFinished():
                if not event.again:  # of those that were paid before it was counted then
                    self._count(event.usage)
            case ControlEvent() | TrailEvent() | Imported() | Sent() | TurnFinished():
                pass
            case _:
                assert_never(event)

    def _count(self, usage: Usage) -> None:
        self.read += usage.prompt
        self.written += usage.completion
        self.cached += usage.cached

    def _finished(self, event: ToolFinished) -> None:
        started = self._started.pop(event.call_id, None)
        self.calls += 1
        self.failed += not event.ok
        if event.ok:
            self.unmet = 0
        for part in event.parts:
            if isinstance(part, FilePart):
                self.files[part.name] = part.size
        if started is None:
            return
        if started.name == notebook.NAME:
            self._note(started, ok=event.ok)
        elif started.name == metric.NAME:
            self._report(started, ok=event.ok)
        asked = msgspec.json.encode(started.arguments).decode()
        result = as_text(event.parts, limit=MAX_RESULT)
        if started.name != notebook.NAME:  # what the model says of itself is no evidence
            done = Evidence(self.steps, started.name, asked[:MAX_CALL], result, event.ok)
            self.evidence.append(done)

    def _note(self, started: ToolStarted, *, ok: bool) -> None:
        with suppress(msgspec.ValidationError):
            asked = msgspec.convert(started.arguments, NotebookArguments, strict=False)
            if ok:
                self.notebook.add(asked)

    def _report(self, started: ToolStarted, *, ok: bool) -> None:
        with suppress(msgspec.ValidationError):
            asked = msgspec.convert(started.arguments, MetricArguments, strict=False)
            if ok:
                at = (self.steps, self.worked_s)
                self.points.append(Point(asked.name, asked.value, asked.better, *at, asked.note))
