"""What stands inside events: a call, a memory, a source, notes, and what a step cost."""

from typing import Any, Literal

import msgspec

from qchat_memory.origin import Origin

StepReason = Literal["stop", "length", "tool_calls"]
TurnReason = Literal["stop", "length", "cancelled", "step_limit", "error"]


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
    untrusted: tuple[Origin, ...] = ()
    """Where the words came from that others wrote and that had been read when it was saved."""
    project: str = ""
    """The folder that it is about; empty where it holds everywhere."""
    session: str = ""
    turn: str = ""
    """The conversation in which it was kept, and the turn in which the model kept it; without a
    turn the user did."""

    @property
    def origin(self) -> Origin:
        return Origin("memory", self.id, self.untrusted)


class Notes(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a model, or the user, wrote in place of what is no longer sent.

    Each is one line; `results` have the handles of their evidence.
    """

    goal: str = ""
    """What the user asked for first, word for word."""
    decisions: tuple[str, ...] = ()
    """With their reasons."""
    results: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    open: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


class Usage(msgspec.Struct, frozen=True, omit_defaults=True):
    """Tokens of one step. `cached` is part of `prompt`, `thinking` of `completion`."""

    prompt: int = 0
    completion: int = 0
    thinking: int = 0
    cached: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.prompt + other.prompt,
            self.completion + other.completion,
            self.thinking + other.thinking,
            self.cached + other.cached,
        )


class ThinkingField(msgspec.Struct, frozen=True):
    """In which field of a reply its thinking came, and from which server.

    There it goes back: a server reads one field alone, and not each the same.
    """

    server: str
    """Its address, as `Sent.host` has it."""
    name: str
    """Empty where it came otherwise, most often within the text."""


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
