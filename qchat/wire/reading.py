"""What the readers of both protocols have in common: frames in, deltas out, and their sum."""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar, assert_never

from qchat.protocol.call_ids import new_id
from qchat.protocol.errors import BackendError
from qchat.protocol.event_values import StepReason, Usage
from qchat.protocol.events import Text, Thinking, ToolDraft
from qchat.protocol.tokens import ReplyMeter
from qchat.wire.answer import Answer
from qchat.wire.calls import Fragment
from qchat.wire.content import Unreadable
from qchat.wire.cumulative import Growing
from qchat.wire.error_bodies import Fault, failure, failure_in, fault_in, one_line
from qchat.wire.finish_reasons import Ending, ending, ends_in_calls
from qchat.wire.lenient_json import DONE, documents, value_in
from qchat.wire.sse import ENDS, FAILURES, SseEvent
from qchat_tools.base import ToolSpec

Delta = Thinking | Text | ToolDraft

MAX_TORN_CHARACTERS = 1024 * 1024
"""Of a frame whose rest may come in the next one."""


_PING = re.compile(r"\s*(?::|\W*(?:ping|pong|heartbeat|keep-?alive)\b)", re.I)
"""A sign of life that a proxy has put where data should stand."""
_TIME = re.compile(r"[\d\s:.,/TZ+-]+")
"""Another one: nothing but the time."""
ALIVE = frozenset({"ping", "heartbeat", "keepalive", "keep-alive", "keep_alive"})
"""Names of events that are one, whatever stands in them."""
_END_WORD = re.compile(r"\W*(?:done|end|eos|eof|stop|finish(?:ed)?)\W*", re.I)
_FAILURE_WORD = re.compile(
    r"\W*(?:error|exception|fail(?:ed|ure)?)\b[\s\]>:=\"']*(.*)", re.I | re.S
)
"""A frame of plain words that says that the reply is over, or that it failed."""


class ReplyCounter:
    """Counts what comes, for servers that do not."""

    def __init__(self) -> None:
        self.pieces = 0
        self.called = self.spoke = False
        self._thinking = ReplyMeter()

    @property
    def thinking(self) -> int:
        """About how many tokens of thinking came."""
        return self._thinking.tokens

    def add(self, deltas: Iterable[Delta], pieces: int = 1) -> None:
        """Note the deltas of one piece, or of several that were read as one."""
        thought: list[str] = []
        for delta in deltas:
            match delta:
                case Thinking():
                    thought.append(delta.text)
                case Text():
                    self.spoke = True
                case ToolDraft():
                    self.called = True
                case _:
                    assert_never(delta)
        self._thinking.add("".join(thought), pieces)


