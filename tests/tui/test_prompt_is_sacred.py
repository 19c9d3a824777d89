"""Nothing that was written leaves the prompt without a way back."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.events import Paste

from qchat.protocol.messages import User
from qchat.tui.input.placeholders import drawn, held, meant
from qchat.tui.input.prompt_history import PromptHistory
from tests.scripted import ScriptedBackend, says
from tests.tui.conftest import Chats, idle, say, screen, wait_until

MARKS = "price \u200e100\u200f ab \ufeffcd \u061c x \u2066isolate\u2069 \u200b \xad soft"


async def test_up_and_down_go_by_visual_lines_and_give_the_draft_back(chats: Chats) -> None:
    async with chats.chat(ScriptedBackend(says("ok")), size=(60, 30)) as pilot:
        await say(pilot, "earlier")
        await idle(pilot)
        prompt = pilot.app.layout.prompt
        draft = "word " * 30 + "\nsecond line"
        prompt.put(draft)
        await pilot.pause()
        presses = 0
        while prompt.text == draft:
            await pilot.press("up")
            presses += 1
        assert prompt.text == "earlier"
        assert presses > 3, "the wrapped lines were walked first"
        await pilot.press("X")
        await pilot.press("down")
        assert prompt.text == draft
        await pilot.press("up", *["up"] * presses)
        assert prompt.text == "earlierX", "what was changed on the way is kept too"


async def test_what_ctrl_c_clears_is_in_the_history_and_comes_back_by_undo(chats: Chats) -> None:
    async with chats.chat(ScriptedBackend(says("ok"))) as pilot:
        prompt = pilot.app.layout.prompt
        await pilot.press(*"precious", "ctrl+c")
        assert prompt.text == ""
        await pilot.press("up")
        assert prompt.text == "precious"
        await pilot.press("ctrl+c", "ctrl+z")
        assert prompt.text == "precious"


async def test_a_draft_outlives_an_earlier_prompt_that_is_sent_again(chats: Chats) -> None:
    async with chats.chat(ScriptedBackend(says("ok"))) as pilot:
        prompt = pilot.app.layout.prompt
        for text in ("first", "second"):
            await say(pilot, text)
            await idle(pilot)
        await pilot.press(*"draft", "up", *"X", "up", "enter")
        await idle(pilot)
        walked = []
        for _ in range(3):
            await pilot.press("up")
            walked.append(prompt.text)
        assert walked == ["first", "draft", "secondX"]


async def test_undo_brings_back_a_pasted_text_that_was_taken_out(chats: Chats) -> None:
    backend = ScriptedBackend(says("ok"))
    async with chats.chat(backend) as pilot:
        composer, prompt = pilot.app.layout.composer, pilot.app.layout.prompt
        long = "a long text " * 300
        pilot.app.post_message(Paste(long))
        await wait_until(pilot, lambda: len(composer.pasted) == 1)
        await pilot.press("a", "backspace", "backspace")
        await wait_until(pilot, lambda: not composer.pasted)
        await pilot.press("b", "ctrl+z")
        assert (prompt.text, len(composer.pasted)) == ("", 0), "what was typed since goes first"
        await pilot.press("ctrl+z")
        assert [text.text for text in composer.pasted] == [long]
        await pilot.press("ctrl+z")
        assert (prompt.text, len(composer.pasted)) == ("a", 1)
        await pilot.press("enter")
        await idle(pilot)
        (sent,) = backend.requests[0].messages
        assert isinstance(sent, User)
        assert [text.text for text in sent.attachments] == [long]
        await pilot.press("ctrl+z")
        assert (prompt.text, len(composer.pasted)) == ("a", 0), "what was sent was not taken out"


async def test_undo_of_a_pasted_text_leaves_one_that_came_since(chats: Chats) -> None:
    async with chats.chat(ScriptedBackend(says("ok"))) as pilot:
        composer = pilot.app.layout.composer
        for number, word in enumerate(("first ", "second "), 1):
            pilot.app.post_message(Paste(word * 400))
            await wait_until(pilot, lambda: len(composer.pasted) == 1)
            if number == 1:
                await pilot.press("backspace")
                await wait_until(pilot, lambda: not composer.pasted)
        await pilot.press("ctrl+z")
        assert [text.text[:6] for text in composer.pasted] == ["first ", "second"]


async def test_a_waiting_prompt_that_is_taken_back_leaves_what_was_pasted(chats: Chats) -> None:
    """A text was pasted, nothing written: it changes places with the prompt that waited."""
    goes_on = asyncio.Event()
    async with chats.chat(ScriptedBackend([goes_on, *says("ok")])) as pilot:
        composer, prompt = pilot.app.layout.composer, pilot.app.layout.prompt
        await pilot.press(*"one", "enter")
        await pilot.press(*"two", "enter")
        await wait_until(pilot, lambda: "waits: two" in screen(pilot))
        pilot.app.post_message(Paste("a long text " * 300))
        await wait_until(pilot, lambda: len(composer.pasted) == 1)
        await pilot.press("up")
        await wait_until(pilot, lambda: prompt.text == "two")
        assert not composer.pasted
        await wait_until(pilot, lambda: "waits: pasted-1.txt + 1 attached" in screen(pilot))
        goes_on.set()
        await idle(pilot)


async def test_ctrl_c_ends_only_when_it_follows_itself(chats: Chats) -> None:
    async with chats.chat(ScriptedBackend(says("ok"))) as pilot:
        await pilot.press("ctrl+c")
        await wait_until(pilot, lambda: "again ends" in screen(pilot))
        await pilot.press("left", "ctrl+c")
        await pilot.pause()
        assert pilot.app.return_code is None


@pytest.mark.parametrize("keys", [["ctrl+r"], ["ctrl+f"], ["f2", "slash"], ["f1"]])
async def test_ctrl_c_in_another_field_is_not_for_the_prompt(chats: Chats, keys: list[str]) -> None:
    """The searches, the field of a panel, the help over all."""
    async with chats.chat(ScriptedBackend(says("ok"))) as pilot:
        prompt = pilot.app.layout.prompt
        await pilot.press(*"draft")
        before = pilot.app.focused, pilot.app.screen
        await pilot.press(*keys)
        await wait_until(pilot, lambda: (pilot.app.focused, pilot.app.screen) != before)
        inside = pilot.app.focused, pilot.app.screen
        await pilot.press("ctrl+c")
        await wait_until(pilot, lambda: (pilot.app.focused, pilot.app.screen) != inside)
        assert prompt.text == "draft"
        assert "again ends" not in screen(pilot)


async def test_undo_crosses_sending_recalling_and_completing(chats: Chats) -> None:
    async with chats.chat(ScriptedBackend(says("ok"))) as pilot:
        prompt = pilot.app.layout.prompt
        await say(pilot, "sent")
        await idle(pilot)
        await pilot.press("ctrl+z")
        assert prompt.text == "sent"
        await pilot.press("ctrl+u", *"/mod", "tab")
        await wait_until(pilot, lambda: prompt.text == "/model ")
        await pilot.press("ctrl+z")
        await wait_until(pilot, lambda: prompt.text == "/mod")


async def test_enter_takes_the_marked_completion(chats: Chats) -> None:
    backend = ScriptedBackend(says("ok"))
    async with chats.chat(backend) as pilot:
        prompt = pilot.app.layout.prompt
        await pilot.press(*"/bud", "enter")
        await wait_until(pilot, lambda: prompt.text == "/budget ")
        await pilot.press("ctrl+u", *"/m", "down", "enter")
        await wait_until(pilot, lambda: prompt.text.startswith("/m") and prompt.text.endswith(" "))
        await pilot.press("ctrl+u", *"/help", "enter")
        await wait_until(pilot, lambda: "Keys" in screen(pilot))
        assert not backend.requests


async def test_ctrl_r_finds_an_earlier_prompt_and_escape_leaves_the_draft(chats: Chats) -> None:
    async with chats.chat(ScriptedBackend(says("ok"))) as pilot:
        for text in ("the parrot is green", "a dog", "another parrot"):
            await say(pilot, text)
            await idle(pilot)
        prompt = pilot.app.layout.prompt
        await pilot.press(*"draft", "ctrl+r", *"parrot")
        await wait_until(pilot, lambda: "another parrot" in screen(pilot))
        await pilot.press("escape")
        assert prompt.text == "draft"
        await pilot.press("ctrl+r", *"green", "enter")
        await wait_until(pilot, lambda: prompt.text == "the parrot is green")
        await pilot.press("ctrl+z")
        assert prompt.text == "draft"
        await pilot.press("ctrl+r", *"parrot", "ctrl+r", "enter")
        await wait_until(pilot, lambda: prompt.text == "the parrot is green")


@pytest.mark.parametrize("key", ["shift+enter", "alt+enter", "ctrl+j"])
async def test_keys_that_break_the_line(chats: Chats, key: str) -> None:
    backend = ScriptedBackend(says("ok"))
    async with chats.chat(backend) as pilot:
        await pilot.press("a", key, "b", "enter")
        await idle(pilot)
        assert backend.requests[0].messages[0].text == "a\nb"


@pytest.mark.parametrize(
    "text",
    [
        "line one\nline two\nline three",
        "log: \x1b[31mERR\x1b[0m\nsecond line\nthird",
        MARKS,
        "\ttabs\x0c form feed\x0b\x85 next line\u2028separator\u2029 \x00 nul \x7f del \x9b csi",
        "👩‍👩‍👧 flag 🇩🇪 می‌خواهم e\u0301",
    ],
)
async def test_what_is_pasted_is_sent_as_it_was(chats: Chats, text: str) -> None:
    backend = ScriptedBackend(says("ok"))
    async with chats.chat(backend) as pilot:
        pilot.app.post_message(Paste(text))
        await wait_until(pilot, lambda: pilot.app.layout.prompt.text == text)
        assert not any(ord(c) < 32 and c != "\n" for c in screen(pilot))
        await pilot.press("enter")
        await idle(pilot)
        assert backend.requests[0].messages[0].text == text.strip()


@given(st.text())
def test_stand_ins_are_one_for_one(text: str) -> None:
    text = "".join(c for c in text if not 0x10F000 <= ord(c) < 0x10F100)
    assert meant(held(text)) == text
    assert len(held(text)) == len(text)
    assert not [c for c in drawn(held(text)) if ord(c) < 32 and c not in "\t\n"]
    assert held(text).splitlines() == held(text).removesuffix("\n").split("\n") or not text


@given(st.lists(st.text("ab", min_size=1)), st.lists(st.sampled_from([-1, 1])), st.text("cd"))
def test_the_draft_always_comes_back(sent: list[str], steps: list[int], draft: str) -> None:
    past = PromptHistory()
    for text in sent:
        past.add(text)
    written = draft
    for step in steps:
        new = past.step(step, written)
        written = written if new is None else new
    while not past.at_draft:
        new = past.step(1, written)
        assert new is not None
        written = new
    assert written == draft


async def test_ctrl_d_in_an_empty_prompt_ends_and_colon_q_too(chats: Chats) -> None:
    for keys in (["ctrl+d"], [*":q", "enter"], [*"exit", "enter"], [*"/exit", "enter"]):
        async with chats.chat(ScriptedBackend(says("ok"))) as pilot:
            await pilot.press("a", "left", "ctrl+d")
            assert pilot.app.layout.prompt.text == ""
            await pilot.press(*keys)
            await wait_until(pilot, lambda: not pilot.app.is_running)
            assert pilot.app.return_value == 0
