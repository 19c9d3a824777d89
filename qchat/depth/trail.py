"""A trail: what it is asked and may spend, and what has come of it."""

from functools import cached_property

import msgspec

from qchat.backends.base import Backend
from qchat.conversation.view import TurnMessages, handle
from qchat.protocol.event_values import TurnReason, Usage
from qchat.protocol.events import Attached, Event, Text, Thinking
from qchat.protocol.fold import fold
from qchat.protocol.messages import Message, ToolResult
from qchat_memory.origin import Origin, untrusted


class TrailSpec(msgspec.Struct, frozen=True):
    """What a trail is asked, and what it may spend."""

    label: str
    """Unique in its turn: by it a finished trail is found again when the turn is resumed."""
    prompt: str
    """The user's question as it is; what qchat has to say of it stands in `instructions`."""
    round: int = 1
    instructions: str = ""
    """Behind the system text: the prompt stays what it is, also if the trail is chosen later."""
    beside: tuple[Attached, ...] = ()
    """Texts that go along with the prompt; whatever they are, they are nobody's orders."""
    after: "Trail | None" = None
    """A trail that it goes on from, in place of the files and memories of the question."""
    think: bool | None = None
    """None leaves it as the conversation has it."""
    thinking: int = 0
    """Longest thinking of a reply in tokens; 0 leaves it to the share."""
    share: int = 0
    """Most tokens that it may write, thinking included; 0 for no limit."""
    tools: bool = True
    looks_back: bool = False
    """Whether it may read what the trails before it did, by the handles of their results."""
    backend: Backend | None = None
    """Who answers; None for the conversation's own."""


class Trail(msgspec.Struct, frozen=True, dict=True):
    """A trail that is over."""

    turn: int
    label: str
    prompt: str
    events: tuple[Event, ...]
    reason: TurnReason
    usage: Usage
    seconds: float
    backend: str = ""

    @property
    def text(self) -> str:
        """All that it said, without its thinking."""
        return "".join(e.text for e in self.events if isinstance(e, Text)).strip()

    @property
    def thinking(self) -> str:
        return "".join(e.text for e in self.events if isinstance(e, Thinking)).strip()

    @cached_property
    def messages(self) -> tuple[Message, ...]:
        """As a model reads it."""
        return fold(self.prompt, self.events)

    @property
    def results(self) -> dict[str, ToolResult]:
        """What its tools gave back, by the handles under which `look_back` reads it."""
        here = TurnMessages(self.turn, self.messages)
        return {
            handle(here, at): message
            for at, message in enumerate(self.messages)
            if isinstance(message, ToolResult)
        }

    @cached_property
    def origins(self) -> tuple[Origin, ...]:
        """Those of strangers that it has read: what it says may be their words."""
        return untrusted(origin for message in self.messages for origin in message.origins)

    @property
    def tainted(self) -> bool:
        """Whether it has read what strangers wrote."""
        return bool(self.origins)

    @property
    def done(self) -> bool:
        """Whether it came to its own end, or to that of its share."""
        return self.reason not in ("error", "cancelled")
