"""One reply while it comes: what it has thought so far, and how fast it is."""

import time
from collections.abc import Iterable

from qchat.protocol.errors import BackendError
from qchat.protocol.event_values import Timings, Usage
from qchat.protocol.events import Sent, Text, Thinking, ToolDraft
from qchat.wire.reading import Delta, Reader
from qchat.wire.sse import SseEvent

MAX_THINKING = 81_920
"""Tokens; no model is advised to think for longer, so that what does is going in circles."""


class Reply:
    """A running reply; `limit` is the number of tokens after which its thinking is cut.

    `closed` tells that its thinking was ended before it began: nobody can end it once more.
    """

    def __init__(self, reader: Reader, limit: int, *, closed: bool = False) -> None:
        self.reader = reader
        self.limit = limit
        self._closed = closed
        self.cut = False
        """Set when the thinking has to be ended by asking again, with it closed."""
        self.asked: list[Sent] = []
        """What was asked of the server about it meanwhile, and is not noted yet."""
        self.named = False
        """Whether the first of its thinking has been given out, and with it the field."""
        self._thought: list[str] = []
        self._past_thinking = False

    @property
    def thinking(self) -> bool:
        """Whether nothing but thinking has come so far, so that it can be ended."""
        return not (self._past_thinking or self._closed)

    @property
    def thought(self) -> str:
        return "".join(self._thought)

    @property
    def spent(self) -> bool:
        """Whether it has thought as much as it may."""
        return self.reader.thought >= self.limit

    def nearly_spent(self, batch: Iterable[SseEvent]) -> bool:
        """Whether these events may hold more thinking than is left: no character is 2 tokens."""
        if self._past_thinking:
            return False
        return self.limit - self.reader.thought <= 2 * sum([len(event.data) for event in batch])

    @property
    def usage(self) -> Usage:
        return self.reader.usage

    def read(
        self, batch: list[SseEvent], clock: "Clock"
    ) -> tuple[list[Delta], BackendError | None]:
        """What the events of one read say, up to one that fails, or with which thinking ends.

        What came before it is kept; what was thought behind it is not, so that a budget is the
        same however much comes at once.
        """
        deltas: list[Delta] = []
        try:
            at, apart = 0, self.nearly_spent(batch)
            while at < len(batch) and not (self.cut or self.reader.over):
                clock.pieces += 1
                fresh, read = self.reader.feed_run(batch, at, apart=apart)
                clock.pieces += read - 1
                clock.tick(len(fresh))
                self.add(fresh)
                deltas += fresh
                at += read
        except BackendError as error:
            return deltas, error
        return deltas, None

    def rest(self) -> tuple[list[Delta], BackendError | None]:
        """What a reply held back, and an error that stood in its last frame."""
        try:
            return self.reader.close(), None
        except BackendError as error:
            return [], error

    def add(self, deltas: Iterable[Delta]) -> None:
        """Note what came. Once the answer has begun, nothing is cut any more."""
        for delta in deltas:
            match delta:
                case Thinking():
                    self._thought.append(delta.text)
                case Text() | ToolDraft():
                    self._past_thinking = True
        if self._past_thinking:
            self.cut = False
        elif self._thought and self.spent:
            self.cut = True


class Clock:
    """When a reply began to come, and how fast it came, on this machine's clock."""

    def __init__(self) -> None:
        self.ticks = 0
        self.pieces = 0
        """Events of the server, whatever they say."""
        self._start = self._first = time.perf_counter()

    def tick(self, pieces: int) -> None:
        """Pieces of the reply have come, or none."""
        if pieces and not self.ticks:
            self._first = time.perf_counter()
        self.ticks += pieces

    def timings(self, reader: Reader) -> Timings:
        """The server's own speed counts where it gives one: it is free of network and client."""
        now = time.perf_counter()
        writing_s = now - self._first
        tokens = reader.usage.completion
        own = (tokens - 1) / writing_s if tokens > 1 and writing_s > 0 else 0.0
        speed = reader.tokens_per_s or own
        return Timings(self._first - self._start, now - self._start, speed, self.pieces)


def sum_of(thinking: Usage, answer: Usage) -> Usage:
    """The tokens of a reply in two parts, whose second one was asked with the first one in it."""
    spent = thinking.completion
    return Usage(
        prompt=max(answer.prompt - spent, 0),
        completion=spent + answer.completion,
        thinking=thinking.thinking + answer.thinking,
        cached=min(answer.cached, max(answer.prompt - spent, 0)),
    )
