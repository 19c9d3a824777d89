"""What is said in the OpenAI chat protocol: messages and tools, as Qwen's servers take them."""

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

import msgspec

from qchat.protocol.event_values import ToolCall
from qchat.protocol.memoized import Remembered
from qchat.protocol.messages import Assistant, Message, ToolResult, User
from qchat.wire.retention import (
    NO_IMAGES,
    InlineImages,
    ReasoningRetention,
    sent_images,
    thinking_since,
    thoughts_sent,
)
from qchat_tools.base import ToolSpec
from qchat_tools.parts import as_text

Json = dict[str, Any]


def messages_json(
    messages: Iterable[Message],
    system: str = "",
    *,
    earlier: ReasoningRetention = "all",
    reasoning: str = "reasoning_content",
    images: InlineImages = NO_IMAGES,
) -> list[Json]:
    """The conversation in the protocol's shape; `reasoning` is the field for the thinking.

    Without a field none goes along. Results of tools are text only on many servers: what they drew
    follows them as the user's.
    """
    every = tuple(messages)
    said: list[Json] = [{"role": "system", "content": system}] if system else []
    if not images:
        since = thinking_since(every, earlier) if reasoning else len(every)
        thought_of = _with_thinking(reasoning)
        return [*said, *_json.each(every[:since]), *thought_of.each(every[since:])]
    drawn: list[Json] = []
    for at, (message, thought) in enumerate(zip(every, thoughts_sent(every, earlier), strict=True)):
        if drawn and not isinstance(message, ToolResult):
            said.append({"role": "user", "content": drawn})
            drawn = []
        json = _with_thinking(reasoning)(message) if thought and reasoning else _json(message)
        pictures = list(_pictures_json(at, message, images))
        if isinstance(message, ToolResult):
            drawn += pictures
        elif pictures:
            text = {"type": "text", "text": json["content"]}
            json = {**json, "content": [text, *pictures]}
        said.append(json)
    return [*said, {"role": "user", "content": drawn}] if drawn else said


def tools_json(tools: Iterable[ToolSpec]) -> list[Json]:
    """The offered tools in the protocol's shape."""
    return [{"type": "function", "function": msgspec.to_builtins(tool)} for tool in tools]


def _message_json(message: Message) -> Json:
    match message:
        case User():
            return {"role": "user", "content": message.sent}
        case Assistant():
            reply: Json = {"role": "assistant", "content": message.text}
            if message.calls:
                reply["tool_calls"] = [_call_json(call) for call in message.calls]
            return reply
        case ToolResult():
            content = message.sent
            return {"role": "tool", "tool_call_id": message.call_id, "content": content}


_json: Remembered[Message, Json] = Remembered(_message_json)
"""A message is sent again with every step: its JSON is made once, and never changed."""


@cache
def _with_thinking(reasoning: str) -> Remembered[Message, Json]:
    """Likewise with the thinking, in the field of that name."""

    def made(message: Message) -> Json:
        thinking = message.thinking if isinstance(message, Assistant) else ""
        return {**_json(message), reasoning: thinking} if thinking else _json(message)

    return Remembered(made)


def _pictures_json(at: int, message: Message, images: InlineImages) -> Iterator[Json]:
    """Those that are sent, each after the words that say what it is."""
    for part, picture in sent_images(at, message, images):
        whence = f" from {message.name}" if isinstance(message, ToolResult) else ""
        yield {"type": "text", "text": f"{as_text([part])}{whence}:"}
        url = f"data:{picture.media_type};base64,{picture.data}"
        yield {"type": "image_url", "image_url": {"url": url}}


def _call_json(call: ToolCall) -> Json:
    """Templates parse the arguments again, so what was no JSON goes back inside of JSON."""
    function = {"name": call.name, "arguments": msgspec.json.encode(call.sent).decode()}
    return {"id": call.id, "type": "function", "function": function}
