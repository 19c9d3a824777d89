"""The kernel that the user and the model share, from the window: keys, panel, status line."""

import msgspec

from qchat.config.settings import PythonSettings
from qchat.tui.blocks.answer import AnswerBlock
from qchat.tui.blocks.tool import ToolBlock
from qchat.tui.panels.base import Panel
from qchat.tui.transcript.conversation import Conversation
from tests.scripted import ScriptedBackend, says
from tests.tui.conftest import Chats, idle, say, screen, wait_until

PYTHON = frozenset({"python"})
ANSWER = "Try this:\n\n```python\nprice = 6 * 7\nprint('it is', price)\n```\n"


async def test_code_of_an_answer_runs_by_one_key_and_its_variables_are_listed(
    chats: Chats,
) -> None:
    async with chats.chat(ScriptedBackend(says(ANSWER)), tools=PYTHON) as pilot:
        await say(pilot, "how")
        await idle(pilot)
        pilot.app.screen.set_focus(pilot.app.query_one(Conversation).query(AnswerBlock).last())
        await pilot.press("r", "r")  # the first press says what the second will run
        await wait_until(pilot, lambda: "it is 42" in screen(pilot), tries=2000)
        await idle(pilot)
        await pilot.pause(0.1)
        assert "    it is 42" in screen(pilot), "what the user ran stays open"
        await pilot.press("f4")
        await wait_until(pilot, lambda: "price int" in screen(pilot))
        await pilot.press("x", "x")  # the first press says what the second will do
        await wait_until(pilot, lambda: "price int" not in screen(pilot), tries=2000)
        await wait_until(pilot, lambda: "no variables" in screen(pilot), tries=2000)


async def test_what_runs_is_interrupted_from_the_panel_and_a_traceback_says_it_once(
    chats: Chats,
) -> None:
    backend = ScriptedBackend(says("I see."))
    async with chats.chat(backend, tools=PYTHON) as pilot:
        await say(pilot, "/run kept = 1; print('now'); import time; time.sleep(300)")
        await wait_until(pilot, lambda: "    now" in screen(pilot), tries=2000)
        await pilot.press("f4", "i")
        await idle(pilot)
        await wait_until(pilot, lambda: "kept int" in screen(pilot), tries=2000)
        await pilot.press("escape")
        await wait_until(pilot, lambda: not pilot.app.query(Panel))
        block = pilot.app.query(ToolBlock).last()
        title, *body = (strip.text for strip in block.lines(80))
        assert "✗ python" in title
        assert [line.strip() for line in body if "KeyboardInterrupt:" in line] == [
            "KeyboardInterrupt:"
        ]
        assert not any("Error:" in line for line in body)
        await say(pilot, "what was it?")
        await idle(pilot)
        sent = repr(backend.requests[-1].messages)
        assert "Error: KeyboardInterrupt" in sent, "the model still has it in one line"


async def test_without_a_sandbox_the_status_line_says_so(chats: Chats) -> None:
    chats.settings = msgspec.structs.replace(chats.settings, python=PythonSettings(sandbox="off"))
    async with chats.chat(ScriptedBackend(says("ok")), size=(160, 40)) as pilot:
        await wait_until(pilot, lambda: "no sandbox" in screen(pilot))
