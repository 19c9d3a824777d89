"""An hour at the plain prompt, in a real terminal at 80x24, with the demo model."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.terminal import Terminal, needs_tmux

pytestmark = [needs_tmux]
SLOW = "/run import time; [print('step', n, flush=True) or time.sleep(0.2) for n in range(999)]"


@pytest.fixture
def window(tmp_path: Path) -> Iterator[Terminal]:
    terminal = Terminal(tmp_path, 80, 24)
    yield terminal
    terminal.close()


def test_ask_search_change_and_stop(window: Terminal) -> None:
    window.run("repl")
    window.type("What is 127 * 45?")  # before it is there
    window.wait_for("= 5715", "reused")
    window.type("a draft", enter=False)
    window.wait_for("> a draft")
    window.press("C-r")
    window.wait_for("I-search")
    window.type("127", enter=False)
    window.wait_for("I-search backward: 127")
    window.press("Enter")
    window.wait_for("> What is 127 * 45?")
    window.press("C-c", "C-c")
    window.type("clear the screen", enter=False)
    window.wait_for("> clear the screen")
    window.press("C-u")
    window.type("/edit")
    window.wait_for("instead of prompt 1", "> What is 127 * 45?")
    window.press("C-c")
    window.wait_for("instead of prompt 1", absent=True)
    window.type("What is 6 * 7?")
    window.wait_for("6 * 7 = 42")
    window.type("/branch")
    window.wait_for("2 turns")
    window.type(SLOW)
    window.wait_for("step 2")
    window.press("C-c")
    window.wait_for("stopped")
    window.type("/run print(input('name? ').upper())")
    window.wait_for("Write a line to answer")
    window.type("anna")
    window.wait_for("ANNA")
    window.type("/run import time; time.sleep(3); print(input('who? ').upper())")
    window.type(
        "half a prompt", enter=False
    )  # before it is asked: no answer, until it is taken out
    window.wait_for("who?", "? half a prompt")
    window.press("C-u")
    window.type("bea")
    window.wait_for("BEA")
    window.press("C-d")
    window.wait_for("exit=0")
    window.run("repl", "-c")
    window.wait_for("6 * 7 = 42")


def test_leave_it_for_the_shell_and_come_back(window: Terminal) -> None:
    window.run("repl")
    window.until(lambda screen: screen.rstrip().endswith(">"))
    window.type("What is", enter=False)
    window.wait_for("> What is")
    window.press("C-z")
    window.until(lambda _: not window.reads_keys())
    window.type("clear; echo sane $((6 * 7))")
    window.wait_for("sane 42")
    window.type("fg")
    window.wait_for("> What is")
    window.type(" 2 + 2?")
    window.wait_for("2 + 2 = 4")
    window.press("C-d")
    window.until(lambda _: not window.reads_keys())
    window.type("clear; echo ended $((6 * 7))")
    window.wait_for("ended 42")


def test_leave_an_answer_for_the_shell_and_come_back(window: Terminal) -> None:
    window.run("repl")
    window.wait_for("Enter sends")
    window.type(SLOW)
    window.wait_for("step 2")
    window.press("C-z")
    window.until(lambda _: not window.reads_keys())
    window.type("clear; echo sane $((6 * 7))")
    window.wait_for("sane 42")
    window.type("clear; fg")
    window.wait_for("step 9")
    window.press("C-c")
    window.wait_for("stopped")
    window.type("/run print('on', 6 * 7)")
    window.wait_for("on 42")
