"""A run's messages become parts, however they are cut, whatever they hold, within the limits."""

import base64
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qchat_tools.files import path_of
from qchat_tools.kernel import output as kernel_output
from qchat_tools.kernel import overflow
from qchat_tools.kernel.output import Run, StdinRequest
from qchat_tools.parts import FilePart, ImagePart, Part, RunPart, TextPart, as_text, joined

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (2).to_bytes(4) + (3).to_bytes(4)
IDLE = ("status", {"execution_state": "idle"})


def run_of(*messages: tuple[str, object], code: str = "", folder: Path = Path()) -> Run:
    run = Run(code, folder)
    for kind, content in messages:
        run.feed(kind, content)
    return run


def end(run: Run) -> None:
    run.reply({"status": "ok"})
    run.feed(*IDLE)


def stream(text: str, name: str = "stdout") -> tuple[str, object]:
    return ("stream", {"name": name, "text": text})


def error(*traceback: str, evalue: str = "bad") -> tuple[str, object]:
    return ("error", {"ename": "ValueError", "evalue": evalue, "traceback": list(traceback)})


def test_text_of_one_stream_is_joined_and_the_streams_keep_their_order() -> None:
    run = run_of(stream("a"), stream("b"), stream("c", "stderr"), stream("d"))
    expected = (TextPart("ab", "stdout"), TextPart("c", "stderr"), TextPart("d", "stdout"))
    assert run.take() == expected
    assert run.take() == ()


@given(
    st.lists(st.tuples(st.sampled_from(["stdout", "stderr"]), st.text()), max_size=20), st.data()
)
def test_taking_in_between_changes_nothing(
    pieces: list[tuple[str, str]], data: st.DataObject
) -> None:
    whole, cut = run_of(), run_of()
    taken: list[Part] = []
    for name, text in pieces:
        whole.feed(*stream(text, name))
        cut.feed(*stream(text, name))
        if data.draw(st.booleans()):
            taken += cut.take()
    taken += cut.take()
    assert joined(taken) == joined(whole.take())


def test_idle_ends_a_run_and_another_state_does_not() -> None:
    run = run_of(("status", {"execution_state": "busy"}))
    assert not run.ended.is_set()
    end(run)
    assert run.ended.is_set()
    assert run.changed.is_set()


@pytest.mark.parametrize("first", ["reply", "idle"])
def test_a_run_ends_with_its_reply_and_idle_in_either_order(first: str) -> None:
    run = run_of()
    steps = [lambda: run.reply({"status": "ok"}), lambda: run.feed(*IDLE)]
    for step in steps if first == "reply" else reversed(steps):
        assert not run.ended.is_set()
        step()
    assert run.ended.is_set()


def test_help_is_shown_after_the_output_although_its_reply_comes_before() -> None:
    run = run_of()
    run.reply({"status": "ok", "payload": [{"source": "page", "data": {"text/plain": "help"}}]})
    run.feed(*stream("printed\n"))
    run.feed(*IDLE)
    assert run.take() == (TextPart("printed\n", "stdout"), TextPart("help", "result"))


def test_a_failure_that_only_the_reply_tells_is_an_error() -> None:
    failed = {"status": "error", "ename": "ExceptionGroup", "evalue": "g", "traceback": []}
    run = run_of()
    run.reply(failed)
    run.feed(*IDLE)
    assert run.take() == (TextPart("Error: ExceptionGroup: g", "error"),)
    told = run_of(error("Cell In[1], line 1"))
    told.reply(failed)
    told.feed(*IDLE)
    assert [part for part in told.take() if isinstance(part, TextPart)][-1].text == (
        "Error: ValueError: bad"
    )


@given(st.recursive(st.none() | st.text() | st.integers(), lambda v: st.dictionaries(st.text(), v)))
def test_a_reply_of_any_form_ends_the_run(content: object) -> None:
    run = run_of(IDLE)
    run.reply(content)
    assert run.ended.is_set()


