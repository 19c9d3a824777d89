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
    ToolProgress,
    ToolStarted,
    TurnFinished,
)
from qchat_tools.parts import ClearPart, Part, TextPart, joined

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


def test_a_running_tools_lines_are_seen_as_they_end_and_once() -> None:
    started = ToolStarted("c", "python", {"code": "count()"})
    out: list[Part] = [TextPart("one\ntw", "stdout"), TextPart("o\n", "stdout")]
    progress = [ToolProgress("c", part) for part in out]
    assert printed([started, progress[0]]).splitlines()[1:] == ["  one"]
    assert printed([started, *progress]).splitlines()[1:] == ["  one", "  two"]
    ended = ToolFinished("c", joined([*out, TextPart("three", "stdout")]), True)
    whole = ["  one", "  two", "  three"]
    assert printed([started, *progress, ended]).splitlines()[1:] == whole
    beside = ToolStarted("d", "web_search", {"query": "x"})
    other = ToolProgress("d", TextPart("other\n"))
    assert "other" not in printed([started, beside, progress[0], other])


LINES = st.builds(TextPart, st.text("ab\n ", max_size=400), st.just("stdout"))
REPLACED = (
    st.just(ClearPart())
    | st.builds(TextPart, st.text("ab\n\r", max_size=99), st.just("stderr"))
    | st.builds(TextPart, st.text("ab\n", min_size=1), st.just(""), st.just("same"))
)


def _both(parts: list[Part]) -> tuple[str, str]:
    """What is shown of a tool that gives these: as it runs, and at its end alone."""
    started = ToolStarted("c", "python", {"code": "f()"})
    ended = ToolFinished("c", joined(parts), True)
    progress = [ToolProgress("c", part) for part in parts]
    return printed([started, *progress, ended]), printed([started, ended])


@given(st.lists(LINES, max_size=9))
def test_lines_that_come_behind_lines_are_shown_once(parts: list[Part]) -> None:
    ahead, alone = _both(parts)
    assert ahead == alone


@given(st.lists(LINES | REPLACED, max_size=9))
def test_what_is_shown_of_a_tool_ends_with_its_result(parts: list[Part]) -> None:
    ahead, alone = _both(parts)
    assert ahead == alone or ahead.endswith(alone.split("\n", 1)[1])


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
