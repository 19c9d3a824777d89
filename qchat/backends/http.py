"""What all servers behind an address have in common: asking, asking again, and ending thinking."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing
from typing import Any, ClassVar

import httpx
import msgspec

from qchat.backends import failures, models, pictures
from qchat.backends.base import READY, Request, State
from qchat.backends.body import BUDGET_SPENT, encoded, taken_up
from qchat.backends.counting import Tokenizers
from qchat.backends.endings import Endings, lasting
from qchat.backends.endpoint import Endpoint
from qchat.backends.exchange import ReplyDeadline, next_batch
from qchat.backends.learned import Learned, thinking_field
from qchat.backends.lessons import Lesson, lesson_of, overflowed, told_context
from qchat.backends.pictures import Load
from qchat.backends.profiles import profile_for, remark, server_for
from qchat.backends.refusals import Refusals
from qchat.backends.reply import MAX_THINKING, Clock, Reply, sum_of
from qchat.backends.withheld_calls import without_calls
from qchat.config.profile import Profile, Server
from qchat.config.settings import BackendSettings
from qchat.protocol.errors import (
    AuthenticationError,
    SettingsError,
    StatusError,
)
from qchat.protocol.events import Event, Notice, Sent, StepFinished, Thinking, joined
from qchat.protocol.messages import User
from qchat.runtime.language import tr
from qchat.wire.reading import Delta, Reader
from qchat.wire.retention import InlineImages

SILENCE_S = 120.0


class HttpBackend(ABC):
    """One model behind a base address, in some protocol.

    `profile` is what the model understands (found by its name if None); `load_picture` reads what
    a model that sees is sent; for `silence_s` and `transport` see `Endpoint`. Raises SettingsError
    for settings that cannot be used.
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
        transport: httpx.AsyncBaseTransport | None = None,
        load_picture: Load | None = None,
    ) -> None:
        if not settings.model:
            raise SettingsError(
                tr("[backends.{name}] needs the model's name: model = ...", name=name)
            )
        self.name = name
        self.model = settings.model
        self._learned = Learned(server_for(settings), settings.omit)
        self.profile = profile or profile_for(settings.model, settings.profile)
        self.context = settings.context or self.profile.context
        self.context_assumed = bool(self.profile.context) and not settings.context
        """Whether it is the one of models of that name: a server may hold less of it."""
        self._endpoint = Endpoint(name, settings, settings.silence_s or silence_s, transport)
        self._tokenizers = Tokenizers(
            self._endpoint, self.model, self.profile.vocabulary, lambda: self.server
        )
        self._extra = settings.extra
        self._keep_thinking = settings.keep_thinking
        self._load_picture = load_picture if self.profile.images else None
        """Reads those that are sent; None where the model, or its server, takes none."""
        self._own = settings.kind == "llama.cpp"
        """The engine is a child of this process: what goes there does not leave."""
        self._refusals = Refusals(self._endpoint, self.path, self.model, own=self._own)
        self._running: set[Reply] = set()
        self._endings = Endings(name, self._endpoint)

    @property
    def server(self) -> Server:
        """The kind of server, as far as it is known by now."""
        return self._learned.server

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

    @property
    def sees(self) -> bool:
        return self._load_picture is not None

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

    async def count_tokens(self, texts: Sequence[str]) -> list[int] | None:
        return await self._tokenizers.count(texts)

    def stream(self, request: Request) -> AsyncGenerator[Event, None]:
        """Ask once; where no tools are offered, no call of one is shown as text."""
        events = self._with_or_without_pictures(request)
        return events if request.tools else without_calls(events, self.model)

    async def _with_or_without_pictures(self, request: Request) -> AsyncGenerator[Event, None]:
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
            if not request.images or streamed or not failures.may_be_blind(error):
                raise
            refusal = str(error)
        yield Notice(
            tr("{refusal}; asking again with the pictures in words", refusal=refusal), "warning"
        )
        async with aclosing(self._tried(msgspec.structs.replace(request, images={}))) as events:
            async for event in events:
                yield event
        self._load_picture = None

    async def _tried(self, request: Request) -> AsyncGenerator[Event, None]:
        """Ask; a refusal that teaches what the server does not take is followed, at once."""
        streamed = False
        self._learned.recall(request.messages, self._endpoint.address)
        while True:
            body = self._learned.shaped(self.body(request) | self._extra)
            try:
                async with aclosing(self._reply(request, body)) as reply:
                    async for event in reply:
                        streamed = streamed or not isinstance(event, Sent)
                        yield event
                return
            except StatusError as error:
                told_us = not (streamed or isinstance(error, AuthenticationError))
                lesson = lesson_of(error, body) if told_us else None
                new = self._learned.take(lesson) if lesson is not None else ""
                if not new:
                    if not streamed and self._refusals.may_be_elsewhere(error):
                        yield Sent(self._endpoint.address, 0, self.name)  # its models are asked for
                    advice = self._shorter(told_context(error)) if overflowed(error) else ""
                    raise await self._refusals.explained(
                        error, streamed=streamed, advice=advice
                    ) from error
                told = self._endpoint.hidden(str(error))
                notice = Notice(
                    tr(
                        "{told}; asking again, {new} from here on{lesson}",
                        told=told,
                        new=new,
                        lesson=_omit(lesson),
                    )
                )
            yield notice

    async def answer_now(self) -> bool:
        """End the thinking of the replies that are running; False where none thinks."""
        ended = [await self._end_thinking(reply) for reply in tuple(self._running)]
        return any(ended)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._endpoint.aclose()

    async def _as_asked(self, request: Request) -> Request:
        """A request with what is this backend's own to say: wishes of its settings, pictures."""
        found: InlineImages = {}
        if self._load_picture is not None:
            found = await asyncio.to_thread(
                pictures.inline_images, request.messages, self._load_picture
            )
        return msgspec.structs.replace(request, keep_thinking=self._keep_thinking, images=found)

    async def _reply(
        self, request: Request, body: Mapping[str, Any]
    ) -> AsyncGenerator[Event, None]:
        """One reply; where its thinking has to be ended from here, it comes in two parts."""
        clock = Clock()
        opened = self._opens(request)
        reply = Reply(self._reader(request, opened=opened), self._limit(request))
        async with aclosing(self._part(request, body, reply, clock)) as part:
            async for event in part:
                yield event
        thought = reply.reader.thought and not reply.reader.misjudged
        if thought and not request.think and self.profile.thinking == "switch":
            said = tr(
                "{model} was asked not to think, and did: its server drops the switch",
                model=self.model,
            )
            yield Notice(said, "warning")
        last, usage = reply, reply.usage
        if reply.cut:
            yield Thinking(BUDGET_SPENT)
            if reply.spent and not request.budget:
                yield Notice(
                    tr("no end of thinking in {n} tokens: it was closed", n=reply.limit), "warning"
                )
            spent = reply.usage.completion or reply.reader.thought
            again = taken_up(dict(body), reply.thought + BUDGET_SPENT, self.server, spent)
            last = Reply(self._reader(request), MAX_THINKING, closed=True)
            async with aclosing(self._part(request, again, last, clock)) as part:
                async for event in part:
                    yield event
            if last.cut:
                raise lasting(
                    tr("{host} thinks without end; what came is kept", host=self._endpoint.host)
                )
            usage = sum_of(reply.usage, last.usage)
        for notice in self._endings.remarks(last.reader, body, usage):
            yield notice
        timings = clock.timings(last.reader)
        yield StepFinished(usage, timings, last.reader.reason)
        if (broken := self._endings.broken(last.reader)) is not None:
            raise broken

    def _opens(self, request: Request) -> bool:
        """Whether a reply may begin with thinking that nothing opens.

        The templates of some generations open `<think>` in the prompt; a server that parses the
        thinking sends it in a field of its own, and is known by that.
        """
        thinks = request.think or self.profile.thinking == "always"
        return self.profile.opens_thinking and thinks and not self._learned.parses_thinking

    def _reader(self, request: Request, *, opened: bool = False) -> Reader:
        return self.reader(
            request.tools,
            calls_end_thinking=self.profile.calls == "xml",
            opened=opened,
            server=self._endpoint.host,
        )

    async def _part(
        self, request: Request, body: Mapping[str, Any], reply: Reply, clock: Clock
    ) -> AsyncGenerator[Event, None]:
        """One request and what streams back, until it is over or its thinking has to end."""
        content = encoded(body)
        host, ticks = self._endpoint.host, clock.ticks
        await self._endpoint.ready()
        if not self._own:
            yield Sent(self._endpoint.address, len(content), self.name, _memories(request))
        self._running.add(reply)
        deadline = ReplyDeadline(host, self._endpoint.silence_s)
        try:
            async with aclosing(self._endpoint.events(self.path, content)) as batches:
                while (batch := await next_batch(batches, deadline, reply.reader)) is not None:
                    before = reply.reader.progress
                    deltas, failure = reply.read(batch, clock)
                    if deltas or reply.reader.progress != before:
                        deadline.progress(behind_end=before[0] and bool(deltas))
                    for event in (*_taken(reply.asked), *self._named(reply, deltas)):
                        yield event
                    if failure is not None and not reply.reader.over:
                        raise failure
                    if reply.cut:
                        return
        except httpx.HTTPError as error:
            if not reply.reader.finished:
                raise failures.from_httpx(error, host, streamed=clock.ticks > ticks) from error
        finally:
            self._running.discard(reply)
            self._learned.watch(reply.reader)
        rest, failure = reply.rest()
        clock.tick(len(rest))
        reply.add(rest)
        for event in (*_taken(reply.asked), *self._named(reply, rest)):
            yield event
        if failure is not None:
            raise failure
        self._endings.check(reply.reader, streamed=clock.ticks > ticks)

    def _named(self, reply: Reply, deltas: Iterable[Delta]) -> Iterator[Event]:
        """What came, joined. The first thinking says in which field, should nothing else come."""
        for event in joined(deltas):
            if isinstance(event, Thinking) and not (reply.named or self._own):
                reply.named = True
                came_in = thinking_field(self._endpoint.address, reply.reader)
                yield msgspec.structs.replace(event, came_in=came_in)
            else:
                yield event

    def _limit(self, request: Request) -> int:
        """Tokens of thinking after which it is ended from here.

        A server that ends it itself is given some more, since it may count otherwise; one that
        then goes on all the same has dropped the budget.
        """
        if not request.budget:
            return MAX_THINKING
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

    def _shorter(self, context: int) -> str:
        """Keep to the context that a refusal told, from here on; what the user can do."""
        if not context:
            return tr(
                "; set context = N under [backends.{name}] to what the server has", name=self.name
            )
        if not self.context or context < self.context:
            self.context = context
            self.context_assumed = False
        return tr(
            "; qchat keeps to {context:,} tokens in this session; for good: context = "
            "{context2} under [backends.{name}] (qchat config set "
            "backends.{name}.context {context2})",
            context=self.context,
            context2=context,
            name=self.name,
        )


def _omit(lesson: Lesson | None) -> str:
    """How to leave the same out for good."""
    if lesson is None or not lesson.without:
        return ""
    names = ", ".join(f'"{name}"' for name in lesson.without)
    return tr("; for good: omit = [{names}] in its settings", names=names)


def _taken(asked: list[Sent]) -> list[Sent]:
    taken, asked[:] = asked[:], []
    return taken


def _memories(request: Request) -> tuple[str, ...]:
    """The ids of the memories that stand in a request."""
    users = [message for message in request.messages if isinstance(message, User)]
    return tuple(dict.fromkeys(memory.id for user in users for memory in user.recalled))
