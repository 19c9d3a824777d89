"""Pieces of other protocols as chunks of the OpenAI protocol.

Gateways hand on what stands behind them, or put a reply into an envelope. What a person could read
in such a piece is read: text, thinking, calls and the reason for the end.
"""

from typing import Any

from qchat.wire.lenient_json import Json, items, mapping, word

_ENVELOPES = ("data", "output", "result", "response", "body", "chunk", "message", "completion")
_TEXTS = ("content", "response", "completion", "text", "generated_text", "output_text")
_ENDS = ("done", "stop", "is_end", "is_finished", "finished")
"""Fields that are true in the last piece."""
_THOUGHTS = ("thinking", "reasoning_content", "reasoning")


def as_chunk(piece: Json) -> Json | None:
    """The chunk that a piece without choices means; None where it means none."""
    for key in _ENVELOPES:
        inner = mapping(piece.get(key))
        if inner.get("choices"):
            return {"usage": piece.get("usage"), **inner}
    kind = word(piece.get("type"))
    if kind.startswith("response."):
        return _of_responses(kind, piece)
    if kind.startswith(("message", "content_block", "completion")):
        return _of_anthropic(kind, piece)
    return _of_natives(piece)


def _chunk(delta: Json, reason: object = None, usage: object = None) -> Json:
    return {"choices": [{"delta": delta, "finish_reason": reason}], "usage": usage}


def _of_responses(kind: str, piece: Json) -> Json | None:
    """OpenAI's newer protocol, whose pieces are named events."""
    said = piece.get("delta")
    match kind.removeprefix("response."):
        case "output_text.delta" | "refusal.delta":
            return _chunk({"content": said})
        case "reasoning_text.delta" | "reasoning_summary_text.delta":
            return _chunk({"reasoning_content": said})
        case "output_item.done":
            item = mapping(piece.get("item"))
            called = item.get("type") == "function_call"
            call = {"id": item.get("call_id"), "function": item}
            return _chunk({"tool_calls": [call]}) if called else None
        case "completed" | "done":
            return _chunk({}, "stop", mapping(piece.get("response")).get("usage"))
        case "incomplete":
            response = mapping(piece.get("response"))
            why = mapping(response.get("incomplete_details")).get("reason")
            return _chunk({}, why or "incomplete", response.get("usage"))
        case _:
            return None


def _of_anthropic(kind: str, piece: Json) -> Json | None:
    """The Anthropic protocol, in the forms that need no memory of the block around them."""
    said = mapping(piece.get("delta"))
    index = piece.get("index")
    match kind:
        case "content_block_start":
            block = mapping(piece.get("content_block"))
            if block.get("type") != "tool_use":
                return None
            function = {"name": block.get("name"), "arguments": block.get("input") or ""}
            return _chunk(
                {"tool_calls": [{"index": index, "id": block.get("id"), "function": function}]}
            )
        case "content_block_delta" if said.get("partial_json"):
            function = {"arguments": said["partial_json"]}
            return _chunk({"tool_calls": [{"index": index, "function": function}]})
        case "content_block_delta":
            return _chunk({"content": said.get("text"), "reasoning_content": said.get("thinking")})
        case "message_start":
            return _chunk({}, None, mapping(piece.get("message")).get("usage"))
        case "message_delta":
            return _chunk({}, said.get("stop_reason"), piece.get("usage"))
        case "message" | "completion":
            calls = [one for one in items(piece.get("content")) if mapping(one).get("type")]
            content = calls or piece.get("completion")
            return _chunk({"content": content}, piece.get("stop_reason"))
        case _:
            return None


def _of_natives(piece: Json) -> Json | None:
    """Ollama's, llama.cpp's and TGI's own protocols, and bare texts."""
    message = mapping(piece.get("message"))
    delta: dict[str, Any] = {
        key: message[key] for key in (*_THOUGHTS, "content", "tool_calls") if key in message
    }
    token = mapping(piece.get("token"))
    texts = [piece.get(key) for key in _TEXTS if isinstance(piece.get(key), str)]
    if not message and (texts or token):
        delta = {"content": token.get("text") or texts[0] if (token or texts) else ""}
        delta |= {key: piece[key] for key in _THOUGHTS if isinstance(piece.get(key), str)}
    if not message and isinstance(piece.get("tool_calls"), list):  # Workers AI
        delta["tool_calls"] = piece["tool_calls"]
    cut = piece.get("stopped_limit") or piece.get("stop_type") == "limit" or piece.get("truncated")
    over = any(piece.get(key) is True for key in _ENDS)
    given = piece.get("done_reason") or piece.get("finish_reason") or piece.get("stop_reason")
    reason = given or ("length" if cut else "stop") if over else given
    return _chunk(delta, reason, piece.get("usage") or piece) if delta or reason else None
