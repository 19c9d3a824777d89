"""Every command in an empty conversation, offline and without keys: a sentence, never an exception.

What it gives back is done as an interface does it: turns run to their end, views say their text.
"""

from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest

from qchat.commands import (
    COMMANDS,
    CommandContext,
    Confirm,
    Outcome,
    Reload,
    RunTurn,
    Show,
    ShowMessage,
    ShowSource,
    execute,
)
from qchat.config.settings import MemorySettings, Settings
from qchat.conversation.workspace import Workspace
from qchat.protocol.errors import QchatError, UsageError
from qchat.protocol.events import Notice, TurnFinished
from qchat.runtime import offline
from qchat.runtime.paths import Paths
from tests.scripted import ScriptedBackend, says

ODD = ("", " nonsense", " 0", " 1", " -1", " 99", ' "', " /", " ☃", " on", " nope nope nope")
SLOW = {"connect", "run", "kernel", "search", "read"}
"""Those that start a kernel or ask the network; the real program tries them elsewhere."""


@pytest.fixture
async def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[CommandContext]:
    monkeypatch.delenv("DASHSCOPE_API_KEY", raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("QCHAT_HOME", str(tmp_path))
    settings = Settings(memory=MemorySettings(enabled=False))
    given = {"demo": ScriptedBackend(says("hi"))}
    paths = Paths(tmp_path, tmp_path, tmp_path / "logs")
    workspace = Workspace(settings, paths, tools=frozenset(), backends=given)
    offline.forbid()
    yield CommandContext(workspace, workspace.open())
    offline.forbid(False)
    await workspace.aclose()


async def answered(outcome: Outcome) -> str:
    """What the user reads."""
    match outcome:
        case ShowMessage() | Show() | ShowSource() | Reload():
            return outcome.text
        case Confirm():
            return outcome.question
        case RunTurn():
            said = ""
            async with aclosing(outcome.events) as events:
                async for event in events:
                    said += event.text if isinstance(event, Notice) else ""
                    last = event
            assert isinstance(last, TurnFinished)
            return said or "answered"
        case _:
            return type(outcome).__name__


@pytest.mark.parametrize("name", [name for name in COMMANDS if name not in SLOW])
async def test_it_is_answered_in_words(context: CommandContext, name: str) -> None:
    for rest in ODD:
        try:
            said = await answered(await execute(f"/{name}{rest}", context))
        except QchatError as error:
            said = str(error)
        assert said.strip(), rest
        assert "Traceback" not in said


@pytest.mark.parametrize("line", ["/search tower height", "/read https://towers.example/"])
async def test_without_the_web_it_is_said_why(context: CommandContext, line: str) -> None:
    with pytest.raises(UsageError, match="/offline off allows it"):
        await execute(line, context)
    offline.forbid(False)
    with pytest.raises(UsageError, match=r"web\.enabled"):
        await execute(line, context)