class Reader(ABC):
    """The pieces of one reply in, deltas out. Feed it each event, then `close` it.

    `server` names the other side in errors. `opened`: the model's prompt ends in `<think>`, and
    nothing shows yet that the server reads that itself.
    """

    REASONING: ClassVar[tuple[str, ...]] = ()
    """The fields in which the protocol's servers send thinking."""

    def __init__(
        self,
        tools: Iterable[ToolSpec] = (),
        *,
        calls_end_thinking: bool = False,
        opened: bool = False,
        server: str = "the server",
        make_id: Callable[[], str] = new_id,
    ) -> None:
        self._server = server
        self.reply_id = ""
        """The server's name for this reply; empty until its first piece."""
        self.finished = False
        """True once the server has said that the reply is complete; something may yet follow."""
        self.over = False
        """True once the protocol says that nothing more follows."""
        self.counted = False
        """True once the tokens of a finished reply have come, behind which little can follow."""
        self.first = ""
        """A quote of the first frame, for where it says nothing."""
        self.pieces_read = 0
        """Frames that said something, were it only that a reply begins."""
        self.unread: list[str] = []
        """A quote of each piece that could not be read although it should have said something."""
        self.tokens_per_s = 0.0
        """The server's own measure; 0 where it gives none."""
        self.by_llama_cpp = False
        """True once a piece has shown that llama.cpp wrote it."""
        self.reasoning_field = ""
        """The field in which thinking came, where that is one in which it can go back."""
        self._reason = ""
        self._torn = ""
        self._failure: BackendError | None = None
        self._tokens = ReplyCounter()
        self._growing_text, self._growing_thought = Growing(), Growing()
        self._answer = Answer(
            {tool.name: tool.parameters for tool in tools},
            calls_end_thinking=calls_end_thinking,
            opened=opened,
            make_id=make_id,
        )

    def feed(self, event: SseEvent) -> list[Delta]:
        """Read one event: what it says, as far as it can be read.

        Raises StatusError for an error in it, and for one in a frame before it that also held
        something else.
        """
        self._raise_what_waits()
        if event.name in ALIVE:
            return []
        if not self.first:
            self.first = one_line(event.data, 120)
        deltas: list[Delta] = []
        try:
            for value in self._values(event.data):
                deltas += self._taken(value, event)
            if event.name in FAILURES and not deltas:
                raise failure_in(self._server, event.data)
        except BackendError as error:
            if not deltas:
                raise
            self._failure = error
        if event.name in ENDS:
            self.finished = self.over = True
        self._tokens.add(deltas)
        return deltas

    def feed_run(
        self,
        events: Sequence[SseEvent],
        at: int,
        *,
        apart: bool,  # noqa: ARG002
    ) -> tuple[list[Delta], int]:
        """Read the event at a place, and those behind it that say more of the same.

        Gives what they say and how many they were: at least one. Raises as `feed` does. Pieces of
        thinking stay `apart` where its budget may end at one of them.
        """
        return self.feed(events[at]), 1

    def close(self) -> list[Delta]:
        """End of the stream: what was held back comes out. Raises as `feed` does."""
        self._raise_what_waits()
        if self._torn:
            self._miss(self._torn)
        deltas = [*self._flush(), *self._grown()]
        deltas += self._answer.close(
            ended=self.ending in ("", "end", "unknown"), calls=ends_in_calls(self._reason)
        )
        self._tokens.add(deltas)
        return deltas

    @property
    @abstractmethod
    def usage(self) -> Usage:
        """Tokens as the server counts them, else one for each piece that came."""

    @property
    def ending(self) -> Ending:
        """What the server's word for the end means."""
        return ending(self._reason)

    @property
    def lacks_calls(self) -> bool:
        """Whether the server said that calls end the reply, and none came."""
        return ends_in_calls(self._reason) and not self._tokens.called

    @property
    def said_reason(self) -> str:
        """That word, fit to be quoted."""
        return one_line(self._reason, 60)

    @property
    def reason(self) -> StepReason:
        """Why the reply ended; a call counts even where the server only says "stop"."""
        if self.ending == "length":
            return "length"
        return "tool_calls" if self._tokens.called else "stop"

    @property
    def waiting(self) -> bool:
        """Whether half a frame, or an error, waits for the next event."""
        return bool(self._torn) or self._failure is not None

    @property
    def progress(self) -> tuple[bool, bool, bool]:
        """How far the end has come; pings and empty pieces change nothing in it."""
        return self.finished, self.counted, self.over

    @property
    def unsettled(self) -> bool:
        """Whether what has come cannot be all: no answer yet, or a call without its end."""
        said = self._tokens.spoke or self._tokens.called
        return not (said and self._answer.whole)

    @property
    def thought(self) -> int:
        """About how many tokens of thinking have come so far."""
        return self._tokens.thinking

    @property
    def misjudged(self) -> bool:
        """Whether `opened` was wrong: the answer came without any thinking before it."""
        return self._answer.misjudged

    @property
    def confirmed(self) -> bool:
        """Whether it was right: the thinking was ended in the text."""
        return self._answer.confirmed

    @abstractmethod
    def _read(self, piece: dict[str, Any], name: str) -> list[Delta]:
        """Read one piece, which holds no error; `name` is its event's. Raises Unreadable."""

    def _flush(self) -> list[Delta]:
        """What waited for the end."""
        return []

    def _values(self, data: str) -> list[Any]:
        """The values of a frame; a frame in two halves is put together."""
        values, rest = documents(data)
        if rest and not values and _PING.match(rest):
            return []
        if values and not isinstance(values[0], dict) and _TIME.fullmatch(data):
            return []
        if not rest:
            if values and self._torn:
                self._miss(self._torn)
                self._torn = ""
            return values
        if not values and (plain := self._plain_words(rest)):
            return plain
        if self._torn:
            whole, still = documents(self._torn + data)
            if not still:
                self._torn = ""
                return whole
            self._miss(self._torn)
        self._torn = ""
        if rest.startswith(("{", "[")) and len(rest) < MAX_TORN_CHARACTERS:
            self._torn = rest
        elif rest.strip():
            self._miss(rest)
        return values

    def _plain_words(self, text: str) -> list[Any]:
        """A frame that is no JSON: an end or an error in words, or an object in another dress."""
        if _END_WORD.fullmatch(text):
            return [DONE]
        if failed := _FAILURE_WORD.fullmatch(text):
            raise failure(self._server, Fault(one_line(failed.group(1) or text)))
        value = None if self._torn else value_in(text)
        return [] if value is None else [value]

    def _taken(self, value: Any, event: SseEvent) -> list[Delta]:
        if value == DONE:
            self.finished = self.over = True
            return []
        if isinstance(value, list):
            return [delta for one in value for delta in self._taken(one, event)]
        if isinstance(value, str) and value.lstrip().startswith("{"):  # quoted once more
            return [delta for one in self._values(value) for delta in self._taken(one, event)]
        if not isinstance(value, dict):
            if value not in (None, "") and event.name not in FAILURES | ENDS:
                self._miss(event.data)
            return []
        self._refuse(value, event)
        try:
            return self._read(value, event.name)
        except Unreadable as error:
            self._miss(str(error))
            return []

    def _refuse(self, piece: dict[str, Any], event: SseEvent) -> None:
        """Raise for an error that stands in a piece."""
        if event.name in FAILURES and not piece.get("choices"):
            raise failure_in(self._server, event.data, piece)
        if piece.get("error") and (fault := fault_in(piece)) is not None:
            raise failure(self._server, fault)

    def _end(self, reason: str) -> None:
        """Note a reason for the end; one that is none is not taken back by another chunk."""
        if ending(reason):
            if self.ending in ("", "end", "unknown"):
                self._reason = reason
            self.finished = True

    def _begin_again(self) -> None:
        """A second reply follows in the stream; only its own end counts."""
        self._answer.begin_again()
        self._growing_text, self._growing_thought = Growing(), Growing()
        self._reason = ""
        self.finished = False

    def _think(self, text: str, field: str = "") -> list[Delta]:
        self.reasoning_field = self.reasoning_field or field
        if not self._growing_thought.settled:
            text = self._growing_thought.feed(text)
        return self._answer.think(text) if text else []

    def _say(self, text: str) -> list[Delta]:
        before = self._thought() if self._growing_thought.held else []
        if not self._growing_text.settled:
            text = self._growing_text.feed(text)
        return before + (self._answer.say(text) if text else [])

    def _call(self, fragments: list[Fragment]) -> list[Delta]:
        return [*self._grown(), *self._answer.call(fragments)]

    def _thought(self) -> list[Delta]:
        """Thinking that waited to be told apart."""
        text = self._growing_thought.close()
        return self._answer.think(text) if text else []

    def _grown(self) -> list[Delta]:
        """What waited to be told apart."""
        before, text = self._thought(), self._growing_text.close()
        return before + (self._answer.say(text) if text else [])

    def _miss(self, quote: str) -> None:
        self.unread.append(one_line(quote, 80))

    def _raise_what_waits(self) -> None:
        if (failure := self._failure) is not None:
            self._failure = None
            raise failure
