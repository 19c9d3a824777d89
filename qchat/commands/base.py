"""What a slash command is, and what it may give back for an interface to show."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Literal

import msgspec

from qchat.events import Event
from qchat.session import Session
from qchat.workspace import Workspace


class Say(msgspec.Struct, frozen=True):
    """Show this text beside the conversation; it is not kept."""

    text: str


class Play(msgspec.Struct, frozen=True):
    """Show this stream as a turn."""

    prompt: str
    events: AsyncGenerator[Event, None]


class Open(msgspec.Struct, frozen=True):
    """Go on with another session; None begins a new one."""

    session_id: str | None


class Show(msgspec.Struct, frozen=True):
    """Open a view of the interface; `text` is for those that have none."""

    view: Literal["sessions", "help", "run"]
    text: str


class ShowSource(msgspec.Struct, frozen=True):
    """Open the stored text of a source; `text` is for interfaces without a view for it."""

    number: int
    text: str


class Quit(msgspec.Struct, frozen=True):
    """End the program."""


class Confirm(msgspec.Struct, frozen=True):
    """Ask the user, and go on if they allow it."""

    question: str
    then: Callable[[], Awaitable["Outcome"]]


Outcome = Say | Play | Open | Show | ShowSource | Confirm | Quit


class Place(msgspec.Struct, frozen=True):
    """Where a command is given."""

    workspace: Workspace
    session: Session


class Command(msgspec.Struct, frozen=True):
    """One slash command; `usage` names its arguments, `help` is one line."""

    name: str
    usage: str
    help: str
    run: Callable[[Place, str], Awaitable[Outcome]]
    choices: Callable[[Place], list[str]] = lambda _place: []
