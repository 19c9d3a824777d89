"""A backend that is asked by no more at a time than its server takes, and waited for.

An evaluation sends hundreds of requests: a refusal for their rate halves how many go at a time,
and each that goes well lets it grow again. What is spent is counted for whoever asks, by a context
variable that the tasks of a mode inherit, so that no mode counts for itself.
"""

import asyncio
import hashlib
import random
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from contextvars import ContextVar

import msgspec

from qchat.backends.base import Backend, Request, State
from qchat.protocol.errors import (
    BackendError,
    ConnectionFailed,
    EngineError,
    QchatError,
    RateLimited,
)
from qchat.protocol.events import Event, Notice, Sent, StepFinished, Usage

GROW_AFTER = 8
"""Requests in a row that went well, before one more goes at a time."""
LONGEST_WAIT_S = 120.0
LONGEST_WAITING_S = 3600.0
"""How long a rate limit is waited out for one request, all its waits together."""
TRIES = 3
"""How often a request is made whose server cannot be reached, before the evaluation stops."""


class Spent:
    """What the requests of one question have cost."""

    def __init__(self) -> None:
        self.prompt = 0
        self.tokens = 0
        """Tokens that the model wrote, thinking included: what budgets are about."""
        self.requests = 0
        self.lost: QchatError | None = None
        """Why its server could not be reached, or broke off, if it did."""

    def add(self, usage: Usage) -> None:
        self.prompt += usage.prompt
        self.tokens += usage.completion
        self.requests += 1


spent: ContextVar[Spent | None] = ContextVar("spent", default=None)
"""Where the running question's cost is counted."""


class Gate:
    """Lets so many through at a time: fewer after a refusal, more again when all goes well."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.limit = most
        self._running = 0
        self._well = 0
        self._changed = asyncio.Condition()

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """Wait for a place, and give it back."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._running < self.limit)
            self._running += 1
        try:
            yield
        finally:
            self._running -= 1
            async with self._changed:
                self._changed.notify_all()

    def went_well(self) -> None:
        self._well += 1
        if self._well >= GROW_AFTER:
            self._well, self.limit = 0, min(self.limit + 1, self.most)

    def was_refused(self) -> None:
        self._well, self.limit = 0, max(1, self.limit // 2)


class PacedBackend:
    """`inner`, asked by at most `parallel` at a time, each request with a seed of its own.

    The seed follows from the evaluation's seed and the request: the same evaluation asks the same
    way again, and the trails of one question, whose requests are alike, still differ.
    """

    def __init__(self, inner: Backend, parallel: int, seed: int = 0) -> None:
        self.inner = inner
        self.name, self.model, self.context = inner.name, inner.model, inner.context
        self.gate = Gate(parallel)
        self._seed = seed
        self._alike: Counter[bytes] = Counter()

    @property
    def state(self) -> State:
        return self.inner.state

    @property
    def efforts(self) -> tuple[str, ...]:
        return self.inner.efforts

    @property
    def recalls_thinking(self) -> bool:
        return self.inner.recalls_thinking

    async def models(self) -> tuple[str, ...]:
        return await self.inner.models()

    def remark(self, think: bool, budget: int) -> str:
        return self.inner.remark(think, budget)

    async def check(self) -> None:
        await self.inner.check()

    async def start(self) -> None:
        await self.inner.start()
        self.model, self.context = self.inner.model, self.inner.context

    async def count_tokens(self, texts: Sequence[str]) -> list[int] | None:
        return await self.inner.count_tokens(texts)

    async def answer_now(self) -> bool:
        return await self.inner.answer_now()

    async def aclose(self) -> None:
        await self.inner.aclose()

    async def stream(self, request: Request) -> AsyncGenerator[Event, None]:
        """Ask once there is a place; a rate limit is waited out while nothing has come."""
        if request.seed is None:
            request = msgspec.structs.replace(request, seed=self._seed_of(request))
        async with self.gate.one():
            waited_s, attempt = 0.0, 0
            while True:
                begun = False
                try:
                    async with aclosing(self.inner.stream(request)) as events:
                        async for event in events:
                            begun = begun or not isinstance(event, Notice | Sent)
                            if isinstance(event, StepFinished):
                                self._count(event)
                            yield event
                    break
                except (RateLimited, ConnectionFailed, EngineError) as error:
                    attempt += 1
                    wait_s = self._wait_s(error, attempt)
                    if self._is_over(error, attempt, waited_s + wait_s, begun=begun):
                        raise
                    waited_s += wait_s
                await asyncio.sleep(wait_s)
        self.gate.went_well()
        self.model, self.context = self.inner.model, self.inner.context

    def _count(self, event: StepFinished) -> None:
        if (counted := spent.get()) is not None:
            counted.add(event.usage)

    def _is_over(
        self, error: BackendError | EngineError, attempt: int, waiting_s: float, *, begun: bool
    ) -> bool:
        """Whether a failure is the request's last; a lost server is told to whoever counts."""
        if isinstance(error, RateLimited):
            return begun or waiting_s > LONGEST_WAITING_S
        if not begun and attempt < TRIES:
            return False
        if (counted := spent.get()) is not None:
            counted.lost = error
        return True

    def _wait_s(self, error: BackendError | EngineError, attempt: int) -> float:
        if not isinstance(error, RateLimited):
            return 0.5 * attempt
        self.gate.was_refused()
        wished = error.retry_after_s or min(2.0**attempt, LONGEST_WAIT_S)
        return wished + random.random() * min(wished, 1.0)

    def _seed_of(self, request: Request) -> int:
        same = msgspec.json.encode([request.system, request.messages, request.think])
        key = hashlib.blake2b(same, digest_size=8).digest()
        self._alike[key] += 1
        whole = f"{self._seed}/{key.hex()}/{self._alike[key]}".encode()
        return int.from_bytes(hashlib.blake2b(whole, digest_size=4).digest(), "big") >> 1
