"""Events survive being stored, and parts do not depend on how a stream was cut."""

import itertools

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qchat.protocol.event_values import RecalledMemory, Timings, Usage
from qchat.protocol.events import (
    Event,
    Notice,
    Recalled,
    StepFinished,
    Text,
    Thinking,
    ToolDraft,
    ToolFinished,
    ToolProgress,
    ToolStarted,
    TurnFinished,
    decode,
    encode,
    joined,
    part_key,
)
from qchat_tools.parts import ImagePart, SourcePart, TextPart

EVENTS: list[Event] = [
    Thinking("hm", at=1.5),
    Text("你好 \x1b[31m"),
    ToolDraft("c1", "python", '{"co'),
    ToolStarted("c1", "python", {"code": "1"}),
    ToolStarted("c2", "python", {}, invalid="{nope"),
    ToolProgress("c1", TextPart("1\n", "stdout")),
    ToolFinished("c1", (TextPart("1"), ImagePart("ab", "image/png", 2, 3)), True),
    Recalled((RecalledMemory("m1", "text", "2026-01-01", 0.5, True),)),
    Notice("again", "warning"),
    StepFinished(Usage(1, 2, 3, 4), Timings(0.1, 0.2, 3.0), "tool_calls"),
    TurnFinished("stop"),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_an_event_survives_being_stored(event: Event) -> None:
    assert decode(encode(event)) == event


def test_the_type_of_a_line_is_in_snake_case() -> None:
    types = [msgspec.json.decode(encode(event))["type"] for event in EVENTS]
    assert types[:4] == ["thinking", "text", "tool_draft", "tool_started"]
    assert types[-1] == "turn_finished"


def test_a_tool_started_line_has_name_and_arguments_at_the_top() -> None:
    line = msgspec.json.decode(encode(ToolStarted("c", "python", {"code": "1 + 1"})))
    assert line["name"] == "python"
    assert line["arguments"] == {"code": "1 + 1"}


def test_a_source_part_survives() -> None:
    event = ToolFinished("c", (SourcePart(3, "https://a.example/", "T", "x", "2026"),), False)
    assert decode(encode(event)) == event


words = st.text(max_size=5)
deltas = st.one_of(
    st.builds(Thinking, words),
    st.builds(Text, words),
    st.builds(ToolDraft, st.sampled_from("ab"), st.just("python"), words),
    st.just(StepFinished()),
)


@given(st.lists(deltas))
def test_joining_keeps_all_text_and_leaves_no_neighbours_of_one_part(events: list[Event]) -> None:
    parts = list(joined(events))
    text = [getattr(event, "text", "|") for event in events]
    assert "".join(text) == "".join(getattr(part, "text", "|") for part in parts)
    for first, second in itertools.pairwise(parts):
        assert part_key(first) != part_key(second) or isinstance(first, StepFinished)


@given(st.lists(deltas))
def test_joining_twice_changes_nothing(events: list[Event]) -> None:
    once = list(joined(events))
    assert list(joined(once)) == once


def test_a_part_begins_when_its_first_piece_did() -> None:
    (part,) = joined([Thinking("a", at=1.0), Thinking("b", at=2.0)])
    assert part == Thinking("ab", at=1.0)
