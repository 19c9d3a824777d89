"""What the terminal is told when nobody looks: each way of it, through tmux and screen too."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qchat.tui.terminal.attention import LONG_TURN_S, Attention
from qchat.tui.terminal.notifications import BELL, Setting, notification, way, window_title

TMUX = {"TMUX": "/tmp/tmux-0/default,1,0"}


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"TERM": "xterm-kitty"}, "osc99"),
        ({"TERM": "xterm-256color", "KITTY_WINDOW_ID": "1"}, "osc99"),
        ({"TERM": "foot"}, "osc99"),
        ({"TERM_PROGRAM": "ghostty"}, "osc777"),
        ({"TERM": "xterm-256color", "VTE_VERSION": "7600"}, "osc777"),
        ({"TERM_PROGRAM": "WezTerm"}, "osc777"),
        ({"TERM_PROGRAM": "iTerm.app"}, "osc9"),
        ({"WT_SESSION": "x"}, "osc9"),
        ({"TERM": "tmux-256color", "LC_TERMINAL": "iTerm2"}, "osc9"),
        ({"TERM": "xterm-256color"}, "bell"),
        ({"TERM_PROGRAM": "Apple_Terminal"}, "bell"),
        ({}, "bell"),
    ],
)
def test_the_way_fits_the_terminal(environment: dict[str, str], expected: str) -> None:
    assert way(environment) == expected


def test_each_way_is_what_its_terminals_document() -> None:
    assert notification("qchat", "done", "osc9", {}) == "\x1b]9;qchat: done\x1b\\"
    assert notification("qchat", "a;b", "osc777", {}) == "\x1b]777;notify;qchat;a,b\x1b\\"
    said = notification("qchat", "完成", "osc99", {})
    head, _, payload = said.removesuffix("\x1b\\").rpartition(";")
    assert head == "\x1b]99;i=qchat:e=1"
    assert base64.b64decode(payload).decode() == "qchat: 完成"
    assert notification("qchat", "done", "bell", {}) == BELL
    assert notification("qchat", "done", "off", {}) == ""
    assert notification("qchat", "done", "auto", {"TERM": "foot"}).startswith("\x1b]99;")


def test_tmux_is_asked_to_hand_it_on_and_rings_beside() -> None:
    said = notification("qchat", "done", "osc9", TMUX)
    assert said == f"\x1bPtmux;\x1b\x1b]9;qchat: done\x1b\x1b\\\x1b\\{BELL}"
    assert notification("qchat", "done", "bell", TMUX) == BELL
    assert notification("qchat", "done", "off", TMUX) == ""
    screen = notification("qchat", "done", "osc9", {"STY": "1.pts"})
    assert screen == "\x1bP\x1b]9;qchat: done\x07\x1b\\"


@given(st.text(), st.sampled_from(["osc9", "osc777", "osc99", "bell"]))
def test_nothing_in_a_text_ends_the_sequence(text: str, setting: Setting) -> None:
    said = notification("qchat", text, setting, {})
    body = said.removesuffix("\x1b\\").removesuffix(BELL).removeprefix("\x1b")
    assert all(character.isprintable() for character in body)
    title = window_title(text).removeprefix("\x1b]2;").removesuffix("\x1b\\")
    assert all(character.isprintable() for character in title)


async def test_who_looks_is_not_called_and_a_short_turn_calls_nobody() -> None:
    written: list[str] = []
    attention = Attention(written.append, lambda: "osc9", {})
    await attention.ended("talk", LONG_TURN_S)
    assert written == [], "a terminal that never said is taken for looked at"
    attention.focus(on=True)
    await attention.ended("talk", LONG_TURN_S)
    await attention.asks("May I?")
    assert written == []
    attention.focus(on=False)
    await attention.ended("talk", LONG_TURN_S - 1)
    assert written == []
    await attention.ended("talk", LONG_TURN_S)
    await attention.asks("May I run this?\nrm -r x")
    assert written == [
        "\x1b]9;qchat: The answer is there: talk\x1b\\",
        "\x1b]9;qchat asks: May I run this?\x1b\\",
    ]


def test_a_title_is_written_once() -> None:
    written: list[str] = []
    attention = Attention(written.append, lambda: "off", {})
    for title in ("talk", "talk", "… talk"):
        attention.title(title)
    assert written == [window_title("talk"), window_title("… talk")]
