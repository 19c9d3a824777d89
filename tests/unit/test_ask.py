"""A turn as a pipe sees it."""

import io
from pathlib import Path

import pytest

from qchat.console.ask import Printer, read_prompt
from qchat.protocol.events import (
    Attached,
    Notice,
    StepFinished,
    Text,
    ToolFinished,
    ToolStarted,
    TurnFinished,
)


def test_what_is_said_before_and_behind_a_call_stays_apart() -> None:
    out, err = io.StringIO(), io.StringIO()
    show = Printer(out, err)
    show(Text("Let me see."))
    show(StepFinished(reason="tool_calls"))
    show(ToolStarted("c", "python", {}))
    show(ToolFinished("c", (), True))
    show(Text("It is 5."))
    show(Notice("again", "warning"))
    show(Notice("cut off", "error"))
    show(TurnFinished("length"))
    assert out.getvalue() == "Let me see.\nIt is 5.\n"
    assert err.getvalue() == "qchat: again\nqchat: cut off\n"


@pytest.mark.parametrize(
    ("words", "piped", "prompt", "beside"),
    [
        ([], "What is\n6 * 7?\n", "What is\n6 * 7?", None),
        (["What is"], "6 * 7?\n", "What is", Attached("standard input", "6 * 7?")),
        (["sum this up"], "one\ntwo\n", "sum this up", Attached("standard input", "one\ntwo")),
        (["hello"], "", "hello", None),
    ],
)
def test_what_is_piped_in_is_the_prompt_or_goes_along(
    tmp_path: Path, words: list[str], piped: str, prompt: str, beside: Attached | None
) -> None:
    file = tmp_path / "piped"
    file.write_text(piped)
    with file.open() as stdin:
        assert read_prompt(words, stdin) == (prompt, beside)
