"""What is kept of the web, for how long, how much, and what it is good for without network."""

import asyncio
import json
import socket
import sqlite3
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from qchat_tools.base import ToolError
from qchat_tools.web import address
from qchat_tools.web.cache import Answer, Cache
from qchat_tools.web.fetch import Fetcher
from qchat_tools.web.page import Page
from tests.live.web_site import Site, page, redirect, serving


class Net:
    """A site, a fetcher with a cache, and a network that can be taken away."""

    def __init__(self, site: Site, cache: Cache) -> None:
        self.site = site
        self.cache = cache
        self.up = True
        self.fetcher = Fetcher(["site.test"], self._resolve, cache)

    async def _resolve(self, host: str, port: int) -> Sequence[str]:
        if not self.up:
            raise socket.gaierror(socket.EAI_AGAIN, "no network")
        return ["127.0.0.1"]

    def answer(self, path: str, *headers: str, body: bytes = b"hello") -> None:
        self.site.answers[path] = page(body, "text/plain", headers=headers)

    async def get(self, path: str, *, fresh: bool = False) -> Page:
        return await self.fetcher.get(self.site.url(path), lambda *_: None, fresh=fresh)


@pytest.fixture
async def net(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Net]:
    async def online() -> bool:
        return False

    monkeypatch.setattr(address, "online", online)
    async with serving() as site:
        yield Net(site, Cache(tmp_path / "web" / "cache.db"))


async def test_a_fresh_page_is_not_asked_for_again(net: Net) -> None:
    net.answer("/p", "Cache-Control: max-age=600")
    first, second = await net.get("/p"), await net.get("/p")
    assert (first.stored, second.stored) == (False, True)
    assert (second.body, second.media_type) == (b"hello", "text/plain")
    assert len(net.site.requests) == 1
    assert not (await net.get("/p", fresh=True)).stored
    assert len(net.site.requests) == 2


@pytest.mark.parametrize(
    "header", ["Cache-Control: no-cache", "Cache-Control: max-age=0", "Expires: 0", "X: y"]
)
async def test_a_page_that_is_not_fresh_is_asked_for_again(net: Net, header: str) -> None:
    net.answer("/p", header)
    await net.get("/p")
    net.answer("/p", header, body=b"new")
    assert (await net.get("/p")).body == b"new"


async def test_an_unchanged_page_is_not_sent_again(net: Net) -> None:
    net.answer("/p", 'ETag: "7"', "Cache-Control: max-age=0", body=b"long text")
    await net.get("/p")
    head = b'HTTP/1.1 304 Not Modified\r\nETag: "7"\r\nCache-Control: max-age=600\r\n\r\n'
    net.site.answers["/p"] = head
    assert (await net.get("/p")).body == b"long text"
    assert 'if-none-match: "7"' in net.site.requests[-1].lower()
    assert (await net.get("/p")).stored, "the 304 made it fresh again"
    assert len(net.site.requests) == 2


async def test_what_may_not_be_stored_is_not(net: Net) -> None:
    net.answer("/p", "Cache-Control: no-store")
    await net.get("/p")
    assert await net.cache.size() == 0
    net.up = False
    with pytest.raises(ToolError, match="no network"):
        await net.get("/p")


async def test_without_network_what_is_there_is_used(net: Net) -> None:
    net.answer("/p", "Cache-Control: no-cache")
    net.site.answers["/old"] = redirect("/p")
    await net.get("/old")
    net.up = False
    kept = await net.get("/old")
    assert (kept.body, kept.stored) == (b"hello", True)
    assert kept.asked_at > 0
    with pytest.raises(ToolError, match=r"^web_read failed: no network$"):
        await net.get("/never")


async def test_errors_are_not_kept(net: Net) -> None:
    for path, status in (("/gone", "404 Not Found"), ("/broken", "500 Oops")):
        net.site.answers[path] = page(b"", status=status, headers=["Cache-Control: max-age=600"])
        assert (await net.get(path)).status == int(status[:3])
        net.answer(path)
        assert (await net.get(path)).body == b"hello"


async def test_the_least_recently_used_goes_first(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "c.db", max_bytes=10_000)
    headers = {"cache-control": "max-age=600"}
    noise = [bytes((n * 37 + i * i * 11) % 251 for i in range(4_000)) for n in range(3)]
    for n in (0, 1):
        await cache.store(Answer(f"http://a/{n}", 200, headers, noise[n], 1.0))
    await cache.lookup("http://a/0")
    await cache.store(Answer("http://a/2", 200, headers, noise[2] * 2, 1.0))
    held = [(await cache.lookup(f"http://a/{n}")).stale is not None for n in range(3)]
    assert held[2]
    assert held != [True, True, True] or await cache.size() <= 10_000
    assert await cache.size() <= 10_000
    await cache.store(Answer("http://a/3", 200, headers, _random(50_000), 1.0))
    assert (await cache.lookup("http://a/3")).stale is None


