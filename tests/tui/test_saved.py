"""The line of a save: taken back, brought back, corrected and pinned where it stands."""

import msgspec
import pytest
from textual.pilot import Pilot

from qchat.config.settings import MemorySettings
from qchat.tui.blocks.saved_memory import MemoryLine, SavedBlock
from qchat.tui.notices import Notices
from qchat.tui.textual_private import failure_of
from tests.scripted import ScriptedBackend, calls, says
from tests.tui.conftest import Chats, say, screen, wait_until

SLOW = 1000
"""Frames that the first save may take: it loads the store and its model."""


@pytest.fixture
def remembering(chats: Chats) -> Chats:
    chats.settings = msgspec.structs.replace(chats.settings, memory=MemorySettings())
    return chats


async def kept(pilot: Pilot[int]) -> list[tuple[str, bool]]:
    """What is in the store, not what is drawn."""
    memories = await pilot.app.session.toolbox.memories.list()
    return [(memory.text, memory.pinned) for memory in memories]


async def line(pilot: Pilot[int], *words: str) -> SavedBlock:
    """Wait until the line of the only save says these words."""

    def there() -> bool:
        said = " ".join(screen(pilot).split())
        assert failure_of(pilot.app) is None
        return bool(pilot.app.query(SavedBlock)) and all(word in said for word in words)

    await wait_until(pilot, there, tries=SLOW)
    return pilot.app.query_one(SavedBlock)


async def test_what_was_remembered_is_corrected_pinned_and_taken_back_by_keys(
    remembering: Chats,
) -> None:
    async with remembering.chat(ScriptedBackend(says("ok"))) as pilot:
        await say(pilot, "/remember likes plums")
        await line(pilot, "Remembered [", "likes plums", "u undo · e edit · p pin")
        await pilot.press("shift+tab", "e")
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, MemoryLine))
        await pilot.press(*["backspace"] * 5, *"pears", "enter")
        await line(pilot, "Corrected [", "likes pears")
        assert await kept(pilot) == [("likes pears", False)]
        await pilot.press("p")
        await line(pilot, "Pinned [", "p unpin")
        assert await kept(pilot) == [("likes pears", True)]
        await pilot.press("u")
        await line(pilot, "Taken back [", "u bring back")
        assert await kept(pilot) == []
        await pilot.press("u")
        await line(pilot, "Remembered again [", "p unpin")
        assert await kept(pilot) == [("likes pears", True)]


async def test_what_became_of_a_save_is_there_after_a_restart(remembering: Chats) -> None:
    drafts = [(f"c{n}", "memory_save", f'{{"text": "likes {n} plums"}}') for n in range(3)]
    backend = ScriptedBackend(calls(*drafts), says("ok"))
    only = frozenset({"memory_save"})
    async with remembering.chat(backend, tools=only, size=(120, 50)) as pilot:
        await say(pilot, "three things")
        await wait_until(pilot, lambda: len(pilot.app.query(SavedBlock)) == 3, tries=SLOW)
        blocks = {block.source: block for block in pilot.app.query(SavedBlock)}
        blocks["likes 0 plums"].action_undo()
        blocks["likes 1 plums"].action_pin()
        await wait_until(pilot, lambda: "Taken back" in screen(pilot), tries=SLOW)
        await wait_until(pilot, lambda: "p unpin" in screen(pilot), tries=SLOW)
        memories = pilot.app.session.toolbox.memories
        (other,) = [m for m in await memories.list() if m.text == "likes 2 plums"]
        await memories.forget(other.id)
    (kept_session,) = remembering.sessions()
    async with remembering.chat(
        ScriptedBackend(), session=kept_session.id, size=(120, 50)
    ) as pilot:
        await wait_until(
            pilot, lambda: "No longer remembered: likes 2 plums" in screen(pilot), tries=SLOW
        )
        said = screen(pilot)
        assert "Taken back [" in said
        assert "u bring back" in said
        assert "p unpin" in said
        blocks = {block.source: block for block in pilot.app.query(SavedBlock)}
        blocks["likes 0 plums"].action_undo()
        await wait_until(pilot, lambda: "Remembered again [" in screen(pilot), tries=SLOW)
        assert sorted(await kept(pilot)) == [("likes 0 plums", False), ("likes 1 plums", True)]


async def test_a_save_of_the_model_has_a_line_that_the_mouse_works(remembering: Chats) -> None:
    saves = calls(("c1", "memory_save", '{"text": "I live in Lisbon."}'))
    backend = ScriptedBackend(saves, says("ok"))
    async with remembering.chat(backend, tools=frozenset({"memory_save"})) as pilot:
        await pilot.app.session.toolbox.memories.keep("I live in Berlin.")
        await say(pilot, "I live in Lisbon.")
        block = await line(pilot, "Remembered [", "u undo")
        drawn = screen(pilot).splitlines()[block.content_region.y]
        await pilot.click(offset=(drawn.index("u undo"), block.content_region.y))
        await line(pilot, "Taken back [", "(it says again: I live in Berlin.)")
        assert await kept(pilot) == [("I live in Berlin.", False)]


async def test_a_memory_that_says_something_else_by_now_is_left_alone(remembering: Chats) -> None:
    async with remembering.chat(ScriptedBackend(says("ok"))) as pilot:
        await say(pilot, "/remember likes plums")
        await line(pilot, "Remembered [")
        memories = pilot.app.session.toolbox.memories
        (memory,) = await memories.list()
        await memories.edit(memory.id, "likes [b]plums[/b]")
        await pilot.press("shift+tab", "u")
        await wait_until(
            pilot,
            lambda: "something else by now" in pilot.app.screen_stack[0].query_one(Notices).text,
        )
        assert len(await kept(pilot)) == 1
