"""The chat protocol: what is said, and how every server's way of answering is read."""

import json
from typing import Any

import pytest

from qchat.protocol.errors import StatusError
from qchat.protocol.event_values import RecalledMemory, ToolCall, Usage
from qchat.protocol.events import Event, Text, Thinking, ToolDraft, joined
from qchat.protocol.messages import Assistant, ToolResult, User
from qchat.wire.openai_chat import Reader
from qchat.wire.openai_messages import messages_json, tools_json
from qchat.wire.sse import SseEvent
from qchat_tools.base import ToolSpec
from qchat_tools.parts import TextPart

PYTHON = ToolSpec("python", "Run code.", {"type": "object", "properties": {"code": {}}})
CALL = ToolCall("c1", "python", {"code": "print('é')"})


def test_messages_in_the_protocols_shape():
    memory = RecalledMemory("m1", "likes tea", "2026-01-01")
    messages = (
        User("hi", (memory,)),
        Assistant((Thinking("a "), Thinking("b"), Text("Let me see."), CALL)),
        ToolResult("c1", "python", (TextPart("é\n", "stdout"), TextPart("Error: x", "error"))),
        Assistant((Text("done"),)),
    )
    sent = messages_json(messages, "Be brief.")
    assert sent[0] == {"role": "system", "content": "Be brief."}
    assert sent[1] == {
        "role": "user",
        "content": "hi\n\n<recalled_memories>\n2026-01-01: likes tea\n</recalled_memories>",
    }
    (call,) = sent[2].pop("tool_calls")
    assert sent[2] == {
        "role": "assistant",
        "content": "Let me see.",
        "reasoning_content": "a b",
    }
    assert json.loads(call["function"].pop("arguments")) == {"code": "print('é')"}
    assert call == {"id": "c1", "type": "function", "function": {"name": "python"}}
    assert sent[3] == {"role": "tool", "tool_call_id": "c1", "content": "é\nError: x"}
    assert sent[4] == {"role": "assistant", "content": "done"}


def test_arguments_that_were_no_json_go_back_as_json():
    broken = ToolCall("c1", "python", {}, '{"code": ')
    (sent,) = messages_json([Assistant((broken,))])
    arguments = json.loads(sent["tool_calls"][0]["function"]["arguments"])
    assert arguments == {"invalid_json": '{"code": '}


def test_tools_in_the_protocols_shape():
    (sent,) = tools_json([PYTHON])
    assert sent["type"] == "function"
    assert sent["function"] == {
        "name": "python",
        "description": "Run code.",
        "parameters": PYTHON.parameters,
    }


def chunk(finish: str | None = None, **delta: Any) -> str:
    return json.dumps({"id": "r1", "choices": [{"delta": delta, "finish_reason": finish}]})


def read(*data: str, **options: Any) -> tuple[list[Event], Reader]:
    reader = Reader([PYTHON], **options)
    out = [delta for text in data for delta in reader.feed(SseEvent("", text))]
    return list(joined([*out, *reader.close()])), reader


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_thinking_in_either_field_then_text(field: str):
    events, reader = read(
        chunk(role="assistant", content=None),
        chunk(**{field: "One "}),
        chunk(**{field: "two.", "content": ""}),
        chunk(content="Hel"),
        chunk(content="lo."),
        chunk("stop"),
        '{"id":"r1","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":7,'
        '"prompt_tokens_details":{"cached_tokens":4},'
        '"completion_tokens_details":{"reasoning_tokens":3}}}',
        "[DONE]",
    )
    assert events == [Thinking("One two."), Text("Hello.")]
    assert (reader.reason, reader.finished, reader.reply_id) == ("stop", True, "r1")
    assert reader.usage == Usage(prompt=9, completion=7, thinking=3, cached=4)


def test_usage_by_the_names_of_the_newer_protocols():
    counts = {"input_tokens": 9, "output_tokens": 7, "input_tokens_details": {"cached_tokens": 4}}
    _, reader = read(chunk("stop"), json.dumps({"choices": [], "usage": counts}))
    assert reader.usage == Usage(prompt=9, completion=7, cached=4)


