"""Every command in an empty conversation, offline, without keys, with a panel open: a sentence."""

import re
from pathlib import Path

import pytest

from qchat.commands import COMMANDS
from tests.terminal import Terminal, needs_tmux

README = Path(__file__).parents[2] / "README.md"
STOPS = {"/quit", "/exit"}


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
    try:
        terminal.run("--offline")
        terminal.wait_for("Ask anything")
        terminal.press("F2")
        lines = typed()
        middle = len(lines) // 2
        for line in lines[middle:] if half else lines[:middle]:
            terminal.press("C-u")
            terminal.type(line)
            screen = terminal.until(lambda screen, line=line: "exit=" in screen or settled(screen))
            assert "exit=" not in screen, f"{line} ended qchat\n{screen}"
            assert "a bug" not in screen, f"{line}\n{screen}"
            terminal.press("Escape")
        terminal.press("Escape")
        terminal.press("C-u")
        terminal.type("/new")
        terminal.type("hello")
        terminal.wait_for("demo model")
    finally:
        terminal.close()
    text = log.read_text() if log.exists() else ""
    assert "Traceback" not in text, text


def settled(screen: str) -> bool:
    """Whether the prompt stands there again, or something is asked above it."""
    return "Ask anything" in screen or "Esc" in screen
