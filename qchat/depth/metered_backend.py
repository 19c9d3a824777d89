"""A backend that gives a trail no more than its share of the tokens, and counts what it wrote."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

import msgspec

from qchat.backends.base import Backend, Request, State
from qchat.protocol.event_values import Usage
from qchat.protocol.events import Event, StepFinished, Text, Thinking, ToolDraft
from qchat.protocol.tokens import estimate

ANSWER_PART = 4
"""One part in so many of what is left is kept free of thinking, for the answer."""
LAST_PART = 5
"""With less than one part in so many left, no tool is offered: the model is to answer."""


class MeteredBackend:
    """Another backend, with a limit on all its replies together.

    `share` is how many tokens may be written, thinking included (0: no limit); `thinking` how many
    of them may be thought in each reply (0: as the request says).
    """

    def __init__(
        self, backend: Backend, *, share: int = 0, thinking: int = 0, seed: int | None = None
    ) -> None:
        self._backend = backend
        self._share = share
        self._thinking = thinking
        self._seed = seed
        self.name = backend.name
        self.model = backend.model
        self.context = backend.context
        self.usage = Usage()
        """Of all its replies; estimated where a server counts nothing."""

    @property
    def state(self) -> State:
        return self._backend.state

    @property
    def efforts(self) -> tuple[str, ...]:
        return self._backend.efforts

    @property
    def recalls_thinking(self) -> bool:
        return self._backend.recalls_thinking

    @property
    def sees(self) -> bool:
        return self._backend.sees

    async def models(self) -> tuple[str, ...]:
        return await self._backend.models()

    async def count_tokens(self, texts: Sequence[str]) -> list[int] | None:
        return await self._backend.count_tokens(texts)

    def remark(self, think: bool, budget: int) -> str:
        return self._backend.remark(think, budget)

    async def check(self) -> None:
        await self._backend.check()

    async def start(self) -> None:
        await self._backend.start()
        self.context = self._backend.context

    async def answer_now(self) -> bool:
        return await self._backend.answer_now()

    async def aclose(self) -> None:
        """It belongs to whoever opened it."""

    async def stream(self, request: Request) -> AsyncGenerator[Event, None]:
        """Ask, with what is left; where nothing is, the reply is empty and cut off."""
        left = self._share - self.usage.completion
        if self._share and left <= 0:
            yield StepFinished(reason="length")
            return
        text: list[str] = []
        async with aclosing(self._backend.stream(self._limited(request, left))) as events:
            async for event in events:
                if isinstance(event, Thinking | Text | ToolDraft):
                    text.append(event.text)
                if isinstance(event, StepFinished):
                    self._count(event, "".join(text))
                    text.clear()
                yield event
        self.context = self._backend.context

    def _limited(self, request: Request, left: int) -> Request:
        request = msgspec.structs.replace(request, seed=self._seed)
        budget = self._thinking or request.budget
        if not self._share:
            return msgspec.structs.replace(request, budget=budget)
        most = max(left - left // ANSWER_PART, 1)
        last = left < self._share // LAST_PART
        return msgspec.structs.replace(
            request,
            max_tokens=min(left, request.max_tokens or left),
            budget=min(budget, most) if budget else most,
            tools=() if last else request.tools,
        )

    def _count(self, event: StepFinished, text: str) -> None:
        step = event.usage
        completion = step.completion or round(estimate(text))
        self.usage += msgspec.structs.replace(step, completion=completion)
