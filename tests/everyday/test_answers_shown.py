"""Answers as models write them, streamed into the real program, as they stand in a terminal."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.terminal import Terminal, needs_tmux

pytestmark = [needs_tmux, pytest.mark.slow]

CONFIG = """
backend = "told"
think = false
[memory]
enabled = false
[backends.told]
kind = "openai"
model = "told"
base_url = "{url}"
api_key = "none"
"""
PIECE = 3
"""Characters of an answer that come at a time."""

ANSWERS = [
    (
        'Here:\n\n```python\ndef f(x):\n    """Do.\n\n    ```\n    >>> f(1)\n    ```\n\n'
        '    # Not a heading\n    """\n    return x\n```\n\nAnd **that** was it.',
        ["# Not a heading", ">>> f(1)", "return x", "And that was it."],
    ),
    (
        "See the [docs][1]. Or [the guide][g].\n\nChoose: [3] or [2].\n\n"
        "[1]: https://docs.example/\n[g]: https://g.example/ 'Guide'\n",
        [
            "docs (https://docs.example/)",
            "the guide (https://g.example/",
            "Choose: [3] or [2].",
        ],
    ),
    (
        "$$ is the process ID; $HOME costs $5.\n\n## Run it\n\n```bash\necho $$\n```\n\n"
        "The sum is $x^2$.\n\n$$\na\n= b_1\n$$\n",
        ["$$ is the process ID; $HOME costs $5.", "Run it", "echo $$", "The sum is x².", "b₁"],
    ),
    (
        "**注意：**请先备份。\n\n1. one\n\n1. two\n\n   | a | b |\n   |---|---|\n"
        "   | first<br>second | 2 |\n\n1. three",
        ["注意：请先备份。", "2. two", "first", "second", "3. three"],
    ),
]


@contextmanager
def telling(answers: list[str]) -> Iterator[str]:
    """A server on loopback that gives these answers, one a request, in small pieces."""
    left = iter(answers)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            answer = next(left, "nothing more")
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            for start in range(0, len(answer), PIECE):
                self._send({"delta": {"content": answer[start : start + PIECE]}})
            self._send({"delta": {}, "finish_reason": "stop"})
            self.wfile.write(b"data: [DONE]\n\n")

        def _send(self, choice: dict[str, object]) -> None:
            line = json.dumps({"choices": [{"index": 0, **choice}]})
            self.wfile.write(f"data: {line}\n\n".encode())
            self.wfile.flush()

        def log_message(self, *_: object) -> None:
            """Nothing is written into the test's output."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_answers_are_shown_as_they_were_meant(tmp_path: Path) -> None:
    with telling([answer for answer, _ in ANSWERS]) as url:
        (tmp_path / "config.toml").write_text(CONFIG.format(url=url), "utf-8")
        window = Terminal(tmp_path, 80, 50)
        try:
            window.run()
            window.wait_for("Ask anything")
            for number, (_, wanted) in enumerate(ANSWERS):
                window.type(f"question {number}")
                screen = window.wait_for(*wanted)
                # What a terminal's own selection takes begins with text, not with a frame.
                answer = screen.partition(f"question {number}")[2].partition("▌")[0]
                begins = {line.strip()[0] for line in answer.splitlines() if line.strip()}
                assert not begins & set("▌┃▏│┆"), screen
        finally:
            window.close()
