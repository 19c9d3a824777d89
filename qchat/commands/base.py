"""What a slash command is, and what it may give back for an interface to show."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from typing import Literal

import msgspec

from qchat.commands.dialogue import Dialogue
from qchat.conversation.session import Session
from qchat.conversation.workspace import Workspace
from qchat.protocol.event_values import RecalledMemory
from qchat.protocol.events import Attached, Event
from qchat.protocol.permission import Permission
from qchat.runtime.language import Said


class ShowMessage(msgspec.Struct, frozen=True):
    """Show this text beside the conversation; it is not kept."""

    text: Said
    memory: RecalledMemory | None = None
    """The memory that it speaks of; a view may offer to change it."""


class RunTurn(msgspec.Struct, frozen=True):
    """Show this stream as a turn."""

    prompt: str
    events: AsyncGenerator[Event, None]
    instead: int | None = None
    """The id of the earlier turn that it takes the place of, with all that followed."""
    takes_pasted: bool = False
    """Whether the texts that wait for the next prompt go along with it."""


class Edit(msgspec.Struct, frozen=True):
    """Let the user change prompt `number`, then send it with `Session.edit`."""

    number: int
    prompt: str
    pasted: tuple[Attached, ...] = ()
    """Texts that went along with it and lie in no file."""


class Write(msgspec.Struct, frozen=True):
    """Put this where the next prompt is written, to be changed and sent."""

    text: str


class Reload(msgspec.Struct, frozen=True):
    """The session stands at another turn: show it anew, and say this."""

    text: Said


class Open(msgspec.Struct, frozen=True):
    """Go on with another session; None begins a new one."""

    session_id: str | None


class Show(msgspec.Struct, frozen=True):
    """Open a view of the interface; `text` is for those that have none."""

    view: Literal[
        "sessions", "memory", "kernel", "egress", "theme", "connect", "thinking", "help", "run"
    ]
    text: str


class ShowSource(msgspec.Struct, frozen=True):
    """Open the stored text of a source; `text` is for interfaces without a view for it."""

    number: int
    text: str


class ShowTrail(msgspec.Struct, frozen=True):
    """Open a trail by its turn's id; `text` is for interfaces without a view for it."""

    turn: int
    text: str


class Completion(msgspec.Struct, frozen=True):
    """A line that what is typed may become, and one line of help."""

    line: str
    help: str = ""
    name: str = ""
    """What is shown for it; empty shows the line."""

    @property
    def shown(self) -> str:
        return self.name or self.line


class CopyText(msgspec.Struct, frozen=True):
    """Put this into the clipboard, and say so."""

    text: str
    said: Said


class EditOutside(msgspec.Struct, frozen=True):
    """Let the user write the next prompt in their own editor."""


class Answer(msgspec.Struct, frozen=True):
    """Answer what a tool or a command asks at this moment.

    Typed as a command, since whatever else is typed belongs to what the user is writing.
    """

    permission: Permission | None = None
    line: str = ""
    """For running code that asks for a line; empty leads to the field for it."""


class Quit(msgspec.Struct, frozen=True):
    """End the program."""


class Confirm(msgspec.Struct, frozen=True):
    """Ask the user, and go on if they allow it."""

    question: Said
    then: Callable[[], Awaitable["Outcome"]]


class LongWork(msgspec.Struct, frozen=True):
    """Do this beside everything else, and show what comes of it: keys and prompts do not wait."""

    run: Callable[[], Awaitable["Outcome"]]


class Converse(msgspec.Struct, frozen=True):
    """Lead the user through a few questions, one at a time; what it raises is shown."""

    title: Said
    run: Callable[[Dialogue], Awaitable["Outcome"]]


Outcome = (
    Answer
    | ShowMessage
    | RunTurn
    | Edit
    | EditOutside
    | Write
    | Reload
    | Open
    | Show
    | ShowSource
    | ShowTrail
    | Confirm
    | LongWork
    | Converse
    | CopyText
    | Quit
)


class CommandContext(msgspec.Struct, frozen=True):
    """Where a command is given."""

    workspace: Workspace
    session: Session
    pasted: tuple[Attached, ...] = ()
    """Texts that go along with the next prompt, whatever it is."""


class Command(msgspec.Struct, frozen=True):
    """One slash command; `usage` names its arguments, `help` is one line."""

    name: str
    usage: str
    help: str
    run: Callable[[CommandContext, str], Awaitable[Outcome]]
    choices: Callable[[CommandContext], Sequence[str] | Mapping[str, str]] = lambda _context: []
    """What its argument may be; where each stands for something, by what that is called too."""
    complete: Callable[[str], list[str]] | None = None
    """For arguments that are no short list: what the text so far may become, best first."""
