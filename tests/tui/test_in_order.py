"""Keys that come all at once do what they would do one by one."""

import asyncio

from textual.app import ComposeResult
from textual.events import Key, Paste
from textual.pilot import Pilot
from textual.widgets import TextArea

from qchat.protocol.events import Text
from qchat.tui.blocks.kinds import PromptBlock
from qchat.tui.input.ordered_dispatch import OrderedDispatch
from qchat.tui.input.queue import Queue
from qchat.tui.textual_private import XTermParser
from tests.scripted import ScriptedBackend, says
from tests.tui.conftest import Chats, say, screen, wait_until
from tests.tui.textual_private import strips_of


def burst(pilot: Pilot[int], *keys: str) -> None:
    """Type without waiting for anything: as a slow connection brings it."""
    for key in keys:
        pilot.app.post_message(Key(key, key if len(key) == 1 else None))


async def test_editing_keys_and_letters_keep_their_order(chats: Chats) -> None:
    async with chats.chat(ScriptedBackend(says("ok"))) as pilot:
        burst(pilot, *"wrong", "ctrl+u", *"teh", "backspace", "backspace", *"he", "home", *"in")
        await wait_until(pilot, lambda: pilot.app.layout.prompt.text == "inthe")
        burst(pilot, "ctrl+k", "ctrl+u", *"sent", "enter", *"after")
        await wait_until(pilot, lambda: pilot.app.layout.prompt.text == "after")
        await wait_until(pilot, lambda: "   sent" in screen(pilot))


async def test_what_is_typed_as_a_panel_closes_is_for_the_prompt(chats: Chats) -> None:
    async with chats.chat(ScriptedBackend(says("ok"))) as pilot:
        for opening, closing in [("f2", "f2"), ("f2", "escape"), ("f4", "escape"), ("f5", "f5")]:
            burst(pilot, opening, closing, *"typed")
            await wait_until(pilot, lambda: pilot.app.layout.prompt.text == "typed")
            assert pilot.app.layout.body.panel is None
            burst(pilot, "ctrl+u", "ctrl+p", "escape", *"on", "f1", "escape", *"ward")
            await wait_until(pilot, lambda: pilot.app.layout.prompt.text == "onward")
            burst(pilot, "ctrl+f", *"any", "escape", "ctrl+u")
            await wait_until(pilot, lambda: pilot.app.layout.prompt.text == "")


async def test_a_block_is_walked_to_and_copied_in_one_breath(chats: Chats) -> None:
    async with chats.chat(ScriptedBackend(says("the answer"))) as pilot:
        await say(pilot, "ask")
        await wait_until(pilot, lambda: "the answer" in screen(pilot))
        burst(pilot, "shift+tab", "up", "e")
        await wait_until(pilot, lambda: pilot.app.layout.prompt.text == "ask")
        assert not isinstance(pilot.app.focused, PromptBlock)


async def test_what_is_pasted_stands_between_what_was_typed(chats: Chats) -> None:
    async with chats.chat(ScriptedBackend(says("ok"))) as pilot:
        burst(pilot, "f2", "f2", *"ab")
        pilot.app.post_message(Paste("pasted"))
        burst(pilot, *"cd")
        await wait_until(pilot, lambda: pilot.app.layout.prompt.text == "abpastedcd")


class Echoes(OrderedDispatch):
    """Notes what stands on the screen when an echo is said to be there."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def compose(self) -> ComposeResult:
        yield TextArea()

    def after_echo(self) -> None:
        lines = strips_of(self)
        self.seen.append("\n".join(strip.text for strip in lines))


async def test_what_takes_long_is_told_when_to_begin_once_what_was_typed_is_seen() -> None:
    app = Echoes()
    async with app.run_test() as pilot:
        for typed in ("a", "ab", "abc"):
            told = len(app.seen)
            burst(pilot, typed[-1])
            await wait_until(pilot, lambda told=told: len(app.seen) > told)  # type: ignore[misc]
            assert typed in app.seen[-1]
            assert not app.is_dispatching


def sends(pilot: Pilot[int], data: str) -> None:
    """What a terminal sends, as Textual reads it."""
    parser = XTermParser()
    for event in (*parser.feed(data), *parser.feed("")):
        pilot.app.post_message(event)


async def test_alt_and_a_letter_write_nothing(chats: Chats) -> None:
    gate = asyncio.Event()
    backend = ScriptedBackend([Text("slow"), gate, *says("")], says("next"))
    async with chats.chat(backend) as pilot:
        await say(pilot, "first")
        await wait_until(pilot, lambda: "slow" in screen(pilot))
        await say(pilot, "later")
        sends(pilot, "\x1bt")
        await wait_until(pilot, lambda: "once" in screen(pilot))
        sends(pilot, "\x1bq")
        await wait_until(pilot, lambda: isinstance(pilot.app.focused, Queue))
        assert pilot.app.layout.prompt.text == ""
        gate.set()


async def test_tab_goes_back_to_the_prompt_and_stays_there(chats: Chats) -> None:
    async with chats.chat(ScriptedBackend(says("the answer"))) as pilot:
        await say(pilot, "ask")
        await wait_until(pilot, lambda: "the answer" in screen(pilot))
        burst(pilot, "tab", *"text", "tab", *"ed")
        await wait_until(pilot, lambda: pilot.app.layout.prompt.text == "texted")
        burst(pilot, "shift+tab", "up", "tab", *"x", "shift+tab", "down", *"y")
        await wait_until(pilot, lambda: pilot.app.layout.prompt.text == "textedxy")
