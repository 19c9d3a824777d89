"""Pages of ordinary use, read by the real program from a server on loopback."""

import asyncio
import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.everyday.web_pages import CASES, EXTRA, LANGUAGES, answer, doc
from tests.live.web_site import Site
from tests.program import lines, qchat

pytestmark = pytest.mark.slow
AT_ONCE = 12
"""Calls in one reply of the model."""


class Reader(BaseHTTPRequestHandler):
    """A model that reads all pages, some at a time, and keeps what it is told."""

    addresses: tuple[str, ...] = ()
    told: dict[str, str]

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        results = [m for m in request["messages"] if m["role"] == "tool"]
        for message in results:
            self.told[message["tool_call_id"]] = str(message["content"])
        rest = range(len(results), min(len(results) + AT_ONCE, len(self.addresses)))
        calls = [
            {
                "index": place,
                "id": f"call{n}",
                "type": "function",
                "function": {
                    "name": "web_read",
                    "arguments": json.dumps({"address": self.addresses[n]}),
                },
            }
            for place, n in enumerate(rest)
        ]
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        delta: dict[str, Any] = {"tool_calls": calls} if calls else {"content": "done"}
        for choice in (
            {"index": 0, "delta": delta},
            {"index": 0, "delta": {}, "finish_reason": "tool_calls" if calls else "stop"},
        ):
            self.wfile.write(b"data: " + json.dumps({"choices": [choice]}).encode() + b"\n\n")
        self.wfile.write(b"data: [DONE]\n\n")

    def log_message(self, *_arguments: object) -> None:
        pass


BAKED = (
    b"HTTP/1.1 302 Found\r\nLocation: /cookie\r\nSet-Cookie: seen=1; Path=/\r\n"
    b"Content-Length: 0\r\nConnection: close\r\n\r\n"
)


class Pages:
    """A site in a thread of its own."""

    def __init__(self) -> None:
        self.site = Site()
        self.paths = {name: f"/{n}" for n, name in enumerate(CASES)}
        self.site.answers |= {self.paths[name]: case.answer for name, case in CASES.items()}
        self.site.answers |= EXTRA
        self.site.answers["/cookie"] = self._cookie
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=lambda: self._loop.run_until_complete(self._serve()))

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._handle, "127.0.0.1", 0)
        self.site.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        async with server:
            await self._stop.wait()

    async def _handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self.site.handle(reader, writer)

    async def _cookie(self, writer: asyncio.StreamWriter) -> None:
        """Sends who has no cookie to where they are, with one."""
        given = "cookie: seen=1" in self.site.requests[-1].lower()
        writer.write(answer(doc()) if given else BAKED)

    def __enter__(self) -> "Pages":
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *_error: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        self._loop.close()


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, tuple[str, bool]]]:
    """What the model was told of each page, and whether the call went well."""
    home: Path = tmp_path_factory.mktemp("home")
    with Pages() as pages:
        addresses = tuple(f"http://127.0.0.1:{pages.site.port}{p}" for p in pages.paths.values())
        handler = type("Handler", (Reader,), {"addresses": addresses, "told": {}})
        with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            (home / "config.toml").write_text(
                'backend = "reader"\nmax_steps = 100\n[web]\nallow_hosts = ["127.0.0.1"]\n'
                f'[backends.reader]\nkind = "openai"\ncontext = 2000000\nmodel = "reader"\n'
                f'base_url = "http://127.0.0.1:{server.server_port}/v1"\n'
            )
            events = lines(qchat(home, "ask", "--json", "--yes", "--tools", "web_read", "Read."))
            server.shutdown()
            thread.join()
    ok = {e["call_id"]: e["ok"] for e in events if e["type"] == "tool_finished"}
    order = [e["call_id"] for e in events if e["type"] == "tool_started"]
    texts = list(handler.told.values())
    yield {name: (texts[n], ok[order[n]]) for n, name in enumerate(CASES)}


@pytest.mark.parametrize("name", CASES)
def test_a_page_is_read_as_a_browser_shows_it(told: dict[str, tuple[str, bool]], name: str) -> None:
    case = CASES[name]
    text, ok = told[name]
    for piece in case.has:
        assert _plain(piece) in _plain(text), text
    for piece in case.lacks:
        assert piece not in text
    assert ok == case.ok


def _plain(text: str) -> str:
    """Markdown's escapes and line breaks within a paragraph aside."""
    return re.sub(r"\\([^\w\s])", r"\1", text)


def test_there_are_enough_pages_and_languages() -> None:
    assert len(CASES) >= 100
    assert len(LANGUAGES) >= 15
