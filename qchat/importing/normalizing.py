"""Loose events of a reader as a turn holds them: every call with its result, every step ended."""

from collections.abc import Iterable, Iterator

import msgspec

from qchat.conversation.citations import resolved
from qchat.protocol.events import (
    Event,
    StepFinished,
    Text,
    Thinking,
    ToolFinished,
    ToolStarted,
    TurnFinished,
    joined,
)
from qchat_memory.origin import Origin
from qchat_tools.parts import Part, SourcePart


def arranged(events: Iterable[Event], origin: Origin) -> tuple[Event, ...]:
    """The events of one turn, whole: results behind their reply, sources cited, an end.

    A result without an id is the newest open call's; one whose call is missing gets one. What
    results hold comes from `origin`, where a part does not say it itself.
    """
    arranging = _Arranging(origin)
    for event in joined(events):
        arranging.add(event)
    return tuple(arranging.done())


def call(name: str, arguments: dict[str, object], id_: str = "", at: float = 0.0) -> ToolStarted:
    """A call that a reader found."""
    return ToolStarted(id_, name or "tool", arguments, at=at)


def result(
    parts: Iterable[Part], id_: str = "", *, ok: bool = True, at: float = 0.0
) -> ToolFinished:
    """What a call gave back, as a reader found it."""
    return ToolFinished(id_, tuple(parts), ok, at=at)


class _Arranging:
    def __init__(self, origin: Origin) -> None:
        self._origin = origin
        self._events: list[Event] = []
        self._open: dict[str, str] = {}
        """Calls without a result, by the reader's id; with the id that each has here."""
        self._count = 0
        self._in_step = False

    def add(self, event: Event) -> None:
        match event:
            case Thinking() | Text():
                if event.text:
                    self._in_step = True
                    self._events.append(event)
            case ToolStarted():
                self._start(event)
            case ToolFinished():
                self._finish(event)
            case _:
                self._events.append(event)

    def _start(self, event: ToolStarted) -> None:
        if event.call_id in self._open:
            self._finish(ToolFinished(event.call_id, (), True, at=event.at))
        self._count += 1
        here = f"imported-{self._count}"
        self._open[event.call_id or here] = here
        self._in_step = True
        self._events.append(msgspec.structs.replace(event, call_id=here))

    def _finish(self, event: ToolFinished) -> None:
        if not event.call_id and self._open:
            here = self._open.pop(next(reversed(self._open)))
        elif event.call_id in self._open:
            here = self._open.pop(event.call_id)
        else:
            self._start(ToolStarted("", "tool", {}, at=event.at))
            here = self._open.pop(next(reversed(self._open)))
        self._end_step(event.at)
        origin = event.origin or self._origin
        self._events.append(msgspec.structs.replace(event, call_id=here, origin=origin))

    def _end_step(self, at: float) -> None:
        if self._in_step:
            self._events.append(StepFinished(at=at))
            self._in_step = False

    def done(self) -> Iterator[Event]:
        last = self._events[-1].at if self._events else 0.0
        for id_ in [*self._open]:
            self._finish(ToolFinished(id_, (), True, at=last))
        self._end_step(last)
        yield from self._events
        answer = "".join(event.text for event in self._events if isinstance(event, Text))
        sources = {source.number: source for source in _sources(self._events)}
        if cites := resolved(answer, sources.get):
            yield msgspec.structs.replace(cites, unknown=(), at=last) if cites.sources else cites
        yield TurnFinished("stop", at=last)


def _sources(events: Iterable[Event]) -> Iterator[SourcePart]:
    for event in events:
        if isinstance(event, ToolFinished):
            yield from (part for part in event.parts if isinstance(part, SourcePart))
