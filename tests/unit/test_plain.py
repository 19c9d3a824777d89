"""A turn as plain lines."""

import io

from hypothesis import given
from hypothesis import strategies as st

from qchat.commands.thinking import thoughts
from qchat.console.renderer import ConsoleRenderer
from qchat.protocol.event_values import Timings, Usage
from qchat.protocol.events import (
    Event,
    Notice,
    StepFinished,
    Text,
    Thinking,
    ToolFinished,
    ToolStarted,
    TurnFinished,
)
from qchat_tools.parts import TextPart

TURN: list[Event] = [
    Thinking("First ", at=10.0),
    Thinking("this.", at=12.0),
    StepFinished(at=13.0),
    ToolStarted("c", "python", {"code": "print(1)"}, at=13.0),
    ToolFinished("c", (TextPart("1\n", "stdout"),), True, at=14.0),
    Text("It is ", at=15.0),
    Text("one.", at=15.1),
    StepFinished(Usage(100, 20, 5, 80), Timings(0.1, 1.0, 55.0), at=16.0),
    TurnFinished("stop", at=16.0),
]


def printed(events: list[Event], *, live: bool = False, dim: bool = False) -> str:
    out = io.StringIO()
    view = ConsoleRenderer(out, live=live, dim=dim)
    for event in events:
        view.show(event)
    return out.getvalue()


def test_a_dumb_terminal_gets_plain_lines() -> None:
    assert printed(TURN).splitlines() == [
        "  thought for 3 s (/thinking shows it)",
        "  python: print(1)",
        "  1",
        "It is one.",
        "  120 tokens · 55 tok/s · reused 80, read 20",
    ]


def test_a_better_one_sees_the_seconds_go_by_on_one_line() -> None:
    shown = printed(TURN[:3], live=True)
    assert "thinking … 0 s" in shown
    assert "thinking … 2 s" in shown
    assert shown.count("\n") == 1
    assert shown.rsplit("\r\x1b[K", 1)[1] == "  thought for 3 s (/thinking shows it)\n"


def test_dim_lines_end_what_they_begin() -> None:
    shown = printed(TURN, dim=True)
    assert shown.count("\x1b[2m") == shown.count("\x1b[0m") == 4
    assert "\nIt is one.\n" in shown


def test_thoughts_are_shown_whole_or_it_is_said_that_there_were_none() -> None:
    assert thoughts([Thinking("a"), Text("x"), Thinking("b")]) == "a\n\nb"
    assert thoughts([Text("x")]) == "There was no thinking."


@given(st.text(), st.booleans())
def test_nothing_foreign_reaches_the_terminal(text: str, dim: bool) -> None:
    events: list[Event] = [
        Text(text), Notice(text), ToolStarted(text, text, {text: text}), Thinking(text),
        ToolFinished(text, (TextPart(text),), True), TurnFinished("stop"),
    ]  # fmt: skip
    shown = printed(events, dim=dim).replace("\x1b[2m", "").replace("\x1b[0m", "")
    assert not any(ord(c) < 32 and c not in "\n\t" for c in shown)
