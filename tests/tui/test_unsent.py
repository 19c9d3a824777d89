"""What is written and not sent is kept, wherever it stands, and nothing secret of it."""

import asyncio
import sqlite3
from contextlib import closing

import pytest
from textual.events import Paste
from textual.pilot import Pilot

from qchat.protocol.draft import Draft
from qchat.protocol.events import Text
from qchat.store import Store
from qchat_tools.base import InputRequest
from tests.scripted import ScriptedBackend, says
from tests.tui.conftest import Chats, idle, say, screen, wait_until

LONG = "a long text " * 300


def kept(chats: Chats) -> list[Draft]:
    """All that is kept, whoever holds it."""
    with closing(Store(chats.paths.sessions_db)) as store:
        found = store.unsent.left("default", lambda _holder: True)
    return [draft for drafts in found.values() for _, draft in drafts]


def written(chats: Chats) -> list[str]:
    return [draft.text for draft in kept(chats)]


async def hold(pilot: Pilot[int], chats: Chats, *texts: str) -> None:
    await wait_until(pilot, lambda: written(chats) == [*texts])


async def test_a_new_conversation_gets_what_was_written_in_one(chats: Chats) -> None:
    async with chats.chat(ScriptedBackend()) as pilot:
        pilot.app.post_message(Paste(LONG))
        await wait_until(pilot, lambda: len(pilot.app.layout.composer.pasted) == 1)
        await pilot.press(*"about")
    async with chats.chat(ScriptedBackend(says("ok"))) as pilot:
        await wait_until(pilot, lambda: "not sent: about + 1 attached" in screen(pilot))
        await say(pilot, "other")
        await wait_until(pilot, lambda: not pilot.app.turns.busy)
        assert "not sent: about" in screen(pilot), "it is sent only by its user"
        await pilot.press("up")
        await wait_until(pilot, lambda: pilot.app.layout.prompt.text == "about")
        assert [text.text for text in pilot.app.layout.composer.pasted] == [LONG]
        await pilot.press("enter")
        await hold(pilot, chats)
        await idle(pilot)


async def test_a_prompt_that_was_sent_does_not_come_back(chats: Chats) -> None:
    gate = asyncio.Event()
    backend = ScriptedBackend([Text("slow"), gate, *says("")], says("next"))
    async with chats.chat(backend) as pilot:
        await say(pilot, "first")
        await wait_until(pilot, lambda: "slow" in screen(pilot))
        await say(pilot, "second")
        assert written(chats) == ["second"], "at once"
        gate.set()
        await idle(pilot)
        await hold(pilot, chats)
    async with chats.chat(ScriptedBackend(), chats.sessions()[0].id) as pilot:
        await pilot.pause()
        assert "not sent" not in screen(pilot)


async def test_a_draft_that_was_left_for_an_earlier_prompt_is_kept_too(chats: Chats) -> None:
    async with chats.chat(ScriptedBackend(says("ok"))) as pilot:
        await say(pilot, "earlier")
        await idle(pilot)
        await pilot.press(*"draft", "up")
        await hold(pilot, chats, "draft")
        await pilot.press("X")
        await hold(pilot, chats, "draft", "earlierX")
        await pilot.press("ctrl+c")
        await hold(pilot, chats)


async def test_what_waits_in_a_deleted_conversation_comes_back_with_it(chats: Chats) -> None:
    gate = asyncio.Event()
    backend = ScriptedBackend([Text("slow"), gate, *says("")])
    async with chats.chat(backend) as pilot:
        await say(pilot, "first")
        await wait_until(pilot, lambda: "slow" in screen(pilot))
        await say(pilot, "second")
        await pilot.press("f2")
        await wait_until(pilot, lambda: pilot.app.layout.body.panel is not None)
        await pilot.press("d")
        await wait_until(pilot, lambda: "no conversation here" in screen(pilot))
        await pilot.press("u")
        await wait_until(pilot, lambda: "1 not sent" in screen(pilot))
        await pilot.press("enter")
        await wait_until(pilot, lambda: "not sent: second" in screen(pilot))


async def test_a_line_for_running_code_is_kept_but_no_password(chats: Chats) -> None:
    async with chats.chat(ScriptedBackend()) as pilot:
        ask = pilot.app.session.ask_input
        asked = asyncio.create_task(ask(InputRequest("Name? ", password=False, code="input()")))
        await wait_until(pilot, lambda: "Name?" in screen(pilot))
        await pilot.press("ctrl+g", *"anna")
        await hold(pilot, chats, "/answer anna")
        await pilot.press("enter")
        assert await asked == "anna"
        await hold(pilot, chats)
        asked = asyncio.create_task(ask(InputRequest("Key? ", password=True, code="getpass()")))
        await wait_until(pilot, lambda: "Key?" in screen(pilot))
        await pilot.press("ctrl+g", *"secret", "escape")
        for letter in "/answer more":
            await pilot.press(letter)
        pilot.app.unsent.keep()
        assert kept(chats) == []
        await pilot.press("enter")
        assert await asked == "more"


