"""Conversations of thousands of turns: a few widgets, a still view, and all of it found."""

import asyncio

import pytest
from textual.pilot import Pilot

from qchat.bench.longsession import fill
from qchat.protocol.events import Text
from qchat.store import Store
from qchat.tui.blocks.block import Block
from qchat.tui.blocks.kinds import PromptBlock, ThinkingBlock
from qchat.tui.transcript.conversation import Conversation
from qchat.tui.transcript.turn import TurnBox
from tests.scripted import ScriptedBackend, says
from tests.tui.conftest import Chats, drawn, say, screen, wait_until
from tests.tui.textual_private import strips_of

TURNS = 1_000
MAX_BOXES = 80


@pytest.fixture
def long(chats: Chats) -> str:
    store = Store(chats.paths.sessions_db)
    session = fill(store, "default", TURNS)
    store.close()
    return session


def boxes(pilot: Pilot[int]) -> int:
    return len(pilot.app.query(TurnBox))


def top_line(pilot: Pilot[int]) -> str:
    return screen(pilot).splitlines()[1]


async def test_only_what_is_near_the_view_is_mounted_wherever_one_goes(
    chats: Chats, long: str
) -> None:
    async with chats.chat(ScriptedBackend(says("new answer")), long) as pilot:
        conversation = pilot.app.query_one(Conversation)
        await wait_until(pilot, lambda: f"f({TURNS - 1}) gives it" in screen(pilot))
        assert boxes(pilot) < MAX_BOXES
        seen = set()
        for _ in range(25):  # page by page, nothing is skipped and nothing repeated
            await pilot.press("pageup")
            await wait_until(pilot, lambda: not conversation.is_moving)
            await drawn(pilot)
            seen |= {n for n in range(TURNS - 60, TURNS) if f"f({n}) gives it" in screen(pilot)}
        assert seen == set(range(min(seen), max(seen) + 1)), "every turn was seen on the way"
        assert len(seen) > 15
        assert boxes(pilot) < MAX_BOXES
        conversation.scroll_to(y=0, animate=False)
        await wait_until(pilot, lambda: "question 0" in screen(pilot))
        assert boxes(pilot) < MAX_BOXES
        conversation.scroll_to(y=conversation.max_scroll_y // 2, animate=False)
        await wait_until(pilot, lambda: "gives it" in screen(pilot))
        await pilot.press("ctrl+end")
        await wait_until(pilot, lambda: f"f({TURNS - 1}) gives it" in screen(pilot))
        await say(pilot, "and now?")
        await wait_until(pilot, lambda: "new answer" in screen(pilot))
        assert boxes(pilot) < MAX_BOXES


async def test_a_short_conversation_that_was_scrolled_can_be_jumped_in_when_it_fits(
    chats: Chats,
) -> None:
    async with chats.chat(ScriptedBackend(says("an answer")), size=(40, 12)) as pilot:
        for prompt in ("first", "second", "third"):
            await say(pilot, prompt)
            await wait_until(pilot, lambda said=prompt: f"   {said}" in screen(pilot))
        conversation = pilot.app.query_one(Conversation)
        await pilot.press("alt+up", "alt+up", "alt+up")
        await pilot.resize_terminal(80, 40)
        conversation.scroll_target_y = conversation.scroll_y = -1
        assert conversation.place_at(-1) == 0
        await pilot.press("alt+up", "escape", *"/theme", "space", *"nosuch", "enter")
        await wait_until(pilot, lambda: "Unknown theme" in screen(pilot))


async def test_what_a_command_says_comes_into_view_wherever_one_reads(
    chats: Chats, long: str
) -> None:
    async with chats.chat(ScriptedBackend(says("")), long) as pilot:
        conversation = pilot.app.query_one(Conversation)
        await wait_until(pilot, lambda: f"f({TURNS - 1}) gives it" in screen(pilot))
        for command in ("/nonsense", "/think"):
            conversation.go(2)
            await wait_until(pilot, lambda: f"f({TURNS - 1}) gives it" not in screen(pilot))
            await pilot.press("escape")
            await say(pilot, command)
            await wait_until(pilot, lambda: f"f({TURNS - 1}) gives it" in screen(pilot))
        conversation.go(2)
        await wait_until(pilot, lambda: f"f({TURNS - 1}) gives it" not in screen(pilot))
        pilot.app.conversation.notice("from elsewhere")
        await wait_until(pilot, lambda: conversation.new_below)


async def at_rest(pilot: Pilot[int]) -> None:
    """Wait until the view is where a key has sent it."""
    conversation = pilot.app.query_one(Conversation)
    await pilot.pause()
    await wait_until(pilot, lambda: not conversation.is_moving)
    await drawn(pilot)


async def test_what_stands_in_view_stays_while_turns_come_and_go_around_it(
    chats: Chats, long: str
) -> None:
    async with chats.chat(ScriptedBackend(says("")), long) as pilot:
        conversation = pilot.app.query_one(Conversation)
        await wait_until(pilot, lambda: f"f({TURNS - 1}) gives it" in screen(pilot))
        for _ in range(6):
            await pilot.press("pageup")
            await at_rest(pilot)
            before = screen(pilot).splitlines()[2:30]
            await pilot.pause(0.3)  # the window moves meanwhile
            assert screen(pilot).splitlines()[2:30] == before
        conversation.begin("live")
        conversation.page(-1)
        await at_rest(pilot)
        before = screen(pilot).splitlines()[2:30]
        for n in range(50):
            conversation.feed(Text(f"word {n}\n\n", at=1.0))
        await pilot.pause(0.3)
        assert screen(pilot).splitlines()[2:30] == before
        assert conversation.new_below


async def test_it_is_found_wherever_it_is(chats: Chats, long: str) -> None:
    async with chats.chat(ScriptedBackend(says("")), long) as pilot:
        await wait_until(pilot, lambda: f"f({TURNS - 1}) gives it" in screen(pilot))
        await pilot.press("ctrl+f")
        for key in "thought 77:":
            await pilot.press({" ": "space", ":": "colon"}.get(key, key))
        await wait_until(pilot, lambda: "5 of 5" in screen(pilot))
        await wait_until(pilot, lambda: "Thought 77: first the sum" in screen(pilot))
        opened = [b for b in pilot.app.query(ThinkingBlock) if not b.folded]
        assert len(opened) == 1, "the folded block with the match was opened, no other"
        strips = strips_of(pilot.app)
        marked = [
            s.text
            for strip in strips
            for s in strip
            if s.style and s.style.reverse and "77" in s.text
        ]
        assert [text.lower() for text in marked] == ["thought 77:"] * 5
        await pilot.press("enter")
        await wait_until(pilot, lambda: "1 of 5" in screen(pilot))
        await pilot.press("up")
        await wait_until(pilot, lambda: "5 of 5" in screen(pilot))
        await pilot.press("escape")
        await wait_until(pilot, lambda: pilot.app.focused is pilot.app.layout.prompt)
        await wait_until(pilot, lambda: "5 of 5" not in screen(pilot))


def pointed(pilot: Pilot[int]) -> Block | None:
    """The block that was jumped to."""
    return pilot.app.query_one(Conversation).pointed_at


async def test_one_key_goes_from_own_prompt_to_own_prompt(chats: Chats, long: str) -> None:
    async with chats.chat(ScriptedBackend(says("")), long) as pilot:
        await wait_until(pilot, lambda: f"f({TURNS - 1}) gives it" in screen(pilot))
        for n in range(1, 12):
            await pilot.press("alt+up")
            expected = f"question {TURNS - n}"
            await wait_until(
                pilot,
                lambda expected=expected: (
                    isinstance(pointed(pilot), PromptBlock)
                    and pointed(pilot).source == expected
                    and expected in screen(pilot)
                ),
            )
        await pilot.press("alt+down")
        await wait_until(pilot, lambda: pointed(pilot).source == f"question {TURNS - 10}")


async def test_a_block_left_open_is_open_when_one_comes_back(chats: Chats, long: str) -> None:
    async with chats.chat(ScriptedBackend(says("")), long) as pilot:
        conversation = pilot.app.query_one(Conversation)
        await wait_until(pilot, lambda: f"f({TURNS - 1}) gives it" in screen(pilot))
        pilot.app.query(ThinkingBlock).last().folded = False
        await pilot.pause()
        conversation.release_anchor()
        conversation.scroll_to(y=0, animate=False)
        await wait_until(pilot, lambda: "question 0" in screen(pilot))
        await pilot.press("ctrl+end")
        await wait_until(pilot, lambda: f"f({TURNS - 1}) gives it" in screen(pilot))
        assert not pilot.app.query(ThinkingBlock).last().folded
        assert f"Thought {TURNS - 1}: first the sum" in screen(pilot)


async def test_one_who_wants_to_be_elsewhere_at_every_moment_gets_there(
    chats: Chats, long: str
) -> None:
    async with chats.chat(ScriptedBackend(says("")), long) as pilot:
        conversation = pilot.app.query_one(Conversation)
        await wait_until(pilot, lambda: f"f({TURNS - 1}) gives it" in screen(pilot))
        for rounds in range(30):  # the next wish comes at any step of the move before
            conversation.go(40 * rounds % TURNS)
            for _ in range(rounds):
                await asyncio.sleep(0)
        conversation.go(500)
        await wait_until(pilot, lambda: screen(pilot).splitlines()[1].endswith("question 500"))
        assert all(box.is_running for box in pilot.app.query(TurnBox))
        assert boxes(pilot) < MAX_BOXES
