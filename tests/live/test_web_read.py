"""Reading pages from real servers on loopback, friendly and hostile ones."""

import asyncio
import gzip
import json
import shutil
import ssl
import subprocess
import tracemalloc
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from qchat_tools.base import Call, ToolError
from qchat_tools.parts import WEB_HEADER, Part, SourcePart, as_text, is_note
from qchat_tools.web import connection
from qchat_tools.web.excerpt import MAX_CHARACTERS
from qchat_tools.web.fetch import Fetcher
from qchat_tools.web.read import WebReadTool
from qchat_tools.web.sources import Sources
from tests.live.web_site import Site, page, redirect, serving

ALLOWED = ["site.test"]
ARTICLE = """<!doctype html><html><head><meta charset="{charset}"><title>Bridges of Porto</title>
<meta name="date" content="2026-03-04"></head><body><nav><a href="/a">Home</a></nav><article>
<h1>Bridges of Porto</h1><p>Six bridges cross the Douro, {extra} and the oldest that still stands
is of wrought iron and was opened in the year 1877.</p><table><tr><th>Bridge</th><th>Year</th></tr>
<tr><td>Arrábida</td><td>1963</td></tr></table><p>The second paragraph says that trams ran over the
upper deck for a long time, and that the metro runs there today.</p></article>
<script>track()</script></body></html>"""


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with serving() as site:
        yield site


def _unnoted(_host: str, _size: int) -> None:
    """Nobody looks at what leaves."""


async def _never(question: str) -> bool:
    raise AssertionError(question)


async def _read(site: Site, address: str | int, sources: Sources | None = None) -> list[Part]:
    tool = WebReadTool(sources or Sources(), Fetcher(ALLOWED, site.resolve))
    parts = [part async for part in tool.run(Call("1", {"address": address}, _never))]
    assert sum(is_note(part) for part in parts) == 1
    return [part for part in parts if not is_note(part)]


async def _source(site: Site, address: str) -> SourcePart:
    (source,) = await _read(site, address)
    assert as_text([source]).startswith(WEB_HEADER)
    assert isinstance(source, SourcePart)
    return source


async def test_a_page_becomes_markdown_with_title_and_date(site: Site) -> None:
    site.answers["/p"] = page(ARTICLE.format(charset="utf-8", extra="").encode())
    source = await _source(site, site.url("/p"))
    assert (source.number, source.title, source.date) == (1, "Bridges of Porto", "2026-03-04")
    assert "| Arrábida | 1963 |" in source.extract
    assert "track" not in source.extract
    assert "Home" not in source.extract
    (head,) = site.requests
    assert f"Host: site.test:{site.port}" in head
    assert "User-Agent: qchat/" in head


@pytest.mark.parametrize(
    ("charset", "declared"),
    [("gb18030", ""), ("shift_jis", ""), ("utf-16", "utf-16"), ("utf-8", "no-such-charset")],
)
async def test_the_charset_comes_from_the_header_or_the_page(
    site: Site, charset: str, declared: str
) -> None:
    body = ARTICLE.format(charset=charset, extra="橋 六座").replace("á", "a")
    kind = f"text/html; charset={declared}" if declared else "text/html"
    site.answers["/p"] = page(body.encode(charset), kind)
    assert "橋 六座" in (await _source(site, site.url("/p"))).extract


async def test_text_and_json_are_left_as_they_are(site: Site) -> None:
    data = json.dumps({"a": [1, "<b>"]}, indent=1)
    site.answers["/j"] = page(data.encode(), "application/json")
    site.answers["/t"] = page(b"<p>not markup</p>\n  x", "text/plain; charset=utf-8")
    assert (await _source(site, site.url("/j"))).extract == data
    assert (await _source(site, site.url("/t"))).extract == "<p>not markup</p>\n  x"


