"""Servers of models on loopback: each offers what it is told, answers, and notes who asked what."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Json = dict[str, Any]


class ModelServer:
    """What it offers, which key it wants, and what it was asked; `says` is every answer.

    Where that is a function it is given the request, in a thread of its own, and may wait.
    """

    def __init__(
        self, *models: str, says: str | Callable[[Json], str] = "Hello.", key: str = ""
    ) -> None:
        self.models = models
        self.says = says
        self.key = key
        self.owner = ""
        """What its list of models says in `owned_by`; nothing where it is empty."""
        self.context = 0
        """What it says as `max_model_len`; nothing where it is 0."""
        self.listed = 0
        """How often its list of models was asked for."""
        self.asked: list[Json] = []
        """The bodies of the requests for an answer that it took."""
        self.keys: set[str] = set()
        """Every key that was sent here, right or wrong."""
        self.refusal: tuple[int, Json] | None = None
        """Status and body with which it refuses to answer, if it does."""
        self.limited = 0
        """How many requests are refused for their rate before one is taken."""
        self.address = ""

    @property
    def prompts(self) -> list[str]:
        """The last thing that the user said in each request."""
        return [str(body["messages"][-1]["content"]) for body in self.asked]


@contextmanager
def model_server(
    *models: str, says: str | Callable[[Json], str] = "Hello.", key: str = ""
) -> Iterator[ModelServer]:
    """Serve on a port of loopback; `address` is `host:port`."""
    state = ModelServer(*(models or ("qwen-test",)), says=says, key=key)
    with ThreadingHTTPServer(
        ("127.0.0.1", 0), type("Handler", (_Handler,), {"state": state})
    ) as server:
        state.address = f"127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield state
        finally:
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    state: ModelServer

    def do_GET(self) -> None:
        if not self._allowed():
            return
        if not self.path.endswith("/v1/models"):
            self._send(404, {"error": {"message": "no such path"}})
            return
        self.state.listed += 1
        own = {"owned_by": self.state.owner, "max_model_len": self.state.context}
        told = {key: value for key, value in own.items() if value}
        data = [{"id": name} | told for name in self.state.models]
        self._send(200, {"object": "list", "data": data})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if not self._allowed():
            return
        if not self.path.endswith("/v1/chat/completions"):
            self._send(404, {"error": {"message": "no such path"}})
        elif self.state.refusal is not None:
            self._send(*self.state.refusal)
        elif self.state.limited:
            self.state.limited -= 1
            self._send(429, {"error": {"message": "slow down"}}, {"Retry-After": "0.02"})
        elif body["model"] not in self.state.models:
            self._send(404, {"error": {"message": f"no model {body['model']}"}})
        else:
            self.state.asked.append(body)
            says = self.state.says
            with suppress(ConnectionError):  # who asked may be gone
                self._stream(says if isinstance(says, str) else says(body))

    def _allowed(self) -> bool:
        given = self.headers.get("Authorization", "").removeprefix("Bearer ")
        self.state.keys |= {given} if given else set()
        if not self.state.key or given == self.state.key:
            return True
        error = {"code": "invalid_api_key", "message": "Incorrect API key provided."}
        self._send(401, {"error": error})
        return False

    def _stream(self, says: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        usage = {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}
        for word in says.split(" "):
            self._chunk({"choices": [{"index": 0, "delta": {"content": f"{word} "}}]})
        end = {"index": 0, "delta": {}, "finish_reason": "stop"}
        self._chunk({"choices": [end]})
        self._chunk({"choices": [], "usage": usage})
        self.wfile.write(b"data: [DONE]\n\n")

    def _chunk(self, value: Json) -> None:
        self.wfile.write(b"data: " + json.dumps(value).encode() + b"\n\n")

    def _send(self, status: int, value: Json, headers: dict[str, str] | None = None) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        for name, text in (headers or {}).items():
            self.send_header(name, text)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        pass
