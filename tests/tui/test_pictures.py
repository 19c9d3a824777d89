"""Pictures of tools are drawn, in what the terminal understands; broken ones are named."""

import hashlib
import io
from pathlib import Path

import pytest
from PIL import Image
from textual.geometry import Size
from textual.pilot import Pilot

from qchat.protocol.events import Event, Text, ToolFinished, ToolStarted, TurnFinished
from qchat.tui.blocks.picture import MAX_ROWS, Cell, PictureBlock, answered, cells, protocol
from qchat.tui.textual_private import driver_of
from qchat.tui.transcript.conversation import Conversation
from qchat_tools.parts import ImagePart, TextPart
from tests.scripted import ScriptedBackend, says
from tests.tui.conftest import Chats, screen, wait_until
from tests.tui.textual_private import strips_of


def keep(data: bytes, folder: Path, width: int = 0, height: int = 0) -> ImagePart:
    folder.mkdir(exist_ok=True)
    sha256 = hashlib.sha256(data).hexdigest()
    (folder / sha256).write_bytes(data)
    return ImagePart(sha256, "image/png", width, height, "a plot")


def png(width: int, height: int) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), (200, 30, 30)).save(out, "PNG")
    return out.getvalue()


async def show(pilot: Pilot[int], *parts: ImagePart) -> None:
    events: list[Event] = [
        ToolStarted("c", "python", {"code": "plot()"}, at=1.0),
        ToolFinished("c", (TextPart("done\n", "stdout"), *parts), True, at=2.0),
        Text("There it is.", at=3.0),
        TurnFinished("stop", at=3.0),
    ]
    conversation = pilot.app.query_one(Conversation)
    conversation.begin("plot it")
    for event in events:
        conversation.feed(event)
    await pilot.pause()


@pytest.mark.parametrize("width", [100, 40])
async def test_a_picture_is_drawn_within_its_block(chats: Chats, width: int) -> None:
    part = keep(png(1200, 600), chats.paths.files_dir, 1200, 600)
    async with chats.chat(ScriptedBackend(says("")), size=(width, 40)) as pilot:
        await show(pilot, part)
        before = pilot.app.query_one(PictureBlock).region
        await wait_until(pilot, lambda: "▀" in screen(pilot))
        block = pilot.app.query_one(PictureBlock)
        assert block.region == before, "its place is kept while it loads"
        rows = [row for row in screen(pilot).splitlines() if "▀" in row]
        assert len(rows) == block.content_size.height
        assert max(len(row) for row in rows) <= block.content_region.right
        assert max(row.count("▀") for row in rows) >= width * 0.5
        assert "There it is." in screen(pilot)


async def test_what_cannot_be_drawn_is_named(chats: Chats) -> None:
    broken = keep(b"\x89PNG no more", chats.paths.files_dir)
    gone = ImagePart("0" * 64, "image/png", 10, 10, "lost")
    huge = keep(png(9000, 9000), chats.paths.files_dir)
    async with chats.chat(ScriptedBackend(says(""))) as pilot:
        await show(pilot, broken, gone, huge)
        await wait_until(pilot, lambda: screen(pilot).count("cannot be shown") == 3)
        assert "its file is gone" in screen(pilot)
        assert "9000 by 9000 pixels are too many" in screen(pilot)


def test_the_size_keeps_the_proportion_and_the_limits() -> None:
    cell = Cell(10, 20)
    assert cells(Size(100, 100), 80, cell) == Size(10, 5)
    assert cells(Size(1600, 400), 80, cell) == Size(80, 10)
    assert cells(Size(100, 10_000), 80, cell) == Size(1, MAX_ROWS)
    assert cells(Size(0, 0), 80, cell) == Size(1, 1)


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"TERM": "xterm-kitty"}, "kitty"),
        ({"TERM": "xterm-kitty", "TMUX": "/x"}, "blocks"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"}, "sixel"),
        ({"TERM": "foot"}, "sixel"),
        ({"TERM": "xterm-256color"}, None),
        ({"TERM": "xterm-256color", "STY": "x"}, "blocks"),
        ({}, None),
    ],
)
def test_the_terminal_is_known_by_what_it_sets(
    environ: dict[str, str], expected: str | None
) -> None:
    assert protocol("auto", environ) == expected
    assert protocol("sixel", environ) == "sixel"


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("\x1b[?62;4;22c", "sixel"),
        ("\x1b_Gi=31;OK\x1b\\\x1b[?62;52;c", "kitty"),
        ("\x1b_Gi=31;OK\x1b\\\x1b[?65;4;22c", "sixel"),
        ("\x1b_Gi=31;EINVAL: no\x1b\\\x1b[?62;22c", "blocks"),
        ("\x1b[?4c", "blocks"),  # the first number is the kind of terminal
        ("\x1b[?1;2c", "blocks"),
        ("", "blocks"),
    ],
)
def test_the_terminal_is_believed(reply: str, expected: str) -> None:
    assert answered(reply) == expected


@pytest.mark.parametrize(("wanted", "mark"), [("kitty", "\U0010eeee"), ("sixel", "\x1bP")])
async def test_terminals_that_can_get_real_pictures(
    chats: Chats, wanted: str, mark: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent, beside = io.StringIO(), io.StringIO()
    monkeypatch.setattr("sys.__stdout__", beside)
    monkeypatch.setattr("qchat.tui.blocks.picture.protocol", lambda *_: wanted)
    part = keep(png(200, 100), chats.paths.files_dir, 200, 100)
    async with chats.chat(ScriptedBackend(says(""))) as pilot:
        monkeypatch.setattr(driver_of(pilot.app), "write", sent.write)
        await show(pilot, part)

        def drawn() -> bool:
            strips = strips_of(pilot.app)
            return any(mark in segment.text for strip in strips for segment in strip)

        await wait_until(pilot, drawn)
    assert wanted != "kitty" or "\x1b_G" in sent.getvalue()
    assert not beside.getvalue(), "frames are written by another thread: all goes their way"
