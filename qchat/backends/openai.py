"""Any server that speaks the OpenAI chat protocol: the cloud, vLLM, Ollama, llama.cpp."""

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing

import httpx
import msgspec

from qchat.backends import failures
from qchat.backends.base import READY, Request, State
from qchat.backends.body import request_body
from qchat.backends.endpoint import Endpoint
from qchat.backends.profiles import profile_for, server_for
from qchat.errors import (
    ConnectionFailed,
    ProtocolError,
    RateLimited,
    SettingsError,
    StatusError,
)
from qchat.events import Event, Notice, Sent, StepFinished, Timings
from qchat.messages import User
from qchat.settings import BackendSettings
from qchat.wire.openai_chat import Reader, used_ids

TRIES = 5
LONGEST_WAIT_S = 60.0
SILENCE_S = 120.0


class OpenAIBackend:
    """One model behind a base address.

    `backoff_s` is the first wait before asking again; for `silence_s` and `transport` see
    `Endpoint`. Raises SettingsError for settings that cannot be used.
    """

    def __init__(
        self,
        name: str,
        settings: BackendSettings,
        *,
        silence_s: float = SILENCE_S,
        backoff_s: float = 1.0,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        if not settings.model:
            raise SettingsError(f"[backends.{name}] needs the model's name: model = ...")
        self.name = name
        self.model = settings.model
        self._endpoint = Endpoint(name, settings, silence_s, transport)
        self._server = server_for(settings)
        self._profile = profile_for(settings.model, settings.profile)
        self.context = settings.context or self._profile.context
        self._backoff_s = backoff_s
        self._own = settings.kind == "llama.cpp"
        """The engine is a child of this process: what goes there does not leave."""
        self._running: set[str] = set()

    @property
    def state(self) -> State:
        """Always ready: nothing is loaded here."""
        return READY

    async def start(self) -> None:
        """Check what can be checked without asking anyone. Raises AuthenticationError."""
        await self._endpoint.ready()

    async def stream(self, request: Request) -> AsyncGenerator[Event, None]:
        """Ask once; a refusal that may pass is tried again while nothing has been streamed."""
        streamed = False
        for attempt in range(1, TRIES + 1):
            try:
                async with aclosing(self._reply(request)) as reply:
                    async for event in reply:
                        streamed = streamed or not isinstance(event, Sent)
                        yield event
                return
            except StatusError as error:
                wait_s = self._wait_s(error, attempt)
                if streamed or wait_s is None:
                    raise
                again = f"trying again in {wait_s:.0f} s (attempt {attempt + 1} of {TRIES})"
                notice = Notice(f"{error}; {again}", "warning")
            yield notice
            await asyncio.sleep(wait_s)

    async def answer_now(self) -> bool:
        """End the thinking of the replies that are running, where the server knows how."""
        ended = False
        for reply_id in tuple(self._running) if self._server.control else ():
            body = {"id": reply_id, "action": "reasoning_end"}
            try:
                answer = await self._endpoint.post("chat/completions/control", body)
            except httpx.HTTPError as error:
                raise failures.from_httpx(error, self._endpoint.host, streamed=False) from error
            except StatusError:
                return False  # a server of an older make
            ended = ended or (isinstance(answer, Mapping) and answer.get("success") is True)
        return ended

    async def aclose(self) -> None:
        """Close the connections."""
        await self._endpoint.aclose()

    async def _reply(self, request: Request) -> AsyncGenerator[Event, None]:
        """One request and its reply."""
        host = self._endpoint.host
        reader = Reader(
            request.tools,
            used_ids(request.messages),
            calls_end_thinking=self._profile.calls == "xml",
            server=host,
        )
        clock = _Clock()
        body = msgspec.json.encode(request_body(request, self.model, self._profile, self._server))
        await self._endpoint.ready()
        if not self._own:
            yield Sent(self._endpoint.address, len(body), self.name, _memories(request))
        try:
            async with aclosing(self._endpoint.events("chat/completions", body)) as events:
                async for batch in events:
                    for delta in (delta for event in batch for delta in reader.feed(event.data)):
                        clock.tick()
                        yield delta
                    self._running.add(reader.reply_id)
        except httpx.HTTPError as error:
            raise failures.from_httpx(error, host, streamed=clock.ticks > 0) from error
        finally:
            self._running.discard(reader.reply_id)
        for delta in reader.close():
            clock.tick()
            yield delta
        self._check_end(reader, clock)
        timings = clock.timings(reader.tokens_per_s, reader.usage.completion)
        yield StepFinished(reader.usage, timings, reader.reason)

    def _check_end(self, reader: Reader, clock: "_Clock") -> None:
        """Raise for a reply that stopped in the middle, and for one that says nothing."""
        host = self._endpoint.host
        if not reader.finished:
            raise ConnectionFailed(
                f"the connection to {host} ended in mid-reply; what came is kept"
            )
        if not clock.ticks and reader.reason == "stop":
            raise ProtocolError(f"{host} sent an empty reply; try again")

    def _wait_s(self, error: StatusError, attempt: int) -> float | None:
        """Seconds until the next try: the server's wish, else doubling; None for no next try."""
        if attempt == TRIES or error.status not in failures.RETRIED:
            return None
        wish = error.retry_after_s if isinstance(error, RateLimited) else 0.0
        wait_s = max(wish, self._backoff_s * 2 ** (attempt - 1) * random.uniform(1.0, 1.5))
        return wait_s if wait_s <= LONGEST_WAIT_S else None


def _memories(request: Request) -> tuple[str, ...]:
    """The ids of the memories that stand in a request."""
    users = (message for message in request.messages if isinstance(message, User))
    return tuple(dict.fromkeys(memory.id for user in users for memory in user.recalled))


class _Clock:
    """When a reply began to come, and how fast it came, on this machine's clock."""

    def __init__(self) -> None:
        self.ticks = 0
        self._start = self._first = time.perf_counter()

    def tick(self) -> None:
        """A piece of the reply has come."""
        if not self.ticks:
            self._first = time.perf_counter()
        self.ticks += 1

    def timings(self, server_tokens_per_s: float, tokens: int) -> Timings:
        """The server's own speed counts where it gives one: it is free of network and client."""
        now = time.perf_counter()
        writing_s = now - self._first
        own = (tokens - 1) / writing_s if tokens > 1 and writing_s > 0 else 0.0
        return Timings(self._first - self._start, now - self._start, server_tokens_per_s or own)
