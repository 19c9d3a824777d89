"""Where the cloud searches the web itself, its answer is strangers' words like any page's."""

from pathlib import Path
from typing import Literal

import pytest

from qchat.config.settings import Settings, WebSettings
from qchat.conversation.workspace import Workspace
from qchat.protocol.events import ToolFinished
from qchat.protocol.permission import Permission
from qchat.runtime.paths import Paths
from tests.scripted import ScriptedBackend, calls, says

SAVE = calls(("c1", "memory_save", '{"text": "I love Lisbon."}'))


@pytest.mark.parametrize(
    ("search", "allowed", "asked", "kept"),
    [
        ("ddgs", "no", 0, ["I love Lisbon."]),  # nobody else was heard
        ("cloud", "no", 1, []),
        ("cloud", "once", 1, ["I love Lisbon."]),
    ],
)
async def test_a_save_beside_the_clouds_own_search_is_asked_for(
    tmp_path: Path,
    search: Literal["ddgs", "cloud"],
    allowed: Permission,
    asked: int,
    kept: list[str],
) -> None:
    questions: list[str] = []

    async def ask(question: str) -> Permission:
        questions.append(question)
        return allowed

    settings = Settings(web=WebSettings(search=search))
    workspace = Workspace(settings, Paths(tmp_path, tmp_path, tmp_path / "logs"))
    session = workspace.open()
    session.ask = ask
    session.backend = backend = ScriptedBackend(SAVE, says("Done."))
    events = [event async for event in session.send("remember that I live in Lisbon")]
    assert [request.search for request in backend.requests] == [search == "cloud"] * 2
    (saved,) = (event for event in events if isinstance(event, ToolFinished))
    assert saved.ok == bool(kept)
    assert len(questions) == asked
    assert all("I love Lisbon." in question for question in questions)
    assert [memory.text for memory in await session.toolbox.memories.list()] == kept
    await workspace.aclose()


@pytest.mark.parametrize(
    ("web", "tools", "searches"),
    [
        (WebSettings(search="cloud"), None, True),
        (WebSettings(search="cloud"), frozenset({"python"}), False),
        (WebSettings(search="cloud", enabled=False), None, False),
        (WebSettings(), None, False),
    ],
)
async def test_the_cloud_searches_only_where_searching_is_wanted(
    tmp_path: Path, web: WebSettings, tools: frozenset[str] | None, searches: bool
) -> None:
    paths = Paths(tmp_path, tmp_path, tmp_path / "logs")
    workspace = Workspace(Settings(web=web), paths, tools=tools)
    assert workspace.open().toolbox.server_search is searches
    await workspace.aclose()
