"""What a model's server is to the loop: a request goes in, events come out."""

from collections.abc import AsyncGenerator, Sequence
from typing import Literal, Protocol

import msgspec

from qchat.protocol.events import Event
from qchat.protocol.messages import Message
from qchat.wire.retention import InlineImages
from qchat_tools.base import ToolSpec


class Request(msgspec.Struct, frozen=True):
    """One step of a turn, in no server's dialect."""

    messages: tuple[Message, ...]
    system: str = ""
    tools: tuple[ToolSpec, ...] = ()
    think: bool = True
    budget: int = 0
    """Longest thinking in tokens; 0 leaves it to the model."""
    effort: str = ""
    """How hard it thinks, in the model's own word; empty leaves it to the model."""
    keep_thinking: bool = False
    """Whether a model that can shall still see what it thought in earlier turns."""
    search: bool = False
    """Whether the service may search the web itself, where it can."""
    max_tokens: int = 0
    """Longest reply in tokens, thinking included; 0 leaves it to the server."""
    seed: int | None = None
    """For a server that takes one: the same seed gives the same reply, as far as it can."""
    images: InlineImages = {}
    """The pictures that go along, which the backend looks up; the others stand as words."""


class State(msgspec.Struct, frozen=True):
    """How ready a backend is, for a status line; servers elsewhere are always ready."""

    phase: Literal["ready", "loading", "idle", "crashed"] = "ready"
    """`idle`: the model is not in memory, and is loaded with the next request."""
    progress: float = 0.0
    """How much of the model is loaded, from 0 to 1."""
    detail: str = ""
    """What was chosen for this machine, or how the engine ended; one line."""


READY = State()


class Backend(Protocol):
    """A way to reach one model."""

    name: str
    """The name in `config.toml`."""
    model: str
    """The model's name as people read it; the demo model has "demo" in it."""
    context: int
    """Context length in tokens; 0 until it is known."""

    @property
    def state(self) -> State:
        """How ready it is; asked for whenever a status line is drawn."""
        ...

    @property
    def efforts(self) -> tuple[str, ...]:
        """The words for how hard the model thinks, strongest first; none where it has none."""
        ...

    @property
    def recalls_thinking(self) -> bool:
        """Whether what was thought in earlier turns is sent to it too."""
        ...

    @property
    def sees(self) -> bool:
        """Whether pictures go along to it."""
        ...

    async def models(self) -> tuple[str, ...]:
        """The names of the models that it could use instead; none where nobody says.

        Raises BackendError.
        """
        ...

    def remark(self, think: bool, budget: int) -> str:
        """Say where the model cannot do as it is told about thinking; empty where it can."""
        ...

    async def check(self) -> None:
        """Raise for what stands in its way, as far as that is known without asking or loading.

        Raises AuthenticationError, OfflineError, EngineError.
        """
        ...

    async def start(self) -> None:
        """Make ready ahead of the first request (load a local model); may be called again."""
        ...

    async def count_tokens(self, texts: Sequence[str]) -> list[int] | None:
        """How many tokens each text has, by the model's own tokenizer; None where none is at hand.

        Never raises, loads no model, and sends nothing to another machine.
        """
        ...

    def stream(self, request: Request) -> AsyncGenerator[Event, None]:
        """Ask once. Yields Thinking, Text, ToolDraft and Notice, then one StepFinished.

        A call's drafts carry its name and, joined, its arguments as JSON text.
        Raises BackendError or EngineError; what came before stays valid.
        """
        ...

    async def answer_now(self) -> bool:
        """End the thinking of running replies at once; False where the server cannot."""
        ...

    async def aclose(self) -> None:
        """Give back connections and child processes."""
        ...


def assumes_context(backend: Backend) -> bool:
    """Whether its context is what its model's name promises, and nobody who holds it has told it.

    Those that ask a server say so in `context_assumed`; engines of this machine know.
    """
    return bool(getattr(backend, "context_assumed", False))
