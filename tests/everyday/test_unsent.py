"""What was written and not sent is there again, however qchat ended."""

import signal
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from qchat.store import Store
from tests.emulator import Emulator

BUSY = "/run import time; print('be' + 'gun', flush=True); time.sleep(600)"
WAITS = "/run print(6 * 7)"
DRAFT = "a half-written thought"
ENDS: dict[str, Callable[[Emulator], object]] = {
    "its terminal is closed": Emulator.vanish,
    "it is asked to end": lambda window: window.end(signal.SIGTERM),
    "it is killed": lambda window: window.end(signal.SIGKILL),
}
Start = Callable[..., Emulator]


def kept(home: Path) -> set[str]:
    """The texts that are kept, whoever holds them."""
    with closing(Store(home / "sessions.db")) as store:
        found = store.unsent.left("default", lambda _holder: True)
    return {draft.text for drafts in found.values() for _, draft in drafts}


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    (tmp_path / "config.toml").touch()
    started: list[Emulator] = []

    def _start(*arguments: str, **options: Any) -> Emulator:
        started.append(Emulator(tmp_path, arguments, size=(80, 24), **options))
        return started[-1]

    yield _start
    for window in started:
        window.close()


@pytest.mark.parametrize("end", ENDS)
def test_what_waits_and_what_is_being_written(start: Start, tmp_path: Path, end: str) -> None:
    window = start()
    window.wait_for("Ask anything")
    window.type(f"{BUSY}\r")
    window.wait_for("begun")
    window.type(f"{WAITS}\r")
    window.wait_for(f"waits: {WAITS}")
    window.type(DRAFT)
    window.wait_for(DRAFT)
    window.wait_until(lambda: kept(tmp_path) == {WAITS, DRAFT})
    ENDS[end](window)

    again = start("-c")
    again.wait_for(f"not sent: {WAITS}", f"not sent: {DRAFT}", "2 texts were not sent")
    again.type("/run print('al' + 'one')\r")
    again.wait_for("alone", "✓ python")  # what is typed now does not stop it
    again.wait_for("Ask anything", f"not sent: {WAITS}", f"not sent: {DRAFT}")
    again.press("Up")
    again.wait_for(f"not sent: {DRAFT}", absent=True)
    assert DRAFT in again.text
    again.press("C-c", "Up")
    again.wait_for("not sent:", absent=True)
    again.press("Enter")
    again.wait_for("42")
    again.wait_until(lambda: kept(tmp_path) == set())


@pytest.mark.parametrize("end", ENDS)
def test_the_same_at_the_plain_prompt(start: Start, tmp_path: Path, end: str) -> None:
    """What is typed while an answer runs is seen by nobody, and kept all the same."""
    window = start("repl")
    window.wait_for("Enter sends")
    window.type(f"{BUSY}\r")
    window.wait_for("begun")
    window.type(f"{WAITS}\rhalf X\x7fof a thoug")
    window.wait_until(lambda: kept(tmp_path) == {WAITS, "half of a thoug"})
    window.type("ht")
    window.wait_until(lambda: kept(tmp_path) == {WAITS, "half of a thought"})
    ENDS[end](window)

    again = start("repl", "-c")
    again.wait_for(f"not sent: {WAITS}", "not sent: half of a thought", "Up brings it back")
    again.wait_until(lambda: kept(tmp_path) == set())
    again.press("Up")
    again.wait_for("> half of a thought")
    again.press("Up")
    again.wait_for(f"> {WAITS}")
    again.press("C-c")
    again.type(DRAFT)
    again.wait_until(lambda: kept(tmp_path) == {DRAFT})
    ENDS[end](again)
    last = start("repl", "-c")
    last.wait_for(f"not sent: {DRAFT}")


