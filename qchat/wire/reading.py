"""What the readers of both protocols have in common: what they hold, and what it adds up to."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from typing import ClassVar, Literal, assert_never

import msgspec

from qchat.protocol.events import StepReason, Text, Thinking, ToolDraft, Usage
from qchat.protocol.messages import Assistant, Message, User
from qchat.wire.calls import CallReader, new_id
from qchat.wire.sse import SseEvent
from qchat.wire.tags import TagReader
from qchat_tools.base import ToolSpec
from qchat_tools.parts import ImagePart


class Picture(msgspec.Struct, frozen=True):
    """A picture as it goes over: `data` in base64."""

    media_type: str
    data: str


Shown = Mapping[tuple[int, str], Picture]
"""The pictures that are sent as such, by the place of their message and their hash."""
NO_PICTURES: Shown = {}

Delta = Thinking | Text | ToolDraft
Earlier = Literal["all", "turn", "none"]

CHARACTERS_PER_TOKEN = 5
"""No tokenizer puts more of ordinary text into one token on average: a lower bound."""


class Tally:
    """Counts what comes, for servers that do not."""

    def __init__(self) -> None:
        self.pieces = 0
        self.called = False
        self._thinking_pieces = 0
        self._thinking_characters = 0

    @property
    def thinking(self) -> int:
        """About how many tokens of thinking came: some servers put several into one piece."""
        return max(self._thinking_pieces, self._thinking_characters // CHARACTERS_PER_TOKEN)

    def add(self, deltas: Iterable[Delta]) -> None:
        """Note the deltas of one piece."""
        thought = 0
        for delta in deltas:
            match delta:
                case Thinking():
                    thought += len(delta.text)
                case ToolDraft():
                    self.called = True
                case Text():
                    pass
                case _:
                    assert_never(delta)
        self._thinking_characters += thought
        self._thinking_pieces += bool(thought)


class Reader(ABC):
    """The pieces of one reply in, deltas out. Feed it each event, then `close` it.

    Content runs through the tag reader even when the server has a field for reasoning, because some
    put `<think>` or `<tool_call>` there all the same. `used` are the ids of earlier calls; `server`
    names the other side in errors.
    """

    CUT: ClassVar[tuple[str, ...]]
    """The server's words for a reply that no longer fitted."""
    WITHHELD: ClassVar[tuple[str, ...]]
    """Its words for a reply that it did not want to go on with."""

    def __init__(
        self,
        tools: Iterable[ToolSpec] = (),
        used: Iterable[str] = (),
        *,
        calls_end_thinking: bool = False,
        server: str = "the server",
        make_id: Callable[[], str] = new_id,
    ) -> None:
        self._server = server
        self.reply_id = ""
        """The server's name for this reply; empty until its first piece."""
        self.finished = False
        """True once the server has said that the reply is complete."""
        self.tokens_per_s = 0.0
        """The server's own measure; 0 where it gives none."""
        self.by_llama_cpp = False
        """True once a piece has shown that llama.cpp wrote it."""
        self._calls = CallReader(set(used), make_id)
        self._tags = TagReader(
            {tool.name: tool.parameters for tool in tools},
            calls_end_thinking=calls_end_thinking,
            make_id=self._calls.own_id,
        )
        self._reason = ""
        self._tally = Tally()

    @abstractmethod
    def feed(self, event: SseEvent) -> list[Delta]:
        """Read one event. Raises StatusError for an error in it, ProtocolError for no piece."""

    def close(self) -> list[Delta]:
        """End of the stream: what was held back comes out."""
        deltas = self._tags.close()
        self._tally.add(deltas)
        return deltas

    @property
    @abstractmethod
    def usage(self) -> Usage:
        """Tokens as the server counts them, else one for each piece that came."""

    @property
    def reason(self) -> StepReason:
        """Why the reply ended; a call counts even where the server only says "stop"."""
        if self._reason in self.CUT:
            return "length"
        return "tool_calls" if self._tally.called else "stop"

    @property
    def withheld(self) -> bool:
        """Whether the server's filter, not the model, ended the reply."""
        return self._reason in self.WITHHELD

    @property
    def thought(self) -> int:
        """About how many tokens of thinking have come so far."""
        return self._tally.thinking


def used_ids(messages: Iterable[Message]) -> set[str]:
    """The ids of every call so far; a new call must not take one of them again."""
    return {call.id for reply in messages if isinstance(reply, Assistant) for call in reply.calls}


def thoughts_sent(messages: tuple[Message, ...], earlier: Earlier) -> list[str]:
    """For each message the thinking that goes back with it; empty for none."""
    asked = (at for at in reversed(range(len(messages))) if isinstance(messages[at], User))
    since = {"all": -1, "turn": next(asked, -1), "none": len(messages)}[earlier]
    return [
        message.thinking if isinstance(message, Assistant) and at > since else ""
        for at, message in enumerate(messages)
    ]


def sent_pictures(at: int, message: Message, shown: Shown) -> list[tuple[ImagePart, Picture]]:
    """The pictures of the message at a place that go along, each once."""
    if isinstance(message, Assistant):
        return []
    unlike = {part.sha256: part for part in message.pictures}
    return [(p, shown[at, sha256]) for sha256, p in unlike.items() if (at, sha256) in shown]
