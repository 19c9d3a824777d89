"""A conversation as a notebook: valid, and with everything that was said, run and given back."""

import base64
from pathlib import Path
from typing import Any

import nbformat
import pytest

from qchat.export.notebook import notebook
from qchat.protocol.events import Event, Text, Thinking, ToolFinished, ToolStarted, TurnFinished
from qchat.store import Conversation, SessionInfo, Turn
from qchat_tools.files import keep
from qchat_tools.parts import FilePart, ImagePart, Part, RunPart, TablePart, TextPart

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (2).to_bytes(4) + (3).to_bytes(4)
INFO = SessionInfo("abc", "Sums", 1.7e9, 1.7e9, 1)


def turn(*events: Event, kind: str = "chat", prompt: str = "What is 6 * 7?") -> Turn:
    return Turn(
        1, "abc", None, kind, prompt, 1.7e9, "demo", "tiny", (*events, TurnFinished("stop"))
    )  # type: ignore[arg-type]


def ran(code: str, *parts: Part, ok: bool = True) -> tuple[Event, Event]:
    return ToolStarted("c", "python", {"code": code}), ToolFinished("c", parts, ok)


def cells(tmp_path: Path, *turns: Turn) -> list[Any]:
    book = nbformat.reads(notebook(Conversation(INFO, turns), tmp_path), as_version=4)
    nbformat.validate(book)
    return list(book.cells)


def test_what_was_said_is_markdown_and_what_ran_is_code(tmp_path: Path) -> None:
    sha256 = keep(PNG, tmp_path)
    code = ran(
        "6 * 7",
        RunPart(3),
        TextPart("hi\n", "stdout"),
        TextPart("42", "result"),
        ImagePart(sha256, "image/png", 2, 3, "a plot"),
        TablePart(("a",), (("<1>",),), "a\n1"),
        FilePart("made.txt", 3),
    )
    title, prompt, thought, cell, answer = cells(
        tmp_path, turn(Thinking("hm"), *code, Text("It is 42."))
    )
    assert title.source == "# Sums"
    assert prompt.source.endswith("> What is 6 * 7?")
    assert "hm" in thought.source
    assert answer.source == "It is 42."
    assert (cell.source, cell.execution_count) == ("6 * 7", 3)
    stream, result, picture, table, file = cell.outputs
    assert stream.text == "hi\n"
    assert result.data == {"text/plain": "42"}
    assert base64.b64decode(picture.data["image/png"]) == PNG
    assert "<td>&lt;1&gt;</td>" in table.data["text/html"]
    assert "made.txt" in file.data["text/plain"]


def test_code_that_failed_may_fail_again_and_code_that_was_stopped_is_not_run(
    tmp_path: Path,
) -> None:
    raised = ran("1/0", TextPart("…", "traceback"), TextPart("Error: E: bad", "error"), ok=False)
    stopped = ran("while True: pass", TextPart("Error: stopped after …", "error"), ok=False)
    interrupt = TextPart("Error: KeyboardInterrupt\nline 1: x", "error")
    interrupted = ran("sleep()", TextPart("…", "traceback"), interrupt, ok=False)
    unfinished = ToolStarted("d", "python", {"code": "x"})
    found = cells(tmp_path, turn(*raised), turn(*stopped), turn(*interrupted), turn(unfinished))
    kinds = [cell.cell_type for cell in found if cell.cell_type != "markdown"]
    assert kinds == ["code", "raw", "raw", "raw"]
    failing = next(cell for cell in found if cell.cell_type == "code")
    assert failing.metadata.tags == ["raises-exception"]
    assert (failing.outputs[0].ename, failing.outputs[0].evalue) == ("E", "bad")


def test_the_users_own_runs_and_other_tools_are_in_it(tmp_path: Path) -> None:
    search: tuple[Event, ...] = (
        ToolStarted("s", "web_search", {"query": "towers"}),
        ToolFinished("s", (TextPart("No results."),), True),
    )
    found = cells(tmp_path, turn(*ran("x = 1"), kind="run", prompt="/run x = 1"), turn(*search))
    assert [cell.cell_type for cell in found] == ["markdown", "code", *["markdown"] * 3]
    assert found[3].source.startswith("**web_search**")
    assert '{"query":"towers"}' in found[3].source
    assert "No results." in found[4].source


@pytest.mark.parametrize("sha256", ["0" * 64, "../../etc/passwd"])
def test_a_picture_that_is_gone_is_told(sha256: str, tmp_path: Path) -> None:
    code = ran("plot()", ImagePart(sha256, "image/png", 2, 3, "a plot"))
    output = cells(tmp_path, turn(*code))[2].outputs[0]
    assert output.data == {"text/plain": "[picture of 2 by 3 pixels: a plot]"}
