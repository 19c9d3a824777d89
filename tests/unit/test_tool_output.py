"""Output of the kernel as it is drawn: colours of a traceback are obeyed, nothing else is."""

import re

from rich.console import Console
from rich.style import Style

from qchat.tui.blocks.output import run_number, table_output, text_output
from qchat.tui.render.palette import Palette
from qchat_tools.parts import RunPart, TablePart, TextPart

DIM, BAD = Style(color="#111111"), Style(color="#ff0000")
COLOURS = Palette(*(DIM,) * 7, bad=BAD, warning=DIM, pygments="friendly")


def drawn(renderable: object) -> str:
    console = Console(width=60, color_system="truecolor", force_terminal=True, legacy_windows=False)
    with console.capture() as capture:
        console.print(renderable)
    return capture.get()


def test_a_traceback_keeps_its_colours_and_nothing_else() -> None:
    hostile = "\x1b[31mred\x1b[0m\n\x1b]8;;http://a.example\x1b\\x\x1b[2J\x1b]0;title\x07\x9b5m"
    text = drawn(text_output(TextPart(hostile, "traceback"), hostile, COLOURS))
    assert re.search("\x1b\\[38;2;\\d+;\\d+;\\d+mred", text), "a red that this theme can show"
    assert "\x1b]" not in text
    assert "\x1b[2J" not in text
    assert "\x07" not in text
    assert "\x9b" not in text
    assert "␛]8;;http://a.example" in text


def test_a_moving_line_is_drawn_once() -> None:
    assert "\r" not in drawn(text_output(TextPart("\r99%", "stderr"), "\r99%", COLOURS))


def test_what_was_left_out_is_told() -> None:
    part = TextPart("tail", "stdout", omitted=1234)
    assert "1234 characters are only in the file" in drawn(text_output(part, part.text, COLOURS))


def test_a_table_with_rows_of_any_length_is_a_table() -> None:
    text = drawn(table_output(TablePart(("a",), (("1", "\x1b[31m2"), ())), COLOURS))
    assert "␛[31m2" in text


def test_the_number_of_the_run_is_told() -> None:
    assert run_number((RunPart(7),)) == " [7]"
    assert run_number(()) == ""
