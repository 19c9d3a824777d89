"""The Anthropic protocol: what is said, and how replies are read under every chunking."""

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qchat.protocol.errors import StatusError
from qchat.protocol.event_values import RecalledMemory, ToolCall, Usage
from qchat.protocol.events import Event, Text, Thinking, ToolDraft, joined
from qchat.protocol.messages import Assistant, ToolResult, User
from qchat.wire.anthropic import Reader
from qchat.wire.anthropic_messages import messages_json, tools_json
from qchat.wire.sse import SseEvent, SseReader
from qchat_tools.base import ToolSpec
from qchat_tools.parts import TextPart

PYTHON = ToolSpec("python", "Run code.", {"type": "object", "properties": {"code": {}}})


def test_messages_in_the_protocols_shape():
    memory = RecalledMemory("m1", "likes tea", "2026-01-01")
    call, broken = ToolCall("c1", "python", {"code": "1"}), ToolCall("c2", "python", {}, "{no")
    messages = (
        User("hi", (memory,)),
        Assistant((Thinking("why"), Text("Let me see."), call, broken)),
        ToolResult("c1", "python", (TextPart("1\n", "stdout"),)),
        ToolResult("c2", "python", (TextPart("Error: x", "error"),), ok=False),
        Assistant((Text("done"),)),
        User("more"),
    )
    first, second, third, fourth, fifth = messages_json(messages)
    recalled = "\n\n<recalled_memories>\n2026-01-01: likes tea\n</recalled_memories>"
    assert first == {"role": "user", "content": [{"type": "text", "text": f"hi{recalled}"}]}
    assert second["role"] == "assistant"
    assert second["content"] == [
        {"type": "thinking", "thinking": "why", "signature": ""},
        {"type": "text", "text": "Let me see."},
        {"type": "tool_use", "id": "c1", "name": "python", "input": {"code": "1"}},
        {"type": "tool_use", "id": "c2", "name": "python", "input": {"invalid_json": "{no"}},
    ]
    assert third["role"] == "user"  # both results in one turn
    assert [block["tool_use_id"] for block in third["content"]] == ["c1", "c2"]
    assert [block["is_error"] for block in third["content"]] == [False, True]
    assert third["content"][0]["content"] == "1"
    assert (fourth["role"], fifth["content"]) == ("assistant", [{"type": "text", "text": "more"}])


@pytest.mark.parametrize(
    ("earlier", "thoughts"), [("all", ["a", "b"]), ("turn", ["b"]), ("none", [])]
)
def test_how_much_thinking_goes_back(earlier: Any, thoughts: list[str]):
    messages = (
        User("1"),
        Assistant((Thinking("a"), Text("x"))),
        User("2"),
        Assistant((Thinking("b"), ToolCall("c", "python", {}))),
        ToolResult("c", "python", ()),
    )
    blocks = [
        block for turn in messages_json(messages, earlier=earlier) for block in turn["content"]
    ]
    assert [block["thinking"] for block in blocks if block["type"] == "thinking"] == thoughts


def test_tools_in_the_protocols_shape():
    (sent,) = tools_json([PYTHON])
    assert sent == {
        "name": "python",
        "description": "Run code.",
        "input_schema": PYTHON.parameters,
    }


def line(kind: str, **fields: Any) -> str:
    data = {"type": kind, **fields}
    return f"event: {kind}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"


def delta(index: int, kind: str, **fields: str) -> str:
    return line("content_block_delta", index=index, delta={"type": kind, **fields})


