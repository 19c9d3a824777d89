"""A backend that is asked by no more at a time than its server takes, and waited for.

An evaluation sends hundreds of requests: a refusal for their rate halves how many go at a time,
and each that goes well lets it grow again. What is spent is counted for whoever asks, by a context
variable that the tasks of a mode inherit, so that no mode counts for itself.
"""

import asyncio
import hashlib
import random
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from contextvars import ContextVar

import msgspec

from qchat.backends.base import Backend, Request, State
from qchat.backends.lessons import overflowed, unpaid
from qchat.evaluation.gate import Gate
from qchat.protocol.errors import (
    AuthenticationError,
    BackendError,
    ConnectionFailed,
    EngineError,
    QchatError,
    RateLimited,
    StatusError,
)
from qchat.protocol.event_values import Usage
from qchat.protocol.events import Event, Notice, Sent, StepFinished
from qchat.protocol.tokens import estimate

MAX_WAIT_S = 120.0
MAX_WAITS_S = 3600.0
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
        self.judging: Spent | None = None
        """What it took to grade it, which is no mode's doing."""
        self.lost: QchatError | None = None
        """Why its server could not be reached, or broke off, if it did."""

    @property
    def server_lost(self) -> QchatError | None:
        """Why a server is not there, the model's or the judge's."""
        return self.lost or (self.judging.server_lost if self.judging is not None else None)

    def add(self, usage: Usage) -> None:
        self.prompt += usage.prompt
        self.tokens += usage.completion
        self.requests += 1


spent: ContextVar[Spent | None] = ContextVar("spent", default=None)
"""Where the running question's cost is counted."""


class PacedBackend:
    """`inner`, asked by at most `parallel` at a time, each request with a seed of its own.

    The seed follows from the evaluation's seed and the request: the same evaluation asks the same
    way again, and the trails of one question, whose requests are alike, still differ. `longest` is
    how many tokens a reply may have; `shared` tells that all replies share one context.
    """

    def __init__(
        self,
        inner: Backend,
        parallel: int,
        seed: int = 0,
        *,
        longest: int = 0,
        shared: bool = False,
    ) -> None:
        self.inner = inner
        self.name, self.model, self.context = inner.name, inner.model, inner.context
        self.gate = Gate(parallel)
        self._seed = seed
        self._longest = longest
        self._shared = shared
        self._alike: Counter[bytes] = Counter()
        self._written = 0
        """Tokens of the longest reply so far."""

    @property
    def state(self) -> State:
        return self.inner.state

    @property
    def efforts(self) -> tuple[str, ...]:
        return self.inner.efforts

    @property
    def recalls_thinking(self) -> bool:
        return self.inner.recalls_thinking

    @property
    def sees(self) -> bool:
        return self.inner.sees

    async def models(self) -> tuple[str, ...]:
        return await self.inner.models()

    def remark(self, think: bool, budget: int) -> str:
        return self.inner.remark(think, budget)

    async def check(self) -> None:
        await self.inner.check()

    async def start(self) -> None:
        await self.inner.start()
        self._learn()

    async def count_tokens(self, texts: Sequence[str]) -> list[int] | None:
        return await self.inner.count_tokens(texts)

    async def answer_now(self) -> bool:
        return await self.inner.answer_now()

    async def aclose(self) -> None:
        await self.inner.aclose()

    async def stream(self, request: Request) -> AsyncGenerator[Event, None]:
        """Ask once there is a place; a rate limit is waited out while nothing has come."""
        request = self._limited(request)
        async with self.gate.one(self._weight(request)):
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
                except (StatusError, ConnectionFailed, EngineError) as error:
                    attempt += 1
                    wait_s = self._wait_s(error, attempt)
                    if self._is_over(error, attempt, waited_s + wait_s, begun=begun):
                        raise
                    waited_s += wait_s
                await asyncio.sleep(wait_s)
        self.gate.went_well()
        self._learn()
        if (counted := spent.get()) is not None:
            counted.lost = None

    def _learn(self) -> None:
        """What is known of the model once it is loaded."""
        self.model, self.context = self.inner.model, self.inner.context
        if self._shared:
            self.gate.room = self.context

    def _limited(self, request: Request) -> Request:
        seed = self._seed_of(request) if request.seed is None else request.seed
        longest = request.max_tokens
        if self._longest:
            longest = min(longest or self._longest, self._longest)
        return msgspec.structs.replace(request, seed=seed, max_tokens=longest)

    def _weight(self, request: Request) -> float:
        """How much of a shared context it may take: few replies are as long as they may be.

        But where one was that long, the next may be.
        """
        if not self._shared:
            return 0.0
        prompt = estimate(msgspec.json.encode([request.messages, request.tools]).decode())
        fair = self.context / self.gate.most
        return prompt + min(request.max_tokens or self.context, max(fair, self._written))

    def _count(self, event: StepFinished) -> None:
        self._written = max(self._written, event.usage.completion)
        if (counted := spent.get()) is not None:
            counted.add(event.usage)

    def _is_over(
        self, error: BackendError | EngineError, attempt: int, waiting_s: float, *, begun: bool
    ) -> bool:
        """Whether a failure is the request's last; a lost server is told to whoever counts."""
        match error:
            case StatusError() if _refuses_all(error):
                pass
            case RateLimited():
                if not (begun or waiting_s > MAX_WAITS_S):
                    return False
            case StatusError() if not error.passes:
                if not (self.gate.running > 1 and overflowed(error)):
                    return True
                self.gate.was_refused()  # the others left it too little room
            case _:
                if not begun and attempt < TRIES:
                    return False
        if (counted := spent.get()) is not None:
            counted.lost = error
        return True

    def _wait_s(self, error: BackendError | EngineError, attempt: int) -> float:
        if not isinstance(error, RateLimited):
            return 0.5 * attempt
        self.gate.was_refused()
        wished = error.retry_after_s or min(2.0**attempt, MAX_WAIT_S)
        return wished + random.random() * min(wished, 1.0)

    def _seed_of(self, request: Request) -> int:
        same = msgspec.json.encode([request.messages, request.think])  # the system text is dated
        key = hashlib.blake2b(same, digest_size=8).digest()
        self._alike[key] += 1
        whole = f"{self._seed}/{key.hex()}/{self._alike[key]}".encode()
        return int.from_bytes(hashlib.blake2b(whole, digest_size=4).digest(), "big") >> 1


def _refuses_all(error: StatusError) -> bool:
    """Whether a refusal is about who asks, and not about what is asked."""
    return isinstance(error, AuthenticationError) or unpaid(f"{error.code} {error}")
