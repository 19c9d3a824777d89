"""Several answers side by side: columns that grow, and one of which is picked to go on with."""

import asyncio
from pathlib import Path

from qchat.config.settings import BackendSettings, MemorySettings, Settings
from qchat.conversation.workspace import Workspace
from qchat.protocol.events import Text, Thinking
from qchat.runtime.paths import Paths
from qchat.tui.app import ChatApp
from tests.scripted import ScriptedBackend, says
from tests.tui.conftest import idle, say, screen, wait_until


def workspace_of(home: Path, **backends: ScriptedBackend) -> Workspace:
    named = {name: BackendSettings(kind="openai") for name in backends}
    settings = Settings(memory=MemorySettings(enabled=False), backends=named)
    paths = Paths(home, home, home / "logs")
    paths.config_file.touch()
    return Workspace(settings, paths, tools=frozenset(), backends=backends)


async def test_an_edited_prompt_takes_the_place_of_all_its_compared_answers(
    tmp_path: Path,
) -> None:
    one = ScriptedBackend(says("Before."), says("First."), says("Edited."))
    other = ScriptedBackend(says("Second."))
    app = ChatApp(workspace_of(tmp_path, demo=one, other=other), None)
    async with app.run_test(size=(80, 40)) as pilot:
        for text in ("hello", "go", "/compare other"):
            await say(pilot, text)
            await idle(pilot)
        shown = screen(pilot)
        assert "First." in shown
        assert "Second." in shown
        await say(pilot, "/edit 2")
        await say(pilot, "!")
        await idle(pilot)
        shown = screen(pilot)
        assert "Before." in shown
        assert "Edited." in shown
        assert "First." not in shown
        assert "Second." not in shown


async def test_answers_grow_side_by_side_and_one_is_picked(tmp_path: Path) -> None:
    more, gate = asyncio.Event(), asyncio.Event()
    left = ScriptedBackend(
        says("First."),
        [Text("Left **one** and"), more, Text(" more and"), gate, *says(" left two.")],
    )
    right = ScriptedBackend([Thinking("I ponder"), Text("Right one"), gate, *says(" right two.")])
    third = ScriptedBackend([Thinking("a long\nthought"), gate, *says("Third.")])
    app = ChatApp(workspace_of(tmp_path, demo=left, other=right, third=third), None)
    async with app.run_test(size=(80, 30)) as pilot:
        await say(pilot, "go")
        await idle(pilot)
        await say(pilot, "/compare demo other third")
        await wait_until(pilot, lambda: "a long" in screen(pilot) and "Right" in screen(pilot))
        lines = [line.rstrip() for line in screen(pilot).splitlines()]
        beside = next(line for line in lines if "Left one and" in line)
        assert "Right one" in beside, "two of them stand side by side in 80 columns"
        assert not any("Left" in line and "thought" in line for line in lines), "the third is below"
        more.set()  # nothing but a piece of text comes of it
        await wait_until(pilot, lambda: "Left one and more and" in screen(pilot))
        gate.set()
        await idle(pilot)
        await wait_until(pilot, lambda: "Third." in screen(pilot))
        shown = screen(pilot)
        assert shown.count("left two.") == 1, "the answer that goes on stands there once"
        assert "a long" not in shown
        await pilot.press("shift+tab", "up", "right", "right", "enter")
        await wait_until(pilot, lambda: "p picks it" in screen(pilot))
        await pilot.press("p")
        await wait_until(pilot, lambda: "You go on behind trail" in screen(pilot))
        assert "Right one right two." in screen(pilot)
        assert "left two." not in screen(pilot)
