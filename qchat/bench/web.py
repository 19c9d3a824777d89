"""The web: extraction beside trafilatura itself, and pages side by side or one by one."""

import asyncio
import time
from collections.abc import Sequence

from qchat.bench.table import Row, middle
from qchat_tools.web.extraction import extract
from qchat_tools.web.fetch import Fetcher
from qchat_tools.web.page import Page

ROUNDS = 7
WAIT_S = 0.3
PAGES = 8
HOSTS = 4
_SENTENCE = (
    "The harbour was dredged for the third time this spring, and pilots say that the channel now"
    " holds eleven metres of water at low tide, which is what larger freighters need. "
)
_LINKS = "".join(f"<li><a href='/page/{n}'>Another page {n}</a></li>" for n in range(40))


def _news(paragraphs: int) -> str:
    text = "".join(f"<p>In year {n}: {_SENTENCE * 3}</p>" for n in range(paragraphs))
    return f"<article><h1>Harbour dredged again</h1>{text}</article>"


def _table(rows: int) -> str:
    cells = "".join(f"<tr><td>{1900 + n}</td><td>{n / 10}</td></tr>" for n in range(rows))
    return f"<article><h1>Depths</h1><p>{_SENTENCE}</p><table>{cells}</table></article>"


def _docs(sections: int) -> str:
    section = f"<h2>Installing</h2><p>{_SENTENCE}</p><pre><code>tidectl check</code></pre>"
    return f"<main><article><h1>Manual</h1>{section * sections}</article></main>"


def pages() -> list[bytes]:
    """Pages of the common shapes, with the usual things around them."""
    return [
        f"<!doctype html><html><head><meta charset='utf-8'><title>Harbour</title><style>nav"
        f"{{color:#333}}</style></head><body><nav><ul>{_LINKS}</ul></nav>{body}"
        "<footer><p>Imprint</p></footer></body></html>".encode()
        for body in (_news(12), _news(60), _table(120), _docs(20))
    ]


async def rows() -> list[Row]:
    """Measure; everything stays on loopback."""
    return [_extraction(), _agreement(), await _side_by_side()]


def _direct(body: bytes) -> str:
    from trafilatura import extract_with_metadata  # noqa: PLC0415  heavy: for the bench alone

    found = extract_with_metadata(
        body,
        url="http://bench.test/",
        output_format="markdown",
        include_comments=False,
        include_tables=True,
        include_links=True,
    )
    text = found.text if found is not None else None
    return (text or "").partition("\n---\n")[2].strip()


def _ours(body: bytes) -> str:
    return extract(Page("http://bench.test/", "text/html", "", body)).text


def _extraction() -> Row:
    bodies = pages()
    ratios, ours, theirs = [], 0.0, 0.0
    for body in bodies:  # once without a clock: modules load, caches fill
        _ours(body), _direct(body)
    for _ in range(ROUNDS):
        times = []
        for one in (_ours, _direct):
            began = time.process_time()
            for body in bodies:
                one(body)
            times.append(time.process_time() - began)
        ours, theirs = times
        ratios.append(ours / theirs)
    return Row(
        f"extracting {len(bodies)} pages",
        f"{ours * 1000:.0f} ms",
        f"{theirs * 1000:.0f} ms trafilatura",
        middle(ratios),
        1.1,
    )


def _agreement() -> Row:
    same = sum(_ours(body) == _direct(body) for body in pages())
    return Row(
        "pages of which the same text is extracted",
        str(same),
        f"{len(pages())} by trafilatura",
        same / len(pages()),
        1.0,
        higher_is_better=True,
    )


async def _side_by_side() -> Row:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(WAIT_S)
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n"
        writer.write(head + b"Content-Length: 5\r\n\r\nhello")
        await writer.drain()
        writer.close()

    async def resolve(_host: str, _port: int) -> Sequence[str]:
        return ["127.0.0.1"]

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        hosts = [f"host{n}.test" for n in range(HOSTS)]
        fetcher = Fetcher(hosts, resolve)
        urls = [f"http://{hosts[n % HOSTS]}:{port}/{n}" for n in range(PAGES)]

        async def get(url: str) -> None:
            await fetcher.get(url, lambda _host, _size: None)

        await get(urls[0])
        began = time.perf_counter()
        for url in urls:
            await get(url)
        one_by_one = time.perf_counter() - began
        began = time.perf_counter()
        await asyncio.gather(*map(get, urls))
        together = time.perf_counter() - began
    return Row(
        f"{PAGES} pages of a server that waits {WAIT_S * 1000:.0f} ms, side by side",
        f"{together:.2f} s",
        f"{one_by_one:.2f} s one by one",
        together / one_by_one,
        0.25,
    )
