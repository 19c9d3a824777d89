"""Replies in the OpenAI chat protocol, as servers write them: chunks in, deltas out.

Sources: the vendor's API pages, llama.cpp's server, vLLM; the reports in `tests/wire/quirks.toml`.
"""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Literal

import msgspec

from qchat.protocol.event_values import Usage
from qchat.protocol.events import Text
from qchat.wire import reading
from qchat.wire.calls import Fragment, fragment
from qchat.wire.content import Unreadable, first_text, parts_in
from qchat.wire.dialects import as_chunk
from qchat.wire.error_bodies import failure, fault_in
from qchat.wire.finish_reasons import ending
from qchat.wire.lenient_json import count, items, mapping, rate, word
from qchat.wire.reading import Delta
from qchat.wire.sse import SseEvent

GOES_BACK = ("reasoning_content", "reasoning")
"""Fields in which servers also read earlier thinking."""
_CALLS = ("tool_calls", "tool_call", "function_calls")
"""Fields of calls: the protocol's own, and how those who remembered it wrongly name it."""
_COUNTS = {
    "prompt_tokens": (
        "prompt_tokens", "input_tokens", "promptTokens", "inputTokens", "promptTokenCount",
        "prompt_eval_count", "tokens_evaluated",
    ),
    "completion_tokens": (
        "completion_tokens", "output_tokens", "completionTokens", "outputTokens",
        "candidatesTokenCount", "eval_count", "tokens_predicted",
    ),
}  # fmt: skip
"""Numbers of tokens, by the names of this protocol, the newer ones, Gemini, Ollama, llama.cpp."""
_CACHED = ("cached_tokens", "prompt_cache_hit_tokens", "cache_read_input_tokens")
_REASONS = ("finish_reason", "stop_reason", "finish_details")


class _Delta(msgspec.Struct, gc=False):
    """A piece of text or of thinking, as nearly all are; anything else in it is read with care."""

    content: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    thinking: None = None
    thought: None = None
    reasoning_text: None = None
    reasoning_details: None = None
    thinking_blocks: None = None
    tool_calls: None = None
    tool_call: None = None
    function_calls: None = None
    function_call: None = None
    refusal: None = None
    audio: None = None
    error: None = None


class _Choice(msgspec.Struct, gc=False):
    delta: _Delta
    index: Literal[0] | None = None
    usage: None = None
    finish_reason: None = None
    stop_reason: None = None
    finish_details: None = None
    message: None = None
    text: None = None
    content: None = None
    tool_calls: None = None
    native_finish_reason: None = None
    error: None = None


class _Plain(msgspec.Struct, gc=False):
    """A chunk in the shape that nearly all have: four times as fast to read as any other."""

    choices: tuple[_Choice]
    id: str | None = None
    finish_reason: None = None
    usage: None = None
    timings: None = None
    x_groq: None = None
    error: None = None


_plain = msgspec.json.Decoder(_Plain).decode


