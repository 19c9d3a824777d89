"""Searching: the real `ddgs` on a stand-in for a search engine, and no network at all."""

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
from ddgs.engines import ENGINES
from ddgs.engines.duckduckgo import Duckduckgo

from qchat_tools.base import Call, ToolError
from qchat_tools.parts import WEB_FOOTER, WEB_HEADER, Part, SourcePart, as_text, is_note
from qchat_tools.web import search_tool as web_search
from qchat_tools.web.search_tool import WebSearchTool
from qchat_tools.web.sources import Sources
from qchat_tools.wording import NO_RESULTS
from tests.live.web_site import Site, page, serving


def _result(href: str, title: str, body: str) -> str:
    return (
        f'<div class="links_main result__body"><h2><a>{title}</a></h2>'
        f'<a class="x" href="{href}">{body}</a></div>'
    )


RESULTS = "".join(
    [
        _result("https://one.example/a", "First   page", "what it says"),
        _result("javascript:alert(1)", "Bad", "no address"),
        _result("https://one.example/a", "First again", "the same address"),
        _result("https://two.example/", "", "long " * 400),
        _result("https://three.example/", "Third", "x"),
    ]
)


@pytest.fixture
async def engine(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    """The one engine that `ddgs` then knows answers from loopback, at `/`."""

    async def online() -> bool:
        return True

    async with serving() as site:
        monkeypatch.setattr(web_search, "online", online)
        monkeypatch.setattr(Duckduckgo, "search_url", site.url("/", "127.0.0.1"))
        monkeypatch.setitem(ENGINES, "text", {"duckduckgo": Duckduckgo})
        yield site


async def _never(question: str) -> bool:
    raise AssertionError(question)


async def _search(sources: Sources, timeout_s: float = 15.0, **arguments: Any) -> list[Part]:
    tool = WebSearchTool(sources, timeout_s)
    parts = [part async for part in tool.run(Call("1", arguments, _never))]
    return [part for part in parts if not is_note(part)]


async def test_results_are_numbered_and_numbers_run_on(engine: Site) -> None:
    engine.answers["/"] = page(f"<html><body>{RESULTS}</body></html>".encode())
    sources = Sources([SourcePart(4, "https://old.example/", "Old", "")])
    parts = await _search(sources, query="some  words\n", max_results=50)
    read = as_text(parts)
    assert read.startswith(WEB_HEADER)
    assert read.endswith(WEB_FOOTER)
    found = [part for part in parts if isinstance(part, SourcePart)]
    assert [source.number for source in found] == [5, 6, 7]
    assert {source.url for source in found} == {
        "https://one.example/a",
        "https://two.example/",
        "https://three.example/",
    }
    (one,) = (source for source in found if "one.example" in source.url)
    assert one.title.startswith("First")
    assert all(len(source.extract) <= 501 for source in found)
    again = await _search(sources, query="some words", max_results=1)
    (again_one,) = again
    assert isinstance(again_one, SourcePart)
    assert again_one.number in (5, 6, 7)
    assert sources.get(again_one.number) == again_one


@pytest.mark.parametrize(
    "body",
    [
        b"<div class=anomaly-modal__title>Unfortunately, bots use DuckDuckGo too.</div>",
        b"<h1>Verify you are human</h1>",
        b"<form id=challenge-form>",
        b"<p>Our systems have detected unusual traffic from your computer network.</p>",
    ],
)
async def test_a_blocked_engine_is_said(engine: Site, body: bytes) -> None:
    engine.answers["/"] = page(b"<html><body>" + body + b"</body></html>")
    with pytest.raises(ToolError, match="duckduckgo: blocked"):
        await _search(Sources(), query="zzz")


async def test_words_about_captchas_are_no_captcha(engine: Site) -> None:
    engine.answers["/"] = page(b"<html><body>Nothing for captcha solving</body></html>")
    assert as_text(await _search(Sources(), query="captcha solving")) == NO_RESULTS


async def test_an_engine_without_results(engine: Site) -> None:
    engine.answers["/"] = page(b"<html><body>nothing</body></html>")
    assert as_text(await _search(Sources(), query="zzz")) == NO_RESULTS


async def test_an_engine_that_does_not_answer(engine: Site) -> None:
    engine.answers["/"] = b"nonsense\r\n\r\n"
    with pytest.raises(ToolError, match=r"^web_search failed: no search engine answered") as raised:
        await _search(Sources(), query="zzz")
    assert "\n" not in str(raised.value)


async def test_a_search_ends_by_its_deadline(engine: Site) -> None:
    async def silent(writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    engine.answers["/"] = silent
    with pytest.raises(ToolError, match=r"^web_search failed: timed out after 0 s$"):
        await _search(Sources(), timeout_s=0.3, query="zzz")


@pytest.mark.parametrize("arguments", [{"query": " "}, {}, {"query": "x", "max_results": "many"}])
async def test_bad_arguments_are_told(arguments: dict[str, Any]) -> None:
    with pytest.raises(ToolError):
        await _search(Sources(), **arguments)


async def test_no_network_is_one_line_before_any_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(*arguments: object, **more: object) -> list[object]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setattr(socket, "getaddrinfo", nothing)
    with pytest.raises(ToolError, match=r"^web_search failed: no network$"):
        await _search(Sources(), query="capital of France")


def test_what_an_address_said_last_is_kept_under_its_number() -> None:
    sources = Sources()
    first = sources.add("https://a.example/", "A\ntitle " + "x" * 400, "short")
    second = sources.add("https://b.example/", "B", "")
    again = sources.add("https://a.example/", "A", "the whole page", "2026-01-02")
    assert (first.number, second.number, again.number) == (1, 2, 1)
    assert sources.get(1) == again
    assert sources.get(3) is None
    assert "\n" not in first.title
    assert len(first.title) == 200
