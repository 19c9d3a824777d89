"""Folding events into what a model is sent."""

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from qchat.protocol.event_values import RecalledMemory, ToolCall
from qchat.protocol.events import (
    Event,
    Recalled,
    StepFinished,
    Text,
    Thinking,
    ToolDraft,
    ToolFinished,
    ToolProgress,
    ToolStarted,
    TurnFinished,
)
from qchat.protocol.fold import fold
from qchat.protocol.messages import INTERRUPTED, Assistant, ToolResult, User
from qchat_tools.parts import TextPart

ONE = TextPart("1", "stdout")


def test_a_plain_answer() -> None:
    events = [Thinking("hm"), Text("yes"), StepFinished(), TurnFinished("stop")]
    assert fold("really?", events) == (
        User("really?"),
        Assistant((Thinking("hm"), Text("yes"))),
    )


def test_an_answer_that_was_taken_for_thinking_at_first_goes_back_once() -> None:
    for answer in ("Hello there.", "word " * 5_000):
        events = [Thinking(f"{answer}\n"), Text(answer), StepFinished()]
        assert fold("hi", events)[1:] == (Assistant((Text(answer),)),)


def test_results_follow_their_reply_in_the_order_of_the_calls() -> None:
    events = [
        Thinking("two calls"),
        StepFinished(),
        ToolStarted("a", "python", {"code": "1"}),
        ToolStarted("b", "python", {"code": "2"}),
        ToolProgress("b", ONE),
        ToolFinished("b", (TextPart("2"),), True),
        ToolFinished("a", (ONE,), False),
        Text("done"),
        StepFinished(),
    ]
    calls = (ToolCall("a", "python", {"code": "1"}), ToolCall("b", "python", {"code": "2"}))
    assert fold("go", events) == (
        User("go"),
        Assistant((Thinking("two calls"), *calls)),
        ToolResult("a", "python", (ONE,), False),
        ToolResult("b", "python", (TextPart("2"),), True),
        Assistant((Text("done"),)),
    )


def test_a_reply_of_calls_only_is_a_reply_of_its_own() -> None:
    events = [
        StepFinished(),
        ToolStarted("a", "python", {}),
        ToolFinished("a", (ONE,), True),
        StepFinished(),
        ToolStarted("b", "python", {}),
        ToolFinished("b", (ONE,), True),
        StepFinished(),
    ]
    kinds = [type(message).__name__ for message in fold("", events)]
    assert kinds == ["User", "Assistant", "ToolResult", "Assistant", "ToolResult"]


def test_a_call_that_was_cut_short_has_a_result_that_says_so() -> None:
    events = [StepFinished(), ToolStarted("a", "python", {}), ToolProgress("a", ONE)]
    result = fold("", events)[-1]
    assert result == ToolResult("a", "python", (ONE, INTERRUPTED), ok=False)


def test_memories_stand_with_the_prompt() -> None:
    memory = RecalledMemory("m", "Zubiko", "2026-01-01")
    assert fold("?", [Recalled((memory,))]) == (User("?", (memory,)),)


def _cut(text: str, at: list[int]) -> Iterator[str]:
    begin = 0
    for end in sorted({min(place, len(text)) for place in at} | {len(text)}):
        if end > begin:
            yield text[begin:end]
        begin = end


@given(st.text(max_size=20), st.text(max_size=20), st.lists(st.integers(0, 20)))
def test_how_a_stream_was_cut_does_not_matter(think: str, say: str, at: list[int]) -> None:
    whole: list[Event] = [Thinking(think)] if think else []
    whole += [Text(say)] if say else []
    pieces: list[Event] = [Thinking(piece) for piece in _cut(think, at)]
    pieces += [Text(piece) for piece in _cut(say, at)]
    assert fold("p", pieces) == fold("p", whole)


events = st.one_of(
    st.builds(Thinking, st.text(max_size=3)),
    st.builds(Text, st.text(max_size=3)),
    st.builds(ToolDraft, st.sampled_from("ab"), st.just("t"), st.just("{")),
    st.builds(ToolStarted, st.sampled_from("abcd"), st.just("t"), st.just({})),
    st.builds(ToolProgress, st.sampled_from("abcd"), st.just(ONE)),
    st.builds(ToolFinished, st.sampled_from("abcd"), st.just((ONE,)), st.booleans()),
    st.just(StepFinished()),
    st.just(TurnFinished("cancelled")),
)


@given(st.lists(events, max_size=30))
def test_whatever_came_every_call_has_exactly_one_result_behind_it(stream: list[Event]) -> None:
    open_calls: list[str] = []
    for message in fold("p", stream):
        match message:
            case Assistant():
                assert not open_calls
                open_calls = [call.id for call in message.calls]
            case ToolResult():
                assert open_calls.pop(0) == message.call_id
            case User():
                pass
    assert not open_calls
