"""What happens in a turn: one tagged union of frozen values, as they are shown, kept and printed.

There are no start or end events: a part begins when `part_key` changes. `ToolDraft` and
`ToolProgress` are provisional: `ToolStarted` and `ToolFinished` of the same call replace them.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Literal, assert_never

import msgspec

from qchat.protocol.event_values import (
    Notes,
    RecalledMemory,
    SourceName,
    StepReason,
    ThinkingField,
    Timings,
    ToolCall,
    TurnReason,
    Usage,
)
from qchat.protocol.experience import Experience
from qchat.protocol.legacy import memory_saved
from qchat_memory.origin import MODEL, QCHAT, Origin
from qchat_tools.parts import Part


def _snake_case(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")


class _Event(
    msgspec.Struct, frozen=True, kw_only=True, tag=_snake_case, tag_field="type", omit_defaults=True
):
    at: float = 0.0
    """When it began, in seconds of Unix time; the session stamps it, 0 means not yet."""


# Views that treat a family alike match it by its class. A new kind joins a family only where every
# one of those views is right for it; else it derives from `_Event`, and each view has to name it.


class ToolEvent(_Event, frozen=True, kw_only=False):
    """A step of a tool call, from the first piece of its arguments to its result."""

    call_id: str


class ControlEvent(_Event, frozen=True):
    """Decides what is sent, or how the turn goes on; a notice beside it tells the reader."""


class TrailEvent(_Event, frozen=True):
    """What happens around the trails of a turn that is answered by several."""


class Thinking(_Event, frozen=True, kw_only=False):
    """A piece of the model's reasoning."""

    text: str
    came_in: ThinkingField | None = None
    """Where it came, at the first piece of a reply, for whoever goes on with it."""


class Text(_Event, frozen=True, kw_only=False):
    """A piece of the answer."""

    text: str


class ToolDraft(ToolEvent, frozen=True, kw_only=False):
    """A piece of a call's arguments as the model writes them; for display only."""

    name: str
    text: str
    instead: bool = False
    """Whether it takes the place of the pieces before it: what they meant shows at their end."""


class ToolStarted(ToolEvent, frozen=True, kw_only=False, omit_defaults=False):
    """A call is complete and its tool begins; `name` and `arguments` stand at the top level."""

    name: str
    arguments: dict[str, Any]
    invalid: str = ""
    caller: Literal["model", "user"] = "model"
    """Who made the call; a user's needs no permission, and a model reads of it as a report."""

    @property
    def call(self) -> ToolCall:
        return ToolCall(self.call_id, self.name, self.arguments, self.invalid)


class ToolProgress(ToolEvent, frozen=True, kw_only=False):
    """A part of a running tool's output, as it comes."""

    part: Part


class ToolFinished(ToolEvent, frozen=True, kw_only=False, omit_defaults=False):
    """A tool is done: everything that it gave back, and whether it worked."""

    parts: tuple[Part, ...]
    ok: bool
    origin: Origin | None = None
    """Where the parts come from that do not say it themselves; rows of the first wave have none."""


class Attached(_Event, frozen=True, kw_only=False):
    """A text that the user put beside the prompt: a file, a pipe or a long paste, by its name."""

    name: str
    text: str
    by_model: bool = False
    """Whether the model wrote it, after it had read nothing that strangers wrote."""

    @property
    def origin(self) -> Origin:
        return MODEL if self.by_model else Origin("attached", self.name)


class Recalled(_Event, frozen=True, kw_only=False):
    """The memories that this turn was given."""

    memories: tuple[RecalledMemory, ...]


class Notice(_Event, frozen=True, kw_only=False):
    """Something the reader should know: a retry, a switch, what failed."""

    text: str
    level: Literal["info", "warning", "error"] = "info"
    memory: RecalledMemory | None = None
    """The memory that it speaks of, which was just kept; a view offers to take it back."""


class Compacted(ControlEvent, frozen=True, kw_only=False):
    """From here on less is sent of what came before: all of it is kept, `look_back` reads it.

    It holds for what stands before message `message` of the turn `turn` (an id of the store).
    """

    level: Literal["outputs", "notes", "dropped"]
    """`outputs`: long tool output and attachments by their head and tail; `notes`: replies and
    calls too, with the user's words left as they are; `dropped`: whole turns are not sent."""
    turn: int
    message: int
    tokens_before: int = 0
    tokens_after: int = 0
    what_matters: str = ""
    """What the user wants kept in mind; sent as their words."""
    notes: Notes | None = None
    """What was written of all that it covers, where somebody wrote it."""
    origins: tuple[Origin, ...] = ()
    """Whose untrusted words were before the model when it wrote them."""
    draft: bool = False
    """Shown before it holds: nothing is sent otherwise by it."""
    usage: Usage | None = None
    """Tokens that writing the notes cost."""


