"""An `/embeddings` endpoint on loopback that hands on to a real engine, batch by batch."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx


class Gate:
    """Lets so many requests through as the test allows; questions of a chat always."""

    def __init__(self, url: str, key: str) -> None:
        self._url = f"{url}/embeddings"
        self._headers = {"Authorization": f"Bearer {key}"}
        self._allowed = threading.Semaphore(0)
        self.texts: list[str] = []
        """Every text that was kept, not those that were asked with."""
        self.waiting = threading.Event()
        """Set once a request stands before the closed gate."""
        self.url = ""

    def let(self, requests: int) -> None:
        self._allowed.release(requests)

    def answer(self, body: dict[str, Any]) -> bytes:
        texts = body["input"]
        if not texts[0].startswith("Instruct:"):
            if not self._allowed.acquire(blocking=False):
                self.waiting.set()
                self._allowed.acquire(timeout=60)
            self.texts += texts
        return httpx.post(self._url, json=body, headers=self._headers, timeout=60).content


@contextmanager
def gate(url: str, key: str) -> Iterator[Gate]:
    """One before the engine at `url`, closed at first."""
    opened = Gate(url, key)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            content = opened.answer(json.loads(self.rfile.read(length)))
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Nobody reads it."""

        def finish(self) -> None:
            with suppress(OSError):  # the client was killed, on purpose
                super().finish()

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A client that was killed is no failure of the test."""

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    opened.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    try:
        yield opened
    finally:
        opened.let(1_000)
        server.shutdown()
        server.server_close()
        thread.join()