def test_without_usage_pieces_are_counted():
    _, reader = read(chunk(reasoning="a"), chunk(reasoning="b"), chunk("length", content="c"))
    assert reader.usage == Usage(prompt=0, completion=3, thinking=2)
    assert reader.reason == "length"


def test_llama_cpp_timings_fill_what_usage_leaves_out():
    _, reader = read(
        chunk("stop", content="x"),
        '{"choices":[],"timings":{"cache_n":10,"prompt_n":5,"predicted_n":1,'
        '"predicted_per_second":50.5}}',
    )
    assert reader.usage == Usage(prompt=15, completion=1, cached=10)
    assert reader.tokens_per_s == 50.5


def test_tags_in_content_count_beside_a_reasoning_field():
    call = '<tool_call>{"name": "python", "arguments": {"code": "1"}}</tool_call>'
    events, reader = read(chunk(content=f"<think>why</think>so {call}"), chunk("stop"))
    (thinking, text, draft) = events
    assert (thinking, text) == (Thinking("why"), Text("so"))
    assert isinstance(draft, ToolDraft)
    assert (draft.name, draft.text) == ("python", '{"code": "1"}')
    assert reader.reason == "tool_calls"


def test_calls_in_fragments_after_text_that_was_held_back():
    def fragment(**function: str) -> dict[str, Any]:
        return {"index": 0, "id": "c1" if "name" in function else "", "function": function}

    events, reader = read(
        chunk(content="Look <"),
        chunk(tool_calls=[fragment(name="python", arguments="")]),
        chunk(tool_calls=[fragment(arguments="{}")]),
        chunk("tool_calls"),
    )
    assert events == [Text("Look <"), ToolDraft("c1", "python", "{}")]
    assert reader.reason == "tool_calls"


def test_a_reply_that_was_not_streamed():
    whole = {"choices": [{"message": {"content": "hi"}, "finish_reason": "stop"}]}
    events, reader = read(json.dumps(whole))
    assert events == [Text("hi")]
    assert reader.finished


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ('{"error":{"code":500,"message":"no slot","type":"server_error"}}', "server_error: no sl"),
        ('{"error":"model not\\nfound"}', "model not found"),
        (
            '{"code":"Throttling.RateQuota","message":"slow down","request_id":"q7"}',
            r"Throttling.RateQuota: slow down \(request id q7\)",
        ),
        ('{"object":"error","message":"too long","code":400}', "too long"),
        ('{"error":{"message":"m"},"choices":[{"finish_reason":"error"}]}', "m"),
    ],
)
def test_an_error_inside_the_stream(data: str, says: str):
    with pytest.raises(StatusError, match=f"^cloud reported an error: .*{says}"):
        read(chunk(content="a"), data, server="cloud")


def test_the_errors_own_status_and_code_are_kept():
    with pytest.raises(StatusError) as caught:
        read('{"error":{"code":503,"message":"m","type":"busy"},"request_id":"q"}')
    assert (caught.value.status, caught.value.code, caught.value.request_id) == (503, "busy", "q")


@pytest.mark.parametrize("data", ["<html>", "[1]", "true", '{"choices": "no"}'])
def test_what_is_no_chunk_costs_itself_and_is_counted(data: str):
    events, reader = read(chunk(content="so "), data, chunk("stop", content="on"))
    assert events == [Text("so on")]
    assert len(reader.unread) == 1
    assert reader.reason == "stop"


@pytest.mark.parametrize("data", ["", "null", "{}", '{"id":3}', '{"choices":[]}'])
def test_what_says_nothing_is_passed_over(data: str):
    events, reader = read(chunk(content="so "), data, chunk("stop", content="on"))
    assert events == [Text("so on")]
    assert reader.unread == []


def test_a_reason_before_any_answer_ends_no_reply_at_once():
    """Some servers put one on each piece, the first with the role alone."""
    said = '{"choices":[{"delta":{"role":"assistant","content":"%s"},"finish_reason":"stop"}]}'
    reader = Reader()
    reader.feed(SseEvent("", said % ""))
    assert (reader.finished, reader.unsettled) == (True, True)
    reader.feed(SseEvent("", said % "hi"))
    assert not reader.unsettled
