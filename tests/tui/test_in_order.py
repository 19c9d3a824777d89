"""Keys that come all at once do what they would do one by one."""

from textual.events import Key, Paste
from textual.pilot import Pilot

from qchat.tui.blocks import PromptBlock
from tests.scripted import ScriptedBackend, says
from tests.tui.conftest import Chats, say, screen, wait_until


def burst(pilot: Pilot[int], *keys: str) -> None:
    """Type without waiting for anything: as a slow connection brings it."""
    for key in keys:
        pilot.app.post_message(Key(key, key if len(key) == 1 else None))


async def test_editing_keys_and_letters_keep_their_order(chats: Chats) -> None:
    async with chats.chat(ScriptedBackend(says("ok"))) as pilot:
        burst(pilot, *"wrong", "ctrl+u", *"teh", "backspace", "backspace", *"he", "home", *"in")
        await wait_until(pilot, lambda: pilot.app._prompt.text == "inthe")
        burst(pilot, "ctrl+k", "ctrl+u", *"sent", "enter", *"after")
        await wait_until(pilot, lambda: pilot.app._prompt.text == "after")
        await wait_until(pilot, lambda: "▌ sent" in screen(pilot))


async def test_what_is_typed_as_a_panel_closes_is_for_the_prompt(chats: Chats) -> None:
    async with chats.chat(ScriptedBackend(says("ok"))) as pilot:
        for opening, closing in [("f2", "f2"), ("f2", "escape"), ("f4", "escape"), ("f5", "f5")]:
            burst(pilot, opening, closing, *"typed")
            await wait_until(pilot, lambda: pilot.app._prompt.text == "typed")
            assert pilot.app._body.panel is None
            burst(pilot, "ctrl+u", "ctrl+p", "escape", *"on", "f1", "escape", *"ward")
            await wait_until(pilot, lambda: pilot.app._prompt.text == "onward")
            burst(pilot, "ctrl+f", *"any", "escape", "ctrl+u")
            await wait_until(pilot, lambda: pilot.app._prompt.text == "")


async def test_a_block_is_walked_to_and_copied_in_one_breath(chats: Chats) -> None:
    async with chats.chat(ScriptedBackend(says("the answer"))) as pilot:
        await say(pilot, "ask")
        await wait_until(pilot, lambda: "the answer" in screen(pilot))
        burst(pilot, "shift+tab", "up", "e")
        await wait_until(pilot, lambda: pilot.app._prompt.text == "ask")
        assert not isinstance(pilot.app.focused, PromptBlock)


async def test_what_is_pasted_stands_between_what_was_typed(chats: Chats) -> None:
    async with chats.chat(ScriptedBackend(says("ok"))) as pilot:
        burst(pilot, "f2", "f2", *"ab")
        pilot.app.post_message(Paste("pasted"))
        burst(pilot, *"cd")
        await wait_until(pilot, lambda: pilot.app._prompt.text == "abpastedcd")