def _random(size: int) -> bytes:
    import random  # noqa: PLC0415

    return random.Random(1).randbytes(size)


async def test_a_cache_that_cannot_be_used_costs_no_answer(net: Net, tmp_path: Path) -> None:
    file = tmp_path / "web" / "cache.db"
    file.parent.mkdir()
    file.write_bytes(b"no database, but long enough to be taken for one" * 40)
    net.answer("/p", "Cache-Control: max-age=600")
    assert (await net.get("/p")).body == b"hello"
    await net.get("/p")
    assert (await net.get("/p")).stored, "it was made anew"
    locked = sqlite3.connect(file, isolation_level=None)
    locked.execute("BEGIN EXCLUSIVE")
    net.fetcher = Fetcher(["site.test"], net.site.resolve, Cache(tmp_path / "web"))
    assert (await net.get("/p")).body == b"hello"  # a folder is no database either
    locked.close()


@pytest.mark.skipif(sys.platform == "win32", reason="no modes of files")
async def test_it_is_readable_by_its_owner_only(net: Net, tmp_path: Path) -> None:
    net.answer("/p")
    await net.get("/p")
    modes = [stat.S_IMODE((tmp_path / p).stat().st_mode) for p in ("web", "web/cache.db")]
    assert modes == [0o700, 0o600]


async def test_at_most_eight_at_once_and_two_of_one_host(tmp_path: Path) -> None:
    running, most = {"all": 0}, {"all": 0}
    full = asyncio.Event()

    async def resolve(host: str, port: int) -> Sequence[str]:
        return ["127.0.0.1"]

    def slow(host: str) -> object:
        async def answer(writer: asyncio.StreamWriter) -> None:
            for key in ("all", host):
                running[key] = running.get(key, 0) + 1
                most[key] = max(most.get(key, 0), running[key])
            if running["all"] == 8:
                full.set()
            await full.wait()
            writer.write(page(b"x", "text/plain"))
            for key in ("all", host):
                running[key] -= 1

        return answer

    async with serving() as site:
        hosts = [f"h{n}.test" for n in range(6)]
        for host in hosts:
            for n in range(3):
                site.answers[f"/{host}/{n}"] = slow(host)  # type: ignore[assignment]
        fetcher = Fetcher(hosts, resolve)
        urls = [site.url(f"/{host}/{n}", host) for host in hosts for n in range(3)]
        pages = await asyncio.gather(*(fetcher.get(url, lambda *_: None) for url in urls))
    assert len(pages) == 18
    assert most.pop("all") == 8
    assert max(most.values()) == 2


async def test_pages_asked_for_together_end_by_one_deadline(tmp_path: Path) -> None:
    async def silent(writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    async with serving() as site:
        site.answers["/s"] = silent
        fetcher = Fetcher(["site.test"], site.resolve)
        urls = [site.url("/s")] * 6  # three rounds of two, if each had its own
        began = asyncio.get_running_loop().time()
        results = await asyncio.gather(
            *(fetcher.get(url, lambda *_: None, timeout_s=3.0) for url in urls),
            return_exceptions=True,
        )
        assert all("timed out" in str(result) for result in results)
        assert asyncio.get_running_loop().time() - began < 8


def test_headers_are_kept_as_text(tmp_path: Path) -> None:
    answer = Answer("http://a/", 301, {"location": "/ä"}, b"")
    assert json.loads(json.dumps(answer.headers)) == answer.headers
    assert answer.location == "/ä"


# What is in the cache is served, and no page is lost, where nothing can be written any more.
FULL = """
import asyncio, resource, sys; from pathlib import Path
from qchat_tools.web.cache import Answer, Cache
async def main():
    cache = Cache(Path(sys.argv[1]))
    page = Answer("http://a.test/", 200, {"cache-control": "max-age=900"}, b"held")
    await cache.store(page)
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    await cache.store(Answer("http://b.test/", 200, {"cache-control": "max-age=900"}, b"new"))
    held, new = [await cache.lookup(f"http://{name}.test/") for name in "ab"]
    print(held.fresh and held.fresh.body, new.fresh)
asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_on_a_full_disk_what_is_held_is_served(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "error", "-c", FULL, str(tmp_path / "web.db")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, "b'held' None\n"), done.stderr