def test_ctrl_c_at_the_plain_prompt_stops_the_answer_alone(start: Start, tmp_path: Path) -> None:
    window = start("repl")
    window.wait_for("Enter sends")
    window.type(f"{BUSY}\r")
    window.wait_for("begun")
    window.type(f"{WAITS}\r{DRAFT}\x03")
    window.wait_for("stopped", "42", f"> {DRAFT}")


def test_a_line_for_code_that_ended_meanwhile_stands_in_the_prompt(
    start: Start, tmp_path: Path
) -> None:
    window = start("repl")
    window.wait_for("Enter sends")
    dies = "while not os.path.exists('die'): time.sleep(0.05)\nos._exit(1)"
    code = f"import os, threading, time; threading.Thread(target=exec, args=({dies!r}, globals()))"
    window.type(f"/run {code}.start(); input('name? ')\r")
    window.wait_for("Write a line to answer")
    window.type("anna")
    window.wait_for("? anna")
    (folder,) = (tmp_path / "work").iterdir()
    (folder / "die").touch()
    window.wait_for("> anna")


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("chat", [(), ("repl",)], ids=["window", "plain prompt"])
def test_what_an_editor_has_saved(
    start: Start, tmp_path: Path, chat: tuple[str, ...], end: str
) -> None:
    editor = tmp_path / "editor"
    editor.write_text("#!/bin/sh\nprintf 'begun here, saved there' > \"$1\"\nread line\n")
    editor.chmod(0o700)
    window = start(*chat, environ={"VISUAL": str(editor)})
    window.wait_for("Enter sends" if chat else "Ask something")
    window.type("begun here")
    window.wait_for("begun here")
    window.type("\x18\x05")
    window.wait_until(lambda: kept(tmp_path) == {"begun here, saved there"})
    if end == "it is asked to end":
        window.signal(signal.SIGTERM)
        window.type("\r")  # the editor goes by itself
        window.wait_exit()
    else:
        ENDS[end](window)
    again = start(*chat)
    again.wait_for("not sent: begun here")
    if "saved there" not in again.text:  # the editor failed without its terminal, as it says
        again.press("Up")
        again.wait_for("> begun here")
        again.press("Up")
    again.wait_for("begun here, saved there")


def failing(home: Path) -> str:
    editor = home / "editor"
    editor.write_text("#!/bin/sh\nprintf 'saved there' > \"$1\"\nexit 3\n")
    editor.chmod(0o700)
    return str(editor)


def test_what_an_editor_saved_that_fails_waits_above_the_prompt(
    start: Start, tmp_path: Path
) -> None:
    window = start(environ={"VISUAL": failing(tmp_path)})
    window.wait_for("Ask something")
    window.type("begun here")
    window.wait_for("begun here")
    window.type("\x18\x05")
    window.wait_for("status 3", "begun here", "not sent: saved there")
    window.press("C-c", "Up")
    window.wait_for("▌ saved there")
    window.wait_for("not sent", absent=True)


def test_what_an_editor_saved_that_fails_is_in_the_history_of_the_plain_prompt(
    start: Start, tmp_path: Path
) -> None:
    window = start("repl", environ={"VISUAL": failing(tmp_path)})
    window.wait_for("Enter sends")
    window.type("begun here")
    window.wait_for("begun here")
    window.type("\x18\x05")
    window.wait_for("status 3", "> begun here")
    window.press("C-c", "Up", "Up")
    window.wait_for("> saved there")


def test_a_change_of_a_prompt_is_none_in_another_conversation(start: Start) -> None:
    window = start("repl")
    window.wait_for("Enter sends")
    window.type("What is 6 * 7?\r")
    window.wait_for("6 * 7 = 42", "reused")
    window.type("/edit\r")
    window.wait_for("instead of prompt 1")
    window.press("C-u")
    window.type("/new\r/run print('here', 6 * 7)\r")
    window.wait_for("here 42")
    window.wait_until(lambda: window.text.rstrip().endswith("\n>"))
    assert window.text.count("instead of") == 1, "in the line that said /new, and no more"
