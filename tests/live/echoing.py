"""A server on loopback that answers each prompt with its last words, and keeps what was asked."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Echoing:
    """`asked` holds the messages of each request, their texts alone."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.may_answer = threading.Event()
        """Cleared by a test that wants to type meanwhile."""
        self.may_answer.set()


@contextmanager
def echoing(home: Path) -> Iterator[Echoing]:
    """Serve until the block is left, as the backend of this home."""
    echo = Echoing()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            texts = [m["content"] for m in body["messages"] if m["role"] != "system"]
            echo.asked.append(texts)
            number = len(echo.asked)
            echo.may_answer.wait(20)
            said = f"Answer {number} to: {texts[-1][-40:]}."
            lines = [{"choices": [{"delta": {"content": word}}]} for word in (said, "\n")]
            lines.append({"choices": [{"delta": {}, "finish_reason": "stop"}]})
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            for line in lines:
                self.wfile.write(b"data: " + json.dumps(line).encode() + b"\n\n")
            self.wfile.write(b"data: [DONE]\n\n")

        def log_message(self, *_: object) -> None:
            """Nothing is written into the test's output."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    (home / "config.toml").write_text(
        'backend = "echo"\n[memory]\nenabled = false\n[backends.echo]\nkind = "openai"\n'
        f'model = "echo"\nbase_url = "http://127.0.0.1:{server.server_port}/v1"\n'
    )
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield echo
    finally:
        echo.may_answer.set()
        server.shutdown()
        thread.join()
        server.server_close()