class Marked(ControlEvent, frozen=True, kw_only=False):
    """The user wants a message sent whole, whatever is compacted; or no longer so.

    `turn` is an id of the store, `message` its number in the turn; -1 is the whole turn.
    """

    turn: int
    message: int = -1
    on: bool = True


class Imported(_Event, frozen=True, kw_only=False):
    """The turn was not made here: it was read from a file, and nobody vouches for what that says.

    `source` is the program that it came from, `file` the name of what was read.
    """

    source: str
    file: str = ""

    @property
    def origin(self) -> Origin:
        return Origin("attached", self.file or self.source)

    @property
    def authors(self) -> tuple[Origin, ...]:
        """Who wrote the prompt."""
        return (self.origin,)


class CompactionUndone(ControlEvent, frozen=True, kw_only=False):
    """The last compaction that still held does so no longer: everything is sent again."""


class Told(ControlEvent, frozen=True, kw_only=False):
    """What qchat tells the model in the middle of a turn, or beside a prompt; a notice shows it.

    How a check went, say, or that the turn before was cut off.
    """

    text: str
    origin: Origin = QCHAT
    """Where its words come from: a command's output is nobody's order."""


class Checked(ControlEvent, frozen=True, kw_only=False, omit_defaults=False):
    """Whether the goal of a run is reached, by somebody else than the model that works on it.

    Where it is not, the model is told why, and goes on.
    """

    met: bool
    evidence: str
    by: str
    """The command that was run, or the model that was asked afresh."""
    origin: Origin = QCHAT
    usage: Usage | None = None
    """Tokens that the check cost."""


class Delegated(ControlEvent, frozen=True, kw_only=False):
    """The user did not write the prompt of this turn: a model handed it over as a step of another
    turn, or a file said it, and it is sent again. `origins` are those of the strangers in it.
    """

    origins: tuple[Origin, ...] = ()

    @property
    def authors(self) -> tuple[Origin, ...]:
        """Who wrote the prompt."""
        return (MODEL, *self.origins)


class GivenUp(ControlEvent, frozen=True, kw_only=False):
    """What was streamed of the running reply is given up: it is kept, and not sent.

    The step begins again; a notice beside it says why.
    """


class Sent(_Event, frozen=True, kw_only=False):
    """Something leaves for another host; noted before it goes, so that nothing goes unnoted.

    `by` is the name of the `sender`; `memories` are the ids of those that were in it.
    """

    host: str
    bytes: int
    by: str
    memories: tuple[str, ...] = ()
    call_id: str = ""
    """The call that it was sent for, where a tool sent it."""
    sender: Literal["backend", "tool", "memory"] = "backend"
    """What kind of part sent it: a model's server, a tool, or the user's memories."""
    searched: bool = False
    """Whether the model's service may read the web for the reply to it, however that ends."""


class Cited(_Event, frozen=True, kw_only=False):
    """What the answer cites: sources by number, and numbers that no source of the session has."""

    sources: tuple[SourceName, ...]
    unknown: tuple[int, ...] = ()


class StepFinished(_Event, frozen=True, kw_only=False, omit_defaults=False):
    """One reply of the model is complete."""

    usage: Usage = Usage()
    timings: Timings = Timings()
    reason: StepReason = "stop"
    searched: bool = False
    """Whether the model's service may have read the web for it."""


class TrailStarted(TrailEvent, frozen=True, kw_only=False):
    """One of several ways to an answer begins: a turn of its own, which is not the head."""

    turn: int
    """By its id in the store."""
    label: str
    """What it is, unique in this turn: "round 2, trail 1"."""
    round: int = 1
    backend: str = ""
    seed: int | None = None


class TrailFinished(TrailEvent, frozen=True, kw_only=False):
    """A trail is over, and what it cost; `again` where it ran before this turn was resumed."""

    turn: int
    label: str
    round: int = 1
    reason: TurnReason = "stop"
    usage: Usage = Usage()
    seconds: float = 0.0
    backend: str = ""
    again: bool = False
    origins: tuple[Origin, ...] = ()
    """Those of strangers that it has read: the answer that is made of it may be their words."""


