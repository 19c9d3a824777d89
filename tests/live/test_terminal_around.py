"""What stands around a chat, in a real terminal: first start, colours, copying, ends, the REPL."""

import os
import re
import shlex
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.dripping import Dripping, dripping
from tests.live.test_terminal_faults import READY, STORY, assert_sane, words
from tests.program import QCHAT, qchat
from tests.terminal import Terminal, needs_tmux

pytestmark = [needs_tmux]


@pytest.fixture
def window(tmp_path: Path) -> Iterator[Terminal]:
    terminal = Terminal(tmp_path, 100, 30)
    yield terminal
    terminal.close()


@pytest.fixture
def drip(tmp_path: Path) -> Iterator[Dripping]:
    """A slow server that is the backend of this home."""
    with dripping() as server:
        (tmp_path / "config.toml").write_text(
            f'backend = "slow"\n[backends.slow]\nkind = "openai"\nmodel = "drip"\n'
            f'base_url = "{server.base_url}"\n'
        )
        yield server


def test_a_first_start_in_a_tiny_window_with_few_colours(window: Terminal) -> None:
    window.resize(40, 12)
    window.type(f"clear; TERM=xterm-16color {shlex.join(QCHAT)}; echo exit=$?")
    window.wait_for("Just write", "chat now", READY)
    painted = window.tmux("capture-pane", "-p", "-e")
    assert not re.search(r"[34]8;[25];", painted), "only the sixteen colours"
    window.type("hello", enter=False)
    window.wait_for("hello", "or choose:")
    window.press("C-u", "Escape")
    window.wait_for("or choose:", absent=True)
    window.press("F3")
    window.wait_for("Memory", "Esc close")
    window.press("Escape", "F1")
    window.wait_for("Keys")
    window.press("Escape", "C-q")
    window.wait_for("exit=0")
    assert_sane(window)


def test_copying_reaches_the_terminal_and_the_mouse_can_be_given_away(
    window: Terminal, drip: Dripping
) -> None:
    window.run()
    window.wait_for(READY)
    window.type(STORY)
    window.wait_for("word20")
    window.press("Escape")
    window.wait_for("stopped")
    window.press("BTab", "Up", "Up", "y")
    window.wait_for("copied")
    window.until(lambda _screen: STORY in _buffer(window) or "word20" in _buffer(window))
    assert _mouse(window)
    window.press("F9")
    window.wait_for("mouse free")
    assert not _mouse(window)
    window.press("F9")
    window.wait_for("mouse free", absent=True)
    assert _mouse(window)
    window.press("C-q")
    window.wait_for("exit=0")


def _buffer(window: Terminal) -> str:
    return window.tmux("list-buffers", "-F", "#{buffer_sample}")


def _mouse(window: Terminal) -> bool:
    return window.tmux("display-message", "-p", "#{mouse_any_flag}").strip() == "1"


@pytest.mark.skipif(sys.platform != "linux", reason="finds the process in /proc")
@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_asked_to_end_in_mid_stream_it_leaves_a_sane_terminal(
    window: Terminal, drip: Dripping, number: signal.Signals, status: int
) -> None:
    window.run()
    window.wait_for(READY)
    window.type(STORY)
    window.wait_for("word10")
    os.kill(window.child(), number)
    screen = window.wait_for(f"exit={status}")
    assert "Traceback" not in screen
    assert_sane(window)
    window.run("-c")
    window.wait_for("stopped")
    window.until(lambda screen: len(words(screen)) >= 10 and none_missing(words(screen)))


def none_missing(kept: list[int]) -> bool:
    return kept == list(range(kept[0], kept[0] + len(kept)))


def test_two_actions_on_one_key_are_named_before_anything_opens(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[keys]\nthinking = "ctrl+o"\n')
    done = qchat(tmp_path, "config", "show")
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert all(word in line for word in ("config.toml", "ctrl+o", "thinking", "tools"))


@pytest.mark.parametrize("term", ["dumb", "xterm-256color"])
def test_line_by_line_a_stop_ends_the_turn_alone(
    window: Terminal, drip: Dripping, term: str
) -> None:
    window.type(f"clear; TERM={term} {shlex.join(QCHAT)} repl; echo exit=$?")
    window.wait_for("/help lists commands")
    window.until(lambda _screen: window.reads_keys())
    window.type(STORY)
    window.wait_for("word30")
    window.press("C-c")
    window.wait_for("stopped")
    assert drip.ended.wait(10)
    window.type("/run 6 * 7")
    window.wait_for("  42")
    window.type("/sessions")
    window.wait_for("2 turns")
    window.press("C-d")
    window.wait_for("exit=0")
    assert_sane(window)


def test_line_by_line_several_lines_and_completions_with_help(window: Terminal) -> None:
    window.run("repl")
    window.wait_for("/help lists commands")
    window.until(lambda _screen: window.reads_keys())
    window.type("/run x = 6", enter=False)
    window.press("C-j")
    window.type("print(x * 7)")
    window.wait_for("  42")
    window.type("/bud", enter=False)
    window.wait_for("limit the thinking")  # Tab takes the only one that there is
    window.press("Tab")
    window.press("C-c", "C-d")
    window.wait_for("exit=0")
