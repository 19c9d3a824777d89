"""The tag reader: what counts as a tag, both kinds of calls, and every way of cutting the text."""

import json
from itertools import count, pairwise
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from qchat.protocol.events import Event, Text, Thinking, ToolDraft, joined
from qchat.wire.tags import TagReader

SCHEMAS: dict[str, dict[str, Any]] = {
    "python": {"properties": {"code": {"type": "string"}}},
    "web_search": {
        "properties": {
            "query": {"type": "string"},
            "count": {"type": "integer"},
            "fresh": {"type": "boolean"},
            "site": {"anyOf": [{"type": "string"}, {"type": "null"}]},
            "tags": {"type": "array"},
        }
    },
}


def read(pieces: list[str], *, tools: bool = True, **options: bool) -> list[Event]:
    numbers = count(1)
    schemas = SCHEMAS if tools else {}
    reader = TagReader(schemas, make_id=lambda: f"c{next(numbers)}", **options)
    out = [delta for piece in pieces for delta in reader.feed(piece)]
    return list(joined([*out, *reader.close()]))


def json_call(name: str, **arguments: object) -> str:
    return f"<tool_call>\n{json.dumps({'name': name, 'arguments': arguments})}\n</tool_call>"


def draft(id_: str, name: str, **arguments: object) -> ToolDraft:
    return ToolDraft(id_, name, json.dumps(arguments, ensure_ascii=False))


XML = (
    "<tool_call>\n<function=web_search>\n<parameter=query>\n42\n</parameter>\n"
    "<parameter=count>\n3\n</parameter>\n<parameter=fresh>\nTrue\n</parameter>\n"
    "<parameter=site>\nnull\n</parameter>\n"
    '<parameter=tags>\n["a"]\n</parameter>\n</function>\n</tool_call>'
)
XML_DRAFT = draft("c1", "web_search", query="42", count=3, fresh=True, site=None, tags=["a"])

THINK_FIRST = "<think>\nIt is a sum.\n</think>\n\n"
ONE = json_call("python", code="print('</tool_call>')\n")
TWO = json_call("web_search", query="café")

CASES: list[tuple[str, dict[str, bool], list[Event]]] = [
    ("plain", {}, [Text("plain")]),
    (THINK_FIRST + "5715.", {}, [Thinking("It is a sum."), Text("5715.")]),
    ("<think>\n\n</think>\n\nhello\n", {}, [Text("hello")]),
    (
        "opening lost\n</think>\n\nanswer",
        {"opened": True},
        [Thinking("opening lost"), Text("answer")],
    ),
    ("<think>both</think>x", {"opened": True}, [Thinking("both"), Text("x")]),
    ("opening lost\n</think>\n\nanswer", {}, [Text("opening lost\n\n\nanswer")]),
    ("<think>never closed", {}, [Thinking("never closed")]),
    (
        THINK_FIRST + "Look:\n" + ONE + "\n" + TWO,
        {},
        [
            Thinking("It is a sum."),
            Text("Look:"),
            draft("c1", "python", code="print('</tool_call>')\n"),
            draft("c2", "web_search", query="café"),
        ],
    ),
    ("<think>a " + ONE + " b</think>c", {}, [Thinking("a " + ONE + " b"), Text("c")]),
    (
        "a " + XML,
        {"opened": True, "calls_end_thinking": True},
        [Thinking("a"), XML_DRAFT],
    ),
    (XML + "\nafter", {}, [XML_DRAFT, Text("after")]),
    (XML.removeprefix("<tool_call>\n"), {}, [XML_DRAFT]),
    (XML.removesuffix("\n</tool_call>"), {}, [XML_DRAFT]),
    (
        ONE.removesuffix("\n</tool_call>"),
        {},
        [draft("c1", "python", code="print('</tool_call>')\n")],
    ),
    (
        ONE.removesuffix("\n</tool_call>") + "\n" + TWO,
        {},
        [
            draft("c1", "python", code="print('</tool_call>')\n"),
            draft("c2", "web_search", query="café"),
        ],
    ),
    (
        '<tool_call>{"name": "python", "arguments": {"code": }}</tool_call> so',
        {},
        [ToolDraft("c1", "python", '{"name": "python", "arguments": {"code": }}'), Text(" so")],
    ),
    (
        '<tool_call>{"name": "python", "arguments": {"code": "1',
        {},
        [ToolDraft("c1", "python", '{"name": "python", "arguments": {"code": "1')],
    ),
    ("The <tool_call> tag, and <think> too.", {}, [Text("The <tool_call> tag, and <think> too.")]),
    ("1 < 2 and `</think>` ends <", {}, [Text("1 < 2 and `</think>` ends <")]),
    (ONE, {"tools": False}, [Text(ONE)]),
    ("ends in <tool_call>", {}, [Text("ends in <tool_call>")]),
]


