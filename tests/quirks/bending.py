"""Valid replies, and the ways in which servers are known to bend them and mean the same."""

import json
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from hypothesis import strategies as st

from qchat.wire.cumulative import MIN_SHORT
from tests.quirks.rows import Row, encoded

Draw = Callable[[st.SearchStrategy[Any]], Any]

SAID = st.sampled_from([
    "", "hi", "Two words. ", "a < b and `c`\n\n", "# Title\n\n- one\n- two\n", "schön 思 🎉 ",
    "```\n<tool_call>\n{\"name\": \"python\", \"arguments\": {}}\n</tool_call>\n```\n",
    "The tag `</think>` ends it. ", "{\"json\": true} ", "<b>bold</b>\n", "it's \"so\" ",
])  # fmt: skip
CODE = st.sampled_from([
    "print(1)", "", "x = {'a': 1}\nprint(x)\n", "s = \"\\\"\\\\\"", "# 思 🎉", "'</parameter>'",
    "if a:\n\tprint('{')\n", "</tool_call>", "<tool_call>", "a\n</parameter>\nb", "\n\n",
])  # fmt: skip


@st.composite
def replies(draw: Draw) -> Row:
    """What a model says: thinking, text and calls."""
    # Calls that differ in spaces alone are one call to the reader.
    calls = draw(st.lists(CODE, max_size=3, unique_by=str.strip))
    return {
        "thinking": "".join(draw(st.lists(SAID.map(_quiet), max_size=3))),
        "text": "".join(draw(st.lists(SAID, max_size=4))),
        "calls": [["python", {"code": code}] for code in calls],
    }


def _quiet(text: str) -> str:
    return text if "tool_call" not in text else "so "


@st.composite
def steps(draw: Draw, reply: Row) -> list[Row]:
    """The pieces of a reply, as a server of good manners streams them."""
    out: list[Row] = [{"thinking": piece} for piece in draw(cut(reply["thinking"]))]
    out += [{"text": piece} for piece in draw(cut(reply["text"]))]
    for at, (name, arguments) in enumerate(reply["calls"]):
        first, *rest = draw(cut(json.dumps(arguments))) or [""]
        out.append({"call": {"index": at, "id": f"id{at}", "name": name, "arguments": first}})
        out += [{"call": {"index": at, "arguments": piece}} for piece in rest]
    return out


@st.composite
def cut(draw: Draw, text: str) -> list[str]:
    """A text in pieces, none of them empty."""
    places = sorted(set(draw(st.lists(st.integers(1, max(len(text) - 1, 1)), max_size=4))))
    edges = [0, *(place for place in places if place < len(text)), len(text)]
    return [text[a:b] for a, b in pairwise(edges) if text[a:b]]


# Each takes the steps of a reply and gives other ones that say the same.


def _between(draw: Draw, told: list[Row], what: Row) -> list[Row]:
    at = draw(st.integers(0, len(told)))
    return [*told[:at], what, *told[at:]]


def nothing(draw: Draw, told: list[Row], protocol: str) -> list[Row]:
    """Pings, comments and frames that say nothing."""
    raw = draw(st.sampled_from([
        ": ping\n\n", "data:\n\n", "data: null\n\n", "data: {}\n\n", "event: ping\ndata: {}\n\n",
        "data: : OPENROUTER PROCESSING\n\n", "data: 2026-11-27 10:00:00.5\n\n",
        "event: heartbeat\ndata: alive\n\n", "data: {\"type\": \"keepalive\"}\n\n",
        "id: 3\nretry: 9\n\n", "\n\n\n", ":\n",
    ]))  # fmt: skip
    return _between(draw, told, {"raw": raw})


def odd_fields(draw: Draw, told: list[Row], protocol: str) -> list[Row]:
    """Fields of another type, or unknown, in a piece that says nothing else."""
    openai = [
        {"id": 5, "choices": [{"delta": {"role": ["assistant"]}, "logprobs": 3}]},
        {"choices": [], "usage": {"prompt_tokens": "7", "completion_tokens_details": []}},
        {"choices": None, "usage": None, "timings": []},
        {"choices": [{"delta": None, "finish_reason": ""}]},
        {"choices": [{"index": "0", "delta": {"content": None, "tool_calls": []}}], "x": {}},
    ]
    anthropic = [
        {"type": "message_start", "message": None},
        {"type": "message_start", "message": {"id": 5, "usage": {"input_tokens": "7"}}},
        {"type": "content_block_start", "index": "0", "content_block": {"type": "text"}},
        {"type": "content_block_delta", "delta": {"type": "signature_delta", "signature": 3}},
        {"type": "content_block_stop", "index": None},
        {"type": "content_block_hint", "index": 9},
    ]
    frame = draw(st.sampled_from(openai if protocol == "openai" else anthropic))
    return _between(draw, told, {protocol: json.dumps(frame)})


