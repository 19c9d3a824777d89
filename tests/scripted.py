"""A backend that plays a script: it simulates what a server does wrong, or at a certain moment."""

import asyncio
from collections.abc import AsyncGenerator, Sequence

from qchat.backends.base import READY, Request
from qchat.protocol.events import Event, StepFinished, Text, ToolDraft

Action = Event | BaseException | asyncio.Event


class ScriptedBackend:
    """Each request plays the next reply: events are sent, exceptions raised, waits awaited.

    The last reply is repeated. `requests` are those that came.
    """

    name = "scripted"
    model = "script"
    state = READY

    def __init__(self, *replies: Sequence[Action], context: int = 0) -> None:
        self.context = context
        self.requests: list[Request] = []
        self.reached = asyncio.Event()
        """Set when a reply waits for an asyncio.Event."""
        self._replies = replies

    efforts: tuple[str, ...] = ()
    recalls_thinking = False
    sees = False

    async def models(self) -> tuple[str, ...]:
        return ()

    def remark(self, think: bool, budget: int) -> str:
        return ""

    async def check(self) -> None:
        pass

    async def start(self) -> None:
        pass

    async def count_tokens(self, texts: Sequence[str]) -> list[int] | None:
        return None

    async def stream(self, request: Request) -> AsyncGenerator[Event, None]:
        reply = self._replies[min(len(self.requests), len(self._replies) - 1)]
        self.requests.append(request)
        for action in reply:
            match action:
                case asyncio.Event():
                    self.reached.set()
                    await action.wait()
                case BaseException():
                    raise action
                case _:
                    yield action

    async def answer_now(self) -> bool:
        return False

    async def aclose(self) -> None:
        pass


def says(text: str) -> list[Action]:
    """A reply of plain text."""
    return [Text(text), StepFinished()]


def calls(*drafts: tuple[str, str, str]) -> list[Action]:
    """A reply that calls tools: (id, name, arguments as text)."""
    return [*(ToolDraft(*draft) for draft in drafts), StepFinished(reason="tool_calls")]
