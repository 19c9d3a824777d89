"""Replies in the Anthropic protocol: named events in, deltas out.

A delta is read by its own kind, not by the block of its index: servers count blocks in odd ways
(llama.cpp closes all of them last, proxies skip numbers or use one twice). Text runs through the
tag reader, since some servers leave `<think>` and `<tool_call>` in it.
"""

from typing import Any

from qchat.protocol.event_values import Usage
from qchat.wire import reading
from qchat.wire.calls import Fragment, text_of
from qchat.wire.content import Unreadable, text_in
from qchat.wire.faults import Fault, failure, fault_in
from qchat.wire.lenient import count, items, mapping, rate, word
from qchat.wire.reading import Delta

_COUNTS = (
    "input_tokens",
    "output_tokens",
    "cache_read_input_tokens",
    "cache_creation_input_tokens",
)
"""`input_tokens` are those that no cache had."""
_EVENTS = (
    "message_start", "content_block_start", "content_block_delta", "content_block_stop",
    "message_delta", "message_stop", "message", "ping", "error",
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

    def _refuse(self, piece: dict[str, Any], event: Any) -> None:
        if word(piece.get("type")) == "error":
            raise failure(self._server, fault_in(piece) or Fault())
        super()._refuse(piece, event)

    def _read(self, piece: dict[str, Any], _name: str) -> list[Delta]:
        kind = word(piece.get("type")) or _name
        if kind not in _EVENTS and (fault := fault_in(piece)) is not None:
            raise failure(self._server, fault)
        index = count(piece.get("index")) or 0
        self.pieces_read += kind in _EVENTS and kind != "ping"
        match kind:
            case "message_start":
                message = mapping(piece.get("message"))
                self.reply_id = self.reply_id or word(message.get("id"))
                self._count(mapping(message.get("usage")))
                return self._blocks(message.get("content"))
            case "content_block_start":
                return self._begin(index, mapping(piece.get("content_block")))
            case "content_block_delta":
                self._tokens.pieces += 1
                return self._piece(index, mapping(piece.get("delta")))
            case "content_block_stop":
                return self._whole_input(index)
            case "message_delta":
                self._count(mapping(piece.get("usage")))
                self._end(word(mapping(piece.get("delta")).get("stop_reason")))
                self.counted = self.counted or self.finished
            case "message_stop":
                self.finished = self.over = True
            case "message":
                return self._whole(piece)
            case _ if piece.get("choices"):
                raise Unreadable(f"{repr(piece)[:60]}: this is the OpenAI protocol")
            case _:
                pass  # events yet unknown
        self._timed(mapping(piece.get("timings")))
        return []

    def _piece(self, index: int, delta: dict[str, Any]) -> list[Delta]:
        if delta.get("partial_json"):
            if index in self._foreign:
                return []
            self._inputs.pop(index, None)
            arguments = text_of(delta["partial_json"])
            return self._call([Fragment(index, arguments=arguments)])
        kind = word(delta.get("type"))
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
            start = Fragment(index, word(block.get("id")), word(block.get("name")))
            self._inputs.pop(index, None)
            if block.get("input"):
                self._inputs[index] = start, text_of(block["input"])
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

    def _whole(self, message: dict[str, Any]) -> list[Delta]:
        self.reply_id, self.finished, self.over = word(message.get("id")), True, True
        self._reason = word(message.get("stop_reason"))
        self._count(mapping(message.get("usage")))
        return self._blocks(message.get("content"))

    def _blocks(self, content: object) -> list[Delta]:
        """Whole blocks, as a reply has them that was not streamed."""
        if isinstance(content, str):
            return self._say(content) if content else []
        out: list[Delta] = []
        for at, block in enumerate(map(mapping, items(content))):
            if word(block.get("type")) == "tool_use":
                id_, name = word(block.get("id")), word(block.get("name"))
                out += self._call([Fragment(at, id_, name, text_of(block.get("input")))])
            else:
                out += self._begin(at, block)
        return out

    def _count(self, counts: dict[str, Any]) -> None:
        """Later counts replace earlier ones; what is left out stays."""
        for key in _COUNTS:
            if number := count(counts.get(key)):
                self._counts[key] = number

    def _timed(self, timings: dict[str, Any]) -> None:
        if timings:
            self.by_llama_cpp = True
            self.tokens_per_s = rate(timings.get("predicted_per_second"))