def parts(draw: Draw, told: list[Row], protocol: str) -> list[Row]:
    """Text as a list of parts."""
    if protocol != "openai":
        return told
    return [_as_parts(step) if "text" in step else step for step in told]


def _as_parts(step: Row) -> Row:
    content = [{"type": "text", "text": step["text"]}]
    return {"openai": json.dumps({"choices": [{"delta": {"content": content}}]})}


def halves(draw: Draw, told: list[Row], protocol: str) -> list[Row]:
    """Characters beyond the first plane, cut into two escapes."""
    if protocol != "openai":
        return told
    out: list[Row] = []
    for step in told:
        whole = step.get("text", "")
        if "🎉" not in whole:
            out.append(step)
            continue
        before, _, after = whole.partition("🎉")
        for text in (json.dumps(before)[:-1] + '\\ud83c"', '"\\udf89' + json.dumps(after)[1:]):
            out.append({"openai": f'{{"choices":[{{"delta":{{"content":{text}}}}}]}}'})
    return out


def repeated_names(draw: Draw, told: list[Row], protocol: str) -> list[Row]:
    """Id and name again with each piece of a call."""
    if protocol != "openai":
        return told
    return [
        {"call": {"id": f"id{step['call']['index']}", "name": "python", **step["call"]}}
        if "call" in step
        else step
        for step in told
    ]


def other_ids(draw: Draw, told: list[Row], protocol: str) -> list[Row]:
    """A new id with each piece of a call."""
    if protocol != "openai":
        return told
    out = []
    for at, step in enumerate(told):
        follows = "call" in step and "name" not in step["call"]
        out.append({"call": {**step["call"], "id": f"r{at}"}} if follows else step)
    return out


def one_index(draw: Draw, told: list[Row], protocol: str) -> list[Row]:
    """Every call is number 0."""
    if protocol != "openai":
        return told
    return [{"call": {**step["call"], "index": 0}} if "call" in step else step for step in told]


def no_index(draw: Draw, told: list[Row], protocol: str) -> list[Row]:
    """No index at all."""
    if protocol != "openai":
        return told
    return [
        {"call": {key: step["call"][key] for key in step["call"] if key != "index"}}
        if "call" in step
        else step
        for step in told
    ]


def whole_again(draw: Draw, told: list[Row], protocol: str) -> list[Row]:
    """The whole arguments once more behind their pieces."""
    out: list[Row] = []
    for at, step in enumerate(told):
        out.append(step)
        follower = told[at + 1].get("call", {"name": ""}) if at + 1 < len(told) else {"name": ""}
        if "call" in step and "name" in follower and len(_arguments(told, step)) > len("{}"):
            index = step["call"]["index"]
            out.append({"call": {"index": index, "arguments": _arguments(told, step)}})
    return out


def _arguments(told: list[Row], step: Row) -> str:
    index = step["call"]["index"]
    calls = [one["call"] for one in told if "call" in one]
    return "".join(call["arguments"] for call in calls if call["index"] == index)


def raw_too(draw: Draw, told: list[Row], protocol: str) -> list[Row]:
    """Each call as raw text as well, behind the parsed ones."""
    names = [step for step in told if "call" in step and "name" in step["call"]]
    raw = [f'{{"name": "python", "arguments": {_arguments(told, step)}}}' for step in names]
    return [*told, *({"text": f"\n<tool_call>\n{call}\n</tool_call>"} for call in raw)]


def said_again(draw: Draw, told: list[Row], protocol: str) -> list[Row]:
    """The whole message once more, as a reply that was not streamed."""
    text = "".join(step.get("text", "") for step in told)
    if protocol != "openai" or not text:
        return told
    message = {"role": "assistant", "content": text}
    return [*told, {"openai": json.dumps({"choices": [{"message": message}]})}]


