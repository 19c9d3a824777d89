"""The view stays at the text that was read, whatever is laid out anew."""

import asyncio
from itertools import pairwise

import pytest
from textual.pilot import Pilot

from qchat.protocol.events import StepFinished, Text, Thinking
from qchat.tui.transcript.conversation import Conversation
from tests.scripted import ScriptedBackend, says
from tests.tui.conftest import Chats, drawn, idle, say, screen, wait_until

LONG = "\n\n".join(
    f"Paragraph {n} has **bold** words and `code` " + "and some more words " * 6 for n in range(60)
)


def paragraph(pilot: Pilot[int]) -> int:
    """The first paragraph that begins in view."""
    words = screen(pilot).split()
    return next(int(b) for a, b in pairwise(words) if a == "Paragraph")


@pytest.mark.parametrize("width", [60, 72, 130])
async def test_resizing_keeps_what_is_read(chats: Chats, width: int) -> None:
    backend = ScriptedBackend(says(LONG))
    async with chats.chat(backend, size=(100, 30)) as pilot:
        await say(pilot, "go")
        await idle(pilot)
        await pilot.press("pageup", "pageup")
        await drawn(pilot)
        before = paragraph(pilot)
        await pilot.resize_terminal(width, 30)
        await drawn(pilot)
        await wait_until(pilot, lambda: abs(paragraph(pilot) - before) <= 1)
        await pilot.resize_terminal(100, 24)
        await drawn(pilot)
        await wait_until(pilot, lambda: abs(paragraph(pilot) - before) <= 1)


async def test_folding_and_opening_all_above_keeps_what_is_read(chats: Chats) -> None:
    thought = [Thinking("a thought\n" * 40), Text(LONG[:3000]), StepFinished()]
    backend = ScriptedBackend(thought, [Thinking("more\n" * 40), Text(LONG), StepFinished()])
    async with chats.chat(backend, size=(100, 30)) as pilot:
        for prompt in ("one", "two"):
            await say(pilot, prompt)
            await idle(pilot)
        await pilot.press("pageup", "pageup")
        await drawn(pilot)
        before = paragraph(pilot)
        for _ in range(2):
            await pilot.press("ctrl+t")
            await drawn(pilot)
            await wait_until(pilot, lambda: paragraph(pilot) == before)


async def test_what_grows_above_moves_nothing(chats: Chats) -> None:
    backend = ScriptedBackend(says(LONG), [Text("x "), asyncio.Event()])
    async with chats.chat(backend, size=(100, 30)) as pilot:
        await say(pilot, "one")
        await idle(pilot)
        await pilot.press("pageup")
        await drawn(pilot)
        before = paragraph(pilot)
        conversation = pilot.app.query_one(Conversation)
        block = next(b for item in [conversation.pointed_at] for b in [item] if b is not None)
        assert block is not None
        conversation.notice("a word\n" * 5)
        await drawn(pilot)
        assert paragraph(pilot) == before