class Reader(reading.Reader):
    """The chunks of one reply."""

    REASONING = (
        *GOES_BACK, "thinking", "thought", "reasoning_text", "reasoning_details",
        "thinking_blocks",
    )  # fmt: skip

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._usage: dict[str, int] = {}
        self._timings: dict[str, int] = {}
        self._cached = 0
        self._reasoned: int | None = None
        self._named_at = 0
        """How many pieces had been read when the id of the reply came."""
        self._first: dict[str, int] = {}
        """The choice that was the first to say something of a kind."""
        self._waiting: dict[int, list[dict[str, Any]]] = {}
        self._alternatives: set[int] = set()
        """Choices that are other replies."""
        self._deltas = False
        """Whether text has come in `delta`: a whole `message` behind it says it again."""
        self._text = ""
        """The text that came in `message`, in which some servers stream."""

    def feed_run(
        self, events: Sequence[SseEvent], at: int, *, apart: bool
    ) -> tuple[list[Delta], int]:
        """Read pieces of nothing but text, or of one field of thinking, as one.

        A fast engine sends many at a time, and each way through the tag reader has its price.
        """
        run: list[str] = []
        kind = ""
        alone_text = not self._growing_text.settled
        alone = apart or not self._growing_thought.settled
        for piece in self._plain_from(events, at):
            if piece.id != self.reply_id:
                if self._is_another(piece.id):
                    break
                self.reply_id = self.reply_id or piece.id or ""
            said = piece.choices[0].delta
            also = _only(said)
            if not also or (kind and also != kind):
                break
            kind = also
            run.append(getattr(said, kind))
            if alone_text if kind == "content" else alone:
                break
        if not run:
            return super().feed_run(events, at, apart=apart)
        text = "".join(run)
        out = self._say(text) if kind == "content" else self._think(text, kind)
        self._deltas = self._deltas or kind == "content"
        self._note(len(run), out)
        return out, len(run)

    def feed(self, event: SseEvent) -> list[Delta]:
        """Read one event, most of them the short way. Raises as any reader does."""
        piece = next(self._plain_from((event,), 0), None)
        if piece is None or (piece.id != self.reply_id and self._is_another(piece.id)):
            return super().feed(event)
        delta = piece.choices[0].delta
        out: list[Delta] = []
        if delta.reasoning_content:
            out = self._think(delta.reasoning_content, "reasoning_content")
        elif delta.reasoning:
            out = self._think(delta.reasoning, "reasoning")
        if delta.content:
            out += self._say(delta.content)
            self._deltas = True
        self.reply_id = self.reply_id or piece.id or ""
        self._note(bool(delta.content or delta.reasoning_content or delta.reasoning), out)
        return out

    def _note(self, pieces: int, out: list[Delta]) -> None:
        self.pieces_read += max(pieces, 1)
        self._tokens.pieces += pieces
        self._tokens.add(out, pieces)

    def _plain_from(self, events: Sequence[SseEvent], at: int) -> Iterator[_Plain]:
        """The events from a place on, as far as they can be read the short way."""
        if self.waiting or self._waiting:
            return
        for event in islice(events, at, None):
            if event.name:
                return
            try:
                piece = _plain(event.data)
            except (msgspec.DecodeError, UnicodeError):
                return
            yield piece

    def _is_another(self, id_: str | None) -> bool:
        """Whether a piece has another id than those before it."""
        return bool(id_ and self.reply_id) and id_ != self.reply_id

    def _begins_again(self, choices: list[Any]) -> bool:
        """Whether a proxy has asked once more, and puts the new reply behind a piece of the old.

        It has a role and an id of its own. Some servers give each piece another id: there neither
        the old one nor the new one had come twice.
        """
        stable = self.pieces_read - self._named_at > 1
        told = [mapping(mapping(choice).get("delta")).get("role") for choice in choices]
        return stable and any(role == "assistant" for role in told)

    @property
    def usage(self) -> Usage:
        timings = self._timings
        evaluated = timings.get("prompt_n", 0) + timings.get("cache_n", 0)
        written = self._usage.get("completion_tokens") or timings.get("predicted_n")
        return Usage(
            prompt=self._usage.get("prompt_tokens") or evaluated,
            completion=written or self._tokens.pieces,
            thinking=self._tokens.thinking if self._reasoned is None else self._reasoned,
            cached=self._cached or timings.get("cache_n", 0),
        )

    def _read(self, piece: dict[str, Any], _name: str) -> list[Delta]:
        id_ = word(piece.get("id"))
        choices = list(items(piece.get("choices")))
        if self._is_another(id_) or not self.reply_id:
            if self.reply_id and self._begins_again(choices):
                self._begin_again()
                self._deltas, self._text = False, ""
            self.reply_id, self._named_at = id_, self.pieces_read
        self.pieces_read += bool(choices or piece.get("usage") or piece.get("timings"))
        if not choices and (meant := self._read_bare(piece)) is not None:
            return self._read(meant, _name)
        out: list[Delta] = []
        for choice in map(mapping, choices):
            out += [] if self._is_alternative(choice) else self._read_choice(choice)
        if len(choices) > 1:  # several say the same kind of thing at once
            self._leave_waiting()
        self._end(word(piece.get("finish_reason")))
        self._count(_usage_in(piece), mapping(piece.get("timings")))
        if piece.get("choices") and not any(isinstance(one, dict) for one in choices):
            raise Unreadable(repr(piece.get("choices")))
        return out

    def _is_alternative(self, choice: dict[str, Any]) -> bool:
        """Whether a choice is one of several replies, of which the first one is read.

        Some gateways number the blocks of one reply so: what another one says waits until the
        first goes on, which shows that they are several, or until the end.
        """
        index = count(choice.get("index")) or 0
        if index in self._alternatives:
            return True
        said = mapping(choice.get("delta")) or mapping(choice.get("message")) or choice
        kind = next((key for key in ("content", "text", *_CALLS) if said.get(key)), "")
        if self._deltas:  # read the short way, which only the first one can be
            self._first.setdefault("content", 0)
        first = self._first.setdefault(kind, index) if kind else index
        if index != first or index in self._waiting:
            self._waiting.setdefault(index, []).append(choice)
            return True
        if kind:
            self._leave_waiting()
        return False

    def _leave_waiting(self) -> None:
        """What waits is of other replies."""
        self._alternatives.update(self._waiting)
        self._waiting.clear()

    def _flush(self) -> list[Delta]:
        late = [choice for choices in self._waiting.values() for choice in choices]
        ended = self.finished or any(choice.get("finish_reason") for choice in late)
        return [delta for choice in late if ended for delta in self._read_choice(choice)]

    def _read_bare(self, piece: dict[str, Any]) -> dict[str, Any] | None:
        """A piece without choices counts tokens, or says an error; or it is another protocol's."""
        meant = as_chunk(piece) if "choices" not in piece else None
        if meant is not None:
            return meant
        fault = fault_in(piece)
        if fault is not None and not piece.get("usage"):
            raise failure(self._server, fault)
        return None

    def _read_choice(self, choice: dict[str, Any]) -> list[Delta]:
        delta, message = _said_in(choice.get("delta")), _said_in(choice.get("message"))
        for said in (choice, delta, message):
            if said.get("error") and (fault := fault_in(said)) is not None:
                raise failure(self._server, fault)
        beside = {key: choice[key] for key in ("content", "tool_calls") if choice.get(key)}
        if beside and not message:
            delta = beside | delta
        out = self._read_message(delta) if delta else []
        if message and not delta:
            out += self._read_whole(message)
        if not (out or message) and choice.get("text"):
            out += self._said(choice["text"])
        self._deltas = self._deltas or any(isinstance(one, Text) for one in out if delta)
        for key in _REASONS:
            given = choice.get(key)
            self._end(word(given) or word(mapping(given).get("type")))
            if self.finished:
                break
        self._end_at_the_source(word(choice.get("native_finish_reason")))
        return out

    def _end_at_the_source(self, native: str) -> None:
        """The word of the server behind a gateway, where it says worse than the gateway's own."""
        if self.finished and ending(native) in ("broken", "withheld", "length"):
            self._end(native)

    def _read_whole(self, message: dict[str, Any]) -> list[Delta]:
        """A message where a server did not stream; behind deltas it is what they said."""
        text = "".join(
            part[1] for part in parts_in(message.get("content")) if isinstance(part, tuple)
        )
        if self._deltas or (self._text and text == self._text):
            message = {key: message[key] for key in _CALLS if key in message}
        else:
            self._text += text
        return self._read_message(message, again=True)

    def _read_message(self, message: dict[str, Any], *, again: bool = False) -> list[Delta]:
        out: list[Delta] = []
        missed: list[str] = []
        field = thought = ""
        try:
            field, thought = first_text(message, self.REASONING)
        except Unreadable as error:
            missed.append(str(error))
        if thought:
            out += self._think(thought, field if field in GOES_BACK else "")
        try:
            spoken = mapping(message.get("audio")).get("transcript")
            out += self._said(message.get("content") or message.get("refusal") or spoken)
        except Unreadable as error:
            missed.append(str(error))
        calls = self._fragments(message)
        if calls:
            out += self._call([one for one in calls if not (again and self._answer.has(one))])
        self._tokens.pieces += bool(thought or message.get("content") or calls)
        for quote in missed:
            self._miss(quote)
        return out

    def _fragments(self, message: dict[str, Any]) -> list[Fragment]:
        given = next((message[key] for key in _CALLS if message.get(key)), None)
        old = message.get("function_call")  # the protocol's first way, which has but one
        found = [fragment(one) for one in items(given)]
        if old and not given:
            found.append(fragment(old if isinstance(old, dict) else None))
        if given and not found:
            self._miss(repr(given))
        return [one for one in found if one is not None]

    def _said(self, content: object) -> list[Delta]:
        out: list[Delta] = []
        for part in parts_in(content):
            match part:
                case Fragment():
                    out += self._call([part])
                case ("thinking", thought):
                    out += self._think(thought) if thought else []
                case (_, text):
                    out += self._say(text) if text else []
        return out

    def _count(self, usage: dict[str, Any], timings: dict[str, Any]) -> None:
        """Note the server's own numbers; an empty one does not take an earlier one's place."""
        for key, names in _COUNTS.items():
            if number := next(filter(None, (count(usage.get(name)) for name in names)), 0):
                self._usage[key] = number
        prompt, written = (
            mapping(usage.get(f"{names[0]}_details") or usage.get(f"{names[1]}_details"))
            for names in _COUNTS.values()
        )
        cached = (count(one.get(name)) for one in (prompt, usage) for name in _CACHED)
        self._cached = next(filter(None, cached), self._cached)
        reasoned = count(written.get("reasoning_tokens", usage.get("reasoning_tokens")))
        if reasoned is not None:
            self._reasoned = reasoned
        if timings:
            for key in ("cache_n", "prompt_n", "predicted_n"):
                if (timed := count(timings.get(key))) is not None:
                    self._timings[key] = timed
            self.by_llama_cpp = True
            self.tokens_per_s = rate(timings.get("predicted_per_second"))
        self.counted = self.counted or (self.finished and bool(usage))


def _only(delta: _Delta) -> str:
    """The field of a piece, where it has one alone; empty where it is none, or several."""
    if delta.content:  # asked one by one: this is done for each token
        return "" if delta.reasoning_content or delta.reasoning else "content"
    if delta.reasoning_content:
        return "" if delta.reasoning else "reasoning_content"
    return "reasoning" if delta.reasoning else ""


def _usage_in(piece: dict[str, Any]) -> dict[str, Any]:
    """The numbers of tokens, wherever a server puts them: Moonshot into the choice, Groq beside."""
    choices = items(piece.get("choices"))
    places = (piece, mapping(piece.get("x_groq")), *map(mapping, choices))
    found = (mapping(place.get("usage") or place.get("usageMetadata")) for place in places)
    return next((usage for usage in found if usage), {})


def _said_in(value: object) -> dict[str, Any]:
    """A message or a piece of one; some servers send its text alone."""
    return {"content": value} if isinstance(value, str) and value else mapping(value)
