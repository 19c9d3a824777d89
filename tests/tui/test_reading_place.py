"""The view stays at the text that was read, whatever is laid out anew."""

import asyncio
from collections.abc import Callable
from itertools import pairwise

import pytest
from textual.geometry import Size
from textual.pilot import Pilot
from textual.widget import Widget

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


@pytest.fixture
def frame(monkeypatch: pytest.MonkeyPatch) -> Callable[[Conversation], None]:
    """Draws a frame; none is drawn by itself, so that a test says what comes in between."""
    draw = Conversation.frame
    monkeypatch.setattr(Conversation, "frame", lambda _: None)
    return draw


async def outgrown(pilot: Pilot[int]) -> Conversation:
    """An answer has just outgrown the screen, and no frame was drawn since."""
    conversation = pilot.app.query_one(Conversation)
    conversation.begin("go")
    conversation.feed(Text(LONG, at=2.0))
    conversation.settle(1)
    await wait_until(pilot, lambda: conversation.max_scroll_y > 0 and conversation.is_laid_out)
    assert not conversation.is_anchored
    return conversation


async def test_a_key_before_the_end_was_ever_followed_is_not_undone(
    chats: Chats, frame: Callable[[Conversation], None]
) -> None:
    async with chats.chat(ScriptedBackend(says("")), size=(80, 24)) as pilot:
        conversation = await outgrown(pilot)
        conversation.page(1)
        there = conversation.scroll_y
        assert 0 < there < conversation.max_scroll_y
        frame(conversation)
        assert conversation.scroll_y == there
        conversation.notice("One\nmore\nthing")
        await wait_until(pilot, lambda: conversation.is_laid_out)
        frame(conversation)
        assert conversation.scroll_y == there
        assert conversation.new_below
        conversation.follow()
        conversation.notice("and the last")
        await wait_until(pilot, lambda: "and the last" in screen(pilot))


async def test_a_frame_before_the_view_knows_its_size_leaves_nothing_unfollowed(
    chats: Chats, frame: Callable[[Conversation], None]
) -> None:
    async with chats.chat(ScriptedBackend(says("")), size=(80, 24)) as pilot:
        conversation = await outgrown(pilot)
        size = conversation.virtual_size
        conversation.set_reactive(Widget.virtual_size, Size(size.width, 5))  # blocks know theirs
        frame(conversation)
        conversation.set_reactive(Widget.virtual_size, size)
        frame(conversation)
        await wait_until(pilot, lambda: "Paragraph 59" in screen(pilot))


async def test_a_frame_between_folding_and_its_layout_forgets_nothing(
    chats: Chats, frame: Callable[[Conversation], None]
) -> None:
    async with chats.chat(ScriptedBackend(says("")), size=(100, 30)) as pilot:
        conversation = await outgrown(pilot)
        conversation.begin("more")
        conversation.feed(Thinking("a thought\n" * 80, at=3.0))
        conversation.feed(Text(LONG, at=4.0))
        conversation.settle(2)
        await wait_until(pilot, lambda: conversation.is_laid_out)
        folded = conversation.max_scroll_y
        conversation.fold_all("thinking")  # opens them
        await wait_until(pilot, lambda: conversation.is_laid_out)
        conversation.follow()
        await wait_until(pilot, lambda: conversation.at_end)
        frame(conversation)
        conversation.page(-1)
        await pilot.pause()
        before = paragraph(pilot)
        assert conversation.scroll_y > folded  # so that the view will be clamped
        conversation.fold_all("thinking")
        frame(conversation)  # nothing of it is laid out yet

        def stands_there() -> bool:
            frame(conversation)
            return conversation.is_laid_out and paragraph(pilot) == before

        await wait_until(pilot, stands_there)
