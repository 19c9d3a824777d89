"""Servers on loopback for measurements: one streams evenly, one keeps what it is asked."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@contextmanager
def dripping(per_s: int) -> Iterator[str]:
    """A server that sends `per_s` words a second, without end; its address."""
    ended = threading.Event()

    class Handler(_Quiet):
        def do_POST(self) -> None:
            self.stream()
            began, sent = time.perf_counter(), 0
            try:
                while not ended.wait(0.005):
                    while sent < (time.perf_counter() - began) * per_s:
                        self.say("word\n\n" if sent % 80 == 79 else "word ")
                        sent += 1
            except OSError:
                pass

    with _serving(Handler) as url:
        try:
            yield url
        finally:
            ended.set()


@contextmanager
def stepping(asked: list[int], pause_s: float) -> Iterator[str]:
    """A server whose every reply thinks and calls a tool: a turn without end; its address.

    `asked` grows by one with each request; `pause_s` passes before each reply.
    """

    class Handler(_Quiet):
        def do_POST(self) -> None:
            self.stream()
            asked.append(number := len(asked))
            time.sleep(pause_s)
            code = json.dumps({"code": f"print({number})"})
            call = {"index": 0, "id": f"c{number}", "type": "function"}
            call |= {"function": {"name": "python", "arguments": code}}
            try:
                self.send({"reasoning_content": f"Now the number {number}. " * 4})
                self.send({"tool_calls": [call]})
                self.wfile.write(
                    b'data: {"choices": [{"delta": {}, "finish_reason": "tool_calls"}]}\n\n'
                )
            except OSError:
                pass

    with _serving(Handler) as url:
        yield url


@contextmanager
def keeping(asked: list[bytes]) -> Iterator[str]:
    """A server that answers one word, and keeps what it was asked; its address."""

    class Handler(_Quiet):
        def do_POST(self) -> None:
            asked.append(self.stream())
            self.say("word")
            self.wfile.write(b'data: {"choices": [{"delta": {}, "finish_reason": "stop"}]}\n\n')

    with _serving(Handler) as url:
        yield url


class _Quiet(BaseHTTPRequestHandler):
    def stream(self) -> bytes:
        """Begin a reply; gives back the body of what was asked."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        return body

    def say(self, text: str) -> None:
        self.send({"content": text})

    def send(self, delta: dict[str, object]) -> None:
        data = json.dumps({"choices": [{"delta": delta}]})
        self.wfile.write(f"data: {data}\n\n".encode())

    def log_message(self, *_: object) -> None:
        """Nothing is written into the table."""


@contextmanager
def _serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
