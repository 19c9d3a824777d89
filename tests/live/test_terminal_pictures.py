"""Pictures in terminals that can draw them, say so when asked, and are rid of them again."""

import hashlib
import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from qchat.protocol.events import Event, Text, ToolFinished, ToolStarted, TurnFinished
from qchat_tools.parts import ImagePart
from tests.emulator import PICTURE, Emulator, keep_talk

READY = "Ask anything"
PLACEHOLDER = "\U0010eeee"
DEVICE = "\x1b[c"
MAY_I = "\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\"
SIXEL = {DEVICE: "\x1b[?62;4;22c"}
KITTY = {MAY_I: "\x1b_Gi=31;OK\x1b\\", DEVICE: "\x1b[?62;52;c"}


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[dict[str, str]], Emulator]]:
    """A talk that ends in a picture, in a terminal that gives these answers."""
    opened: list[Emulator] = []
    out = io.BytesIO()
    Image.new("RGB", (300, 160), (200, 30, 30)).save(out, "PNG")
    sha256 = hashlib.sha256(out.getvalue()).hexdigest()
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / sha256).write_bytes(out.getvalue())
    picture = ImagePart(sha256, "image/png", 300, 160, "a plot")
    drawn: list[Event] = [
        ToolStarted("c", "python", {"code": "plot()"}),
        ToolFinished("c", (picture,), True),
        Text("There it is."),
        TurnFinished("stop"),
    ]
    told: list[Event] = [Text("- a line\n" * 80), TurnFinished("stop")]
    talk = keep_talk(tmp_path, ("tell", told), ("plot", drawn))

    def begin(answers: dict[str, str]) -> Emulator:
        opened.append(Emulator(tmp_path, ("--resume", talk), size=(80, 30), answers=answers))
        opened[-1].wait_for(READY, "There it is.")
        return opened[-1]

    yield begin
    for one in opened:
        one.close()


@pytest.mark.parametrize(
    ("answers", "mark"),
    [(SIXEL, PICTURE), (KITTY, PLACEHOLDER), ({}, "▀")],
    ids=["sixel", "kitty", "silent"],
)
def test_a_picture_comes_as_the_terminal_says_and_goes_when_one_scrolls(
    start: Callable[[dict[str, str]], Emulator], answers: dict[str, str], mark: str
) -> None:
    terminal = start(answers)
    terminal.type("typed meanwhile")
    terminal.wait_for(mark, "typed meanwhile")
    rows = [30] * 8  # 300 pixels of 10 a cell, 160 of 20 a line
    terminal.wait_until(
        lambda: [line.count(mark) for line in terminal.lines if mark in line] == rows
    )
    kinds = {kind for kind, body, _ in terminal.graphics if "a=q" not in body}
    assert kinds == {PICTURE: {"P"}, PLACEHOLDER: {"_"}}.get(mark, set())
    terminal.press("PageUp", "PageUp")
    terminal.wait_for("a line")
    terminal.wait_for(mark, absent=True)
    terminal.press("PageDown", "PageDown")
    terminal.wait_for(mark, "There it is.")
    assert "typed meanwhile" in terminal.text
    terminal.press("C-u")
    terminal.type("/new\r")
    terminal.wait_for("There it is.", mark, absent=True)
    if mark == PLACEHOLDER:
        terminal.wait_until(lambda: any(b.startswith("Ga=d") for _, b, _ in terminal.graphics))
    terminal.press("C-q")
    assert terminal.wait_exit() == 0, terminal.sent[-3000:]


def test_a_terminal_that_answers_late_gets_its_pictures_and_nothing_is_typed_by_it(
    start: Callable[[dict[str, str]], Emulator],
) -> None:
    terminal = start({})
    terminal.wait_for("▀")
    terminal.type("/thi")
    terminal.wait_for("/think")
    terminal.press("Escape")  # a key, and no beginning of the answer
    terminal.wait_for("/think", absent=True)
    terminal.type("".join(KITTY.values()) + "x")
    terminal.wait_for(PLACEHOLDER, "/thix")
    terminal.wait_for("▀", "i=31", absent=True)
