"""`/search` as a user types it: a real session, a SearXNG on loopback, and no model in between."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from qchat.commands import CommandContext, RunTurn, execute
from qchat.config.settings import MemorySettings, Settings, WebSettings
from qchat.conversation.workspace import Workspace
from qchat.protocol.events import Event, Sent, ToolFinished, ToolStarted, TurnFinished
from qchat.protocol.messages import User
from qchat.runtime.paths import Paths
from qchat_tools.parts import WEB_HEADER, SourcePart, as_text
from tests.live.web_site import Site, page, serving
from tests.scripted import ScriptedBackend, says

PATH = "/search?q=tower+height&format=json"


def answer(site: Site, snippet: str) -> None:
    row = {"url": "https://towers.example/", "title": "Towers", "content": snippet}
    body = json.dumps({"query": "tower height", "results": [row]}).encode()
    site.answers[PATH] = page(body, "application/json")


class Chat:
    """A conversation whose searches go to a SearXNG on loopback."""

    def __init__(self, site: Site, home: Path) -> None:
        web = WebSettings(search="searxng", search_url=site.url("", "127.0.0.1"))
        settings = Settings(web=web, memory=MemorySettings(enabled=False))
        self.workspace = Workspace(settings, Paths(home, home, home / "logs"))
        self.session = self.workspace.open()
        self.session.backend = self.backend = ScriptedBackend(says("300 metres. [1]"))

    async def run(self, line: str) -> list[Event]:
        outcome = await execute(line, CommandContext(self.workspace, self.session))
        assert isinstance(outcome, RunTurn)
        assert outcome.prompt == line
        return [event async for event in outcome.events]

    async def found(self, line: str) -> str:
        """What a search gave that worked."""
        (result,) = (e for e in await self.run(line) if isinstance(e, ToolFinished))
        assert result.ok, as_text(result.parts)
        (source,) = (part for part in result.parts if isinstance(part, SourcePart))
        return source.extract


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with serving() as site:
        yield site


@pytest.fixture
async def chat(site: Site, tmp_path: Path) -> AsyncIterator[Chat]:
    chat = Chat(site, tmp_path)
    yield chat
    await chat.workspace.aclose()


async def test_results_come_into_the_conversation_without_the_model(site: Site, chat: Chat) -> None:
    answer(site, "It is 300 metres high.")
    events = await chat.run("/search tower   height")
    (started,) = (event for event in events if isinstance(event, ToolStarted))
    assert (started.name, started.arguments) == ("web_search", {"query": "tower height"})
    assert [event.host for event in events if isinstance(event, Sent)] == ["127.0.0.1"]
    assert isinstance(events[-1], TurnFinished)
    assert chat.backend.requests == [], "the model was not asked"
    (turn,) = chat.session.turns
    assert turn.kind == "run"

    assert [event async for event in chat.session.send("How high is it?")]
    (request,) = chat.backend.requests
    told = request.messages[0]
    assert isinstance(told, User)
    assert WEB_HEADER in told.sent, "fenced like what the model finds itself"
    assert "It is 300 metres high." in told.sent


async def test_the_same_search_is_kept_until_asked_afresh(site: Site, chat: Chat) -> None:
    answer(site, "old")
    assert await chat.found("/search tower height") == "old"
    answer(site, "new")
    assert await chat.found("/search tower height") == "old"
    assert len(site.requests) == 1
    assert await chat.found("/search --fresh tower height") == "new"
    assert await chat.found("/search tower height") == "new", "and that is what is kept now"
    assert len(site.requests) == 2
    assert chat.backend.requests == []


async def test_a_search_that_fails_is_one_line_and_the_chat_goes_on(site: Site, chat: Chat) -> None:
    site.answers[PATH] = page(b"", status="429 Too Many")
    events = await chat.run("/search tower height")
    (result,) = (event for event in events if isinstance(event, ToolFinished))
    assert not result.ok
    assert "web_search failed: searxng: 429: too many requests" in as_text(result.parts)
    assert [event async for event in chat.session.send("Hello?")]
    assert len(chat.backend.requests) == 1
