"""The smallest OpenAI-compatible server: one streamed chat endpoint on loopback, with a key."""

import hmac
import json
import secrets
import select
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol

Json = dict[str, Any]
MAX_BODY_BYTES = 64 * 1024 * 1024
LOOK_S = 0.2


class Refused(Exception):
    """A request that cannot be answered; the reason is sent with status 400."""


class Replier(Protocol):
    """What answers: chunks of a reply, until `gone`; `hurry` ends the thinking."""

    def reply(
        self, body: Json, gone: threading.Event, hurry: threading.Event
    ) -> Iterator[Json]: ...

    def tokens(self, text: str) -> list[int]:
        """The tokens of a text, for whoever counts them."""
        ...


def listen(model: Replier, key: str) -> str:
    """Serve in the background for the life of the process; gives the base address."""
    running: dict[str, threading.Event] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            _send(self, 200, {"status": "ok"}) if self.path == "/health" else _send(self, 404, {})

        def do_POST(self) -> None:
            _post(self, model, key, running)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}/v1"


def _post(
    request: BaseHTTPRequestHandler, model: Replier, key: str, running: dict[str, threading.Event]
) -> None:
    given = request.headers.get("authorization", "").removeprefix("Bearer ")
    if not hmac.compare_digest(given.encode(), key.encode()):
        _send(request, 401, _error(401, "invalid API key"))
        return
    length = request.headers.get("content-length", "")
    try:
        if not length.isdecimal() or int(length) > MAX_BODY_BYTES:
            raise ValueError("no length, or too long")
        body = json.loads(request.rfile.read(int(length)))
    except ValueError as error:
        _send(request, 400, _error(400, f"the body is not JSON: {error}"))
        return
    if request.path == "/v1/chat/completions/control":
        found = running.get(str(body.get("id")))
        if found is not None:
            found.set()
        _send(request, 200, {"success": found is not None})
    elif request.path == "/tokenize":
        _send(request, 200, {"tokens": model.tokens(str(body.get("content")))})
    elif request.path == "/v1/chat/completions":
        _chat(request, model, body, running)
    else:
        _send(request, 404, _error(404, "there is no such path"))


def _chat(
    request: BaseHTTPRequestHandler, model: Replier, body: Json, running: dict[str, threading.Event]
) -> None:
    """Stream a reply; its work stops as soon as the other side has hung up."""
    id_ = f"chatcmpl-{secrets.token_hex(12)}"
    gone, done, hurry = threading.Event(), threading.Event(), threading.Event()
    running[id_] = hurry
    threading.Thread(target=_watch, args=(request.connection, gone, done), daemon=True).start()
    begun = False
    try:
        for chunk in model.reply(body, gone, hurry):
            if not begun:
                begun = True
                _head(request, 200, "text/event-stream")
            _event(request, {"id": id_, "object": "chat.completion.chunk", **chunk})
        if begun:
            request.wfile.write(b"data: [DONE]\n\n")
    except Refused as error:
        _send(request, 400, _error(400, str(error)))
    except OSError:
        gone.set()
    except Exception as error:
        if begun:
            _event(request, _error(500, str(error)))
        else:
            _send(request, 500, _error(500, str(error)))
        raise
    finally:
        gone.set()
        done.set()
        del running[id_]


def _watch(connection: socket.socket, gone: threading.Event, done: threading.Event) -> None:
    """Notice that the other side has hung up, also while nothing is written."""
    while not done.is_set():
        try:
            readable, _, _ = select.select([connection], [], [], LOOK_S)
            if readable and not connection.recv(1, socket.MSG_PEEK):
                break
            if readable:
                done.wait(LOOK_S)
        except (OSError, ValueError):
            break
    gone.set()


def _event(request: BaseHTTPRequestHandler, value: Json) -> None:
    request.wfile.write(b"data: " + json.dumps(value).encode() + b"\n\n")
    request.wfile.flush()


def _error(code: int, message: str) -> Json:
    return {"error": {"code": code, "message": message}}


def _head(request: BaseHTTPRequestHandler, status: int, kind: str, length: int = -1) -> None:
    request.send_response(status)
    request.send_header("content-type", kind)
    if length >= 0:
        request.send_header("content-length", str(length))
    request.send_header("connection", "close")
    request.end_headers()


def _send(request: BaseHTTPRequestHandler, status: int, value: Json) -> None:
    body = json.dumps(value).encode()
    _head(request, status, "application/json", len(body))
    request.wfile.write(body)