@pytest.mark.parametrize(("keep", "exits_kernel"), [(None, True), (False, True), (True, False)])
def test_exit_asks_for_the_kernel_to_end_unless_it_is_to_be_kept(
    keep: bool | None, exits_kernel: bool
) -> None:
    run = run_of(IDLE)
    run.reply({"status": "ok", "payload": [{"source": "ask_exit", "keepkernel": keep}]})
    assert run.exits_kernel is exits_kernel


def test_text_over_the_limit_is_a_file_and_its_end_is_shown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(overflow, "MAX_TEXT_CHARACTERS", 10)
    monkeypatch.setattr(overflow, "MAX_TAIL_CHARACTERS", 3)
    run = run_of(stream("12345678"), stream("90ab"), stream("cdef", "stderr"), folder=tmp_path)
    assert run.take() == (TextPart("1234567890", "stdout"),)
    end(run)
    tail, file = run.take()
    assert tail == TextPart("def", "stdout", omitted=3)
    assert isinstance(file, FilePart)
    assert (file.name, file.size) == ("output.txt", 16)
    assert path_of(file.sha256, tmp_path).read_text() == "1234567890abcdef"
    assert len(list(tmp_path.iterdir())) == 1


def test_an_error_over_the_limit_is_still_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(overflow, "MAX_TEXT_CHARACTERS", 0)
    run = run_of(stream("x"), error(), folder=tmp_path)
    end(run)
    assert TextPart("Error: ValueError: bad", "error") in run.take()


def test_more_than_can_be_kept_stops_the_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(overflow, "MAX_TEXT_CHARACTERS", 10)
    monkeypatch.setattr(overflow, "MAX_FILE_CHARACTERS", 50)
    run = run_of(*[stream("x" * 20)] * 3, folder=tmp_path)
    assert run.stop_reason == "it printed more than can be kept"
    run.end()
    (file,) = (part for part in run.take() if isinstance(part, FilePart))
    assert file.size == 40


def test_a_full_disk_is_told_and_the_end_is_still_shown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(overflow, "MAX_TEXT_CHARACTERS", 4)
    (tmp_path / "file").write_text("no folder")
    run = run_of(stream("123456789"), folder=tmp_path / "file")
    end(run)
    first, tail, note = run.take()
    assert (first, tail) == (TextPart("1234", "stdout"), TextPart("56789", "stdout"))
    assert isinstance(note, TextPart)
    assert note.text.startswith("[the whole output could not be kept: ")


def test_a_line_that_moves_takes_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overflow, "MAX_TEXT_CHARACTERS", 30)
    run = run_of(stream("go\n", "stderr"))
    for number in range(100):
        run.feed(*stream(f"\r{number}% of all", "stderr"))
        if number % 7 == 0:
            assert len(joined(run.take())) == 1
    run.feed(*stream("\nend", "stderr"))
    end(run)
    assert as_text(run.take()) == "99% of all\nend"


def display(text: str, id_: str = "", kind: str = "display_data") -> tuple[str, object]:
    return (kind, {"data": {"text/plain": text}, "transient": {"display_id": id_ or None}})


def test_a_display_is_updated_in_its_place() -> None:
    run = run_of(display("0/2", "bar"), stream("x"), display("2/2", "bar", "update_display_data"))
    expected = (TextPart("2/2", "result", "bar"), TextPart("x", "stdout"))
    assert joined(run.take()) == expected


def test_clearing_takes_away_what_was_shown_at_once_or_with_what_comes_next() -> None:
    now = run_of(stream("old"), ("clear_output", {"wait": False}))
    assert joined(now.take()) == ()
    later = run_of(stream("old"), ("clear_output", {"wait": True}))
    assert joined(taken := later.take()) == (TextPart("old", "stdout"),)
    later.feed(*stream("new"))
    assert joined((*taken, *later.take())) == (TextPart("new", "stdout"),)


def test_the_run_has_its_number() -> None:
    assert run_of(("execute_input", {"execution_count": 7})).take() == (RunPart(7),)


