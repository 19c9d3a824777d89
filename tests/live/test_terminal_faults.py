"""What a terminal and a conversation look like after a kill, a crash, a stop, a resize."""

import os
import re
import select
import shlex
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.emulator import Emulator
from tests.live.dripping import Dripping, dripping
from tests.terminal import Terminal, needs_tmux

pytestmark = [needs_tmux]

READY = "Ask anything"
STORY = "Tell me a long story"
KEPT_WITHIN_S = 0.1
ROUND_TRIP_S = 0.05
"""From the server's clock to the reader's store; more where the machine holds things up."""


@pytest.fixture
def drip(tmp_path: Path) -> Iterator[Dripping]:
    """A slow server that is the backend of this home."""
    with dripping() as server:
        (tmp_path / "config.toml").write_text(
            f'backend = "slow"\n[backends.slow]\nkind = "openai"\nmodel = "drip"\n'
            f'base_url = "{server.base_url}"\n'
        )
        yield server


@pytest.fixture
def window(tmp_path: Path, drip: Dripping) -> Iterator[Terminal]:
    terminal = Terminal(tmp_path, 120, 40)
    yield terminal
    terminal.close()


def words(screen: str) -> list[int]:
    """The numbers of the words that can be read."""
    return [int(number) for number in re.findall(r"word(\d+)", screen)]


def from_the_first(screen: str, least: int) -> bool:
    """Whether so many words can be read, and none is missing before them."""
    return words(screen)[:least] == list(range(1, least + 1))


def assert_sane(window: Terminal) -> None:
    """The shell has the terminal again, as it was."""
    window.type("stty -a; echo is''back")
    screen = window.wait_for("isback")
    assert " icanon" in screen
    assert " echo " in screen
    modes = "#{alternate_on}#{mouse_any_flag}#{bracket_paste_flag}"
    assert set(window.tmux("display-message", "-p", modes).strip()) <= {"0"}


@pytest.mark.skipif(sys.platform != "linux", reason="finds the process in /proc")
def test_a_killed_stream_is_kept_up_to_the_last_tenth_of_a_second(
    window: Terminal, drip: Dripping
) -> None:
    window.run()
    window.wait_for(READY)
    window.type(STORY)
    window.wait_for("word30")
    held_up_s, killed = drip.held_up_s, time.time()
    os.kill(window.child(), signal.SIGKILL)
    window.wait_for("exit=137")
    # The killed program left the terminal raw: there the Enter key is no line feed.
    # `reset` waits a second and throws away what is typed meanwhile, so it says when it is done.
    window.type("stty sane; reset; echo is''back", enter=False)
    window.press("C-j")
    window.wait_for("isback")
    window.run("-c")
    screen = window.wait_for("this turn was cut short", STORY)
    assert "stopped" not in screen, "nobody did"
    last = killed - KEPT_WITHIN_S - ROUND_TRIP_S - 2 * held_up_s
    due = sum(at < last for at in drip.sent)
    assert due > 20
    kept = words(window.until(lambda screen: from_the_first(screen, due)))
    assert kept == list(range(1, len(kept) + 1))


@pytest.mark.skipif(sys.platform != "linux", reason="finds the process in /proc")
def test_a_terminal_that_vanishes_ends_the_program_and_keeps_the_turn(
    window: Terminal, drip: Dripping
) -> None:
    window.run()
    window.wait_for(READY)
    window.type(STORY)
    window.wait_for("word20")
    process = os.pidfd_open(window.child())
    window.close()
    ended, _, _ = select.select([process], [], [], 20)
    if not ended:
        signal.pidfd_send_signal(process, signal.SIGKILL)
    os.close(process)
    assert ended, "it went on without a terminal"
    assert drip.ended.wait(10)
    window.open()
    window.run("-c")
    window.wait_for("stopped")
    window.until(lambda screen: from_the_first(screen, 20))


@pytest.mark.parametrize("controls", [True, False])
def test_it_ends_whether_or_not_the_system_says_that_the_terminal_is_gone(
    tmp_path: Path, controls: bool
) -> None:
    program = Emulator(tmp_path, ["--offline"], controls=controls)
    try:
        program.wait_for(READY)
        program.type("What is 127 * 45?\r")
        program.wait_for("= 5715")
        assert program.vanish() == 128 + signal.SIGHUP
    finally:
        program.close()


@pytest.mark.skipif(sys.platform != "linux", reason="finds the process in /proc")
def test_told_to_go_on_without_having_stopped_it_still_ends(window: Terminal) -> None:
    """As a terminal that vanishes does it, and whatever wakes the jobs of a machine."""
    window.run()
    window.wait_for(READY)
    for number in range(5):
        os.kill(window.child(), signal.SIGCONT)
        window.type(f"letter{number} ", enter=False)
        window.wait_for(f"letter{number}")  # the signal was taken, and keys still come
    window.press("C-q")
    window.wait_for("exit=0")
    assert_sane(window)


def test_escape_ends_the_request_and_keeps_what_came(window: Terminal, drip: Dripping) -> None:
    window.run()
    window.wait_for(READY)
    window.type(STORY)
    window.wait_for("word20")
    window.press("Escape")
    window.wait_for("stopped")
    assert drip.ended.wait(10)
    window.until(lambda screen: from_the_first(screen, 20))
    window.press("C-q")
    window.wait_for("exit=0")
    assert_sane(window)


def test_quitting_in_mid_stream_keeps_the_turn(window: Terminal, drip: Dripping) -> None:
    window.run()
    window.wait_for(READY)
    window.type(STORY)
    window.wait_for("word20")
    window.press("C-q")
    screen = window.wait_for("exit=0")
    assert "Traceback" not in screen
    assert drip.ended.wait(10)
    assert_sane(window)
    window.run("-c")
    window.wait_for("stopped", STORY)
    window.until(lambda screen: from_the_first(screen, 20))


@pytest.mark.parametrize(("width", "height"), [(40, 12), (80, 24)])
def test_resized_in_mid_stream(window: Terminal, drip: Dripping, width: int, height: int) -> None:
    window.run()
    window.wait_for(READY)
    window.type(STORY)
    window.wait_for("word20")
    window.resize(width, height)
    before = len(drip.sent)
    window.until(
        lambda screen: (
            READY in screen
            and max(map(len, screen.splitlines())) <= width
            and any(number > before for number in words(screen))
        )
    )


def test_after_a_crash_there_is_one_page_and_a_sane_terminal(window: Terminal) -> None:
    broken = (
        "import qchat.tui.transcript.conversation as c; "
        "c.Conversation.feed = lambda *_: {}['no such key']; "
        "import qchat.__main__ as m; raise SystemExit(m.main())"
    )
    window.type(f"clear; {shlex.join([sys.executable, '-c', broken])}; echo exit=$?")
    window.wait_for(READY)
    window.type(STORY)
    screen = window.wait_for("exit=1")
    assert "qchat stopped because of a bug in it" in screen
    assert "KeyError: 'no such key'" in screen
    assert "Worker" not in screen, "the bug itself, not what it ran in"
    assert "qchat.log" in screen
    assert "Traceback" not in screen
    assert_sane(window)


def test_no_colour_where_none_is_wanted(window: Terminal) -> None:
    window.type(f"NO_COLOR=1 {sys.executable} -m qchat")
    window.wait_for(READY)
    painted = window.tmux("capture-pane", "-p", "-e")
    colours = re.findall(r"[34]8;2;(\d+);(\d+);(\d+)", painted)
    assert all(red == green == blue for red, green, blue in colours)
