"""What servers really send, read under every chunking: each row of the quirks table."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qchat.backends.lessons import final, lesson_of, overflowed, told_context
from qchat.conversation.reply import CallIds, Reply
from qchat.protocol.errors import StatusError
from qchat.protocol.events import Event, StepFinished, Text, Thinking, joined
from qchat.wire import anthropic, openai_chat
from qchat.wire.reading import Reader
from qchat.wire.sse import SseReader
from qchat_tools.base import ToolSpec
from tests.quirks.rows import Row, encoded, name, rows, streams

READERS: dict[str, type[Reader]] = {"openai": openai_chat.Reader, "anthropic": anthropic.Reader}
STRING = {"type": "string"}
TOOLS = (
    ToolSpec("python", "Run code.", {"type": "object", "properties": {"code": STRING}}),
    ToolSpec("memory_save", "Keep.", {"type": "object", "properties": {"text": STRING}}),
)
STREAMS = [(protocol, row) for protocol, row in streams() if "error" not in row]
IDS = [f"{protocol}-{name(row)}" for protocol, row in STREAMS]
OPENING = ("Thinking", "qwen3.5", "Qwen3.5", "thinking")
"""Parts of names of models whose template opens the thinking."""


def test_the_table_is_large_enough():
    every = [*rows("streams"), *rows("refusals")]
    assert len(every) >= 120
    assert len({row["report"] for row in every if not row.get("near")}) >= 40
    assert {row["rule"] for row in every} >= {1, 2, 3, 4, 6, 7, 8}


LIMITS = {
    "the prompt (40000 tokens) does not fit the context window of 32768 tokens": 32_768,
    "Prompt has 40000 tokens, but the model can only handle 32768": 32_768,
    "token limit exceeded: 40000/32768": 32_768,
    "input tokens exceed model context: 40000 vs 32768": 32_768,
    "Request too large for model: Limit 32768, Requested 40000 tokens": 32_768,
    "Your prompt contains 40000 tokens, which is over the 32,768-token limit.": 32_768,
    "Conversation too long (40000 tokens). Window size: 32768": 32_768,
    "prompt_tokens (40000) > n_ctx (32768)": 32_768,
    "context shift is disabled; n_past = 40000 >= n_ctx = 32768": 32_768,
    "prompt exceeds 16k tokens": 16_000,
    "模型的最大上下文长度为32768个token，但您请求了40000个token，请减少输入长度。": 32_768,
    "输入内容过长：最多30720 tokens": 30_720,
    "La longueur maximale du contexte est de 32768 jetons, 40000 demandés": 32_768,
    "コンテキスト長の上限(32768トークン)を超えています: 40000トークン": 32_768,
    "input is too long for requested model": 0,
    "request (8204 tokens) exceeds the available context size (4096 tokens)": 4096,
    "context limit: 190000 + 20000 > 200000, decrease input length": 200_000,
    "total number of tokens in the prompt cannot exceed 4081 - received 4123": 4081,
    "Prompt exceeds max length": 0,
    "invalid params, context window exceeds limit (2013)": 0,
    "prompt too long; exceeded max context length by 512 tokens": 0,
    "Request body too large for gpt-4o model. Max size: 8000 tokens.": 8000,
    "Context overflow: 40000 tokens in prompt, window 32768": 32_768,
    "prompt has 40,123 tokens; context is 32,768": 32_768,
    "n_prompt=40000 n_ctx_slot=32768": 32_768,
    "the prompt tokens (40000) are more than the context (32768)": 32_768,
    "Total message token length exceed model limit (131072 tokens).": 131_072,
    "el contexto máximo es de 32768 tokens, pero el mensaje tiene 40000": 32_768,
    "максимальная длина контекста 32768 токенов": 32_768,
    "최대 컨텍스트 길이 32768 토큰": 32_768,
    "Invalid 'messages[1].content': string too long. Expected a maximum length 1048576": 0,
}
"""What servers say of a request that is too long, and the limit that it names."""


def test_a_refusal_teaches_the_limit_in_whatever_words() -> None:
    said = {text: StatusError(f"h answered 400: {text}", status=400) for text in LIMITS}
    assert {text: overflowed(e) and told_context(e) for text, e in said.items()} == LIMITS
    assert overflowed(StatusError("h answered 413: Request Entity Too Large", status=413))
    per_minute = "Request too large: Limit 6000 tokens per minute (TPM), Requested 7000"
    for passing in ("Too many tokens, please wait", "You have exceeded your monthly token limit"):
        assert not overflowed(StatusError(f"h answered 429: {passing}", status=429))
    for other in (per_minute, "max_tokens must be at most 8192", "the image has an odd size"):
        assert not overflowed(StatusError(f"h answered 400: {other}", status=400))


BODY = {
    "model": "m", "stream": True, "messages": [{"role": "user", "content": "hi"}], "tools": [1],
    "parallel_tool_calls": True, "temperature": 0.6, "top_p": 0.95, "top_k": 20, "min_p": 0.0,
    "presence_penalty": 1.5,
}  # fmt: skip
WITHOUT = {
    'Unknown name "top_k": Cannot find field.\nUnknown name "min_p": Cannot find field.': {
        "top_k",
        "min_p",
    },
    "Model m does not support parameter presencePenalty.": {"presence_penalty"},
    "Penalty is not enabled for this model": {"presence_penalty"},
    "Repetition/presence penalties are not supported by model": {"presence_penalty"},
    "`temperature` and `top_p` cannot both be specified for this model.": {"top_p"},
    "No endpoints found that support the provided 'tools' parameter": {
        "tools",
        "parallel_tool_calls",
    },
    "Tool calling is not enabled for this deployment": {"tools", "parallel_tool_calls"},
    "Function calling is not enabled for models/m": {"tools", "parallel_tool_calls"},
}
"""What servers say of a field that they do not take, and what is left out then."""


def test_a_refusal_teaches_what_to_leave_out_in_whatever_words() -> None:
    for text, fields in WITHOUT.items():
        lesson = lesson_of(StatusError(f"h answered 400: {text}", status=400), BODY)
        assert lesson is not None, text
        assert set(lesson.without) == fields, text


FINAL = {
    "hour allocated quota exceeded.": True,
    "week allocated quota exceeded": True,
    "You have exceeded the 5-hour usage quota. It will reset at 20:00:00": True,
    "You've reached your monthly spending limit": True,
    "该令牌额度已用尽": True,
    "monthly included credits have been exceeded. Subscribe to PRO": True,
    "Free usage exceeded, add credits": True,
    "concurrency allocated quota exceeded": False,
    "Allocated quota exceeded, please increase your quota limit.": False,
    "您的账户已达到速率限制，请您控制请求频率": False,
    "当前分组上游负载已饱和，请稍后再试": False,
    "Request rate increased too quickly": False,
}
"""What services say of a status of 429, and whether waiting is of no use."""


def test_a_quota_that_waiting_does_not_bring_back_is_not_asked_again() -> None:
    said = {text: final(StatusError(f"h answered 429: {text}", status=429)) for text in FINAL}
    assert said == FINAL


def read(pieces: list[bytes], protocol: str, row: Row) -> dict[str, Any]:
    """The reply of one stream, in the words of the table."""
    sse = SseReader()
    model = row.get("model", "")
    reader = READERS[protocol](
        TOOLS if row.get("tools", True) else (),
        calls_end_thinking="Coder" in model or "3.5" in model or "3.6" in model,
        opened=any(word in model for word in OPENING),
    )
    events: list[Event] = []
    for piece in pieces:
        batch, at = sse.feed(piece), 0
        while at < len(batch) and not reader.over:
            fresh, run = reader.feed_run(batch, at, apart=False)
            events, at = events + fresh, at + run
    for event in sse.close():
        if not reader.over:
            events += reader.feed(event)
    events += reader.close()
    return summary(events, reader) | ({"usage": _usage(reader)} if "usage" in row else {})


def _usage(reader: Reader) -> list[int]:
    usage = reader.usage
    return [usage.prompt, usage.completion, usage.cached]


def summary(events: list[Event], reader: Reader) -> dict[str, Any]:
    """What came, as a person and the tools see it."""
    reply = Reply(CallIds())
    for event in [*joined(events), StepFinished(reader.usage, reason=reader.reason)]:
        reply.add(event)
    calls = reply.calls() if reader.finished else []  # else the backend raises: nothing runs
    return {
        "text": "".join(event.text for event in events if isinstance(event, Text)),
        "thinking": "".join(event.text for event in events if isinstance(event, Thinking)),
        "calls": [[call.name, call.arguments] for call in calls if not call.invalid],
        "invalid": [call.name for call in calls if call.invalid],
        "length": reader.reason == "length",
        "unread": bool(reader.unread),
    }


def expected(row: Row) -> dict[str, Any]:
    return {
        "text": row.get("text", ""),
        "thinking": row["text"] if row.get("thinking_too") else row.get("thinking", ""),
        "calls": row.get("calls", []),
        "invalid": row.get("invalid", []),
        "length": row.get("reason") == "length",
        "unread": "could not be read" in row.get("notice", ""),
        **({"usage": row["usage"]} if "usage" in row else {}),
    }


@pytest.mark.parametrize(("protocol", "row"), STREAMS, ids=IDS)
def test_every_row_whole_and_byte_by_byte(protocol: str, row: Row):
    stream = encoded(row, protocol)
    assert read([stream], protocol, row) == expected(row)
    assert read([bytes([byte]) for byte in stream], protocol, row) == expected(row)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(STREAMS), st.lists(st.integers(0, 5000), max_size=12))
def test_any_cut_gives_the_same_reply(case: tuple[str, Row], places: list[int]):
    protocol, row = case
    stream = encoded(row, protocol)
    edges = [0, *sorted(place % (len(stream) + 1) for place in places), len(stream)]
    assert read([stream[a:b] for a, b in pairwise(edges)], protocol, row) == expected(row)