START = line(
    "message_start",
    message={"id": "r1", "content": [], "usage": {"input_tokens": 5, "cache_read_input_tokens": 4}},
)
STREAM = (
    START
    + line("content_block_start", index=0, content_block={"type": "thinking", "thinking": ""})
    + delta(0, "thinking_delta", thinking="Ein ")
    + line("ping")
    + delta(0, "thinking_delta", thinking="Gedanke 思")
    + line("content_block_start", index=1, content_block={"type": "text", "text": ""})
    + delta(1, "text_delta", text="Gleich <")
    + delta(1, "text_delta", text="b>.")
    + line(
        "content_block_start",
        index=2,
        content_block={"type": "tool_use", "id": "c1", "name": "python", "input": {}},
    )
    + delta(2, "input_json_delta", partial_json='{"code":')
    + delta(2, "input_json_delta", partial_json=' "1"}')
    + line(
        "content_block_start", index=3, content_block={"type": "tool_use", "id": "c2", "name": "t"}
    )
    + delta(0, "signature_delta", signature="")
    + "".join(line("content_block_stop", index=index) for index in range(4))
    + line("message_delta", delta={"stop_reason": "tool_use"}, usage={"output_tokens": 9})
    + line("message_stop")
).encode()
EVENTS = [
    Thinking("Ein Gedanke 思"),
    Text("Gleich <b>."),
    ToolDraft("c1", "python", '{"code": "1"}'),
    ToolDraft("c2", "t", ""),
]


def read(*pieces: bytes, **options: Any) -> tuple[list[Event], Reader]:
    sse, reader = SseReader(), Reader([PYTHON], **options)
    events = [event for piece in pieces for event in sse.feed(piece)] + sse.close()
    out = [delta for event in events for delta in reader.feed(event)]
    return list(joined([*out, *reader.close()])), reader


def test_thinking_text_and_calls():
    events, reader = read(STREAM)
    assert events == EVENTS
    assert (reader.reply_id, reader.finished, reader.reason) == ("r1", True, "tool_calls")
    assert reader.usage == Usage(prompt=9, completion=9, thinking=2, cached=4)


@given(st.lists(st.integers(0, len(STREAM)), max_size=10))
def test_any_cut_gives_the_same_events(places: list[int]):
    edges = [0, *sorted(places), len(STREAM)]
    pieces = [STREAM[a:b] for a, b in pairwise(edges)]
    assert read(*pieces)[0] == EVENTS


def test_tags_that_a_server_left_in_the_text():
    call = '<tool_call>{"name": "python", "arguments": {"code": "1"}}</tool_call>'
    raw = START + delta(0, "text_delta", text=f"<think>why</think>so {call}") + line("message_stop")
    (thinking, text, draft), reader = read(raw.encode())
    assert (thinking, text) == (Thinking("why"), Text("so"))
    assert isinstance(draft, ToolDraft)
    assert reader.reason == "tool_calls"


def test_a_reply_that_was_not_streamed():
    whole = {
        "type": "message",
        "id": "r2",
        "content": [
            {"type": "thinking", "thinking": "why"},
            {"type": "text", "text": "hi"},
            {"type": "tool_use", "id": "c1", "name": "python", "input": {"code": "1"}},
        ],
        "stop_reason": "tool_use",
        "usage": {"input_tokens": 3, "output_tokens": 2},
    }
    reader = Reader([PYTHON])
    events = [*reader.feed(SseEvent("", json.dumps(whole))), *reader.close()]
    assert events == [Thinking("why"), Text("hi"), ToolDraft("c1", "python", '{"code":"1"}')]
    assert (reader.finished, reader.usage.prompt, reader.usage.completion) == (True, 3, 2)


def test_the_length_counts_before_a_call():
    cut = START + line("message_delta", delta={"stop_reason": "max_tokens"})
    assert read(cut.encode())[1].reason == "length"


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (
            '{"type":"error","error":{"type":"overloaded_error","message":"busy"}}',
            "overloaded.*busy",
        ),
        ('{"type":"error"}', "no reason given"),
        ('{"code":"Throttling","message":"slow","request_id":"q7"}', "Throttling: slow .*q7"),
    ],
)
def test_an_error_inside_the_stream(data: str, says: str):
    reader = Reader(server="cloud")
    with pytest.raises(StatusError, match=f"^cloud reported an error: .*{says}"):
        reader.feed(SseEvent("error", data))


@pytest.mark.parametrize("data", ["<html>", "[1]"])
def test_what_is_no_event_costs_itself_and_is_counted(data: str):
    events, reader = read(STREAM.replace(line("ping").encode(), f"data: {data}\n\n".encode()))
    assert events == EVENTS
    assert len(reader.unread) == 1


def test_an_event_of_a_later_protocol_is_passed_over():
    assert Reader().feed(SseEvent("", '{"type":"content_block_hint","index":0}')) == []
