"""A server on loopback that answers word by word, and knows when it sent each."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise

PAUSE_S = 0.02


class Dripping:
    """Sends `word1 word2 …` without end; `sent` holds the time at which each word went out."""

    def __init__(self) -> None:
        self.sent: list[float] = []
        self.ended = threading.Event()
        """Set when the client is gone."""
        self.base_url = ""

    def words(self) -> Iterator[bytes]:
        while not self.ended.wait(PAUSE_S):
            delta = {"content": f"word{len(self.sent) + 1} "}
            yield b"data: " + json.dumps({"choices": [{"delta": delta}]}).encode() + b"\n\n"
            self.sent.append(time.time())

    @property
    def held_up_s(self) -> float:
        """How much longer than it should this machine let the sending wait, of late."""
        gaps = [after - before for before, after in pairwise(self.sent[-50:])]
        return max(0.0, max(gaps, default=0.0) - PAUSE_S)


@contextmanager
def dripping() -> Iterator[Dripping]:
    """Serve until the block is left."""
    drip = Dripping()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            try:
                for line in drip.words():
                    self.wfile.write(line)
                    self.wfile.flush()
            except OSError:
                drip.ended.set()

        def log_message(self, *_: object) -> None:
            """Nothing is written into the test's output."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    drip.base_url = f"http://127.0.0.1:{server.server_port}/v1"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield drip
    finally:
        drip.ended.set()
        server.shutdown()
        thread.join()
        server.server_close()
