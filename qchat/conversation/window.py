"""How much of the context is used: what a request will have, where it goes, what there is room for.

What is made shorter when it is full is decided in `compaction.py`.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Literal, assert_never

import msgspec

from qchat.conversation.tokens import MESSAGE_TOKENS, TextCounts, TokenCounter
from qchat.conversation.view import Cuts, Shortener, TurnMessages, view, view_of_turn
from qchat.protocol.event_values import Usage
from qchat.protocol.memoized import Remembered
from qchat.protocol.messages import Assistant, Message, ToolResult, User
from qchat.runtime.language import tr

WARN, START = 0.7, 0.95
"""Shares of the room: from where the user is warned, and from where something is made shorter."""
REPLY_SHARE, MIN_REPLY_SHARE, MIN_REPLY, MAX_REPLY = 4, 8, 2_048, 8_192
"""One part in so many of the context is kept free for the reply: of a small one more than of a
large one, and tokens at least and at most."""
REFUSED_SHARE = 0.8
"""Of a request that was refused for its length by a server that names no limit."""
PIXELS_PER_TOKEN, MAX_PICTURE_TOKENS = 32 * 32, 2_560
"""Of a picture, as the vendor says; larger ones are made smaller there."""


TextKind = Literal[
    "system text and tools",
    "goal, plan and notebook",
    "your words",
    "attachments",
    "memories",
    "told by qchat",
    "tool output",
    "answers",
    "calls",
    "thinking",
    "pictures",
]
"""What the tokens of a request go to; said to the user in their language."""


class Account(msgspec.Struct, frozen=True):
    """Where the tokens of the next request go, about; `room` is 0 where nobody knows it."""

    room: int
    total: int
    kinds: tuple[tuple[TextKind, int], ...]
    """What kind of text, and how many tokens of it."""
    shorter: int = 0
    """Tokens that are not sent since what was compacted."""
    counted: bool = False
    """Whether a server or a tokenizer has counted, so that it is no guess."""

    def __str__(self) -> str:
        """For the user: a line for each kind, and the sum."""
        lines = [f"{count:>8,}  {tr(kind)}" for kind, count in self.kinds if count]
        of = (
            tr(" of {room:,} ({room2:.0%})", room=self.room, room2=self.total / self.room)
            if self.room
            else ""
        )
        about = "" if self.counted else tr(", about")
        lines.append(
            tr(
                "{total:>8,}{of} tokens in the next request{about}",
                total=self.total,
                of=of,
                about=about,
            )
        )
        if self.shorter:
            lines.append(
                tr(
                    "{shorter:>8,}  saved by compaction; /compact undo sends them again",
                    shorter=self.shorter,
                )
            )
        return "\n".join(lines)


class NextRequest(msgspec.Struct, frozen=True):
    """What the next request will cost, in tokens; `room` is 0 where nobody knows it."""

    tokens: int
    room: int

    @property
    def share(self) -> float:
        """How much of the room it takes."""
        return self.tokens / self.room if self.room else 0.0

    @property
    def nearly_full(self) -> bool:
        return self.share > WARN


class ContextWindow:
    """Of one session: what its backend holds, and what servers said of its requests."""

    def __init__(self) -> None:
        self.counter = TokenCounter()
        self.counts = TextCounts()
        self.shortener = Shortener()
        self.learned: Callable[[int], None] = lambda _limit: None
        """Told of the limit that a server named."""
        self.context = 0
        """Tokens that the backend holds; 0: unknown."""
        self._refused = 0
        """The limit that a server named, or that its refusal shows; 0 while none did."""
        self._estimates: Remembered[Message, tuple[float, float]] = Remembered(self._estimated)
        self.warned = False
        """Whether the user knows that it is nearly full."""
        self.running: Callable[[], tuple[Sequence[TurnMessages], Cuts]] | None = None
        """The turns of the running one's last request, itself among them, and what holds there."""
        self._thoughts = True
        self._pictures = False
        self._overhead = 0.0
        self.ahead = 0.0
        """The estimate of what stands before all turns, since something is compacted."""
        self._model = ""

    def use(
        self,
        context: int,
        *,
        thoughts: bool,
        overhead: float,
        model: str = "",
        limit: int = 0,
        pictures: bool = False,
    ) -> None:
        """Work with a context of so many tokens (0: unknown).

        `thoughts` says whether the thinking of earlier turns is sent too; `overhead` is the
        estimate of what goes with every request; another `model` counts otherwise; `limit` is what
        it refused to exceed before; `pictures` go along where it sees them.
        """
        if model != self._model and self._model:
            self.counter, self._refused = TokenCounter(), 0
            self.counts.forget()
            self._estimates.forget()
        self._model = model
        known = (context, limit, self._refused)
        self.context = min(filter(None, known), default=0)
        self._thoughts = thoughts
        self._overhead = overhead
        if pictures != self._pictures:
            self._pictures = pictures
            self._estimates.forget()

    @property
    def room(self) -> int:
        """Tokens that a request may have, so that there is room for the reply; 0: unknown."""
        most = self.context // REPLY_SHARE
        reply = min(max(self.context // MIN_REPLY_SHARE, MIN_REPLY), MAX_REPLY, most)
        return self.context - reply

    def refused(self, limit: int) -> None:
        """A server refused a request for its length and named the limit, or 0."""
        sent = self.counter.tokens(self.counter.asked)
        self._refused = limit or max(int(sent * REFUSED_SHARE), 512)
        self.context = min(filter(None, (self.context, self._refused)))
        if limit:
            self.learned(limit)

    def estimate(self, messages: Sequence[Message], running_from: int = 0) -> float:
        """The estimate of a request; from `running_from` on the thinking is sent in any case."""
        total, every = self._overhead + self.ahead, 0 if self._thoughts else running_from
        for at, message in enumerate(messages):
            plain, thinking = self._estimates(message)
            total += plain + thinking if at >= every else plain
        return total

    def more(self, messages: Sequence[Message]) -> float:
        """What messages of the running turn add to the estimate of a request."""
        return sum(plain + thinking for plain, thinking in map(self._estimates, messages))

    def has_room(self, estimated: float) -> bool:
        """Whether a request of that estimate needs nothing to be compacted."""
        return not self.room or self.counter.tokens(estimated) <= self.room * START

    def tokens(self, messages: Sequence[Message], running_from: int = 0) -> int:
        """How many tokens a request will have, about."""
        return self.counter.tokens(self.estimate(messages, running_from))

    def uncounted(self, messages: Sequence[Message]) -> list[str]:
        """The texts of messages that a tokenizer should count."""
        texts = dict.fromkeys(text for message in messages for text in _texts(message))
        return self.counts.uncounted(texts)

    def keep_counts(
        self, messages: Sequence[Message], texts: Sequence[str], counts: Sequence[int]
    ) -> None:
        """A tokenizer has counted texts of these messages."""
        self.counts.keep(texts, counts)
        for message in messages:
            self._estimates.drop(message)

    def forget_all_but(self, turns: Sequence[TurnMessages], sent: Sequence[Message]) -> None:
        """A turn is over: its messages are made anew; those of the turns before it are as they are,
        and so is what was sent of them."""
        self._estimates.keep((*sent, *(message for turn in turns for message in turn.messages)))
        self.shortener.forget_all_but(turns)

    def seed(self, turns: Sequence[TurnMessages], held: Cuts, usage: Usage) -> None:
        """After a restart: what the server counted last was of these turns."""
        if turns and usage.prompt:
            sent = view(turns, held)
            self.counter.ask(self.estimate(sent, len(sent)))
            self.counter.learn(usage)

    def used(self, turns: Sequence[TurnMessages], held: Cuts) -> int:
        """How many tokens the next request has; the last turn is the running one."""
        sent = view(turns[:-1], held, self.shortener)
        running = view_of_turn(turns[-1], len(turns) - 1, held, self.shortener)
        return self.tokens([*sent, *running], len(sent))

    def estimate_of(self, turns: Sequence[TurnMessages], held: Cuts) -> float:
        """The estimate of a request with these turns and nothing new."""
        sent = view(turns, held, self.shortener)
        return self.estimate(sent, len(sent))

    def next_request(self, estimated: float) -> NextRequest:
        """What a request of that estimate will cost."""
        return NextRequest(self.counter.tokens(estimated), self.room)

    def account(self, turns: Sequence[TurnMessages], held: Cuts) -> Account:
        """Where the tokens of the next request go; the last turn is what is to be sent."""
        total = self.used(turns, held)
        past = view(turns[:-1], held, self.shortener)
        new = view_of_turn(turns[-1], len(turns) - 1, held, self.shortener)
        kinds: dict[TextKind, float] = {
            "system text and tools": self._overhead,
            "goal, plan and notebook": self.ahead,
        }
        for message in (*past, *new):
            for kind, count in self._by_kind(message):
                if kind != "thinking" or self._thoughts:
                    kinds[kind] = kinds.get(kind, 0.0) + count
        scale = total / (sum(kinds.values()) or 1)
        listed = tuple((kind, round(count * scale)) for kind, count in kinds.items())
        shorter = max(self.used(turns, Cuts()) - total, 0)
        return Account(self.room, total, listed, shorter, not self.counter.fresh)

    def _estimated(self, message: Message) -> tuple[float, float]:
        """Without the thinking, and the thinking alone."""
        plain = thinking = 0.0
        for kind, count in self._by_kind(message):
            if kind == "thinking":
                thinking += count
            else:
                plain += count
        return plain + MESSAGE_TOKENS, thinking

    def _by_kind(self, message: Message) -> Iterator[tuple[TextKind, float]]:
        count = self.counts.of
        match message:
            case User():
                yield "your words", count(message.text)
                yield "attachments", sum(count(file.text) for file in message.attachments)
                memories = (count(memory.text) + MESSAGE_TOKENS for memory in message.recalled)
                yield "memories", sum(memories)
                told = (count(word.text) + MESSAGE_TOKENS for word in message.told)
                yield "told by qchat", sum(told)
                if message.tool_reports:
                    yield "tool output", count(_reports(message)) - count(message.text)
                yield from self._seen(message)
            case Assistant():
                yield "answers", count(message.text)
                yield "calls", sum(count(_sent(c.sent)) + MESSAGE_TOKENS for c in message.calls)
                yield "thinking", count(message.thinking)
            case ToolResult():
                yield "tool output", count(message.sent)
                yield from self._seen(message)
            case _:
                assert_never(message)

    def _seen(self, message: User | ToolResult) -> Iterator[tuple[TextKind, float]]:
        if self._pictures and message.pictures:
            tokens = (seen.width * seen.height / PIXELS_PER_TOKEN for seen in message.pictures)
            yield "pictures", sum(min(each, MAX_PICTURE_TOKENS) for each in tokens)


def _sent(arguments: object) -> str:
    return msgspec.json.encode(arguments).decode()


def _reports(message: User) -> str:
    """What the user said and did with tools, without what stands beside it."""
    return msgspec.structs.replace(message, recalled=(), attachments=(), told=()).sent


def _texts(message: Message) -> Iterator[str]:
    """What a tokenizer can count of a message."""
    match message:
        case User():
            yield message.text
            yield from (file.text for file in message.attachments)
            yield from (memory.text for memory in message.recalled)
            yield from (word.text for word in message.told)
            if message.tool_reports:
                yield _reports(message)
        case Assistant():
            yield message.text
            yield message.thinking
            yield from (_sent(call.sent) for call in message.calls)
        case ToolResult():
            yield message.sent
        case _:
            assert_never(message)
