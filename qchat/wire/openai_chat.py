"""Replies in the OpenAI chat protocol, as Qwen's servers write them: chunks in, deltas out.

Sources: the vendor's API pages, llama.cpp's server, vLLM; see also `profiles.toml`.
"""

from typing import Any

import msgspec

from qchat.protocol.errors import StatusError
from qchat.protocol.events import Thinking, Usage
from qchat.wire import reading
from qchat.wire.calls import CallDelta
from qchat.wire.faults import failure_in
from qchat.wire.reading import Delta
from qchat.wire.sse import SseEvent


class _Message(msgspec.Struct):
    """A delta, or the whole message where a server did not stream."""

    content: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    tool_calls: list[CallDelta] | None = None


class _Choice(msgspec.Struct):
    delta: _Message | None = None
    message: _Message | None = None
    finish_reason: str | None = None


class _PromptDetails(msgspec.Struct):
    cached_tokens: int | None = None


class _CompletionDetails(msgspec.Struct):
    reasoning_tokens: int | None = None


class _Usage(msgspec.Struct):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_tokens_details: _PromptDetails | None = None
    completion_tokens_details: _CompletionDetails | None = None


class _ServerTimings(msgspec.Struct):
    """llama.cpp's own measure: tokens reused, evaluated and written, and how fast."""

    cache_n: int | None = None
    prompt_n: int | None = None
    predicted_n: int | None = None
    predicted_per_second: float | None = None


class _Chunk(msgspec.Struct):
    id: str | None = None
    choices: list[_Choice] | None = None
    usage: _Usage | None = None
    timings: _ServerTimings | None = None
    error: Any = None


_decode = msgspec.json.Decoder(_Chunk).decode


class Reader(reading.Reader):
    """The chunks of one reply."""

    CUT = ("length",)
    WITHHELD = ("content_filter",)
    _usage = _Usage()
    _timings = _ServerTimings()

    def feed(self, event: SseEvent) -> list[Delta]:
        """Read one chunk. Raises StatusError for an error in it, ProtocolError for no chunk."""
        data = event.data
        if data.strip() == "[DONE]":
            self.finished = True
            return []
        try:
            chunk = _decode(data)
        except msgspec.DecodeError as error:
            raise failure_in(self._server, data) from error
        if chunk.error or event.name == "error" or not chunk.choices:
            failure = failure_in(self._server, data)
            if isinstance(failure, StatusError):  # else it is odd, and says nothing
                raise failure
        return self._read(chunk)

    @property
    def usage(self) -> Usage:
        prompt_details = self._usage.prompt_tokens_details or _PromptDetails()
        details = self._usage.completion_tokens_details or _CompletionDetails()
        timings = self._timings
        cached = prompt_details.cached_tokens or timings.cache_n or 0
        evaluated = (timings.prompt_n or 0) + (timings.cache_n or 0)
        counted = details.reasoning_tokens
        return Usage(
            prompt=self._usage.prompt_tokens or evaluated,
            completion=self._usage.completion_tokens or timings.predicted_n or self._tally.pieces,
            thinking=self._tally.thinking if counted is None else counted,
            cached=cached,
        )

    def _read(self, chunk: _Chunk) -> list[Delta]:
        self.reply_id = self.reply_id or chunk.id or ""
        self._usage = chunk.usage or self._usage
        if chunk.timings is not None:
            self._timings = chunk.timings
            self.by_llama_cpp = True
            self.tokens_per_s = chunk.timings.predicted_per_second or 0.0
        out: list[Delta] = []
        for choice in (chunk.choices or ())[:1]:
            out += self._read_message(choice.delta or choice.message or _Message())
            if choice.finish_reason:
                self._reason, self.finished = choice.finish_reason, True
        return out

    def _read_message(self, message: _Message) -> list[Delta]:
        reasoning = message.reasoning_content or message.reasoning or ""
        self._tally.pieces += bool(reasoning or message.content or message.tool_calls)
        out: list[Delta] = [Thinking(reasoning)] if reasoning else []
        if message.content:
            out += self._tags.feed(message.content)
        if message.tool_calls:
            out += self._tags.close()
            out += self._calls.feed(message.tool_calls)
        self._tally.add(out)
        return out
