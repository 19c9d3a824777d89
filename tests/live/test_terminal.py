"""The chat as a person has it: in a real terminal, with the demo model, killed and continued."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.engines import write_babbler
from tests.terminal import Terminal, needs_tmux

pytestmark = [needs_tmux]


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    opened: list[Terminal] = []

    def start(*arguments: str, width: int = 100, height: int = 40) -> Terminal:
        opened.append(Terminal(tmp_path, width, height))
        opened[-1].run(*arguments)
        return opened[-1]

    yield start
    for one in opened:
        one.close()


Start = Callable[..., Terminal]


def test_a_sum_in_blocks_that_open(terminal: Start) -> None:
    window = terminal()
    window.wait_for("Ask anything")
    window.type("What is 127 * 45?")
    screen = window.wait_for("✓ python", "= 5715")
    assert "Thought for" in screen
    window.press("C-t")
    window.press("C-o")
    window.wait_for("▾ Thought for", "    print(127 * 45)")
    window.press("C-t")
    window.press("C-o")
    window.wait_for("    print(127 * 45)", absent=True)
    for key in ("BTab", "Up", "Up", "Space"):
        window.press(key)
    window.wait_for("    print(127 * 45)")


def test_without_thinking(terminal: Start) -> None:
    window = terminal()
    window.wait_for("Ask anything")
    window.type("What is 127 * 45? /no_think")
    screen = window.wait_for("= 5715")
    assert "Thought for" not in screen
    window.type("/no_think")
    window.wait_for("│  no think")


def test_a_fact_is_found_again_in_another_session(terminal: Start) -> None:
    window = terminal()
    window.wait_for("Ask anything")
    window.type("remember that my parrot is called Zubiko")
    window.wait_for("✓ memory_save")
    window.press("C-q")
    window.wait_for("exit=0")
    window.run()
    window.wait_for("Ask anything")
    window.type("what is my parrot called?")
    window.wait_for("called Zubiko.")
    window.type("/memory")
    window.wait_for("] 20")


def test_a_web_question_without_network_is_answered_honestly(terminal: Start) -> None:
    window = terminal()
    window.wait_for("Ask anything")
    window.type("look up the height of the Eiffel tower")
    window.wait_for("✗ web_search", "no network")


@pytest.mark.skipif(sys.platform != "linux", reason="finds the process in /proc")
def test_killed_in_mid_stream_and_continued(terminal: Start, tmp_path: Path) -> None:
    # A model of random weights thinks without end: what it says can be stopped at any moment.
    babbler = tmp_path / "babbler.gguf"
    write_babbler(babbler)
    config = f'backend = "babbler"\n[backends.babbler]\nkind = "llama.cpp"\nmodel = "{babbler}"\n'
    (tmp_path / "config.toml").write_text(config)
    window = terminal()
    window.wait_for("Ask anything")
    window.type("tell me a story")
    window.wait_for("Thinking …")
    window.press("C-t")
    window.wait_for("▾ Thinking …")
    child = window.child()
    os.kill(child, signal.SIGKILL)
    window.wait_for("exit=137")
    window = terminal("-c")
    window.wait_for("tell me a story", "▸ Thought", "this turn was cut short")
    window.press("C-t")
    window.wait_for("▾ Thought")
    window.type("/sessions")
    window.wait_for("1 turn")


def test_escape_stops_and_the_terminal_is_sane_afterwards(terminal: Start, tmp_path: Path) -> None:
    babbler = tmp_path / "babbler.gguf"
    write_babbler(babbler)
    config = f'backend = "babbler"\n[backends.babbler]\nkind = "llama.cpp"\nmodel = "{babbler}"\n'
    (tmp_path / "config.toml").write_text(config)
    window = terminal()
    window.wait_for("Ask anything")
    window.type("tell me a story")
    window.wait_for("Thinking …")
    window.press("Escape")
    window.wait_for("stopped", "Thought for")
    window.press("C-c")
    window.wait_for("again ends qchat")
    window.press("C-c")
    window.wait_for("exit=130")
    window.type("echo still $((40 + 2))")
    window.wait_for("still 42")


def test_a_tiny_window_and_a_resize(terminal: Start) -> None:
    window = terminal(width=40, height=12)
    window.wait_for("Ask anything")
    window.type("What is 127 * 45?")
    window.wait_for("= 5715")
    window.resize(120, 40)
    window.wait_for("Thought for", "✓ python", "= 5715")


def test_line_by_line(terminal: Start) -> None:
    window = terminal("repl")
    window.wait_for("/help lists commands")
    window.until(lambda _screen: window.reads_keys())
    window.type("What is 127 * 45?")
    window.wait_for("python: print(127 * 45)", "= 5715", "thought for")
    window.type("/thinking")
    window.type("/run 6 * 7")
    window.wait_for("  42")
    window.type("/run name = input('Who is there? '); print('It is', name, input('And? '))")
    window.wait_for("[code in the kernel asks]", "Who is there? ")
    window.type("/answer Ada")
    window.wait_for("\nAnd?")
    window.type("Bea")
    window.wait_for("  It is Ada Bea")
    window.type("/run import time; time.sleep(3); print('It is', input('Third? '))")
    window.type("What is 6 * 7?")  # before it is asked: a prompt, and no answer
    window.wait_for("\nThird?", "This waits until")
    window.type("Cleo")
    window.wait_for("  It is Cleo", "> What is 6 * 7?", "= 42")
    window.type("/nope")
    window.wait_for("Unknown command: /nope")
    window.press("C-d")
    window.wait_for("exit=0")


def test_a_dumb_terminal_is_shown_no_window(terminal: Start) -> None:
    window = terminal("--version")
    window.wait_for("exit=0")
    window.type("export TERM=dumb")
    window.run()
    window.wait_for("shows no window. Use: qchat repl.", "exit=2")