class DepthStarted(TrailEvent, frozen=True, kw_only=False):
    """This turn is answered by several trails, in the way that `mode` names."""

    mode: str
    rounds: int = 1
    width: int = 1
    tokens: int = 0
    """Most tokens that may be written; 0 for no limit."""
    resumed: int = 0
    """The id of the turn that it goes on with, whose finished trails it does not pay again."""
    call: str = ""
    """The id of the call whose result they give, where they are one step of a turn."""


class RoundFinished(TrailEvent, frozen=True, kw_only=False):
    """A round is over: all that is known after it, and what it changed."""

    round: int
    experience: Experience
    added: int = 0
    overturned: int = 0
    tokens: int = 0
    seconds: float = 0.0


class Steered(TrailEvent, frozen=True, kw_only=False):
    """What the user said between rounds: a hint, or the name of a result that is struck out.

    It holds from the round of that number on.
    """

    round: int
    hint: str = ""
    strike: str = ""


class TurnFinished(_Event, frozen=True, kw_only=False, omit_defaults=False):
    """The turn is over; always the last event."""

    reason: TurnReason


Event = (
    Thinking
    | Text
    | ToolDraft
    | ToolStarted
    | ToolProgress
    | ToolFinished
    | Attached
    | Recalled
    | Cited
    | Notice
    | Compacted
    | CompactionUndone
    | Marked
    | Imported
    | Told
    | Checked
    | Delegated
    | GivenUp
    | Sent
    | DepthStarted
    | TrailStarted
    | TrailFinished
    | RoundFinished
    | Steered
    | StepFinished
    | TurnFinished
)


_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)


def encode(event: Event) -> bytes:
    """One JSON object with `type`: the form of `--json` lines and of stored rows."""
    return _encoder.encode(event)


def decode(data: bytes | str) -> Event:
    """The inverse of `encode`; reads what the first wave wrote too.

    Raises msgspec.ValidationError for anything else.
    """
    return _modern(_decoder.decode(data))


def _modern(event: Event) -> Event:
    """An event of the first wave, whose facts stood in ids and sentences, with those as fields."""
    match event:
        case ToolStarted(caller="model") if event.call_id.startswith("user-"):
            return msgspec.structs.replace(event, caller="user")
        case Sent(sender="backend") if event.call_id:
            if event.call_id == "memory":
                return msgspec.structs.replace(event, call_id="", sender="memory")
            return msgspec.structs.replace(event, sender="tool")
        case ToolFinished(origin=None) if (saved := memory_saved(event.parts)) is not None:
            return msgspec.structs.replace(event, parts=(*event.parts, saved))
        case _:
            return event


def part_key(event: Event) -> tuple[str, str]:
    """Name the part that an event belongs to: its kind, and its call where it has one."""
    match event:
        case ToolEvent():
            return ("tool", event.call_id)
        case Thinking() | Text() | Attached() | Recalled() | Cited() | Notice() | Sent():
            return (type(event).__name__, "")
        case (
            StepFinished()
            | TurnFinished()
            | Compacted()
            | CompactionUndone()
            | Marked()
            | Imported()
        ):
            return (type(event).__name__, "")
        case TrailEvent():
            return ("depth", "")
        case Told() | Checked() | Delegated() | GivenUp():
            return (type(event).__name__, "")
        case _:
            assert_never(event)


def join(first: Event, second: Event) -> Event | None:
    """Join neighbouring deltas of one part at the first one's time; None if they differ."""
    match first, second:
        case Thinking(), Thinking():
            return Thinking(first.text + second.text, first.came_in or second.came_in, at=first.at)
        case Text(), Text():
            return Text(first.text + second.text, at=first.at)
        case ToolDraft(), ToolDraft() if first.call_id == second.call_id:
            text = second.text if second.instead else first.text + second.text
            name, instead = first.name or second.name, first.instead or second.instead
            return ToolDraft(first.call_id, name, text, instead, at=first.at)
        case _:
            return None


def joined(events: Iterable[Event]) -> Iterator[Event]:
    """Join runs of deltas into one event each: the same parts, however the stream was cut."""
    last: Event | None = None
    for event in events:
        both = join(last, event) if last is not None else None
        if both is None and last is not None:
            yield last
        last = both or event
    if last is not None:
        yield last
