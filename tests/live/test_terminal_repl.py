"""The chat line by line in a real terminal: branches, attachments, what is typed ahead."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.emulator import CARET, Emulator
from tests.live.echoing import Echoing, echoing

PROMPT = "> "


@pytest.fixture
def echo(tmp_path: Path) -> Iterator[Echoing]:
    with echoing(tmp_path) as server:
        yield server


def test_what_is_typed_before_the_prompt_is_sent(tmp_path: Path, echo: Echoing) -> None:
    """From the first moment on, when the terminal still makes a line feed of Enter."""
    one = Emulator(tmp_path, ("repl",), size=(80, 40))
    assert one.line_mode
    one.type("one\rtwo\rhalf a li")
    one.wait_until(lambda: not one.line_mode)  # long before there is a prompt
    one.type("ne\r")
    one.wait_for("Answer 3 to: half a line.")
    one.type("four\r")
    one.wait_for("Answer 2 to: two.", "Answer 4 to: four.")
    assert echo.asked[2][-1] == "half a line"
    one.press("C-d")
    assert one.wait_exit() == 0
    assert one.line_mode
    one.close()


@pytest.mark.parametrize("ends", ["\r", "\r\n", "\n"])
def test_a_paste_without_brackets_is_one_prompt(tmp_path: Path, echo: Echoing, ends: str) -> None:
    one = Emulator(tmp_path, ("repl",), size=(80, 40))
    one.wait_until(lambda: one.text.endswith(PROMPT.strip()) or "\n>" in one.text)
    one.type(ends.join(["def f():", "    return 1", "", "print(f())", ""]))
    one.wait_for("print(f())")
    one.type("# end")
    one.wait_for("# end")
    assert not echo.asked
    one.type("\r")
    one.wait_for("Answer 1 to:")
    assert echo.asked == [["def f():\n    return 1\n\nprint(f())\n# end"]]
    one.close()


@pytest.mark.parametrize("leaves", ["Enter", "Escape", "C-c", "C-g"])
def test_a_search_of_the_history_is_left_by_its_keys(
    tmp_path: Path, echo: Echoing, leaves: str
) -> None:
    """Enter takes what was found, for one to look at before it is sent; Ctrl+C takes nothing."""
    one = Emulator(tmp_path, ("repl",), size=(80, 40))
    one.type("the first\r")
    one.wait_for("Answer 1 to:")
    one.type("draft ")
    one.wait_for("draft")
    one.press("C-r")
    one.wait_for("I-search")
    one.type("fir")
    one.wait_for("I-search backward: fir")
    one.press(leaves)
    one.wait_until(lambda: "I-search" not in one.text)
    one.type("end\r")
    one.wait_for("Answer 2 to:")
    found = leaves in ("Enter", "Escape")
    assert echo.asked[1][-1] == ("the endfirst" if found else "draft end")
    one.press("C-d")
    assert one.wait_exit() == 0
    one.close()


def test_a_draft_outlives_an_earlier_prompt_and_the_editor(
    tmp_path: Path, echo: Echoing, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor = tmp_path / "editor"
    editor.write_text("#!/bin/sh\necho ' and more' >> \"$1\"\n")
    editor.chmod(0o700)
    monkeypatch.setenv("EDITOR", str(editor))
    one = Emulator(tmp_path, ("repl",), size=(80, 40), answers=CARET)
    one.type("first\r")
    one.wait_for("Answer 1 to:")
    one.type("draft")
    one.wait_for("> draft")
    one.press("Up", "Enter")
    one.wait_for("Answer 2 to:")
    one.press("Up", "Up")
    one.wait_for("> draft")
    one.press("C-x", "C-e")
    one.wait_for("and more")
    one.type("!")
    one.wait_for("!")
    assert [asked[-1] for asked in echo.asked] == ["first", "first"], "nothing is sent by itself"
    one.type("\r")
    one.wait_for("Answer 3 to:")
    assert echo.asked[2][-1] == "draft and more!"
    one.press("C-d")
    assert one.wait_exit() == 0
    one.close()


def test_a_pasted_text_that_was_taken_out_is_in_the_history(tmp_path: Path, echo: Echoing) -> None:
    one = Emulator(tmp_path, ("repl",), size=(80, 40), answers=CARET)
    one.wait_until(lambda: one.text.endswith(PROMPT.strip()) or "\n>" in one.text)
    one.paste("\n".join(f"line {number}" for number in range(30)))
    one.wait_for("pasted-1.txt")
    one.press("Backspace")
    one.wait_for("pasted-1.txt", absent=True)
    one.press("Up")
    one.wait_for("> line 0", "line 29")
    one.type("\r")
    one.wait_for("Answer 1 to:")
    assert echo.asked[0][-1].endswith("line 28\nline 29")
    one.close()


def test_ctrl_c_leaves_the_prompt_that_was_being_changed(tmp_path: Path, echo: Echoing) -> None:
    """What is asked next stands behind it, and does not take its place."""
    one = Emulator(tmp_path, ("repl",), size=(80, 40), answers=CARET)
    one.type("first\r")
    one.wait_for("Answer 1 to:")
    one.type("/edit\r")
    one.wait_for("instead of prompt 1")
    one.press("C-c")
    one.wait_for("instead of prompt 1", absent=True)
    one.type("second\r")
    one.wait_for("Answer 2 to:")
    assert echo.asked[1] == ["first", "Answer 1 to: first.", "second"]
    one.close()


@pytest.fixture(params=["xterm-256color", "dumb"])
def terminal(
    tmp_path: Path, echo: Echoing, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Emulator]:
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "notes.txt").write_text("The parrot is called Zubiko.\n")
    monkeypatch.chdir(folder)
    one = Emulator(tmp_path, ("repl",), size=(80, 40), environ={"TERM": request.param})
    one.wait_for("/help lists commands")
    one.wait_until(lambda: not one.line_mode)
    yield one
    one.close()


def say(terminal: Emulator, text: str, *shown: str) -> None:
    """Write a line, and wait for what comes of it and for the next prompt."""
    terminal.type(f"{text}\r")
    terminal.wait_for(*shown)
    terminal.wait_until(lambda: terminal.lines[terminal.screen.cursor.y].startswith(">"))
    terminal.wait_until(lambda: not terminal.line_mode)


def test_prompts_are_changed_repeated_and_branch(terminal: Emulator, echo: Echoing) -> None:
    say(terminal, "one", "Answer 1 to: one.")
    say(terminal, "two", "Answer 2 to: two.")
    say(terminal, "/edit 2", "> two")
    say(terminal, "X", "Answer 3 to: twoX.")
    assert echo.asked[-1] == ["one", "Answer 1 to: one.", "twoX"]
    say(terminal, "/retry", "Answer 4 to: twoX.")
    assert echo.asked[-1] == echo.asked[-2]
    say(terminal, "/fork 1", "> one")
    say(terminal, "three", "Answer 5 to: three.")
    assert echo.asked[-1] == ["one", "Answer 1 to: one.", "three"]
    say(terminal, "/branch", "1: 2 turns, the last: two", "* 4: 2 turns, the last: three")
    say(terminal, "/branch 1", "Answer 2 to: two.")
    terminal.press("C-d")
    assert terminal.wait_exit() == 0


def test_the_line_is_broken_as_in_the_window(terminal: Emulator, echo: Echoing) -> None:
    """Shift+Enter as kitty and as xterm and tmux say it, Alt+Enter, Ctrl+J: none of them sends."""
    terminal.type("one\x1b[13;2utwo")
    terminal.wait_for("two")
    terminal.type("\x1b[27;2;13~three")
    terminal.wait_for("three")
    terminal.type("\x1b\rfour")
    terminal.wait_for("four")
    terminal.type("\nfive")
    terminal.wait_for("five")
    assert not echo.asked
    terminal.type("\r")
    terminal.wait_for("Answer 1 to: one")
    assert echo.asked[-1] == ["one\ntwo\nthree\nfour\nfive"]


def test_files_and_long_pastes_go_along(terminal: Emulator, echo: Echoing) -> None:
    say(terminal, "who is in @notes.txt?", "Answer 1")
    assert "The parrot is called Zubiko." in echo.asked[0][0]
    say(terminal, "see @gone.txt", "File not found: gone.txt")
    terminal.wait_for("Answer 2")  # it was sent as text
    if terminal.kind == "dumb":
        return  # it completes nothing, and does not say what was pasted
    terminal.type("see @no\t")  # before its menu can be there
    terminal.wait_for("see @notes.txt")
    terminal.press("C-c")
    terminal.paste("\r".join(f"line {n}" for n in range(40)))
    terminal.paste("short")
    terminal.wait_for("> short", "+ pasted-1.txt · 40 lines")
    assert "line 39" not in terminal.text
    terminal.type("\r")
    terminal.wait_for("Answer 3")
    assert "Attached file pasted-1.txt:\n```\nline 0\nline 1\n" in echo.asked[2][-1]


def test_what_is_typed_ahead_waits_for_its_turn(terminal: Emulator, echo: Echoing) -> None:
    echo.may_answer.clear()
    terminal.type("first\r")
    terminal.wait_until(lambda: len(echo.asked) == 1)
    terminal.type("second\r")
    terminal.type("/no_think\r")
    terminal.type("half a li")
    echo.may_answer.set()
    terminal.wait_for("Answer 1 to: first.", "> second", "Answer 2 to: second.", "> /no_think")
    terminal.wait_for("> half a li")
    assert "second" not in terminal.text.split("Answer 1")[0], "it is not echoed into the answer"
    terminal.type("ne\r")
    terminal.wait_for("Answer 3 to: half a line.")
    assert len(echo.asked) == 3


def test_what_is_pasted_ahead_is_one_prompt(terminal: Emulator, echo: Echoing) -> None:
    echo.may_answer.clear()
    terminal.type("first\r")
    terminal.wait_until(lambda: len(echo.asked) == 1)
    assert terminal.text.count(PROMPT) == 1, "the prompt is closed, and no other one open"
    assert marks_pastes(terminal) == (terminal.kind != "dumb"), "which is asked for nothing"
    terminal.paste("one\rtwo\rthree")
    echo.may_answer.set()
    terminal.wait_for("Answer 1 to: first.", "three")
    terminal.type("\r")
    terminal.wait_for("Answer 2 to: one")
    assert echo.asked[-1][-1] == "one\ntwo\nthree"
    terminal.press("C-d")
    assert terminal.wait_exit() == 0
    assert not marks_pastes(terminal)


def marks_pastes(terminal: Emulator) -> bool:
    """Whether the terminal was last asked to put brackets around pastes."""
    return terminal.sent.rfind("[?2004h") > terminal.sent.rfind("[?2004l")
