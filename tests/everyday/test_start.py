"""A start as people have it: they type at once, it fails, somebody ends it before it has begun."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.terminal import Terminal, needs_tmux

pytestmark = [needs_tmux]


@pytest.fixture
def window(tmp_path: Path) -> Iterator[Terminal]:
    opened = Terminal(tmp_path, 80, 24)
    yield opened
    opened.close()


def test_what_is_typed_at_once_is_sent_and_what_follows_stays_in_the_prompt(
    window: Terminal,
) -> None:
    window.run()
    window.wait_for("Ask anything")
    window.press("Enter")  # nothing is written: no button of the welcome, which is not there yet
    window.type("W", enter=False)
    window.wait_for("▌ W")  # two ends of a line that come at one time were pasted
    window.type("hat is 127 * 45?")
    window.type("next", enter=False)
    window.press("!", "BSpace")
    window.resize(70, 20)
    screen = window.wait_for("= 5715", "▌ next ")
    assert "think" in screen.splitlines()[-2]
    window.press("C-q")
    window.wait_for("exit=0")
    window.run("-c")
    window.wait_for("Ask anything")
    window.type("/session", enter=False)
    window.wait_for("What is 127 * 45?", "▌ /session", "/sessions")


def test_a_start_that_fails_says_why_in_a_terminal_as_it_was(
    window: Terminal, tmp_path: Path
) -> None:
    (tmp_path / "sessions.db").write_bytes(b"no database " * 500)
    window.run()
    window.wait_for("cannot be used", "exit=1")
    window.type("stty -a")
    screen = window.wait_for(" icanon", " echo ")
    assert "starting" not in screen


@pytest.mark.skipif(sys.platform != "linux", reason="finds the process in /proc")
def test_told_to_end_before_there_is_a_window_it_leaves_a_sane_terminal(window: Terminal) -> None:
    window.run()
    window.wait_for("Ask anything")
    os.kill(window.child(), signal.SIGTERM)
    window.wait_for("exit=143")
    window.type("stty -a")
    window.wait_for(" icanon", " echo ")
