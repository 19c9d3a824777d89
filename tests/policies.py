"""A model server that plays policies: it reads what it is sent, as a model would, and decides.

It counts with a tokenizer of its own (the pieces of words that the memory ships), and refuses what
is longer than its context, as strict servers do.
"""

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

import msgspec
import numpy as np
from tokenizers import Tokenizer
from tokenizers.models import Unigram
from tokenizers.pre_tokenizers import Metaspace

from qchat_assets import memory_vectors_path

Json = dict[str, Any]
MESSAGE_TOKENS = 5
"""What its template adds to each message."""


class Call(msgspec.Struct, frozen=True):
    """A call that the policy makes."""

    name: str
    arguments: Json


class Reply(msgspec.Struct, frozen=True):
    """What a policy answers with."""

    text: str = ""
    calls: tuple[Call, ...] = ()
    thinking: str = ""


class Fault(msgspec.Struct, frozen=True):
    """Bytes as they go over the wire instead of an answer, and how the connection ends then."""

    body: bytes = b""
    status: str = "200 OK"
    headers: tuple[str, ...] = ()
    end: Literal["close", "reset", "silence"] = "close"


class Asked:
    """A request, as a model sees it."""

    def __init__(self, body: Json, number: int) -> None:
        self.body = body
        self.number = number
        self.messages: list[Json] = body["messages"]

    @property
    def text(self) -> str:
        """All that it is told, in order."""
        return "\n".join(_content(message) for message in self.messages)

    @property
    def last(self) -> str:
        """The last message."""
        return _content(self.messages[-1])

    @property
    def told(self) -> str:
        """The same without the calls that it made itself."""
        return "\n".join(str(message.get("content") or "") for message in self.messages)

    @property
    def checks(self) -> bool:
        """Whether it is asked as an independent verifier."""
        return "You check work" in _content(self.messages[0])

    @property
    def results(self) -> list[str]:
        return [_content(m) for m in self.messages if m["role"] == "tool"]


Policy = Callable[[Asked], "Reply | Fault"]


def _content(message: Json) -> str:
    content = message.get("content") or ""
    text = content if isinstance(content, str) else " ".join(p.get("text", "") for p in content)
    calls = "".join(json.dumps(call["function"]) for call in message.get("tool_calls", ()))
    return f"{message.get('reasoning_content') or ''}{text}{calls}"


@lru_cache(1)
def tokenizer() -> Tokenizer:
    with np.load(memory_vectors_path(), allow_pickle=False) as file:
        names, scores = file["pieces"].tobytes().decode().split("\n"), file["scores"].tolist()
    made = Tokenizer(Unigram([("<unknown>", -20.0), *zip(names, scores, strict=True)], unk_id=0))
    made.pre_tokenizer = Metaspace()
    return made


@lru_cache(20_000)
def tokens(text: str) -> int:
    return len(tokenizer().encode(text, add_special_tokens=False).ids)


class PolicyServer:
    """What it was asked, and what it counted."""

    def __init__(self, policy: Policy, context: int) -> None:
        self.policy = policy
        self.context = context
        self.address = ""
        self.requests = 0
        self.refused = 0
        self.longest = 0
        self.seen: Callable[[Asked], None] = lambda _asked: None
        """Told of every request that is not a check."""
        self.lock = threading.Lock()

    def count(self, body: Json) -> int:
        each = (tokens(_content(m)) + MESSAGE_TOKENS for m in body["messages"])
        return sum(each) + tokens(json.dumps(body.get("tools", [])))


@contextmanager
def policy_server(policy: Policy, context: int = 32_768) -> Iterator[PolicyServer]:
    """Serve on a port of loopback; `address` is `host:port`."""
    state = PolicyServer(policy, context)
    tokens("")  # else the first request would wait while the vocabulary is read
    handler = type("Handler", (_Handler,), {"state": state})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        state.address = f"127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield state
        finally:
            server.shutdown()
            thread.join()


def config(address: str, context: int = 32_768) -> str:
    """The settings with which qchat asks it, and nothing else."""
    return f"""\
backend = "policy"
[backends.policy]
kind = "openai"
base_url = "http://{address}/v1"
model = "qwen3-policy"
context = {context}
[memory]
enabled = false
[web]
enabled = false
"""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    state: PolicyServer
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._send(200, {"object": "list", "data": [{"id": "qwen3-policy"}]})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.state.lock:
            counted = self.state.count(body)
            self.state.longest = max(self.state.longest, counted)
            if counted > self.state.context:
                self.state.refused += 1
                limit = f"maximum context length is {self.state.context} tokens"
                message = f"This model's {limit}, but the request has {counted}."
                self._send(400, {"error": {"code": "context_length_exceeded", "message": message}})
                return
            self.state.requests += 1
            asked = Asked(body, self.state.requests)
            if not asked.checks:
                self.state.seen(asked)
            answer = self.state.policy(asked)
        if isinstance(answer, Fault):
            self.close_connection = True
            kind = "Content-Type: text/event-stream"
            head = [f"HTTP/1.1 {answer.status}", "Connection: close", kind, *answer.headers, "", ""]
            self.wfile.write("\r\n".join(head if answer.status else []).encode() + answer.body)
            self.wfile.flush()
            if answer.end == "silence":
                self.rfile.read(1)  # until the client has given up
            elif answer.end == "reset":
                linger = struct.pack("ii", 1, 0)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                self.connection.close()
            return
        self._stream(answer, counted)

    def _stream(self, reply: Reply, counted: int) -> None:
        content = b"".join(sse(piece) for piece in pieces(reply, counted)) + b"data: [DONE]\n\n"
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _send(self, status: int, value: Json) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        pass


def sse(piece: Json) -> bytes:
    return b"data: " + json.dumps(piece).encode() + b"\n\n"


def pieces(reply: Reply, counted: int = 9) -> Sequence[Json]:
    """An answer as a server streams it."""
    deltas: list[Json] = []
    if reply.thinking:
        deltas.append({"reasoning_content": reply.thinking})
    if reply.text:
        deltas.append({"content": reply.text})
    for at, call in enumerate(reply.calls):
        function = {"name": call.name, "arguments": json.dumps(call.arguments)}
        made = {"index": at, "id": f"call_{at}", "type": "function", "function": function}
        deltas.append({"tool_calls": [made]})
    end = "tool_calls" if reply.calls else "stop"
    written = tokens(reply.text + reply.thinking + json.dumps([c.arguments for c in reply.calls]))
    usage = {"prompt_tokens": counted, "completion_tokens": written}
    return [
        *({"choices": [{"index": 0, "delta": delta}]} for delta in deltas),
        {"choices": [{"index": 0, "delta": {}, "finish_reason": end}]},
        {"choices": [], "usage": usage},
    ]
