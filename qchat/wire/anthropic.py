"""Replies in the Anthropic protocol: named events in, deltas out.

Block deltas may come out of order of their blocks' ends (llama.cpp closes all of them last), so a
delta belongs to the block of its `index`. Text runs through the tag reader, since some servers
leave `<think>` and `<tool_call>` in it.
"""

import msgspec

from qchat.protocol.events import Thinking, Usage
from qchat.wire import reading
from qchat.wire.calls import CallDelta, FunctionDelta
from qchat.wire.faults import failure_in
from qchat.wire.reading import Delta
from qchat.wire.sse import SseEvent


class _Counts(msgspec.Struct):
    """Tokens; `input_tokens` are those that no cache had."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None


class _Block(msgspec.Struct):
    type: str = ""
    text: str | None = None
    thinking: str | None = None
    id: str | None = None
    name: str | None = None
    input: dict[str, object] | None = None


class _Delta(msgspec.Struct):
    type: str = ""
    text: str | None = None
    thinking: str | None = None
    partial_json: str | None = None
    stop_reason: str | None = None


class _Whole(msgspec.Struct):
    """A message: its beginning in a stream, or all of it where the server did not stream."""

    id: str = ""
    content: list[_Block] = []
    stop_reason: str | None = None
    usage: _Counts | None = None


class _Event(msgspec.Struct):
    type: str = ""
    index: int = 0
    message: _Whole | None = None
    content_block: _Block | None = None
    delta: _Delta | None = None
    usage: _Counts | None = None


_event = msgspec.json.Decoder(_Event).decode
_whole = msgspec.json.Decoder(_Whole).decode


class Reader(reading.Reader):
    """The events of one reply."""

    CUT = ("max_tokens", "model_context_window_exceeded")
    WITHHELD = ("refusal",)
    _counts = _Counts()

    def feed(self, event: SseEvent) -> list[Delta]:
        """Read one event. Raises StatusError for an error in it, ProtocolError for no event."""
        try:
            read = _event(event.data)
            deltas = self._whole(_whole(event.data)) if read.type == "message" else self._read(read)
        except msgspec.DecodeError as error:
            raise failure_in(self._server, event.data) from error
        # Events yet unknown are passed over.
        if read.type in ("", "error") or event.name == "error":
            raise failure_in(self._server, event.data)
        self._tally.add(deltas)
        return deltas

    @property
    def usage(self) -> Usage:
        counts = self._counts
        cached = counts.cache_read_input_tokens or 0
        made = counts.cache_creation_input_tokens or 0
        return Usage(
            prompt=(counts.input_tokens or 0) + cached + made,
            completion=counts.output_tokens or self._tally.pieces,
            thinking=self._tally.thinking,
            cached=cached,
        )

    def _read(self, event: _Event) -> list[Delta]:
        delta = event.delta or _Delta()
        match event.type:
            case "message_start" if event.message is not None:
                self.reply_id = event.message.id
                self._count(event.message.usage)
            case "content_block_start" if event.content_block is not None:
                return self._begin(event.index, event.content_block)
            case "content_block_delta":
                self._tally.pieces += 1
                return self._piece(event.index, delta)
            case "message_delta":
                self._reason = delta.stop_reason or self._reason
                self.finished = self.finished or bool(delta.stop_reason)
                self._count(event.usage)
            case "message_stop":
                self.finished = True
            case _:
                pass
        return []

    def _piece(self, index: int, delta: _Delta) -> list[Delta]:
        if delta.thinking:
            return [Thinking(delta.thinking)]
        if delta.text:
            return list(self._tags.feed(delta.text))
        if delta.partial_json:
            arguments = FunctionDelta(arguments=delta.partial_json)
            return list(self._calls.feed([CallDelta(index, function=arguments)]))
        return []

    def _begin(self, index: int, block: _Block) -> list[Delta]:
        """The start of a block, which may hold its whole content already."""
        if block.type != "tool_use":
            return self._piece(index, _Delta(text=block.text, thinking=block.thinking))
        function = FunctionDelta(block.name, block.input or None)
        return [*self._tags.close(), *self._calls.feed([CallDelta(index, block.id, function)])]

    def _whole(self, message: _Whole) -> list[Delta]:
        self.reply_id, self.finished = message.id, True
        self._reason = message.stop_reason or ""
        self._count(message.usage)
        begun = [self._begin(at, block) for at, block in enumerate(message.content)]
        return [delta for deltas in begun for delta in deltas]

    def _count(self, counts: _Counts | None) -> None:
        """Later counts replace earlier ones; what is left out stays."""
        told = msgspec.structs.asdict(counts) if counts is not None else {}
        told = {name: value for name, value in told.items() if value is not None}
        self._counts = msgspec.structs.replace(self._counts, **told)