@pytest.mark.parametrize(("text", "options", "events"), CASES)
def test_whole_and_letter_by_letter(text: str, options: dict[str, bool], events: list[Event]):
    assert read([text], **options) == events
    assert read(list(text), **options) == events


@given(st.sampled_from(CASES), st.lists(st.integers(0, 400), max_size=10))
def test_any_cut_gives_the_same_events(
    case: tuple[str, dict[str, bool], list[Event]], places: list[int]
):
    text, options, events = case
    edges = [0, *sorted(min(place, len(text)) for place in places), len(text)]
    pieces = [text[a:b] for a, b in pairwise(edges)]
    assert read(pieces, **options) == events


BITS = [
    "<think>",
    "</think>",
    "<tool_call>",
    "</tool_call>",
    "<function=",
    "python>",
    "</function>",
]
BITS += ["<parameter=", "code>", "</parameter>", "{", '"', "\\", "}", "\n", " ", "<", "x", "é"]


@given(st.lists(st.sampled_from(BITS), max_size=25), st.booleans(), st.booleans())
@example(["<think>", "<tool_call>", "<function="], False, True)  # cut off before it has a name
def test_any_soup_of_tags_reads_alike_whole_and_cut(bits: list[str], opened: bool, ends: bool):
    options = {"opened": opened, "calls_end_thinking": ends}
    whole = read(["".join(bits)], **options)
    assert read(bits, **options) == whole
    assert read(list("".join(bits)), **options) == whole
    assert all(isinstance(event, Thinking | Text | ToolDraft) for event in whole)


@given(
    st.lists(
        st.sampled_from([*BITS, "\r\n", "`", "```\n", "<tools>", "[TOOL_CALLS]", "<|im_end|>"])
    ),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)
@example(["\r\n", "<think>"], True, False, False)
@example(["<|im_end|>", "\n", "</think>"], False, False, False)
@example(["<|im_end|>", "\n", "</tool_call>"], False, True, False)
def test_any_soup_in_a_field_of_thinking_or_behind_parsed_calls_too(
    bits: list[str], all_thinking: bool, strict: bool, field: bool
):
    def came(pieces: list[str]) -> list[Event]:
        numbers = count(1)
        reader = TagReader(SCHEMAS, all_thinking=all_thinking, make_id=lambda: f"c{next(numbers)}")
        reader.strict, reader.field_thinking = strict, field
        out = [delta for piece in pieces for delta in reader.feed(piece)]
        return list(joined([*out, *reader.close()]))

    assert came(bits) == came(list("".join(bits))) == came(["".join(bits)])


@pytest.mark.parametrize(
    ("text", "calls"),
    [
        (f"So: {json_call('python', code='1')}  \n ", 1),
        (f"So: {json_call('python', code='1')}  \nmore", 0),
        (json_call("python", code="1").removesuffix("</tool_call>") + "<tool_call> \n  " + "", 1),
        (
            json_call("python", code="1").removesuffix("</tool_call>")
            + json_call("python", code="2").replace("<tool_call>", "<tool_call>   \n  "),
            2,
        ),
    ],
)
def test_blanks_that_come_apart_cost_no_call(text: str, calls: int) -> None:
    whole = read([text])
    assert sum(isinstance(event, ToolDraft) for event in whole) == calls
    assert all(read([text[:at], text[at:]]) == whole for at in range(1, len(text)))
    assert read(list(text)) == whole


@given(st.text(alphabet="ab <>/{}\n", max_size=60))
def test_text_without_tags_loses_only_outer_whitespace(text: str):
    events = read([text])
    assert events == ([Text(text.rstrip().lstrip("\r\n"))] if text.strip() else [])


@given(st.text(max_size=60))
def test_a_json_string_of_any_kind_survives(code: str):
    assert read([json_call("python", code=code)]) == [draft("c1", "python", code=code)]


@given(st.text(max_size=60).filter(lambda s: "<parameter=" not in s and "</parameter>" not in s))
@example("<function=")
@example("<function=f>")
def test_an_xml_string_of_any_kind_survives(code: str):
    text = (
        f"<tool_call>\n<function=python>\n<parameter=code>\n{code}\n</parameter>\n"
        "</function>\n</tool_call>"
    )
    assert read([text]) == [draft("c1", "python", code=code)]
