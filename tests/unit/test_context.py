"""What is sent to a model, and what no longer fits."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qchat.conversation.context import (
    CHARACTERS_PER_TOKEN,
    history,
    measured_ratio,
    soft_switch,
    system_text,
    turn_messages,
)
from qchat.protocol.events import (
    StepFinished,
    Text,
    Thinking,
    ToolFinished,
    ToolStarted,
    TurnFinished,
    Usage,
)
from qchat.protocol.messages import Assistant, Message, User
from qchat_tools.parts import TextPart


@pytest.mark.parametrize(
    ("prompt", "text", "think"),
    [
        ("hello", "hello", None),
        ("hello /think", "hello", True),
        ("hello /no_think", "hello", False),
        ("/no_think hello", "hello", False),
        ("a /no_think b /think", "a  b", True),
        ("see /thinking and /usr/no_think/x", "see /thinking and /usr/no_think/x", None),
        ("and/no_think", "and/no_think", None),
    ],
)
def test_the_last_switch_wins_and_is_not_sent(prompt: str, text: str, think: bool | None) -> None:
    assert soft_switch(prompt) == (text, think)


def test_code_that_the_user_ran_is_told() -> None:
    events = [
        ToolStarted("u", "python", {"code": "6 * 7"}, caller="user"),
        ToolFinished("u", (TextPart("42", "result"),), True),
        TurnFinished("stop"),
    ]
    (message,) = turn_messages("/run 6 * 7", events)
    assert isinstance(message, User)
    assert "6 * 7" in message.sent
    assert "42" in message.sent


def test_the_system_text_names_the_day() -> None:
    assert "2026-05-04" in system_text(datetime.date(2026, 5, 4))


def turn(size: int) -> tuple[Message, ...]:
    return (User("q" * size), Assistant((Text("a" * size),)))


def test_without_a_known_context_everything_is_sent() -> None:
    assert history([turn(10**6)] * 3, 0).dropped == 0


def test_the_oldest_turns_are_dropped_whole() -> None:
    sent = history([turn(1_000), turn(1_000), turn(10)], context=1_000, ratio=3.0)
    assert sent.dropped == 1
    assert sent.messages == (*turn(1_000), *turn(10))


def test_the_last_turn_may_take_the_room_of_the_reply() -> None:
    assert history([turn(5), turn(140)], context=100, ratio=3.0).messages == turn(140)


def test_a_last_turn_that_no_request_could_hold_is_left_out() -> None:
    assert history([turn(5), turn(10**6)], context=100).messages == ()
    assert history([turn(5), turn(140)], context=100, ratio=3.0, beside=50).messages == ()


def test_without_anything_counted_there_is_no_ratio() -> None:
    assert measured_ratio([], StepFinished(Usage(prompt=9))) == CHARACTERS_PER_TOKEN


def test_thinking_that_is_not_sent_takes_no_room() -> None:
    long = (User("q"), Assistant((Thinking("t" * 2_800), Text("a"))))
    assert history([long, long, long], context=1_000, thoughts=False).dropped == 0
    assert history([long, long, long], context=1_000, thoughts=True).dropped == 2


def test_the_ratio_goes_by_what_was_sent() -> None:
    long = (User("q" * 500), Assistant((Thinking("t" * 1_000), Text("a" * 500))))
    step = StepFinished(Usage(prompt=1_000, completion=500))
    assert measured_ratio([long, long], step, thoughts=False) == 2.0
    assert measured_ratio([long, long], step, thoughts=True) == 4_000 / 1_500


@pytest.mark.parametrize(
    ("prompt", "ratio"),
    [(0, CHARACTERS_PER_TOKEN), (1_000, 2.0), (100, CHARACTERS_PER_TOKEN), (10**6, 0.5)],
)
def test_the_ratio_is_what_the_server_counted_within_reason(prompt: int, ratio: float) -> None:
    step = StepFinished(Usage(prompt=prompt))
    assert measured_ratio([turn(1_000)], step) == ratio
    assert measured_ratio([], None) == CHARACTERS_PER_TOKEN


@given(st.lists(st.integers(0, 500)), st.integers(1, 2_000))
def test_what_is_kept_is_always_the_end(sizes: list[int], context: int) -> None:
    turns = [turn(size) for size in sizes]
    sent = history(turns, context)
    kept = turns[sent.dropped :]
    assert sent.messages == tuple(message for one in kept for message in one)


def test_a_finished_turn_is_its_fold() -> None:
    events = [Text("yes"), StepFinished(), TurnFinished("stop")]
    assert turn_messages("really? /no_think", events) == (
        User("really?"),
        Assistant((Text("yes"),)),
    )
