"""What is said in the OpenAI chat protocol: messages and tools, as Qwen's servers take them."""

from collections.abc import Iterable
from typing import Any

import msgspec

from qchat.events import ToolCall
from qchat.messages import Assistant, Message, ToolResult, User
from qchat.wire.reading import Earlier, thoughts_sent
from qchat_tools.base import ToolSpec
from qchat_tools.parts import as_text

Json = dict[str, Any]


def messages_json(
    messages: Iterable[Message],
    system: str = "",
    *,
    earlier: Earlier = "all",
    reasoning: str = "reasoning_content",
) -> list[Json]:
    """The conversation in the protocol's shape; `reasoning` is the field for the thinking."""
    every = tuple(messages)
    head: list[Json] = [{"role": "system", "content": system}] if system else []
    for message, thought in zip(every, thoughts_sent(every, earlier), strict=True):
        said = _message_json(message)
        head.append(said | ({reasoning: thought} if thought else {}))
    return head


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
            content = as_text(message.parts)
            return {"role": "tool", "tool_call_id": message.call_id, "content": content}


def _call_json(call: ToolCall) -> Json:
    """Templates parse the arguments again, so what was no JSON goes back inside of JSON."""
    function = {"name": call.name, "arguments": msgspec.json.encode(call.sent).decode()}
    return {"id": call.id, "type": "function", "function": function}
