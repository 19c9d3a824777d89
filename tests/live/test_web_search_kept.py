"""What a search found a moment ago is at hand, and is all there is without network."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from qchat_tools.base import Call, ToolError
from qchat_tools.parts import SourcePart, is_note
from qchat_tools.web import search_tool as web_search
from qchat_tools.web.cache import Cache
from qchat_tools.web.search import Hit, Note, Query
from qchat_tools.web.search_tool import WebSearchTool
from qchat_tools.web.sources import Sources


class Service:
    """Counts what it is asked; `ddgs` is the name for which the network is looked at first."""

    name = "ddgs"

    def __init__(self) -> None:
        self.asked = 0

    async def search(self, query: Query, note: Note) -> list[Hit]:
        self.asked += 1
        return [Hit(f"https://a.test/{self.asked}", "A", "says", "2026-01-02")]


async def _never(question: str) -> bool:
    raise AssertionError(question)


async def test_results_are_kept_for_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    up = True

    async def online() -> bool:
        return up

    monkeypatch.setattr(web_search, "online", online)
    service = Service()
    tool = WebSearchTool(Sources(), provider=service, cache=Cache(tmp_path / "c.db"))

    async def search(**arguments: Any) -> tuple[str, str]:
        parts = [part async for part in tool.run(Call("1", arguments, _never))]
        assert is_note(parts[0])
        assert isinstance(parts[1], SourcePart)
        return parts[1].url, str(parts[0])

    first, note = await search(query="towers")
    assert "ddgs: 1 result in " in note
    assert await search(query=" towers ") != (first, note)
    assert service.asked == 1
    assert (await search(query="towers", time_range="week"))[0] != first
    again, _ = await search(query="towers", fresh=True)
    assert again == "https://a.test/3"
    up = False
    kept, note = await search(query="towers", fresh=True)
    assert kept == again
    assert "that ddgs gave on " in note
    with pytest.raises(ToolError, match=r"^web_search failed: no network$"):
        await search(query="bridges")


@pytest.mark.parametrize(("minutes", "asked"), [(14, 1), (16, 2)])
async def test_after_a_quarter_of_an_hour_it_is_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, minutes: int, asked: int
) -> None:
    async def online() -> bool:
        return True

    monkeypatch.setattr(web_search, "online", online)
    service = Service()
    file = tmp_path / "c.db"
    tool = WebSearchTool(Sources(), provider=service, cache=Cache(file))
    call = Call("1", {"query": "towers"}, _never)
    assert [part async for part in tool.run(call)]
    with closing(sqlite3.connect(file)) as kept, kept:
        kept.execute("UPDATE pages SET asked_at = asked_at - ?", (minutes * 60,))
    assert [part async for part in tool.run(call)]
    assert service.asked == asked