async def test_a_long_page_says_how_to_go_on(site: Site) -> None:
    site.answers["/t"] = page(b"line of text\n" * 1000, "text/plain")
    extract = (await _source(site, site.url("/t"))).extract
    kept, _, last = extract.rpartition("\n")
    assert last == '[parts 1 to 4 of 7; go on with "part": 5]'
    assert len(kept) <= MAX_CHARACTERS
    assert set(kept.split("\n")) == {"line of text", ""}


async def test_a_result_is_read_by_its_number(site: Site) -> None:
    site.answers["/t"] = page(b"hello", "text/plain")
    sources = Sources()
    found = sources.add(site.url("/t"), "A result", "short")
    (source,) = await _read(site, f"[{found.number}]", sources)
    assert isinstance(source, SourcePart)
    assert (source.number, source.extract) == (found.number, "hello")
    (again,) = await _read(site, found.number, sources)
    assert again == source
    with pytest.raises(ToolError, match=r"there is no result \[7\]"):
        await _read(site, "7", sources)


NOT_READABLE = {
    "/gone": (page(b"", status="404 Not Found"), "^404: there is no such page on site.test$"),
    "/login": (page(b"", status="403 Forbidden"), "^403: site.test does not allow"),
    "/busy": (page(b"", status="429 Too Many"), "^429: site.test has had too many requests"),
    "/broken": (page(b"", status="500 Oops"), "answered with status 500"),
    "/png": (page(b"\x89PNG", "image/png"), "^not text: .* image/png"),
    "/pdf": (page(b"%PDF-1.7", "application/pdf"), "^the PDF is damaged"),
    "/raw": (page(b"\x7fELF\0\0\0", ""), "^not text"),
    "/none": (page(b"", "text/plain"), "^the page is empty$"),
    "/blank": (page(b"<html><body></body></html>"), "^no text was found"),
    "/app": (page(b"<html><body><div id=app></div><script src=x></script></body>"), "a browser"),
    "/app2": (page(b"<html><body><p>Enable JavaScript.</p><script src=x></script>"), "a browser"),
    "/nonsense": (b"SSH-2.0-OpenSSH\r\n\r\n", "closed the connection or sent no valid HTTP answer"),
    "/short": (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nabc", "closed the connection"),
    "/heads": (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 300_000, "closed the connection"),
    "/packed": (page(b"x", headers=["Content-Encoding: br"]), "compressed as 'br'"),
    "/badzip": (page(b"xxxx", headers=["Content-Encoding: gzip"]), "cannot be decompressed"),
    "/ftp": (redirect("ftp://site.test/x"), "only http and https"),
    "/loop": (redirect("/loop"), "^too many redirects: more than 5"),
    "/tags": (page(b"<html><body>" + b"<div>" * 300_000 + b"deep"), "no text was found"),
}


@pytest.mark.parametrize("path", NOT_READABLE)
async def test_each_failure_has_its_name(site: Site, path: str) -> None:
    site.answers[path], message = NOT_READABLE[path]
    with pytest.raises(ToolError, match=message) as raised:
        await _read(site, site.url(path))
    assert "\n" not in str(raised.value)


async def test_loopback_is_refused_unless_it_is_allowed(site: Site) -> None:
    for host in ("127.0.0.1", "localhost", "0x7f.1", "[::ffff:127.0.0.1]"):
        with pytest.raises(ToolError, match=r"is not on the public internet|no host|no network"):
            await Fetcher().get(site.url("/", host), _unnoted)
    with pytest.raises(ToolError, match="is not on the public internet"):
        await Fetcher(resolve=site.resolve).get(site.url("/"), _unnoted)
    assert site.requests == []


async def test_a_redirect_is_checked_like_the_first_address(site: Site) -> None:
    site.answers["/out"] = redirect(site.url("/secret", "127.0.0.1"))
    with pytest.raises(ToolError, match=r"not allowed: 127.0.0.1"):
        await _read(site, site.url("/out"))
    assert len(site.requests) == 1


async def test_a_redirect_is_followed_without_cookies(site: Site) -> None:
    site.answers["/a/old"] = redirect("../new?x=1")
    site.answers["/new?x=1"] = page(b"here now", "text/plain")
    source = await _source(site, site.url("/a/old"))
    assert (source.url, source.extract) == (site.url("/new?x=1"), "here now")
    assert not any("cookie" in head.lower() for head in site.requests)


async def test_nobody_listens(site: Site) -> None:
    with pytest.raises(
        ToolError, match=r"^refused: site.test does not take connections on port 1$"
    ):
        await Fetcher(ALLOWED, site.resolve).get("http://site.test:1/", _unnoted)


async def test_the_next_address_is_tried_when_one_refuses(site: Site) -> None:
    async def two(host: str, port: int) -> list[str]:
        return ["::1", "127.0.0.1"]

    site.answers["/t"] = page(b"hello", "text/plain")
    assert (await Fetcher(ALLOWED, two).get(site.url("/t"), _unnoted)).body == b"hello"


async def test_gzip_is_unpacked(site: Site) -> None:
    packed = gzip.compress(b"hello " * 50_000)
    site.answers["/z"] = page(packed, "text/plain", headers=["Content-Encoding: gzip"])
    assert (
        await Fetcher(ALLOWED, site.resolve).get(site.url("/z"), _unnoted)
    ).body == b"hello " * 50_000


async def test_a_bomb_is_stopped_in_bounded_memory(site: Site) -> None:
    bomb = gzip.compress(bytes(300_000_000), 9)
    site.answers["/z"] = page(bomb, "text/plain", headers=["Content-Encoding: gzip"])
    tracemalloc.start()
    try:
        with pytest.raises(ToolError, match="too big: more than 10 MB"):
            await Fetcher(ALLOWED, site.resolve).get(site.url("/z"), _unnoted)
        assert tracemalloc.get_traced_memory()[1] < 30_000_000
    finally:
        tracemalloc.stop()


async def test_an_endless_page_is_cut_by_size_or_time(site: Site) -> None:
    async def fast(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            writer.write(b"10000\r\n" + bytes(65536) + b"\r\n")
            await writer.drain()

    async def slow(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            writer.write(b"1\r\nx\r\n")
            await writer.drain()
            await asyncio.sleep(0.02)

    site.answers |= {"/fast": fast, "/slow": slow}
    with pytest.raises(ToolError, match="too big"):
        await Fetcher(ALLOWED, site.resolve).get(site.url("/fast"), _unnoted)
    with pytest.raises(ToolError, match=r"^timed out: .* took longer than 0 s"):
        await Fetcher(ALLOWED, site.resolve).get(site.url("/slow"), _unnoted, timeout_s=0.3)


async def test_a_silent_server_times_out(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    async def silent(writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(connection, "STEP_TIMEOUT_S", 1.0)
    site.answers["/"] = silent
    with pytest.raises(ToolError, match=r"^timed out: site.test stopped answering$"):
        await Fetcher(ALLOWED, site.resolve).get(site.url("/"), _unnoted)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl to make a certificate")
async def test_the_certificate_must_be_the_hosts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    await asyncio.to_thread(_certify, "site.test", key, certificate)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    async with serving(context) as site:
        site.answers["/t"] = page(b"secret", "text/plain")
        url = site.url("/t", scheme="https")
        with pytest.raises(
            ToolError, match=r"the certificate of site.test is not valid: self-sign"
        ):
            await Fetcher(ALLOWED, site.resolve).get(url, _unnoted)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert (await Fetcher(ALLOWED, site.resolve).get(url, _unnoted)).body == b"secret"
        other = url.replace("site.test", "other.test")
        with pytest.raises(
            ToolError, match=r"the certificate of other.test .* not valid for 'other"
        ):
            await Fetcher(["other.test"], site.resolve).get(other, _unnoted)


def _certify(host: str, key: Path, certificate: Path) -> None:
    command = f"openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN={host}".split()
    command += ["-addext", f"subjectAltName=DNS:{host}", "-keyout", str(key)]
    subprocess.run([*command, "-out", str(certificate)], check=True, capture_output=True)
