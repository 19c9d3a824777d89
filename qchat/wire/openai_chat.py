"""The OpenAI chat protocol as Qwen's servers speak it: what is said, and how replies are read.

Sources: the vendor's API pages, llama.cpp's server, vLLM; see also `profiles.toml`.
"""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from qchat.errors import ProtocolError, StatusError
from qchat.events import StepReason, Text, Thinking, ToolCall, ToolDraft, Usage
from qchat.messages import Assistant, Message, ToolResult, User
from qchat.wire.calls import CallDelta, CallReader, new_id
from qchat.wire.faults import fault_in, one_line
from qchat.wire.tags import TagReader
from qchat_tools.base import ToolSpec
from qchat_tools.parts import as_text
from qchat_tools.wording import recalled

Json = dict[str, Any]
Delta = Thinking | Text | ToolDraft


def messages_json(messages: Iterable[Message], system: str = "") -> list[Json]:
    """The conversation in the protocol's shape; the reasoning goes back whenever there was any."""
    head: list[Json] = [{"role": "system", "content": system}] if system else []
    return head + [_message_json(message) for message in messages]


def tools_json(tools: Iterable[ToolSpec]) -> list[Json]:
    """The offered tools in the protocol's shape."""
    return [{"type": "function", "function": msgspec.to_builtins(tool)} for tool in tools]


def used_ids(messages: Iterable[Message]) -> set[str]:
    """The ids of every call so far; a new call must not take one of them again."""
    return {call.id for reply in messages if isinstance(reply, Assistant) for call in reply.calls}


def _message_json(message: Message) -> Json:
    match message:
        case User():
            memories = [(memory.date, memory.text) for memory in message.recalled]
            return {"role": "user", "content": message.text + recalled(memories)}
        case Assistant():
            reply: Json = {"role": "assistant", "content": message.text}
            if message.thinking:
                reply["reasoning_content"] = message.thinking
            if message.calls:
                reply["tool_calls"] = [_call_json(call) for call in message.calls]
            return reply
        case ToolResult():
            content = as_text(message.parts)
            return {"role": "tool", "tool_call_id": message.call_id, "content": content}


def _call_json(call: ToolCall) -> Json:
    """Templates parse the arguments again, so what was no JSON goes back inside of JSON."""
    arguments = {"invalid_json": call.invalid} if call.invalid else call.arguments
    function = {"name": call.name, "arguments": msgspec.json.encode(arguments).decode()}
    return {"id": call.id, "type": "function", "function": function}


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


class Reader:
    """The chunks of one reply in, events out. Feed it each `data:` text, then `close` it.

    Content runs through the tag reader even when the server has a reasoning field, because some
    put `<think>` or `<tool_call>` there all the same. `used` are the ids of earlier calls; `server`
    names the other side in errors. Raises StatusError for an error in the stream, and ProtocolError
    for what is no chunk at all.
    """

    def __init__(
        self,
        tools: Iterable[ToolSpec] = (),
        used: Iterable[str] = (),
        *,
        calls_end_thinking: bool = False,
        server: str = "the server",
        make_id: Callable[[], str] = new_id,
    ) -> None:
        self._server = server
        self.reply_id = ""
        """The server's name for this reply; empty until its first chunk."""
        self.finished = False
        """True once the server has said that the reply is complete."""
        self.tokens_per_s = 0.0
        """The server's own measure; 0 where it gives none."""
        self._calls = CallReader(set(used), make_id)
        self._tags = TagReader(
            {tool.name: tool.parameters for tool in tools},
            calls_end_thinking=calls_end_thinking,
            make_id=self._calls.own_id,
        )
        self._usage = _Usage()
        self._timings = _ServerTimings()
        self._reason = ""
        self._deltas = 0
        self._thinking_deltas = 0
        self._called = False

    def feed(self, data: str) -> list[Delta]:
        """Read the text of one `data:` event."""
        if data.strip() == "[DONE]":
            self.finished = True
            return []
        try:
            chunk = msgspec.json.decode(data, type=_Chunk)
            suspect = chunk.error or not chunk.choices
            fault = fault_in(msgspec.json.decode(data)) if suspect else None
        except msgspec.DecodeError as error:
            shown = repr(one_line(data, 120))
            text = f"{self._server} sent something that is no piece of a reply: {shown}"
            raise ProtocolError(text) from error
        if fault is not None:
            text = f"{self._server} reported an error in mid-reply: {fault}"
            raise StatusError(text, fault.status, fault.code, fault.request_id)
        return self._read(chunk)

    def close(self) -> list[Delta]:
        """End of the stream: what was held back comes out."""
        return self._note(self._tags.close())

    @property
    def usage(self) -> Usage:
        """Tokens as the server counts them, else one for each piece that came."""
        prompt_details = self._usage.prompt_tokens_details or _PromptDetails()
        details = self._usage.completion_tokens_details or _CompletionDetails()
        timings = self._timings
        cached = prompt_details.cached_tokens or timings.cache_n or 0
        evaluated = (timings.prompt_n or 0) + (timings.cache_n or 0)
        thinking = details.reasoning_tokens
        return Usage(
            prompt=self._usage.prompt_tokens or evaluated,
            completion=self._usage.completion_tokens or timings.predicted_n or self._deltas,
            thinking=self._thinking_deltas if thinking is None else thinking,
            cached=cached,
        )

    @property
    def reason(self) -> StepReason:
        """Why the reply ended; a call counts even where the server only says "stop"."""
        if self._reason == "length":
            return "length"
        return "tool_calls" if self._called else "stop"

    def _read(self, chunk: _Chunk) -> list[Delta]:
        self.reply_id = self.reply_id or chunk.id or ""
        self._usage = chunk.usage or self._usage
        if chunk.timings is not None:
            self._timings = chunk.timings
            self.tokens_per_s = chunk.timings.predicted_per_second or 0.0
        out: list[Delta] = []
        for choice in (chunk.choices or ())[:1]:
            out += self._read_message(choice.delta or choice.message or _Message())
            if choice.finish_reason:
                self._reason, self.finished = choice.finish_reason, True
        return out

    def _read_message(self, message: _Message) -> list[Delta]:
        reasoning = message.reasoning_content or message.reasoning or ""
        self._deltas += bool(reasoning or message.content or message.tool_calls)
        out: list[Delta] = [Thinking(reasoning)] if reasoning else []
        if message.content:
            out += self._tags.feed(message.content)
        self._thinking_deltas += any(isinstance(delta, Thinking) for delta in out)
        if message.tool_calls:
            out += self._tags.close()
            out += self._calls.feed(message.tool_calls)
        return self._note(out)

    def _note(self, deltas: list[Delta]) -> list[Delta]:
        self._called = self._called or any(isinstance(delta, ToolDraft) for delta in deltas)
        return deltas
