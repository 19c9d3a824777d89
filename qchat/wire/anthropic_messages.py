"""What is said in the Anthropic protocol: blocks in messages, and tools.

Source: the vendor's pages on its compatible endpoint; llama.cpp's `/v1/messages`.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from qchat.messages import Assistant, Message, ToolResult, User
from qchat.wire.reading import Earlier, thoughts_sent
from qchat_tools.base import ToolSpec
from qchat_tools.parts import as_text

Json = dict[str, Any]


def messages_json(messages: Iterable[Message], *, earlier: Earlier = "all") -> list[Json]:
    """The conversation in the protocol's shape, in which the sides take turns.

    A signature belongs to whoever thought; Qwen's servers have none and take an empty one.
    """
    every = tuple(messages)
    said = zip(every, thoughts_sent(every, earlier), strict=True)
    turns: list[Json] = []
    for role, run in groupby(said, key=lambda pair: _role(pair[0])):
        blocks = [block for message, thought in run for block in _blocks(message, thought)]
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


def _blocks(message: Message, thought: str) -> Iterator[Json]:
    match message:
        case User():
            yield {"type": "text", "text": message.sent}
        case Assistant():
            if thought:
                yield {"type": "thinking", "thinking": thought, "signature": ""}
            if message.text:
                yield {"type": "text", "text": message.text}
            for call in message.calls:
                yield {"type": "tool_use", "id": call.id, "name": call.name, "input": call.sent}
        case ToolResult():
            yield {
                "type": "tool_result",
                "tool_use_id": message.call_id,
                "content": as_text(message.parts),
                "is_error": not message.ok,
            }
