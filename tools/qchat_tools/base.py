"""What every tool has in common: a name, a schema, and a run that yields parts as they come."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from typing import Any, Protocol, TypeVar

import msgspec

from qchat_memory.origin import QCHAT, Origin
from qchat_tools.parts import Part
from qchat_tools.provenance import Provenance

Arguments = Mapping[str, Any]
"""Decoded JSON arguments of a call; each tool checks them with `parse`."""


class ToolError(Exception):
    """A tool could not do its work; the message is one line, told to the model and the reader.

    It may quote what a stranger's server said, so it comes from where the tool's output comes from.
    """

    origin: Origin | None = None
    """Where the message came from, where that is not what the tool's output comes from."""


class Refused(ToolError):
    """The user did not allow the call; qchat itself says so, and nothing was read."""

    origin = QCHAT

    def __init__(self, message: str = "the user did not allow this") -> None:
        super().__init__(message)


class ToolSpec(msgspec.Struct, frozen=True):
    """What a model is told about a tool; `parameters` is a JSON schema of an object."""

    name: str
    description: str
    parameters: dict[str, Any]


def _unnoted(_host: str, _size: int) -> None:
    """Where nobody keeps a list of what left the machine."""


class InputRequest(msgspec.Struct, frozen=True):
    """Code that runs waits for a line from the user; `code` is what asks."""

    prompt: str
    password: bool
    code: str


AskInput = Callable[[InputRequest], Awaitable[str | None]]
"""Asks the user for a line; None when they will not say."""


class Call(msgspec.Struct, frozen=True):
    """One call as a tool sees it, with the turn's way to ask the user in front of it."""

    id: str
    arguments: Arguments
    confirm: Callable[[str], Awaitable[bool]]
    provenance: Provenance = Provenance()
    """Whose words the model had read: where others' are among them, what is kept and what reaches
    out is asked for."""
    sent: Callable[[str, int], None] = _unnoted
    """Tell it of every request, before it goes: the host and how many bytes; shown by `/egress`.

    To be called in the event loop's own thread.
    """
    ask_input: AskInput | None = None
    """Where a line can be asked for; None where nobody is there."""


class Tool(Protocol):
    """Something the model can call. What `run` yields is shown at once and is the result."""

    spec: ToolSpec
    origin: Origin
    """Where what it yields comes from, its errors too, unless a part says otherwise."""

    def run(self, call: Call) -> AsyncGenerator[Part, None]:
        """Do it. Raises ToolError for a failure that the model should hear of."""
        ...


A = TypeVar("A", bound=msgspec.Struct)


def parse(kind: type[A], arguments: Arguments) -> A:
    """Check decoded arguments against a tool's struct; raises ToolError that says what is wrong."""
    try:
        return msgspec.convert(dict(arguments), kind, strict=False)
    except msgspec.ValidationError as error:
        raise ToolError(f"wrong arguments: {error}") from error


def spec(name: str, description: str, arguments: type[msgspec.Struct]) -> ToolSpec:
    """Describe a tool by the struct of its arguments, whose fields and docs become the schema."""
    (_,), definitions = msgspec.json.schema_components([arguments])
    (schema,) = definitions.values()
    schema.pop("title", None)
    return ToolSpec(name, description, schema)
