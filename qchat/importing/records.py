"""What every reader gives: conversations as trees of messages."""

from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec

from qchat.protocol.errors import QchatError
from qchat.protocol.events import Event

Role = Literal["user", "model", "hidden"]
"""Who wrote a message; `hidden` ones only hold the tree together."""


class BrokenEntryError(QchatError):
    """One conversation cannot be read; the others can."""


class Message(msgspec.Struct, frozen=True):
    """One node of the tree. `text` is what the user said; what a model did stands in `events`.

    Of a user's message the events are what went along with it.
    """

    id: str
    parent: str | None
    role: Role
    at: float = 0.0
    """Seconds of Unix time; 0 where it is not known."""
    text: str = ""
    events: tuple[Event, ...] = ()
    model: str = ""


def message(
    id_: str,
    parent: str | None,
    role: Role,
    at: float,
    text: str = "",
    events: Iterable[Event] = (),
    model: str = "",
) -> Message:
    """A message; one that says nothing is hidden."""
    found = tuple(events)
    return Message(id_, parent, role if text or found else "hidden", at, text, found, model)


class ForeignConversation(msgspec.Struct, frozen=True):
    """One conversation of another program. Its id names it among all of that program."""

    id: str
    title: str
    created_at: float
    updated_at: float
    messages: tuple[Message, ...]
    current: str | None = None
    """The message that it stands at; None stands for the newest one."""


class Broken(msgspec.Struct, frozen=True):
    """An entry that is left out: which, and why."""

    name: str
    why: str

    def __str__(self) -> str:
        return f"{self.name}: {self.why}"


Entries = Iterator[ForeignConversation | Broken]
