"""One attempt to connect: where it is made, what the user has said already, and what it found."""

import re
from collections.abc import Awaitable, Callable

import msgspec

from qchat.commands.dialogue import Dialogue
from qchat.config.settings import BackendSettings
from qchat.conversation.session import Session
from qchat.conversation.workspace import Workspace
from qchat.protocol.errors import UsageError
from qchat.protocol.events import Sent
from qchat.runtime.language import tr

_KEY = re.compile(r"(?=.*\d)(?:sk|api|key|hf|gsk|xai)[-_][\w-]{8,}", re.I)


def refuse_key(typed: str) -> None:
    """Raise UsageError for a key where something else belongs.

    It would be quoted, or be looked up as a name and so be told to others.
    """
    if _KEY.fullmatch(typed.strip(" '\"")):
        raise UsageError(
            tr("That looks like a key, which is asked for apart, unseen. Nothing was sent.")
        )


class Given(msgspec.Struct, frozen=True):
    """What need not be asked, since it was said with the command."""

    target: str = ""
    """The path of a file, the address of a server, or a region of the cloud."""
    workspace: str = ""
    """The ID of a workspace of the cloud."""
    model: str = ""
    key: str = msgspec.field(default="", name="key")
    default: bool | None = None
    """Whether it answers new conversations too; None asks."""

    def __repr__(self) -> str:
        return f"Given(target={self.target!r}, model={self.model!r}, default={self.default})"


class Task:
    """`sent` collects every request that leaves for it, whether it comes to anything or not."""

    def __init__(
        self, workspace: Workspace, session: Session | None, dialogue: Dialogue, given: Given
    ) -> None:
        self.workspace = workspace
        self.session = session
        self.dialogue = dialogue
        self.given = given
        self.sent: list[Sent] = []


class Candidate(msgspec.Struct, frozen=True):
    """A backend that was found and is still to be tried."""

    settings: BackendSettings
    name: str
    """A proposal: it gets another where that one is taken by something else."""
    key: str = ""
    """One that was entered and is to be kept; empty where none is needed or it lies elsewhere."""
    place: str = ""
    """Where it answers, in a few words."""
    remarks: tuple[str, ...] = ()
    """What its list of models told and is kept, in lines for the report."""

    def __repr__(self) -> str:
        return f"Candidate({self.name!r}, {self.settings!r})"


Find = Callable[[Task], Awaitable[Candidate]]
