"""Replies in the Anthropic protocol: named events in, deltas out.

A delta is read by its own kind, not by the block of its index: servers count blocks in odd ways
(llama.cpp closes all of them last, proxies skip numbers or use one twice). Text runs through the
tag reader, since some servers leave `<think>` and `<tool_call>` in it.
"""

from typing import Any

from qchat.protocol.event_values import Usage
from qchat.wire import reading
from qchat.wire.calls import Fragment, fragment, text_of
from qchat.wire.content import text_in
from qchat.wire.error_bodies import Fault, failure, fault_in
from qchat.wire.lenient_json import count, items, mapping, rate, word
from qchat.wire.reading import Delta

_COUNTS = (
    "input_tokens",
    "output_tokens",
    "cache_read_input_tokens",
    "cache_creation_input_tokens",
)
"""`input_tokens` are those that no cache had."""
_OTHER_NAMES = {
    "input_tokens": ("prompt_tokens", "inputTokens", "inputTokenCount"),
    "output_tokens": ("completion_tokens", "outputTokens", "outputTokenCount"),
    "cache_read_input_tokens": ("cacheReadInputTokenCount",),
    "cache_creation_input_tokens": ("cacheWriteInputTokenCount",),
}
"""What gateways and Bedrock call them."""
_EVENTS = (
    "message_start", "content_block_start", "content_block_delta", "content_block_stop",
    "message_delta", "message_stop", "message", "ping", "error", "completion",
)  # fmt: skip


