"""What stands beside the conversation, key by key."""

import asyncio
import time
from pathlib import Path

import msgspec
import pytest
from textual.pilot import Pilot
from textual.widgets import Input, OptionList

from qchat.config.settings import MemorySettings
from qchat.tui.notices import Notices
from qchat.tui.panels.base import Panel, Row
from qchat.tui.panels.kernel import KernelPanel
from qchat.tui.transcript.conversation import Conversation
from tests.forked import forked
from tests.scripted import ScriptedBackend, says
from tests.tui.conftest import Chats, idle, say, screen, wait_until


async def three_talks(pilot: Pilot[int]) -> None:
    for prompt in ("apples", "plums", "pears"):
        await say(pilot, prompt)
        await idle(pilot)
        if prompt != "pears":
            before = pilot.app.session
            await say(pilot, "/new")
            await wait_until(pilot, lambda before=before: pilot.app.session is not before)


def rows(pilot: Pilot[int]) -> list[str]:
    return [str(option.prompt) for option in pilot.app.query_one("#rows", OptionList).options]


def said(pilot: Pilot[int]) -> str:
    """What was said in passing."""
    return pilot.app.query_one(Notices).text


async def listed(pilot: Pilot[int], *words: str) -> None:
    """Wait until the panel lists one row for each word, in that order."""
    await wait_until(
        pilot,
        lambda: (
            pilot.app.query("#rows")
            and len(rows(pilot)) == len(words)
            and all(word in row for word, row in zip(words, rows(pilot), strict=True))
        ),
    )


async def test_sessions_are_renamed_deleted_and_brought_back(chats: Chats) -> None:
    async with chats.chat(ScriptedBackend(says("ok"))) as pilot:
        await three_talks(pilot)
        await pilot.press("f2")
        await listed(pilot, "● pears", "plums", "apples")
        await pilot.press("down", "r")
        await pilot.press(*["backspace"] * 5, *"damsons", "enter")
        await listed(pilot, "pears", "damsons", "apples")
        await pilot.press("d")
        await listed(pilot, "pears", "apples")
        await pilot.press("u")
        await listed(pilot, "pears", "damsons", "apples")
        await pilot.press("escape")
        await wait_until(pilot, lambda: not pilot.app.query(Panel))
        assert pilot.app.focused is pilot.app.layout.prompt
    assert [s.title for s in chats.sessions()] == ["pears", "damsons", "apples"]