def begun_before(draw: Draw, told: list[Row], protocol: str) -> list[Row]:
    """A piece of the reply, and then all of it: a proxy has asked again."""
    piece = told[: draw(st.integers(0, len(told)))]
    if protocol != "openai":
        first, second = (
            {"anthropic": json.dumps({"type": "message_start", "message": {"id": id_}})}
            for id_ in ("m0", "m1")
        )
        return [first, *piece, second, *told]
    starts = {"openai": json.dumps({"id": "r1", "choices": [{"delta": {"role": "assistant"}}]})}
    before = encoded({"send": [starts, starts, *piece, {"open": True}]}, protocol)
    return [{"raw": before.replace(b'"id": "r1"', b'"id": "r0"').decode()}, starts, *told]


def other_reply(draw: Draw, told: list[Row], protocol: str) -> list[Row]:
    """A second choice, which says something else between two pieces of the first one's text."""
    says = [at for at, step in enumerate(told) if step.get("text")]
    if protocol != "openai" or len(says) < len("ab"):
        return told
    at = draw(st.integers(says[0] + 1, says[-1]))
    delta = draw(st.sampled_from([{"content": "other"}, {"role": "assistant", "content": ""}]))
    other = {"openai": json.dumps({"choices": [{"index": 1, "delta": delta}]})}
    end = {"openai": '{"choices":[{"index":1,"delta":{},"finish_reason":"length"}]}'}
    return [*told[:at], other, *told[at:], *([end] if delta["content"] else [])]


def thought_too(draw: Draw, told: list[Row], protocol: str) -> list[Row]:
    """The thinking once more, between its tags in the text."""
    thought = "".join(step.get("thinking", "") for step in told)
    if not thought.strip() or "think>" in thought or "```" in thought:
        return told
    at = next((at for at, step in enumerate(told) if "thinking" not in step), len(told))
    pieces = ["<think>\n", *draw(cut(thought)), "</think>", "\n\n"]
    again = [{"text": piece} for piece in pieces]
    return [*told[:at], *again, *told[at:]]


def all_so_far(draw: Draw, told: list[Row], protocol: str) -> list[Row]:
    """Each piece of the text holds all before it."""
    pieces = [step["text"] for step in told if step.get("text")]
    called = any("call" in step for step in told)  # text behind a call begins anew
    if called or len(pieces) < len("abcd") or len("".join(pieces[:-1])) < MIN_SHORT:
        return told  # which may as well be what is new
    out: list[Row] = []
    said = ""
    for step in told:
        said += step.get("text", "")
        out.append({"text": said} if step.get("text") else step)
    return out


BENDS = (nothing, odd_fields, parts, halves, said_again)
"""In any order, any number of them."""
CALL_BENDS = (repeated_names, other_ids, one_index, no_index, whole_again, raw_too)
"""One at a time: no server has two of these."""
ENDS: tuple[list[Row], ...] = (
    [{"done": True}],
    [{"open": True}],
    [{"usage": {"prompt": 3, "completion": 2}}, {"done": True}],
    [{"usage": {"prompt": 3, "completion": 2}}, {"open": True}],
    [{"done": True}, {"raw": "data: [DONE]\n\n"}, {"raw": ": bye\n\n"}],
)


@st.composite
def bent(draw: Draw, protocol: str, *, whole: bool = True) -> tuple[Row, bytes]:
    """A reply, and a stream that says it in one or two of the known odd ways.

    What breaks off is not `whole`: then nothing shows yet whether pieces hold all so far.
    """
    reply = draw(replies())
    told = draw(steps(reply))
    if reply["calls"] and draw(st.booleans()):
        told = draw(st.sampled_from(CALL_BENDS))(draw, told, protocol)
    bends = draw(st.lists(st.sampled_from(BENDS), max_size=2, unique=True))
    if not bends and draw(st.booleans()):
        ways = [begun_before, thought_too, other_reply, *([all_so_far] if whole else [])]
        told = draw(st.sampled_from(ways))(draw, told, protocol)
    for bend in bends:
        told = bend(draw, told, protocol)
    finish = draw(st.sampled_from(["tool_calls", "stop"])) if reply["calls"] else "stop"
    told = [*told, {"finish": finish}, *draw(st.sampled_from(ENDS))]
    stream = encoded({"send": told}, protocol)
    if draw(st.booleans()):
        stream = stream.replace(b"\n", b"\r\n")
    elif draw(st.booleans()):
        stream = stream.replace(b"data: ", b"data:")
    elif draw(st.booleans()):
        stream = stream.replace(b"}\n\n", draw(st.sampled_from([rb"}\n\n", b"},"])) + b"\n\n")
    return reply, stream
