"""What happens in a turn: one tagged union of frozen values, as they are shown, kept and printed.

There are no start or end events: a part begins when `part_key` changes. `ToolDraft` and
`ToolProgress` are provisional: `ToolStarted` and `ToolFinished` of the same call replace them.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Literal

import msgspec

from qchat_tools.parts import Part

StepReason = Literal["stop", "length", "tool_calls"]
TurnReason = Literal["stop", "length", "cancelled", "step_limit", "error"]


def _snake_case(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")


class _Event(
    msgspec.Struct, frozen=True, kw_only=True, tag=_snake_case, tag_field="type", omit_defaults=True
):
    at: float = 0.0
    """When it began, in seconds of Unix time; the session stamps it, 0 means not yet."""


class Thinking(_Event, frozen=True, kw_only=False):
    """A piece of the model's reasoning."""

    text: str


class Text(_Event, frozen=True, kw_only=False):
    """A piece of the answer."""

    text: str


USER_CALL = "user-"
"""How the id of a call begins that the user made, without the model."""


class ToolDraft(_Event, frozen=True, kw_only=False):
    """A piece of a call's arguments as the model writes them; for display only."""

    call_id: str
    name: str
    text: str


class ToolCall(msgspec.Struct, frozen=True, omit_defaults=True):
    """A finished call. `invalid` holds what the model wrote where that was no JSON object."""

    id: str
    name: str
    arguments: dict[str, Any] = {}
    invalid: str = ""

    @property
    def sent(self) -> dict[str, Any]:
        """As it goes back to a model: templates read it again, so it always is an object."""
        return {"invalid_json": self.invalid} if self.invalid else self.arguments


class ToolStarted(_Event, frozen=True, kw_only=False, omit_defaults=False):
    """A call is complete and its tool begins; `name` and `arguments` stand at the top level."""

    call_id: str
    name: str
    arguments: dict[str, Any]
    invalid: str = ""

    @property
    def call(self) -> ToolCall:
        return ToolCall(self.call_id, self.name, self.arguments, self.invalid)


class ToolProgress(_Event, frozen=True, kw_only=False):
    """A part of a running tool's output, as it comes."""

    call_id: str
    part: Part


class ToolFinished(_Event, frozen=True, kw_only=False, omit_defaults=False):
    """A tool is done: everything that it gave back, and whether it worked."""

    call_id: str
    parts: tuple[Part, ...]
    ok: bool


class RecalledPast(msgspec.Struct, frozen=True):
    """What a memory said before, and when that was said."""

    date: str
    text: str


class RecalledMemory(msgspec.Struct, frozen=True, omit_defaults=True):
    """A memory that was put before the model; `score` between 0 and 1.

    `matched` are words of the prompt that it has.
    """

    id: str
    text: str
    date: str
    score: float = 0.0
    pinned: bool = False
    matched: tuple[str, ...] = ()
    past: RecalledPast | None = None


class Attached(_Event, frozen=True, kw_only=False):
    """A text that the person put beside the prompt: a file, or a long paste, by its name."""

    name: str
    text: str


class Recalled(_Event, frozen=True, kw_only=False):
    """The memories that this turn was given."""

    memories: tuple[RecalledMemory, ...]


class Notice(_Event, frozen=True, kw_only=False):
    """Something the reader should know: a retry, a switch, what failed."""

    text: str
    level: Literal["info", "warning", "error"] = "info"
    memory: RecalledMemory | None = None
    """The memory that it speaks of, which was just kept; a view offers to take it back."""


class Sent(_Event, frozen=True, kw_only=False):
    """Something leaves for another host; noted before it goes, so that nothing goes unnoted.

    `by` is the backend's name, or the tool's where `call_id` is given; `memories` are the ids of
    those that were in it.
    """

    host: str
    bytes: int
    by: str
    memories: tuple[str, ...] = ()
    call_id: str = ""


class Usage(msgspec.Struct, frozen=True, omit_defaults=True):
    """Tokens of one step. `cached` is part of `prompt`, `thinking` of `completion`."""

    prompt: int = 0
    completion: int = 0
    thinking: int = 0
    cached: int = 0


class Timings(msgspec.Struct, frozen=True, omit_defaults=True):
    """How long a step took; 0 where it is not known."""

    first_token_s: float = 0.0
    total_s: float = 0.0
    tokens_per_s: float = 0.0
    pieces: int = 0
    """In how many pieces the server sent it: a reply that is not streamed comes in one."""


class SourceName(msgspec.Struct, frozen=True, omit_defaults=True):
    """A source as it stands in a list; what it says is kept where it was found."""

    number: int
    url: str
    title: str


class Cited(_Event, frozen=True, kw_only=False):
    """What the answer cites: sources by number, and numbers that no source of the session has."""

    sources: tuple[SourceName, ...]
    unknown: tuple[int, ...] = ()


class StepFinished(_Event, frozen=True, kw_only=False, omit_defaults=False):
    """One reply of the model is complete."""

    usage: Usage = Usage()
    timings: Timings = Timings()
    reason: StepReason = "stop"


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
    | Sent
    | StepFinished
    | TurnFinished
)

_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)


def encode(event: Event) -> bytes:
    """One JSON object with `type`: the form of `--json` lines and of stored rows."""
    return _encoder.encode(event)


def decode(data: bytes | str) -> Event:
    """The inverse of `encode`. Raises msgspec.ValidationError for anything else."""
    return _decoder.decode(data)


def part_key(event: Event) -> tuple[str, str]:
    """Name the part that an event belongs to: its kind, and its call where it has one."""
    match event:
        case ToolDraft() | ToolStarted() | ToolProgress() | ToolFinished():
            return ("tool", event.call_id)
        case _:
            return (type(event).__name__, "")


def join(first: Event, second: Event) -> Event | None:
    """Join neighbouring deltas of one part at the first one's time; None if they differ."""
    match first, second:
        case Thinking(), Thinking():
            return Thinking(first.text + second.text, at=first.at)
        case Text(), Text():
            return Text(first.text + second.text, at=first.at)
        case ToolDraft(), ToolDraft() if first.call_id == second.call_id:
            text = first.text + second.text
            return ToolDraft(first.call_id, first.name or second.name, text, at=first.at)
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