def test_a_question_waits_to_be_answered() -> None:
    run = run_of(("input_request", {"prompt": "Name? ", "password": True}))
    assert run.changed.is_set()
    assert run.question == StdinRequest("Name? ", password=True)


def test_an_error_names_the_innermost_line_of_its_own_cell() -> None:
    traceback = (
        "\x1b[0;36mCell In[7]\x1b[0m, line 4\n----> 4 f()",
        "Cell \x1b[0;32mIn[7], line 2\x1b[0m, in f()\n----> 2 g()",
        "Cell In[3], line 9, in g()\n----> 9 1/0",
    )
    run = run_of(
        ("execute_input", {"execution_count": 7}),
        error(*traceback),
        code="def f():\n    g()\n\nf()",
    )
    number, coloured, plain = run.take()
    assert number == RunPart(7)
    assert plain == TextPart("Error: ValueError: bad\nline 2: g()", "error")
    assert coloured == TextPart("\n".join(traceback), "traceback")


def test_a_traceback_has_colours_and_no_other_escape_sequence() -> None:
    coloured, _ = run_of(error("\x1b[31mred\x1b[0m\x1b[2J\x1b]0;x\x07")).take()
    assert coloured == TextPart("\x1b[31mred\x1b[0m␛[2J␛]0;x\x07", "traceback")


@pytest.mark.parametrize("line", ["0", "99", "9" * 40])
def test_a_line_that_is_not_there_is_not_named(line: str) -> None:
    run = run_of(("execute_input", {"execution_count": 1}), error(f"Cell In[1], line {line}"))
    assert run.take()[-1] == TextPart("Error: ValueError: bad", "error")


def test_a_made_up_file_name_is_left_out() -> None:
    (part,) = run_of(error(evalue="invalid syntax (889060704.py, line 1)")).take()
    assert part == TextPart("Error: ValueError: invalid syntax", "error")


def test_a_picture_is_kept_and_described(tmp_path: Path) -> None:
    data = {"image/png": base64.b64encode(PNG).decode() + "\n", "text/plain": "<Figure>"}
    (part,) = run_of(("display_data", {"data": data}), folder=tmp_path).take()
    assert isinstance(part, ImagePart)
    assert (part.media_type, part.width, part.height, part.alt) == ("image/png", 2, 3, "<Figure>")
    assert path_of(part.sha256, tmp_path).read_bytes() == PNG


def test_what_claims_to_be_a_picture_and_is_none_is_shown_as_text(tmp_path: Path) -> None:
    for encoded in ("%%%", base64.b64encode(b"#!/bin/sh").decode(), 5):
        data = {"image/png": encoded, "text/plain": "text"}
        run = run_of(("execute_result", {"data": data}), folder=tmp_path)
        assert run.take() == (TextPart("text", "result"),)
    assert not list(tmp_path.iterdir())


def test_pictures_are_limited_in_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel_output, "MAX_PICTURES", 1)
    message = ("display_data", {"data": {"image/svg+xml": "<svg/>"}})
    first, second = run_of(message, message, folder=tmp_path).take()
    assert isinstance(first, ImagePart)
    assert second == TextPart("[a picture of 6 bytes was dropped]\n", "stderr")


def test_lone_surrogates_can_be_stored() -> None:
    run = run_of(stream("\ud800"), error(evalue="\udfff"))
    for part in run.take():
        assert isinstance(part, TextPart)
        part.text.encode()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
KINDS = [
    "stream",
    "execute_result",
    "display_data",
    "error",
    "execute_input",
    "input_request",
    "clear_output",
    "status",
    "comm_open",
]
KEYS = [
    "wait",
    "prompt",
    "transient",
    "display_id",
    "text/html",
    "name",
    "text",
    "data",
    "ename",
    "evalue",
    "traceback",
    "execution_count",
    "image/png",
]


@given(
    st.lists(st.tuples(st.sampled_from(KINDS), JSON | st.dictionaries(st.sampled_from(KEYS), JSON)))
)
def test_messages_of_any_form_do_no_harm(messages: list[tuple[str, object]]) -> None:
    run_of(*messages).take()
