"""How far a turn of several trails has come: a fold of its events, for all that show it."""

from collections.abc import Iterable, Iterator

import msgspec

from qchat.protocol.events import (
    DepthStarted,
    Event,
    RoundFinished,
    Steered,
    TrailFinished,
    TrailStarted,
)
from qchat.protocol.experience import Experience
from qchat.protocol.wording import counted
from qchat.runtime.language import tr

DepthEvent = DepthStarted | TrailStarted | TrailFinished | RoundFinished | Steered

COMPARE = "compare"
"""The mode of a turn in which several backends answer the same."""
HEAD = ("round", "trails", "added", "overturned", "tokens", "time")
ENDS = {
    "stop": "",
    "length": "its share was spent",
    "cancelled": "stopped",
    "step_limit": "its steps were spent",
    "error": "failed",
}
NOTES = ", notes"
"""Ends the label of what a trail writes down of itself."""


class TrailLine(msgspec.Struct, frozen=True):
    """A trail in a list; `finished` is None where it did not come to its end."""

    started: TrailStarted
    finished: TrailFinished | None = None
    stopped: bool = False
    """Whether its turn was over before it was."""

    @property
    def is_notes(self) -> bool:
        return self.started.label.endswith(NOTES)

    def __str__(self) -> str:
        label = f"{self.started.turn}  {self.started.label}"
        if self.finished is None:
            return f"{label}: {tr('stopped') if self.stopped else tr('running')}"
        parts = [
            tr("{completion:,} tokens", completion=self.finished.usage.completion),
            took(self.finished.seconds),
        ]
        parts += [tr(end)] if (end := ENDS[self.finished.reason]) else []
        parts += [tr("from before")] if self.finished.again else []
        return f"{label}: {', '.join(parts)}"


class Progress:
    """Fed with the depth events of one turn, in their order."""

    def __init__(self) -> None:
        self.begun = DepthStarted("deep")
        self.rounds: list[RoundFinished] = []
        self._trails: dict[int, TrailLine] = {}
        self.over = False

    def end(self) -> None:
        """The turn is over: what has no end by now was stopped."""
        self.over = True

    def feed(self, event: DepthEvent) -> None:
        """Take the next event."""
        match event:
            case DepthStarted():
                self.begun = event
            case TrailStarted():
                self._trails[event.turn] = TrailLine(event)
            case TrailFinished():
                known = self._trails.get(event.turn)
                started = known.started if known else TrailStarted(event.turn, event.label)
                self._trails[event.turn] = TrailLine(started, event)
            case RoundFinished():
                self.rounds.append(event)
            case Steered():
                pass  # it shows in the experience of the next round

    @property
    def experience(self) -> Experience:
        """What is known by now."""
        return self.rounds[-1].experience if self.rounds else Experience()

    @property
    def trails(self) -> list[TrailLine]:
        """Without those that only write down what another found."""
        return [
            msgspec.structs.replace(trail, stopped=self.over and trail.finished is None)
            for trail in self._trails.values()
            if not trail.is_notes
        ]

    @property
    def tokens(self) -> int:
        """Written by all trails that are over."""
        done = (trail.finished for trail in self._trails.values())
        return sum(finished.usage.completion for finished in done if finished is not None)

    @property
    def round(self) -> int:
        """The one that runs, or the last."""
        return max((trail.started.round for trail in self._trails.values()), default=1)

    @property
    def title(self) -> str:
        """One line: "deep, round 2 of 4: 3 trails" while it runs, and what it took after that."""
        name = self.begun.mode.partition(":")[0]
        trails = self.trails
        if self.over:
            rounds = len(self.rounds)
            after = f", {counted(rounds, 'round')}" if rounds else ""
            return tr(
                "{name}{after}: {trails}, {tokens:,} tokens",
                name=name,
                after=after,
                trails=counted(len(trails), "trail"),
                tokens=self.tokens,
            )
        here = [trail for trail in trails if trail.started.round == self.round]
        of = (
            tr(", round {round} of {rounds}", round=self.round, rounds=self.begun.rounds)
            if self.begun.rounds > 1
            else ""
        )
        done = sum(trail.finished is not None for trail in here)
        ended = tr(", {done} done", done=done) if done and len(here) > 1 else ""
        return f"{name}{of}: {counted(max(len(here), 1), 'trail')}{ended}"

    def table(self) -> list[tuple[str, ...]]:
        """A row for each round that is over."""
        return [
            (
                str(each.round),
                str(sum(trail.started.round == each.round for trail in self.trails)),
                str(each.added),
                str(each.overturned),
                f"{each.tokens:,}",
                took(each.seconds),
            )
            for each in self.rounds
        ]

    def lines(self) -> Iterator[str]:
        """All of it as text: rounds, what is known, and the trails with the ids that open them."""
        rows = self.table()
        if rows:
            widths = [max(map(len, column)) for column in zip(HEAD, *rows, strict=True)]
            for row in (HEAD, *rows):
                cells = zip(row, widths, strict=True)
                yield "  ".join(f"{cell:{width}}" for cell, width in cells).rstrip()
        known = list(self.experience.rows())
        if known:
            yield ""
        for kind, text in known:
            yield f"{kind:11}  {text}"
        if self.trails:
            yield ""
        for trail in self.trails:
            yield str(trail)


def progress_of(events: Iterable[Event], *, running: bool = False) -> Progress:
    """What the events of a turn say of its trails; of most turns nothing."""
    progress = Progress()
    if not running:
        progress.end()
    for event in events:
        if isinstance(event, DepthEvent):
            progress.feed(event)
    return progress


def said(event: DepthEvent) -> str:
    """One line for those who read along; empty for what says itself soon."""
    match event:
        case DepthStarted():
            limit = tr(", at most {tokens:,} tokens", tokens=event.tokens) if event.tokens else ""
            again = tr("goes on: ") if event.resumed else ""
            return f"{again}{event.mode}{limit}"
        case TrailStarted():
            return ""
        case TrailFinished():
            line = TrailLine(TrailStarted(event.turn, event.label), event)
            return "" if line.is_notes else str(line)
        case RoundFinished():
            return tr("round {round}: {counted}", round=event.round, counted=_counted(event))
        case Steered():
            return (
                tr("struck out: {strike}", strike=event.strike)
                if event.strike
                else tr("hint: {hint}", hint=event.hint)
            )


def _counted(event: RoundFinished) -> str:
    here = event.experience
    counts = [
        tr("{added} established", added=event.added) if event.added else "",
        tr("{overturned} overturned", overturned=event.overturned) if event.overturned else "",
        tr("{claims} unchecked", claims=len(here.claims)) if here.claims else "",
        tr("{open} open", open=len(here.open)) if here.open else "",
    ]
    counted = ", ".join(count for count in counts if count) or tr("nothing new")
    return tr(
        "{counted} · {tokens:,} tokens · {seconds}",
        counted=counted,
        tokens=event.tokens,
        seconds=took(event.seconds),
    )


def took(seconds: float) -> str:
    """How long, for people."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
