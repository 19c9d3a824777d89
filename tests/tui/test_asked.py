"""Code that asks for a line, code that is written in several, and commands that ask first."""

import asyncio
from pathlib import Path

import pytest
from textual.widgets import Input, TextArea

from qchat.commands import Confirm, Outcome, ShowMessage
from qchat.protocol.events import ToolFinished, ToolStarted
from qchat.tui.activity import Activity
from qchat.tui.app import ChatApp
from qchat.tui.blocks.tool import ToolBlock
from qchat.tui.dialogs.code_editor import CodeEditor
from qchat.tui.input.prompt import Prompt
from qchat_tools.base import InputRequest
from qchat_tools.parts import TablePart, TextPart
from tests.scripted import ScriptedBackend, says
from tests.tui.conftest import Chats, say, screen, wait_until


async def test_a_line_is_asked_for_with_the_code_that_asks(chats: Chats) -> None:
    async with chats.chat(ScriptedBackend(says("hi"))) as pilot:
        app = pilot.app
        assert isinstance(app, ChatApp)
        request = InputRequest("Your \x1b[31mname? ", False, "name = input()")
        asking = app.run_worker(app.layout.questions.ask_line(request))
        await wait_until(pilot, lambda: "name = input()" in screen(pilot))
        assert "Your ␛[31mname?" in screen(pilot)
        await pilot.press("ctrl+g", "A", "d", "a", "enter")
        assert await asking.wait() == "Ada"


async def test_while_code_asks_the_status_says_who_is_waited_for(chats: Chats) -> None:
    async with chats.chat(ScriptedBackend(says("hi")), size=(100, 30)) as pilot:
        app = pilot.app
        assert isinstance(app, ChatApp)
        ask = app.session.ask_input
        assert ask is not None
        asking = app.run_worker(ask(InputRequest("Name? ", False, "input()")))  # type: ignore[arg-type]
        await wait_until(pilot, lambda: "waiting for you" in screen(pilot))
        await pilot.press("ctrl+g", "A", "enter")
        assert await asking.wait() == "A"
        await wait_until(pilot, lambda: "waiting for you" not in screen(pilot))


@pytest.mark.parametrize("size", [(80, 24), (40, 12), (120, 40)])
async def test_of_a_long_question_the_way_to_answer_stays_in_view(
    chats: Chats, size: tuple[int, int]
) -> None:
    async with chats.chat(ScriptedBackend(says("hi")), size=size) as pilot:
        app = pilot.app
        assert isinstance(app, ChatApp)
        code = "\n".join(f"line{n} = {n}" for n in range(60))
        asking = app.run_worker(app.layout.questions.ask_line(InputRequest("Name? ", False, code)))
        await wait_until(pilot, lambda: "Ctrl+G" in screen(pilot) and "Name?" in screen(pilot))
        await pilot.press("ctrl+g", *"Ada")
        await wait_until(pilot, lambda: "Ada" in screen(pilot))
        await pilot.press("enter")
        assert await asking.wait() == "Ada"
        permission = app.run_worker(app.layout.questions.ask(f"Run this code?\n{code}"))
        await wait_until(pilot, lambda: "Run this code?" in screen(pilot))
        assert "Yes" in screen(pilot)
        assert "Ctrl+G" in screen(pilot)
        await pilot.press("ctrl+g", "n")
        assert await permission.wait() == "no"


def test_what_goes_on_meanwhile_does_not_hide_that_the_user_is_asked() -> None:
    now = 0.0
    activity = Activity(lambda: now)
    activity.begin()
    activity.feed(ToolStarted("a", "python", {}))
    activity.ask(asking=True)
    now = 5.0
    activity.ask(asking=True)
    activity.feed(ToolFinished("b", (), True))
    activity.ask(asking=False)
    assert (activity.phase, activity.phase_s) == ("asking", 5.0)
    activity.ask(asking=False)
    assert activity.phase == "running"


async def test_a_password_is_not_shown_and_ctrl_d_ends_the_input(chats: Chats) -> None:
    async with chats.chat(ScriptedBackend(says("hi"))) as pilot:
        app = pilot.app
        assert isinstance(app, ChatApp)
        asking = app.run_worker(
            app.layout.questions.ask_line(InputRequest("Key: ", True, "getpass()"))
        )
        await wait_until(pilot, lambda: "Ctrl+G" in screen(pilot))
        await pilot.press("ctrl+g", "s", "e", "c")
        assert "sec" not in screen(pilot)
        assert app.layout.questions.query_one(Input).password
        await pilot.press("backspace", "backspace", "backspace", "ctrl+d")
        assert await asking.wait() is None


async def test_a_question_goes_away_with_the_code_that_asked_it(chats: Chats) -> None:
    async with chats.chat(ScriptedBackend(says("hi"))) as pilot:
        app = pilot.app
        assert isinstance(app, ChatApp)
        asking = app.run_worker(app.layout.questions.ask_line(InputRequest("", False, "input()")))
        await wait_until(pilot, lambda: app.layout.questions.waits)
        await pilot.press("ctrl+g")
        asking.cancel()
        await wait_until(
            pilot, lambda: not app.layout.questions.waits and not app.layout.questions.display
        )
        await pilot.press("x")
        assert app.query_one(Prompt).text == "x"


async def test_run_alone_opens_an_editor_of_several_lines(chats: Chats) -> None:
    async with chats.chat(ScriptedBackend(says("hi"))) as pilot:
        app = pilot.app
        assert isinstance(app, ChatApp)
        await say(pilot, "/run")
        await wait_until(pilot, lambda: isinstance(app.screen, CodeEditor))
        app.screen.query_one(TextArea).text = "x = 1\nprint(x)"
        await pilot.press("ctrl+r")
        await wait_until(pilot, lambda: bool(app.session.turns))
        assert app.session.turns.heads[0].prompt == "/run x = 1\nprint(x)"


async def test_a_command_that_asks_goes_on_only_if_allowed(chats: Chats, tmp_path: Path) -> None:
    done = asyncio.Event()

    async def work() -> Outcome:
        done.set()
        return ShowMessage("It is done.")

    async with chats.chat(ScriptedBackend(says("hi"))) as pilot:
        app = pilot.app
        assert isinstance(app, ChatApp)
        for key, expected in (("n", False), ("y", True)):
            await app.runner.show(Confirm("Shall it be done?", work), "/x", app.turns)
            await wait_until(pilot, lambda: "Shall it be done?" in screen(pilot))
            await pilot.press("ctrl+g", key)
            await wait_until(pilot, lambda: "Shall it be done?" not in screen(pilot))
            assert done.is_set() == expected
        await wait_until(pilot, lambda: "It is done." in screen(pilot))


async def test_a_table_stays_open_and_other_output_folds(chats: Chats) -> None:
    async with chats.chat(ScriptedBackend(says("hi"))) as pilot:
        app = pilot.app
        assert isinstance(app, ChatApp)
        conversation = app.conversation
        for number, part in enumerate((TablePart(("head",), (("cell",),)), TextPart("printed"))):
            call = str(number)
            conversation.feed(ToolStarted(call, "python", {"code": "x"}, at=1.0))
            conversation.feed(ToolFinished(call, (part,), True, at=1.1))
        await wait_until(pilot, lambda: "cell" in screen(pilot))
        blocks = list(conversation.query(ToolBlock))
        assert [block.folded for block in blocks] == [False, True]