async def test_what_cannot_be_kept_is_said_once(chats: Chats) -> None:
    async with chats.chat(ScriptedBackend()) as pilot:
        database = pilot.app.workspace.store.database.connection
        database.execute("PRAGMA query_only = ON")  # as on a disk that takes no more
        try:
            await pilot.press("a")
            await wait_until(pilot, lambda: "what you are writing is lost" in screen(pilot))
            await pilot.click("#notices")
            await wait_until(pilot, lambda: "what you are" not in screen(pilot))
            await pilot.press("b")
            pilot.app.unsent.keep()
            await pilot.pause()
            assert "what you are writing is lost" not in screen(pilot)
        finally:
            database.execute("PRAGMA query_only = OFF")
        await hold(pilot, chats, "ab")


async def test_another_window_takes_no_text_that_is_being_written(chats: Chats) -> None:
    async with chats.chat(ScriptedBackend()) as pilot:
        await pilot.press(*"mine")
        await hold(pilot, chats, "mine")
        async with chats.chat(ScriptedBackend()) as other:
            await other.pause()
            assert "not sent" not in screen(other)
        assert written(chats) == ["mine"]


async def test_somebody_who_holds_the_database_does_not_hold_the_prompt(chats: Chats) -> None:
    async with chats.chat(ScriptedBackend()) as pilot:
        with closing(sqlite3.connect(chats.paths.sessions_db)) as other:
            other.execute("BEGIN IMMEDIATE")
            await pilot.press(*"mine")
            pilot.app.unsent.keep()
            assert "lost" not in screen(pilot)
            other.rollback()
        await hold(pilot, chats, "mine")


async def test_an_answer_that_nobody_waits_for_any_more_is_in_the_history(chats: Chats) -> None:
    async with chats.chat(ScriptedBackend()) as pilot:
        request = InputRequest("Name? ", password=False, code="input()")
        asked = asyncio.create_task(pilot.app.session.ask_input(request))
        await wait_until(pilot, lambda: "Name?" in screen(pilot))
        await pilot.press("ctrl+g", *"anna")
        asked.cancel()
        await wait_until(pilot, lambda: "Name?" not in screen(pilot))
        await pilot.press("up")
        assert pilot.app.layout.prompt.text == "anna"


async def test_a_change_of_a_prompt_stays_with_its_conversation(chats: Chats) -> None:
    async with chats.chat(ScriptedBackend(says("ok"), says("changed"))) as pilot:
        await say(pilot, "first")
        await idle(pilot)
        await say(pilot, "/edit")
        await pilot.press("X", "f2")
        await wait_until(pilot, lambda: pilot.app.layout.body.panel is not None)
        await pilot.press("n")
        await wait_until(pilot, lambda: not pilot.app.session.turns)
        assert pilot.app.layout.prompt.text == ""
        assert "instead of" not in screen(pilot)
        await pilot.press("f2")
        await wait_until(pilot, lambda: pilot.app.layout.body.panel is not None)
        await pilot.press("enter")
        await wait_until(pilot, lambda: "not sent: firstX" in screen(pilot))
        await pilot.press("up")
        await wait_until(pilot, lambda: "instead of prompt 1" in screen(pilot))
        await pilot.press("enter")
        await idle(pilot)
        assert [turn.prompt for turn in pilot.app.session.turns] == ["firstX"]


@pytest.mark.parametrize("earlier", [(), ("before",)], ids=["first", "later"])
async def test_a_prompt_that_cannot_be_kept_on_a_full_disk_waits(
    chats: Chats, earlier: tuple[str, ...]
) -> None:
    async with chats.chat(ScriptedBackend(says("ok"))) as pilot:
        for text in earlier:
            await say(pilot, text)
            await idle(pilot)
        pilot.app.post_message(Paste(LONG))
        await wait_until(pilot, lambda: len(pilot.app.layout.composer.pasted) == 1)
        database = pilot.app.workspace.store.database.connection
        database.execute("PRAGMA query_only = ON")
        try:
            await say(pilot, "hello")
            await wait_until(pilot, lambda: "not sent: hello" in screen(pilot))
            assert "nothing was sent" in screen(pilot)
            assert [turn.prompt for turn in pilot.app.session.turns] == [*earlier]
        finally:
            database.execute("PRAGMA query_only = OFF")
        await pilot.press("up", "enter")
        await idle(pilot)
        (turn,) = [*pilot.app.session.turns][len(earlier) :]
        assert turn.prompt == "hello"
        assert LONG in str(turn.events)


async def test_a_full_disk_keeps_nobody_from_leaving(chats: Chats) -> None:
    async with chats.chat(ScriptedBackend()) as pilot:
        pilot.app.workspace.store.database.connection.execute("PRAGMA query_only = ON")
        await pilot.press("ctrl+d")
    assert pilot.app.return_code == 0


async def test_code_that_was_not_run_is_there_again(chats: Chats) -> None:
    async with chats.chat(ScriptedBackend()) as pilot:
        await say(pilot, "/run")
        await wait_until(pilot, lambda: "Ctrl+R runs" in screen(pilot))
        await pilot.press(*"x=6", "enter", *"x*7")
        await hold(pilot, chats, "/run x=6\nx*7")
        await pilot.press("escape")
        await say(pilot, "/run")
        await wait_until(pilot, lambda: "Ctrl+R runs" in screen(pilot))
        assert "x*7" in screen(pilot)
        await pilot.press("escape")
    async with chats.chat(ScriptedBackend()) as pilot:
        await wait_until(pilot, lambda: "not sent: /run x=6 x*7" in screen(pilot))
        await pilot.press("up", "enter")
        await wait_until(pilot, lambda: "no tool 'python'" in screen(pilot))
        await idle(pilot)
