"""What the store gives back: a turn, a line in the list of sessions, a place that was found."""

from collections.abc import Sequence
from typing import Literal

import msgspec

from qchat.protocol.events import Event, TurnFinished
from qchat.protocol.soft_switch import switch_text
from qchat.protocol.wording import counted
from qchat.runtime.language import tr

TurnKind = Literal["chat", "run", "outside", "trail"]


class Turn(msgspec.Struct, frozen=True):
    """One prompt and what came of it.

    `run` is a tool that the user used without the model, `outside` what happened between turns,
    `trail` one of several ways to an answer: on no branch until it is chosen.
    """

    id: int
    session: str
    parent: int | None
    kind: TurnKind
    prompt: str
    created_at: float
    backend: str
    model: str
    events: tuple[Event, ...] = ()
    think: bool | None = None
    """Whether the message switched thinking on or off for itself."""

    @property
    def typed(self) -> str:
        """The prompt as the user may type it again, with its switch."""
        return self.prompt + switch_text(self.think)

    @property
    def finished(self) -> bool:
        return bool(self.events) and isinstance(self.events[-1], TurnFinished)


class SessionInfo(msgspec.Struct, frozen=True):
    """A line in the list of sessions; times are seconds of Unix time."""

    id: str
    title: str
    created_at: float
    updated_at: float
    turns: int
    offline: bool = False
    """Whether it goes on without any connection but loopback."""
    memory: bool = True
    """Whether it reads and writes memories."""
    choices: str = ""
    """With which backend, model and switches it goes on, as JSON; empty where none were kept."""

    @property
    def length(self) -> str:
        """How long it is, in words."""
        return counted(self.turns, "turn")


class Conversation(msgspec.Struct, frozen=True):
    """A conversation as it is written to a file."""

    info: SessionInfo
    turns: Sequence[Turn]
    """Those of the branch that it stands at."""
    senders: Sequence[Turn] = ()
    """Those of every branch, with the events that tell what left the machine."""
    trails: Sequence[Turn] = ()
    """What ran beside the turns, on no branch."""
    others: Sequence[Turn] = ()
    """Those of branches that were left."""


class Found(msgspec.Struct, frozen=True):
    """A place where a search matched; `kind` is prompt, thinking, text or tool."""

    session: str
    title: str
    turn: int
    kind: str
    snippet: str

    @property
    def where(self) -> str:
        """What matched, in words."""
        match self.kind:
            case "prompt":
                return tr("prompt")
            case "thinking":
                return tr("thoughts")
            case "tool":
                return tr("tool")
            case _:
                return tr("answer")


def turn_of(
    id_: int,
    session: str,
    parent: int | None,
    kind: TurnKind,
    prompt: str,
    created_at: float,
    backend: str,
    model: str,
    think: int | None,
) -> Turn:
    """A row of `turns`, without its events."""
    switched = None if think is None else bool(think)
    return Turn(id_, session, parent, kind, prompt, created_at, backend, model, think=switched)
