"""What all servers behind an address have in common: asking, asking again, and ending thinking."""

import asyncio
import random
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any, ClassVar

import httpx
import msgspec

from qchat.backends import failures, models, pictures
from qchat.backends.base import READY, Request, State
from qchat.backends.body import BUDGET_SPENT, taken_up
from qchat.backends.endpoint import Endpoint
from qchat.backends.pictures import Load
from qchat.backends.profiles import is_plain, llama_cpp, profile_for, remark, server_for
from qchat.backends.reply import LONGEST_THINKING, Clock, Reply, sum_of
from qchat.config.profile import Profile
from qchat.config.settings import BackendSettings
from qchat.protocol.errors import (
    BackendError,
    ConnectionFailed,
    ProtocolError,
    RateLimited,
    SettingsError,
    StatusError,
)
from qchat.protocol.events import Event, Notice, Sent, StepFinished, Thinking, joined
from qchat.protocol.messages import User
from qchat.wire.reading import Delta, Reader, Shown, used_ids
from qchat.wire.sse import SseEvent

TRIES = 5
LONGEST_WAIT_S = 60.0
SILENCE_S = 120.0


class HttpBackend(ABC):
    """One model behind a base address, in some protocol.

    `profile` is what the model understands (found by its name if None); `backoff_s` is the first
    wait before asking again; `load_picture` reads what a model that sees is sent; for `silence_s`
    and `transport` see `Endpoint`. Raises SettingsError for settings that cannot be used.
    """

    path: ClassVar[str]
    """Where the protocol asks, below the base address."""
    reader: ClassVar[type[Reader]]
    """Reads one reply in the protocol."""

    def __init__(
        self,
        name: str,
        settings: BackendSettings,
        *,
        profile: Profile | None = None,
        silence_s: float = SILENCE_S,
        backoff_s: float = 1.0,
        transport: httpx.AsyncBaseTransport | None = None,
        load_picture: Load | None = None,
    ) -> None:
        if not settings.model:
            raise SettingsError(f"[backends.{name}] needs the model's name: model = ...")
        self.name = name
        self.model = settings.model
        self.server = server_for(settings)
        self.profile = profile or profile_for(settings.model, settings.profile)
        self.context = settings.context or self.profile.context
        self._endpoint = Endpoint(name, settings, settings.silence_s or silence_s, transport)
        self._extra = settings.extra
        self._keep_thinking = settings.keep_thinking
        self._backoff_s = backoff_s
        self._load_picture = load_picture if self.profile.images else None
        """Reads those that are sent; None where the model, or its server, takes none."""
        self._own = settings.kind == "llama.cpp"
        """The engine is a child of this process: what goes there does not leave."""
        self._running: set[Reply] = set()

    @abstractmethod
    def body(self, request: Request) -> dict[str, Any]:
        """What is asked, in the protocol's shape."""

    @property
    @abstractmethod
    def ends_thinking(self) -> bool:
        """Whether the server itself ends the thinking when a budget is spent."""

    @property
    def state(self) -> State:
        """Always ready: nothing is loaded here."""
        return READY

    @property
    def efforts(self) -> tuple[str, ...]:
        return self.profile.reasoning_effort

    @property
    def recalls_thinking(self) -> bool:
        return self.profile.earlier_thinking == "all"

    async def models(self) -> tuple[str, ...]:
        return await models.names(self._endpoint)

    def remark(self, think: bool, budget: int) -> str:
        return remark(self.model, self.profile, think, budget, self.ends_thinking)

    async def check(self) -> None:
        await self._endpoint.ready()

    async def start(self) -> None:
        """Check, and load what is needed to ask. Raises as `check` does."""
        await self._endpoint.ready()
        await self._endpoint.load()

    async def stream(self, request: Request) -> AsyncGenerator[Event, None]:
        """Ask once; what is refused with pictures is asked again with words in their place.

        A server can be blind although its model is not.
        """
        request = await self._as_asked(request)
        streamed = False
        try:
            async with aclosing(self._tried(request)) as events:
                async for event in events:
                    streamed = streamed or not isinstance(event, Sent | Notice)
                    yield event
            return
        except StatusError as error:
            if not request.shown or streamed or not failures.may_be_blind(error):
                raise
            refusal = str(error)
        yield Notice(f"{refusal}; asking again with the pictures in words", "warning")
        async with aclosing(self._tried(msgspec.structs.replace(request, shown={}))) as events:
            async for event in events:
                yield event
        self._load_picture = None

    async def _tried(self, request: Request) -> AsyncGenerator[Event, None]:
        """Ask; a refusal that may pass is tried again while nothing has been streamed."""
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
                    if error.status == 404 and not self._own:  # its list of models is asked for
                        yield Sent(self._endpoint.address, 0, self.name)
                    raise await self._explained(error) from error
                again = f"trying again in {wait_s:.0f} s (attempt {attempt + 1} of {TRIES})"
                notice = Notice(f"{error}; {again}", "warning")
            yield notice
            await asyncio.sleep(wait_s)

    async def answer_now(self) -> bool:
        """End the thinking of the replies that are running; False where none thinks."""
        ended = [await self._end_thinking(reply) for reply in tuple(self._running)]
        return any(ended)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._endpoint.aclose()

    async def _as_asked(self, request: Request) -> Request:
        """A request with what is this backend's own to say: wishes of its settings, pictures."""
        found: Shown = {}
        if self._load_picture is not None:
            found = await asyncio.to_thread(pictures.shown, request.messages, self._load_picture)
        return msgspec.structs.replace(request, keep_thinking=self._keep_thinking, shown=found)

    async def _reply(self, request: Request) -> AsyncGenerator[Event, None]:
        """One reply; where its thinking has to be ended from here, it comes in two parts."""
        body = self.body(request) | self._extra
        clock = Clock()
        reply = Reply(self._reader(request), self._limit(request))
        async with aclosing(self._part(request, body, reply, clock)) as part:
            async for event in part:
                yield event
        if reply.reader.thought and not request.think and self.profile.thinking == "switch":
            dropped = "was asked not to think, and did: its server drops the switch"
            yield Notice(f"{self.model} {dropped}", "warning")
        if not reply.cut:
            for withheld in _withheld(reply.reader, self._endpoint.host):
                yield withheld
            yield StepFinished(reply.usage, clock.timings(reply.reader), reply.reader.reason)
            return
        yield Thinking(BUDGET_SPENT)
        if reply.spent and not request.budget:
            yield Notice(f"no end of thinking in {reply.limit} tokens: it was closed", "warning")
        again = taken_up(body, reply.thought + BUDGET_SPENT, self.server)
        answer = Reply(self._reader(request), LONGEST_THINKING, closed=True)
        async with aclosing(self._part(request, again, answer, clock)) as part:
            async for event in part:
                yield event
        if answer.cut:
            raise ProtocolError(f"{self._endpoint.host} thinks without end; what came is kept")
        for withheld in _withheld(answer.reader, self._endpoint.host):
            yield withheld
        usage = sum_of(reply.usage, answer.usage)
        yield StepFinished(usage, clock.timings(answer.reader), answer.reader.reason)

    def _reader(self, request: Request) -> Reader:
        return self.reader(
            request.tools,
            used_ids(request.messages),
            calls_end_thinking=self.profile.calls == "xml",
            server=self._endpoint.host,
        )

    async def _part(
        self, request: Request, body: Mapping[str, Any], reply: Reply, clock: Clock
    ) -> AsyncGenerator[Event, None]:
        """One request and what streams back, until it ends or its thinking has to."""
        content = msgspec.json.encode(body)
        host, ticks = self._endpoint.host, clock.ticks
        await self._endpoint.ready()
        if not self._own:
            yield Sent(self._endpoint.address, len(content), self.name, _memories(request))
        self._running.add(reply)
        try:
            async with aclosing(self._endpoint.events(self.path, content)) as batches:
                async for batch in batches:
                    deltas, failure = _read(batch, reply, clock)
                    for event in (*_taken(reply.asked), *joined(deltas)):
                        yield event
                    if isinstance(failure, ProtocolError):  # it quotes what came
                        raise ProtocolError(self._endpoint.hidden(str(failure)))
                    if failure is not None:
                        raise failure
                    if reply.cut:
                        return
        except httpx.HTTPError as error:
            raise failures.from_httpx(error, host, streamed=clock.ticks > 0) from error
        finally:
            self._running.discard(reply)
            self._learn(reply.reader)
        rest = reply.reader.close()
        clock.tick(len(rest))
        reply.add(rest)
        for event in (*_taken(reply.asked), *joined(rest)):
            yield event
        self._check_end(reply.reader, streamed=clock.ticks > ticks)

    def _limit(self, request: Request) -> int:
        """Tokens of thinking after which it is ended from here.

        A server that ends it itself is given some more, since it may count otherwise; one that
        then goes on all the same has dropped the budget.
        """
        if not request.budget:
            return LONGEST_THINKING
        own = request.budget + max(64, request.budget // 2)
        return own if self.ends_thinking else request.budget

    async def _end_thinking(self, reply: Reply) -> bool:
        if not reply.thinking:
            return False
        if self.server.control and reply.reader.reply_id:
            body = {"id": reply.reader.reply_id, "action": "reasoning_end"}
            if not self._own:
                size = len(msgspec.json.encode(body))
                reply.asked.append(Sent(self._endpoint.address, size, self.name))
            try:
                answer = await self._endpoint.post(f"{self.path}/control", body)
            except httpx.HTTPError as error:
                raise failures.from_httpx(error, self._endpoint.host, streamed=False) from error
            except StatusError:  # a server of an older make
                answer = None
            if isinstance(answer, Mapping) and answer.get("success") is True:
                return True
        reply.cut = True
        return True

    def _learn(self, reader: Reader) -> None:
        """A server of which nothing is known may show by its reply what it is."""
        if reader.by_llama_cpp and is_plain(self.server):
            self.server = llama_cpp()

    def _check_end(self, reader: Reader, *, streamed: bool) -> None:
        """Raise for a reply that stopped in the middle, and for one that says nothing."""
        host = self._endpoint.host
        if not reader.finished:
            raise ConnectionFailed(
                f"the connection to {host} ended in mid-reply; what came is kept"
            )
        if not streamed and reader.reason == "stop":
            raise ProtocolError(f"{host} sent an empty reply; try again")

    async def _explained(self, error: StatusError) -> BackendError:
        """A refusal as it is shown: without the key, and with the nearest names of models."""
        text = self._endpoint.hidden(str(error))
        if error.status == 404:
            near = await models.nearest(self._endpoint, self.model)
            text += f"; models there: {', '.join(near)}" if near else ""
        if isinstance(error, RateLimited) and error.retry_after_s > LONGEST_WAIT_S:
            text += f"; it asks to wait {failures.rough(error.retry_after_s)}"
        explained = type(error)(text, error.status, error.code, error.request_id)
        if isinstance(error, RateLimited) and isinstance(explained, RateLimited):
            explained.retry_after_s = error.retry_after_s
        return explained

    def _wait_s(self, error: StatusError, attempt: int) -> float | None:
        """Seconds until the next try: the server's wish, else doubling; None for no next try."""
        passes = error.status in failures.RETRIED and not failures.may_be_blind(error)
        if attempt == TRIES or not passes:
            return None
        wish = error.retry_after_s if isinstance(error, RateLimited) else 0.0
        own = self._backoff_s * 2 ** (attempt - 1) * random.uniform(1.0, 1.5)
        wait_s = max(wish * random.uniform(1.0, 1.1), own)  # not all clients at the same moment
        return wait_s if wait_s <= LONGEST_WAIT_S else None


def _read(
    batch: list[SseEvent], reply: Reply, clock: Clock
) -> tuple[list[Delta], BackendError | None]:
    """What the events of one read say, up to the one that fails, or with which the thinking ends.

    What came before it is kept; what was thought behind it is not, so that a budget is the same
    however much comes at once.
    """
    deltas: list[Delta] = []
    try:
        for event in batch:
            clock.pieces += 1
            fresh = reply.reader.feed(event)
            clock.tick(len(fresh))
            reply.add(fresh)
            deltas += fresh
            if reply.cut:
                break
    except BackendError as error:
        return deltas, error
    return deltas, None


def _withheld(reader: Reader, host: str) -> list[Notice]:
    """What is said of a reply that a filter ended: it would look whole."""
    if not reader.withheld:
        return []
    return [Notice(f"{host} ended the reply by its content filter; what came is kept", "error")]


def _taken(asked: list[Sent]) -> list[Sent]:
    taken, asked[:] = asked[:], []
    return taken


def _memories(request: Request) -> tuple[str, ...]:
    """The ids of the memories that stand in a request."""
    users = (message for message in request.messages if isinstance(message, User))
    return tuple(dict.fromkeys(memory.id for user in users for memory in user.recalled))
