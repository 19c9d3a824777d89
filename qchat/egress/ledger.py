"""What left the machine: a fold over the turns, which hold a `Sent` for every request.

`Session.senders` gives those of all branches: what an abandoned one sent has left all the same.

The code interpreter has no network in its sandbox; without one, what code sends is not seen here.
"""

from collections.abc import Iterable, Sequence
from typing import assert_never

import msgspec

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
    ToolEvent,
    TrailEvent,
    TurnFinished,
)
from qchat.protocol.wording import counted
from qchat.runtime.language import tr
from qchat.runtime.offline import loopback
from qchat.store import Turn

NOTHING = "Nothing has left this machine."


class Line(msgspec.Struct, frozen=True):
    """What one turn sent to one host, by one backend or tool.

    `tokens` are the host's own count of the prompts (0: it gave none); `memories` are texts.
    """

    turn: int
    host: str
    by: str
    requests: int = 0
    bytes: int = 0
    tokens: int = 0
    memories: tuple[str, ...] = ()

    @property
    def here(self) -> bool:
        """Whether the address is this machine's own; a tunnel may lead on from there."""
        return loopback(self.host.rpartition(":")[0] or self.host) or loopback(self.host)

    def __str__(self) -> str:
        requests = counted(self.requests, "request")
        tokens = tr(", {tokens:,} tokens", tokens=self.tokens) if self.tokens else ""
        return tr(
            "{host} ({by}): {requests}, {bytes:,} bytes{tokens}",
            host=self.host,
            by=self.by,
            requests=requests,
            bytes=self.bytes,
            tokens=tokens,
        )


def ledger(turns: Iterable[Turn]) -> list[Line]:
    """A line for each turn, host and sender, in the order in which they were first asked."""
    texts: dict[str, str] = {}
    lines: list[Line] = []
    for turn in turns:
        for event in turn.events:
            if isinstance(event, Recalled):
                texts |= {memory.id: memory.text for memory in event.memories}
        lines += _of_turn(turn.id, turn.events, texts)
    return lines


def _of_turn(turn: int, events: Sequence[Event], texts: dict[str, str]) -> Iterable[Line]:
    lines: dict[tuple[str, str], Line] = {}
    asked: tuple[str, str] | None = None
    for event in events:
        match event:
            case Sent():
                key = (event.host, event.by)
                line = lines.get(key) or Line(turn, *key)
                shown = (texts.get(id_, f"[{id_}]") for id_ in event.memories)
                lines[key] = msgspec.structs.replace(
                    line,
                    requests=line.requests + 1,
                    bytes=line.bytes + event.bytes,
                    memories=tuple(dict.fromkeys((*line.memories, *shown))),
                )
                asked = key if event.sender == "backend" else asked
            case StepFinished() | Checked() | Compacted() if asked is not None and event.usage:
                line = lines[asked]
                tokens = line.tokens + event.usage.prompt
                lines[asked] = msgspec.structs.replace(line, tokens=tokens)
                asked = None
            case (
                StepFinished() | Recalled() | Attached() | Thinking() | Text() | Cited() | Notice()
            ):
                pass
            case ToolEvent() | TurnFinished():
                pass
            case ControlEvent() | Imported():
                pass
            case TrailEvent():
                pass
            case _:
                assert_never(event)
    return lines.values()


def totals(lines: Iterable[Line]) -> list[Line]:
    """One line for each host and sender, over all turns; `turn` is the last one."""
    sums: dict[tuple[str, str], Line] = {}
    for line in lines:
        known = sums.get((line.host, line.by), Line(line.turn, line.host, line.by))
        sums[line.host, line.by] = Line(
            line.turn,
            line.host,
            line.by,
            known.requests + line.requests,
            known.bytes + line.bytes,
            known.tokens + line.tokens,
            tuple(dict.fromkeys((*known.memories, *line.memories))),
        )
    return list(sums.values())


def report(turns: Sequence[Turn]) -> str:
    """All of it, for the user: turn by turn, then the sums."""
    lines = ledger(turns)
    if not lines:
        return tr(NOTHING)
    prompts = {turn.id: " ".join(turn.prompt.split()) for turn in turns}
    out: list[str] = []
    last: int | None = None
    for line in lines:
        if line.turn != last:
            out.append(f"{prompts[line.turn]:.60}")
            last = line.turn
        out.append(f"  {line}{'  (this machine)' if line.here else ''}")
        out += [tr("    memory: {memory}", memory=memory) for memory in line.memories]
    out.append(tr("In all:"))
    out += [f"  {line}" for line in totals(lines)]
    return "\n".join(out)
