"""The rows of the quirks table, and what they are on the wire of each protocol."""

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Row = dict[str, Any]
PROTOCOLS = ("openai", "anthropic")
_FOLDER = Path(__file__).parent
_REASONS = {"stop": "end_turn", "tool_calls": "tool_use", "length": "max_tokens"}


def rows(table: str) -> list[Row]:
    """All rows of `streams` or `refusals`."""
    loaded: list[Row] = tomllib.loads((_FOLDER / f"{table}.toml").read_text("utf-8"))["row"]
    return loaded


def protocols(row: Row) -> tuple[str, ...]:
    """Those in which a row can be said: one, where a step is that one's own."""
    keys = {key for step in row["send"] for key in step}
    own = [one for one in PROTOCOLS if keys & {one, f"raw_{one}", f"{one}_done"}]
    return tuple(own) or PROTOCOLS


def streams() -> list[tuple[str, Row]]:
    """Each stream in each protocol."""
    return [(protocol, row) for row in rows("streams") for protocol in protocols(row)]


def name(row: Row) -> str:
    """What a test is called."""
    return f"{row['report']}: {row.get('says', '')}"


def encoded(row: Row, protocol: str) -> bytes:
    """The body of a reply: what the row sends, and a normal end where it has none."""
    steps = row["send"]
    ended = any({"finish", "done", "open"} & step.keys() for step in steps)
    ends = [{"finish": "stop"}, {"done": True}]
    if any("finish" in step for step in steps) and not any(
        {"done", "open", f"{protocol}_done"} & step.keys() for step in steps
    ):
        ends, ended = [{"done": True}], False
    every = [*steps, *([] if ended else ends)]
    encode = _openai if protocol == "openai" else _anthropic
    return b"".join(frame for step in every for frame in encode(step, protocol))


def _common(step: Row, protocol: str) -> Iterator[bytes]:
    for key in ("raw", f"raw_{protocol}"):
        if key in step:
            yield step[key].encode()


def _openai(step: Row, protocol: str) -> Iterator[bytes]:
    yield from _common(step, protocol)
    for key in ("text", "letters"):
        for piece in _pieces(step, key):
            yield _chunk({"content": piece})
    for key in ("thinking", "thinking_letters"):
        for piece in _pieces(step, key):
            yield _chunk({"reasoning_content": piece})
    if "openai" in step:
        yield b"data: " + step["openai"].encode() + b"\n\n"
    if "call" in step:
        yield _chunk({"tool_calls": [_call(step["call"])]})
    if "finish" in step:
        yield _chunk({}, step["finish"])
    if "usage" in step:
        usage = {f"{key}_tokens": number for key, number in step["usage"].items()}
        yield _data({"choices": [], "usage": usage})
    if "ping" in step:
        yield b": ping\n\n"
    if "done" in step:
        yield b"data: [DONE]\n\n"


def _anthropic(step: Row, protocol: str) -> Iterator[bytes]:
    yield from _common(step, protocol)
    for key in ("text", "letters"):
        for piece in _pieces(step, key):
            yield _event("content_block_delta", delta={"type": "text_delta", "text": piece})
    for key in ("thinking", "thinking_letters"):
        for piece in _pieces(step, key):
            delta = {"type": "thinking_delta", "thinking": piece}
            yield _event("content_block_delta", delta=delta)
    if "anthropic" in step:
        kind = json.loads(step["anthropic"])["type"]
        yield f"event: {kind}\ndata: {step['anthropic']}\n\n".encode()
    if "call" in step:
        yield from _use(step["call"])
    if "finish" in step:
        reason = _REASONS.get(step["finish"], step["finish"])
        yield _event("message_delta", delta={"stop_reason": reason}, usage={"output_tokens": 2})
    if "usage" in step:
        told = {"input_tokens": step["usage"]["prompt"]}
        yield _event("message_delta", delta={}, usage=told)
    if "ping" in step:
        yield _event("ping")
    if "done" in step or "anthropic_done" in step:
        yield _event("message_stop")


def _pieces(step: Row, key: str) -> list[str]:
    text = step.get(key, "")
    return list(text) if key.endswith("letters") else [text] * bool(text)


def _call(call: Row) -> Row:
    function = {key: call[key] for key in ("name", "arguments") if key in call}
    own = {key: call[key] for key in ("index", "id") if key in call}
    return {**own, "type": "function", "function": function}


def _use(call: Row) -> Iterator[bytes]:
    index = call.get("index", 0)
    if "name" in call:
        block = {"type": "tool_use", "id": call["id"], "name": call["name"], "input": {}}
        yield _event("content_block_start", index=index, content_block=block)
    if call.get("arguments"):
        delta = {"type": "input_json_delta", "partial_json": call["arguments"]}
        yield _event("content_block_delta", index=index, delta=delta)


def _chunk(delta: Row, finish: str | None = None) -> bytes:
    return _data({"id": "r1", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})


def _data(value: Row) -> bytes:
    return b"data: " + json.dumps(value, ensure_ascii=False).encode() + b"\n\n"


def _event(kind: str, **fields: Any) -> bytes:
    data = json.dumps({"type": kind, **fields}, ensure_ascii=False)
    return f"event: {kind}\ndata: {data}\n\n".encode()
