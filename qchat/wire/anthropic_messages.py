"""What is said in the Anthropic protocol: blocks in messages, and tools.

Source: the vendor's pages on its compatible endpoint; llama.cpp's `/v1/messages`.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from qchat.protocol.messages import Assistant, Message, ToolResult, User
from qchat.wire.retention import (
    NO_IMAGES,
    InlineImages,
    ReasoningRetention,
    sent_images,
    thoughts_sent,
)
from qchat_tools.base import ToolSpec
from qchat_tools.parts import as_text

Json = dict[str, Any]


def messages_json(
    messages: Iterable[Message],
    *,
    earlier: ReasoningRetention = "all",
    images: InlineImages = NO_IMAGES,
) -> list[Json]:
    """The conversation in the protocol's shape, in which the sides take turns.

    A signature belongs to whoever thought; Qwen's servers have none and take an empty one.
    """
    every = tuple(messages)
    drawn = [list(_pictures(at, message, images)) for at, message in enumerate(every)]
    said = zip(every, thoughts_sent(every, earlier), drawn, strict=True)
    turns: list[Json] = []
    for role, run in groupby(said, key=lambda one: _role(one[0])):
        blocks = [block for one in run for block in _blocks(*one)]
        if blocks:
            turns.append({"role": role, "content": blocks})
    return turns


def tools_json(tools: Iterable[ToolSpec]) -> list[Json]:
    """The offered tools in the protocol's shape."""
    return [
        {"name": tool.name, "description": tool.description, "input_schema": tool.parameters}
        for tool in tools
    ]


def _role(message: Message) -> str:
    return "assistant" if isinstance(message, Assistant) else "user"


def _blocks(message: Message, thought: str, drawn: list[Json]) -> Iterator[Json]:
    match message:
        case User():
            yield from ({"type": "text", "text": message.sent}, *drawn)
        case Assistant():
            if thought:
                yield {"type": "thinking", "thinking": thought, "signature": ""}
            if message.text:
                yield {"type": "text", "text": message.text}
            for call in message.calls:
                yield {"type": "tool_use", "id": call.id, "name": call.name, "input": call.sent}
        case ToolResult():
            text = message.sent
            yield {
                "type": "tool_result",
                "tool_use_id": message.call_id,
                "content": [{"type": "text", "text": text}, *drawn] if drawn else text,
                "is_error": not message.ok,
            }


def _pictures(at: int, message: Message, images: InlineImages) -> Iterator[Json]:
    """Those that are sent, each after the words that say what it is."""
    for part, picture in sent_images(at, message, images):
        yield {"type": "text", "text": f"{as_text([part])}:"}
        source = {"type": "base64", "media_type": picture.media_type, "data": picture.data}
        yield {"type": "image", "source": source}