async def test_a_deleted_session_comes_back_after_qchat_was_ended_or_goes_for_good(
    chats: Chats, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with chats.chat(ScriptedBackend(says("ok"))) as pilot:
        await three_talks(pilot)
        await pilot.press("f2")
        await listed(pilot, "pears", "plums", "apples")
        await pilot.press("end", "d")
        await listed(pilot, "pears", "plums")
    async with chats.chat(ScriptedBackend(says("ok"))) as pilot:
        await pilot.press("f2")
        await listed(pilot, "pears", "plums")
        await pilot.press("u")
        await listed(pilot, "pears", "plums", "apples")
        await pilot.press("end", "d")
        await listed(pilot, "pears", "plums")
        week, now = 8 * 86400, time.time
        monkeypatch.setattr(time, "time", lambda: now() + week)
    assert b"apples" not in chats.paths.sessions_db.read_bytes()


async def test_a_deleted_session_is_removed_at_once_where_that_is_asked_for(chats: Chats) -> None:
    async with chats.chat(ScriptedBackend(says("ok"))) as pilot:
        await three_talks(pilot)
        await pilot.press("f2")
        await listed(pilot, "pears", "plums", "apples")
        await pilot.press("end", "d")
        await listed(pilot, "pears", "plums")
        hidden = pilot.app.workspace.store.last_hidden("default")
    assert hidden is not None
    folder = chats.paths.work_dir / hidden.id
    folder.mkdir(parents=True)
    (folder / "plot.csv").touch()
    said = forked(chats.paths.config_file.parent, "sessions", "delete", hidden.id).stdout
    assert b"apples" not in chats.paths.sessions_db.read_bytes()
    assert str(folder) in said


async def test_deleting_the_open_session_begins_another(chats: Chats) -> None:
    async with chats.chat(ScriptedBackend(says("ok"))) as pilot:
        await three_talks(pilot)
        left = pilot.app.session
        await pilot.press("f2")
        await listed(pilot, "pears", "plums", "apples")
        await pilot.press("d")
        await wait_until(pilot, lambda: pilot.app.session is not left)
        await listed(pilot, "plums", "apples")


async def test_sessions_are_found_by_what_was_answered_and_opened(chats: Chats) -> None:
    async with chats.chat(ScriptedBackend(says("a needle"), says("hay"))) as pilot:
        await three_talks(pilot)
        await pilot.press("f2")
        await listed(pilot, "pears", "plums", "apples")
        await pilot.press("slash", *"needle")
        await listed(pilot, "apples")
        assert "answer: a needle" in screen(pilot)
        await pilot.press("enter", "enter")
        await wait_until(pilot, lambda: "a needle" in screen(pilot) and not pilot.app.query(Panel))
        assert pilot.app.session.title == "apples"


async def test_a_panel_stands_beside_the_conversation_or_over_it(chats: Chats) -> None:
    async with chats.chat(ScriptedBackend(says("ok")), size=(120, 30)) as pilot:
        await say(pilot, "apples")
        await idle(pilot)
        await pilot.press("f2")
        await listed(pilot, "apples")
        conversation = pilot.app.query_one(Conversation)
        panel = pilot.app.query_one(Panel)
        await wait_until(pilot, lambda: conversation.region.right == panel.region.x)
        await pilot.resize_terminal(40, 12)
        await wait_until(pilot, lambda: panel.region.width == 40)
        assert conversation.region.width == 40, "it keeps its lines: it is not drawn again"
        assert "Ask anything" in screen(pilot)
        await pilot.press("f2")
        await wait_until(pilot, lambda: not pilot.app.query(Panel))


async def test_hostile_titles_and_finds_are_shown_as_text(chats: Chats) -> None:
    async with chats.chat(ScriptedBackend(says("\x1b[2J[b]x[/b] zz"))) as pilot:
        pilot.app.layout.prompt.put("[red]evil\x1b]52;c;eA==\x07[/red]" + "w" * 5000)
        await pilot.press("enter")
        await idle(pilot)
        await pilot.press("f2", "slash", *"zz")
        await wait_until(pilot, lambda: "answer: ␛[2J[b]x[/b]" in screen(pilot))
        assert "[red]evil" in screen(pilot)
        assert "\x1b" not in screen(pilot)


async def test_the_kernel_shows_variables_and_files(chats: Chats, tmp_path: Path) -> None:
    async with chats.chat(ScriptedBackend(says("ok"))) as pilot:
        await pilot.press("f4")
        await listed(pilot, "no variables")
        folder = pilot.app.session.toolbox.kernel.work_dir
        (tmp_path / "table.csv").write_text("a,b\n1,\x1b[31m2\n")
        await pilot.press("p")
        field = pilot.app.query_one("#edit", Input)
        field.value = str(tmp_path / "table.csv")
        await pilot.press("enter")
        await listed(pilot, "table.csv")
        assert (folder / "table.csv").is_file()
        await pilot.press("enter")
        await wait_until(pilot, lambda: "1,␛[31m2" in screen(pilot))
        await pilot.press("escape", "s")
        field.value = str(tmp_path / "out.csv")
        await pilot.press("enter")
        await wait_until(pilot, (tmp_path / "out.csv").exists)
        await pilot.press("s")
        field.value = str(tmp_path / "out.csv" / "below")
        await pilot.press("enter")
        await wait_until(pilot, lambda: "cannot save" in said(pilot))


async def test_a_panel_closed_while_its_rows_are_fetched_leaves_the_chat_alone(
    chats: Chats, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched, closed = asyncio.Event(), asyncio.Event()

    async def slow(_panel: KernelPanel, _query: str) -> list[Row]:
        fetched.set()
        await asyncio.shield(closed.wait())
        return [Row("a", "too late")]

    monkeypatch.setattr(KernelPanel, "rows", slow)
    async with chats.chat(ScriptedBackend(says("ok"))) as pilot:
        await pilot.press("f4")
        panel = pilot.app.query_one(Panel)
        await fetched.wait()
        await panel.query("*").remove()
        closed.set()
        await pilot.press("f4")
        await say(pilot, "hello")
        await wait_until(pilot, lambda: "ok" in screen(pilot))


@pytest.mark.parametrize("size", [(40, 12), (80, 24)])
async def test_every_panel_opens_and_closes_at_any_size(
    chats: Chats, size: tuple[int, int]
) -> None:
    async with chats.chat(ScriptedBackend(says("ok")), size=size) as pilot:
        for key in ("f2", "f4", "f5"):
            await pilot.press(key)
            await wait_until(pilot, lambda: bool(pilot.app.query("#rows")) and rows(pilot) != [])
            assert "Esc close" in screen(pilot)
        await pilot.press("escape")
        await wait_until(pilot, lambda: not pilot.app.query(Panel))


async def test_memories_are_pinned_edited_forgotten_and_brought_back(chats: Chats) -> None:
    chats.settings = msgspec.structs.replace(chats.settings, memory=MemorySettings())
    async with chats.chat(ScriptedBackend(says("ok"))) as pilot:
        await pilot.press("f3")
        await listed(pilot, "nothing is remembered")
        for text in ("likes plums", "has a parrot"):
            await pilot.press("n", *(k if k != " " else "space" for k in text), "enter")
            await wait_until(  # the first one loads the store and its model
                pilot, lambda text=text: any(text in row for row in rows(pilot)), tries=3000
            )
        await listed(pilot, "has a parrot", "likes plums")
        await pilot.press("home", "p")
        await listed(pilot, "● has a parrot", "likes plums")
        await pilot.press("e", *["backspace"] * 6, *"cat", "enter")
        await listed(pilot, "● has a cat", "likes plums")
        await pilot.press("d")
        await listed(pilot, "likes plums")
        await pilot.press("u")
        await listed(pilot, "● has a cat", "likes plums")
        await pilot.press("slash", *"plums")
        await wait_until(pilot, lambda: "likes plums" in rows(pilot)[0])


async def test_what_cannot_be_remembered_is_said_and_a_secret_is_asked_for(chats: Chats) -> None:
    chats.settings = msgspec.structs.replace(chats.settings, memory=MemorySettings())
    async with chats.chat(ScriptedBackend(says("ok"))) as pilot:
        await pilot.press("f3")
        await listed(pilot, "nothing is remembered")
        for text, line in (
            (" ", "a memory cannot be empty"),
            ("x" * 100_000, "at most 4000 characters, this has 100000"),
        ):
            await pilot.press("n")
            pilot.app.query_one("#edit", Input).value = text
            await pilot.press("enter")
            await wait_until(pilot, lambda line=line: line in said(pilot))
        for key in ("n", "y"):
            await pilot.press("n")
            pilot.app.query_one("#edit", Input).value = "My card is 4539 1488 0343 6467."
            await pilot.press("enter")
            await wait_until(pilot, lambda: "It looks like a card number" in screen(pilot))
            await pilot.press("ctrl+g", key)
            if key == "n":
                await wait_until(pilot, lambda: "nobody said yes" in said(pilot))
                await listed(pilot, "nothing is remembered")
        await wait_until(  # the first one loads the store and its model
            pilot, lambda: any("4539" in row for row in rows(pilot)), tries=3000
        )


MANY = 5_000
LONG_AGO = 1_500_000_000.0
"""Seconds of the clock, in 2017."""


async def test_thousands_of_conversations_are_all_found(chats: Chats) -> None:
    """In the list, the panel and the search; an old one says its year, a deleted one comes back."""
    async with chats.chat(ScriptedBackend(says("a needle"))) as pilot:
        await say(pilot, "apples")
        await idle(pilot)
        store = pilot.app.workspace.store
        with store.database.transaction() as db:
            ages = [(f"s{n}", f"talk number {n:04}", LONG_AGO + n) for n in range(MANY)]
            db.executemany(
                "INSERT INTO sessions (id, user, title, created_at, updated_at)"
                " VALUES (?, 'default', ?, ?3, ?3)",
                ages,
            )
            db.executemany(
                "INSERT INTO turns (session, kind, prompt, created_at, backend, model, indexed)"
                " VALUES (?, 'chat', ?, ?, 'b', 'm', 1)",
                ages,
            )
        assert len(pilot.app.workspace.sessions()) == MANY + 1
        await pilot.press("f2")
        await wait_until(pilot, lambda: pilot.app.query("#rows") and len(rows(pilot)) > 1)
        assert "apples" in rows(pilot)[0]
        assert "more: find them by their words" in rows(pilot)[-1]
        assert "2017" in rows(pilot)[1]
        await pilot.press("slash", *"number", "space", *"0007")  # far behind what is drawn
        await listed(pilot, "talk number 0007")
        await pilot.press("enter", "d")
        await wait_until(pilot, lambda: "u brings it back" in said(pilot))
        await pilot.press("u")
        await wait_until(pilot, lambda: "is back" in said(pilot))
        await listed(pilot, "talk number 0007")
        await pilot.press("slash", *["backspace"] * 11, *"needle")
        await listed(pilot, "apples")
        assert "a needle" in screen(pilot), "and by what was answered"
