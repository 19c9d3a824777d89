"""Every command in an empty conversation, offline, without keys, with a panel open: a sentence."""

import itertools
import re
from pathlib import Path

import pytest

from qchat.commands import COMMANDS
from tests.terminal import Terminal, needs_tmux

README = Path(__file__).parents[2] / "README.md"
STOPS = {"/quit", "/exit"}
PANEL = "· n new ·"
"""Of the keys at the foot of the list of conversations."""


def typed() -> list[str]:
    """The lines: those of the README's table with something in place of what stands for a value,
    then every command as it is, and with nonsense behind it."""
    table = re.findall(r"`(/[a-z_]+(?: [^`]*)?)`", README.read_text("utf-8"))
    lines = [line.replace("…", "").replace("[", "").replace("]", "").strip() for line in table]
    for name in COMMANDS:
        lines += [f"/{name}", f"/{name} nonsense"]
    return [line for line in dict.fromkeys(lines) if line.split()[0] not in STOPS]


@pytest.mark.slow
@pytest.mark.timeout(280)
@needs_tmux
@pytest.mark.parametrize("half", [0, 1])
def test_each_is_answered_and_qchat_goes_on(tmp_path: Path, half: int) -> None:
    (tmp_path / "config.toml").write_text('offline = true\nbackend = "demo"\n')
    terminal = Terminal(tmp_path, 120, 45)
    log = tmp_path / "logs" / "qchat.log"
    lines = typed()
    middle = len(lines) // 2
    try:
        # Some write a file where one stands, and one opens an editor: this one is done at once.
        terminal.type(f"cd {tmp_path}; export EDITOR=true VISUAL=true")
        terminal.run("--offline")
        terminal.wait_for("Ask anything")
        for line in lines[middle:] if half else lines[:middle]:
            write(terminal, line)
            with_a_panel(terminal)
            terminal.press("C-e", "Enter")  # behind an Escape the first key may count as Alt
            screen = terminal.until(lambda screen, line=line: not in_the_prompt(line, screen))
            assert "exit=" not in screen, f"{line} ended qchat\n{screen}"
            assert "a bug" not in screen, f"{line}\n{screen}"
        for line in ("/new", "hello"):
            write(terminal, line)
            terminal.press("C-e", "Enter")
            terminal.until(lambda screen, line=line: not in_the_prompt(line, screen))
        terminal.wait_for("demo model")
    finally:
        terminal.close()
    text = log.read_text() if log.exists() else ""
    assert "Traceback" not in text, text


def write(terminal: Terminal, line: str) -> None:
    """Write a line into the prompt, out of whatever the last command has opened, however late."""
    looks = itertools.count()

    def stands(screen: str) -> bool:
        if in_the_prompt(line, screen):
            return True
        match next(looks) % 20:
            case 0:
                terminal.press("C-u")
                terminal.type(line, enter=False)
            case 10 | 15:  # apart from other keys, with which it would be Alt; a panel wants two
                terminal.press("Escape")
        return False

    terminal.until(stands)


def with_a_panel(terminal: Terminal) -> None:
    """Have a panel beside the conversation, and the keys in the prompt."""
    looks = itertools.count()

    def stands(screen: str) -> bool:
        if PANEL in screen and row_of_caret(terminal) == row_of_prompt(screen):
            return True
        if next(looks) % 40 == 0:  # once more: behind an Escape it may have been another key
            terminal.press("Tab" if PANEL in screen else "F2")
        return False

    terminal.until(stands)


def row_of_caret(terminal: Terminal) -> int:
    return int(terminal.tmux("display-message", "-p", "#{cursor_y}"))


def row_of_prompt(screen: str) -> int:
    return max(n for n, row in enumerate(screen.splitlines()) if row.startswith(" ▌ "))


def in_the_prompt(line: str, screen: str) -> bool:
    return any(row.startswith(f" ▌ {line}") for row in screen.splitlines())
