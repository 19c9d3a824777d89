"""What a real terminal is sent: only colours that it has, and copied text by OSC 52."""

import base64
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from qchat.protocol.events import Event, Text, Thinking, ToolFinished, ToolStarted, TurnFinished
from qchat_tools.parts import TextPart
from tests.emulator import Emulator, keep_talk

READY = "Ask anything"
TURN: list[Event] = [
    Thinking("a thought"),
    ToolStarted("c", "python", {"code": "for x in range(3): print(x)"}),
    ToolFinished("c", (TextPart("\x1b[38;2;9;9;9mgrey\x1b[0m\n", "traceback"),), False),
    Text("# Title\n\nSome `code`, a [link](https://example.com).\n\n```python\nx = 1\n```\n"),
    TurnFinished("stop"),
]
SGR = re.compile(r"\x1b\[([\d;:]*)m")

Start = Callable[..., Emulator]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    opened: list[Emulator] = []
    talk = keep_talk(tmp_path, ("colour", TURN))

    def begin(**environ: str) -> Emulator:
        size = (100, 40)
        opened.append(Emulator(tmp_path, ("--resume", talk), size=size, environ=environ))
        opened[-1].wait_for(READY, "Title")
        return opened[-1]

    yield begin
    for one in opened:
        one.close()


def colours(sent: str) -> set[str]:
    """The kinds of colours that were asked for: 16, 256 or rgb."""
    kinds = set()
    for codes in SGR.findall(sent):
        numbers = codes.replace(":", ";").split(";")
        for at, number in enumerate(numbers):
            if number in ("38", "48") and at + 1 < len(numbers):
                kinds.add({"2": "rgb", "5": "256"}[numbers[at + 1]])
                break
            if number.isdigit() and (30 <= int(number) <= 47 or 90 <= int(number) <= 107):
                kinds.add("16")
    return kinds


def walk(terminal: Emulator) -> None:
    """Through what draws in colours of its own."""
    terminal.press("C-t", "C-o")
    terminal.wait_for("a thought", "grey")
    terminal.press("F2")
    terminal.wait_for("Sessions")
    terminal.press("F2")
    terminal.wait_for("Sessions", absent=True)
    terminal.type("/thi")
    terminal.wait_for("/think")
    terminal.press("Escape", "C-u", "C-q")
    assert terminal.wait_exit() == 0


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"TERM": "xterm-16color"}, {"16"}),
        ({"TERM": "linux"}, {"16"}),
        ({"TERM": "xterm-256color"}, {"256"}),
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, {"rgb"}),
    ],
    ids=["xterm-16color", "linux", "256", "truecolor"],
)
def test_no_colour_comes_that_the_terminal_lacks(
    start: Start, environ: dict[str, str], expected: set[str]
) -> None:
    terminal = start(**environ)
    walk(terminal)
    assert colours(terminal.sent) - {"16"} == expected - {"16"}
    assert colours(terminal.sent), "there are colours at all"


def test_where_none_is_wanted_no_colour_comes_and_what_is_marked_can_be_seen(start: Start) -> None:
    terminal = start(TERM="xterm-256color", COLORTERM="truecolor", NO_COLOR="1")
    terminal.press("F2")
    terminal.wait_for("Sessions", "● colour")
    (row,) = [y for y, line in enumerate(terminal.lines) if "● colour" in line]
    column = terminal.lines_as_cells[row].index("●")
    terminal.wait_until(lambda: terminal.screen.buffer[row][column].reverse)  # the marked line
    assert not terminal.screen.buffer[row + 5][column].reverse
    assert terminal.column(0).count("▌") < terminal.screen.lines / 2, "edges without focus"
    terminal.press("F2")
    terminal.wait_for("Sessions", absent=True)
    walk(terminal)
    assert colours(terminal.sent) == set()
    told = {number for codes in SGR.findall(terminal.sent) for number in codes.split(";")}
    assert {"1", "2", "7"} <= told, "bold, dim and reversed say what colours said"


def test_copied_text_goes_by_osc_52(start: Start) -> None:
    terminal = start(SSH_TTY="/dev/pts/9")
    terminal.press("BTab", "y")
    terminal.wait_for("copied")
    terminal.wait_until(lambda: "\x1b]52;c;" in terminal.sent)
    (copied,) = re.findall(r"\x1b\]52;c;([^\x07\x1b]*)", terminal.sent)
    assert base64.b64decode(copied).decode().startswith("# Title\n\nSome `code`")
    terminal.press("C-q")
    assert terminal.wait_exit() == 0
