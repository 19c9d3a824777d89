"""Hostile text in every block shows as text, does not hang, and changes nothing outside."""

import time

import pytest

from qchat.events import (
    Attached,
    Event,
    Notice,
    Recalled,
    RecalledMemory,
    Text,
    Thinking,
    ToolDraft,
    ToolFinished,
    ToolProgress,
    ToolStarted,
    TurnFinished,
)
from qchat.tui.block import Block
from qchat.tui.conversation import Conversation
from qchat_tools.parts import ImagePart, SourcePart, TextPart
from tests.scripted import ScriptedBackend, says
from tests.tui.conftest import Chats, screen, wait_until

HOSTILE = {
    "escape sequences": "\x1b[2J\x1b]0;owned\x07\x1b[31mred\x9b31m\x1bPq#0\x1b\\",
    "markup": "[bold red]x[/] [link=javascript:1]y[/link] [@click=app.quit]z[/] [/nonsense]",
    "a long line": "x" * 100_000,
    "a long word of wide letters": "你" * 50_000,
    "zero-width": "a" + "\u0301" * 50_000 + "\u200b" * 50_000 + "b",
    "deep nesting": "> " * 2_000 + "x\n" + "- " * 500 + "y\n" + "[" * 3_000 + "(" * 3_000,
    "many lines": "line\n" * 4_000,
    "direction": "\u202eevil\u202c \u2066x\u2069 \u200f",
    "a wide table": "|" + "a|" * 500 + "\n|" + "-|" * 500 + "\n" + ("|" + "b|" * 500 + "\n") * 20,
    "formulas": "$" + "\\frac{" * 300 + "$ $$\\def\\x{\\x\\x}\\x$$ \\(" + "{" * 5_000 + "\\)",
    "fences": "```\n" * 199 + "~~~\n" * 199,
    "emphasis": "*_" * 5_000,
}
LONGEST_S = 30.0
"""Far above what one of them takes on a quiet machine (2 s), far below a hang."""


def everywhere(text: str) -> list[Event]:
    """The text in every place where something foreign is shown."""
    return [
        Attached(text, text, at=1.0),
        Recalled((RecalledMemory(text, text, text),), at=1.0),
        Thinking(text, at=1.0),
        ToolDraft("c", text, text, at=2.0),
        ToolStarted("c", text, {"code": text, text: text}, at=2.0),
        ToolProgress("c", TextPart(text, "stdout"), at=2.0),
        ToolFinished(
            "c",
            (
                TextPart(text, "stdout"),
                TextPart(text, "error"),
                SourcePart(1, text, text, text, text),
                ImagePart("0" * 64, text, 1, 1, text),
            ),
            False,
            at=3.0,
        ),
        Notice(text, "error", at=3.0),
        Text(text, at=4.0),
        TurnFinished("stop", at=5.0),
    ]


@pytest.mark.parametrize("kind", HOSTILE)
async def test_hostile_text_stays_in_its_block(chats: Chats, kind: str) -> None:
    text = HOSTILE[kind]
    async with chats.chat(ScriptedBackend(says("")), size=(60, 30)) as pilot:
        conversation = pilot.app.query_one(Conversation)
        began = time.perf_counter()
        conversation.begin(text)
        for event in everywhere(text):
            conversation.feed(event)
        conversation.begin("afterwards")
        conversation.feed(Text("all is well", at=6.0))
        conversation.feed(TurnFinished("stop", at=6.0))
        await wait_until(pilot, lambda: "all is well" in screen(pilot))
        for block in pilot.app.query(Block):
            block.folded = False
            assert len(block.lines(50)) >= 0
        await pilot.pause()
        assert time.perf_counter() - began < LONGEST_S
        for block in pilot.app.query(Block):
            for strip in block.lines(block.content_size.width)[:2_000]:
                assert strip.cell_length <= block.content_size.width, type(block)
                assert not any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 for c in strip.text)
                assert not any("@click" in (s.style.meta if s.style else {}) for s in strip)
        await pilot.press("ctrl+end")
        shown = screen(pilot)
        assert "all is well" in shown
        assert all("\x1b" not in line for line in shown)
        assert "think" in shown.splitlines()[-2], "the prompt stands where it stood"