class Reader(reading.Reader):
    """The events of one reply."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._counts: dict[str, int] = {}
        self._inputs: dict[int, tuple[Fragment, str]] = {}
        """Whole inputs at the starts of blocks: they count if no pieces of them follow."""
        self._foreign: set[int] = set()
        """Numbers of open blocks that are the service's own calls, which run there."""

    @property
    def usage(self) -> Usage:
        counts = self._counts
        cached = counts.get("cache_read_input_tokens", 0)
        made = counts.get("cache_creation_input_tokens", 0)
        return Usage(
            prompt=counts.get("input_tokens", 0) + cached + made,
            completion=counts.get("output_tokens") or self._tokens.pieces,
            thinking=self._tokens.thinking,
            cached=cached,
        )

    @property
    def _said_something(self) -> bool:
        return bool(self._tokens.pieces or self._tokens.called)

    def _refuse(self, piece: dict[str, Any], event: Any) -> None:
        if word(piece.get("type")) == "error":
            raise failure(self._server, fault_in(piece) or Fault())
        super()._refuse(piece, event)

    def _read(self, piece: dict[str, Any], _name: str) -> list[Delta]:
        kind = word(piece.get("type")) or _name
        if kind not in _EVENTS and (inner := _unwrapped(piece)):
            return self._read(inner, "")
        if kind not in _EVENTS and (fault := fault_in(piece)) is not None:
            raise failure(self._server, fault)
        index = count(piece.get("index")) or 0
        self.pieces_read += kind in _EVENTS and kind != "ping"
        match kind:
            case "message_start":
                message = mapping(piece.get("message"))
                id_ = word(message.get("id"))
                if id_ and self.reply_id and id_ != self.reply_id and self._said_something:
                    self._begin_again()
                    self._inputs.clear()
                    self._foreign.clear()
                self.reply_id = id_ or self.reply_id
                self._count(mapping(message.get("usage")))
                return self._blocks(message.get("content"))
            case "content_block_start":
                return self._begin(index, mapping(piece.get("content_block")))
            case "content_block_delta":
                self._tokens.pieces += 1
                said = piece.get("delta")
                said = {"text": said} if isinstance(said, str) else mapping(said)
                return self._piece(index, said)
            case "content_block_stop":
                return self._whole_input(index)
            case "message_delta":
                self._count(mapping(piece.get("usage")))
                told = mapping(piece.get("delta"))
                if told.get("error") and (fault := fault_in(told)) is not None:
                    raise failure(self._server, fault)
                self._end(word(told.get("stop_reason") or piece.get("stop_reason")))
                self.counted = self.counted or self.finished
            case "message_stop":
                self._count(mapping(piece.get("amazon-bedrock-invocationMetrics")))
                self.finished = self.over = True
            case "message":
                return self._whole(piece)
            case "completion":  # the protocol's first form
                self._end(word(piece.get("stop_reason")))
                return self._say(text_in(piece.get("completion")))
            case _ if piece.get("choices"):
                return self._foreign_choices(piece)
            case _:
                pass  # events yet unknown
        self._timed(mapping(piece.get("timings")))
        return []

    def _piece(self, index: int, delta: dict[str, Any]) -> list[Delta]:
        kind = word(delta.get("type"))
        given = delta.get("partial_json")
        if not given and kind == "input_json_delta":
            given = delta.get("input") or delta.get("arguments")
        if given:
            if index in self._foreign:
                return []
            self._inputs.pop(index, None)
            return self._call([Fragment(index, arguments=text_of(given))])
        for key in ("thinking", "reasoning", "text", "content"):
            if value := delta.get(key):
                thinks = "think" in kind or "reason" in kind or key in ("thinking", "reasoning")
                return self._think(text_in(value)) if thinks else self._say(text_in(value))
        return []

    def _begin(self, index: int, block: dict[str, Any]) -> list[Delta]:
        """The start of a block, which may hold its whole content already."""
        kind = word(block.get("type"))
        self._foreign.discard(index)
        if kind in ("tool_use", "function_call", "tool_call"):
            read = fragment(block) or Fragment()
            start = Fragment(index, read.id, read.name)
            self._inputs.pop(index, None)
            if read.arguments not in ("", "{}"):
                self._inputs[index] = start, read.arguments
            return self._call([start])
        if kind in ("", "text", "thinking", "reasoning"):
            return self._piece(index, {**block, "partial_json": None})
        self._foreign.add(index)
        return []  # the service's own tools, signatures, what was redacted

    def _whole_input(self, index: int) -> list[Delta]:
        start, text = self._inputs.pop(index, (None, ""))
        if start is None:
            return []
        return self._call([Fragment(start.index, start.id, start.name, text)])

    def _flush(self) -> list[Delta]:
        late = [self._whole_input(index) for index in tuple(self._inputs)]
        return [delta for deltas in late for delta in deltas]

    def _foreign_choices(self, piece: dict[str, Any]) -> list[Delta]:
        """A chunk of the OpenAI protocol, as some gateways answer whoever asks."""
        out: list[Delta] = []
        self.pieces_read += 1
        self.reply_id = self.reply_id or word(piece.get("id"))
        for choice in map(mapping, items(piece.get("choices"))):
            said = mapping(choice.get("delta")) or mapping(choice.get("message"))
            thought = text_in(said.get("reasoning_content") or said.get("reasoning"))
            text = text_in(said.get("content"))
            calls = [one for call in items(said.get("tool_calls")) if (one := fragment(call))]
            out += self._think(thought) if thought else []
            out += self._say(text) if text else []
            out += self._call(calls) if calls else []
            self._end(word(choice.get("finish_reason")))
        counts = mapping(piece.get("usage"))
        self._count(
            {
                "input_tokens": counts.get("prompt_tokens"),
                "output_tokens": counts.get("completion_tokens"),
            }
        )
        return out

    def _whole(self, message: dict[str, Any]) -> list[Delta]:
        self.reply_id, self.finished, self.over = word(message.get("id")), True, True
        self._reason = word(message.get("stop_reason"))
        self._count(mapping(message.get("usage")))
        if self._tokens.spoke or self._tokens.called:  # once more what was streamed
            return []
        return self._blocks(message.get("content"))

    def _blocks(self, content: object) -> list[Delta]:
        """Whole blocks, as a reply has them that was not streamed."""
        if isinstance(content, str):
            return self._say(content) if content else []
        out: list[Delta] = []
        for at, block in enumerate(map(mapping, items(content))):
            if word(block.get("type")) == "tool_use":
                read = fragment(block) or Fragment()
                out += self._call([Fragment(at, read.id, read.name, read.arguments)])
            else:
                out += self._begin(at, block)
        return out

    def _count(self, counts: dict[str, Any]) -> None:
        """Later counts replace earlier ones; what is left out stays."""
        for key in _COUNTS:
            names = (key, *_OTHER_NAMES[key])
            if number := next(filter(None, (count(counts.get(name)) for name in names)), 0):
                self._counts[key] = number

    def _timed(self, timings: dict[str, Any]) -> None:
        if timings:
            self.by_llama_cpp = True
            self.tokens_per_s = rate(timings.get("predicted_per_second"))


def _unwrapped(piece: dict[str, Any]) -> dict[str, Any]:
    """An event in a gateway's envelope; an empty one where there is none."""
    inner = (mapping(piece.get(key)) for key in ("data", "result", "output", "response"))
    return next((one for one in inner if word(one.get("type")) in _EVENTS), {})
