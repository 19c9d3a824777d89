"""A proxy of the user's own: pages go through it, and private names do not."""

import json
import socket
from collections.abc import AsyncIterator, Sequence

import pytest
from ddgs.engines import ENGINES
from ddgs.engines.mojeek import Mojeek

from qchat_tools.base import ToolError
from qchat_tools.web.fetch import Fetcher
from qchat_tools.web.proxies import proxy_for
from qchat_tools.web.search import Query
from qchat_tools.web.search_api import SearXNG
from qchat_tools.web.search_ddgs import Engines
from tests.live.web_site import Site, page, serving

NAMES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture
async def proxy(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    """A server that is asked for whole addresses, as forward proxies are."""
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    async with serving() as site:
        monkeypatch.setenv("http_proxy", site.url("", "127.0.0.1"))
        yield site


async def unknown(host: str, port: int) -> Sequence[str]:
    raise socket.gaierror(socket.EAI_NONAME, "only the proxy knows names")


async def private(host: str, port: int) -> Sequence[str]:
    return ["10.0.0.7"]


def unnoted(_host: str, _size: int) -> None:
    pass


async def test_a_name_that_only_the_proxy_knows_is_fetched_by_name(proxy: Site) -> None:
    proxy.answers["http://page.example.org/x"] = page(b"through", "text/plain")
    found = await Fetcher(resolve=unknown).get("http://page.example.org/x", unnoted)
    assert found.body == b"through"
    assert "Host: page.example.org" in proxy.requests[0]


@pytest.mark.parametrize(
    "host",
    [
        "router",
        "nas.local",
        "x.internal",
        "printer.lan",
        "127.1",
        "0x7f.0.0.1",
        "2130706433",
        "[::1]",
    ],
)
async def test_private_names_do_not_go_through_it(proxy: Site, host: str) -> None:
    with pytest.raises(ToolError, match="is not on the public internet"):
        await Fetcher(resolve=unknown).get(f"http://{host}/", unnoted)
    assert proxy.requests == []


async def test_a_name_that_resolves_here_is_judged_as_ever(proxy: Site) -> None:
    with pytest.raises(ToolError, match="is not on the public internet"):
        await Fetcher(resolve=private).get("http://page.example.org/", unnoted)
    assert proxy.requests == []


async def test_redirects_through_it_are_judged_too(proxy: Site) -> None:
    proxy.answers["http://page.example.org/"] = page(
        b"", status="302 Found", headers=["Location: http://nas.local/"]
    )
    with pytest.raises(ToolError, match=r"not allowed: nas.local"):
        await Fetcher(resolve=unknown).get("http://page.example.org/", unnoted)
    assert len(proxy.requests) == 1


async def test_a_proxy_that_is_gone_is_told(proxy: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with pytest.raises(ToolError, match="the proxy of this machine's settings does not answer"):
        await Fetcher(resolve=unknown).get("http://page.example.org/", unnoted)


async def test_a_search_service_is_asked_through_it(proxy: Site) -> None:
    body = json.dumps({"results": [{"url": "https://a.test/", "title": "A", "content": "x"}]})
    asked = "http://searx.example.org/search?q=tower&format=json"
    proxy.answers[asked] = page(body.encode(), "application/json")
    (found,) = await SearXNG("http://searx.example.org").search(Query("tower", 1), unnoted)
    assert found.url == "https://a.test/"


async def test_a_search_engine_is_asked_through_it(
    proxy: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("http_proxy")  # which its library would take up by itself
    monkeypatch.setenv("https_proxy", proxy.url("", "127.0.0.1"))
    monkeypatch.setattr(Mojeek, "search_url", "http://engine.example.org/")
    monkeypatch.setitem(ENGINES, "text", {"mojeek": Mojeek})
    proxy.answers["http://engine.example.org/?q=tower"] = page(
        b'<ul class="results"><li><h2><a href="https://a.test/">A</a></h2>'
        b'<p class="s">x</p></li></ul>'
    )
    (found,) = await Engines(["mojeek"]).search(Query("tower", 1), unnoted)
    assert found.url == "https://a.test/"


def test_exceptions_are_respected(proxy: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    assert proxy_for("http://a.example.org/")
    assert not proxy_for("https://a.example.org/")
    monkeypatch.setenv("no_proxy", "example.org")
    assert not proxy_for("http://a.example.org/")
