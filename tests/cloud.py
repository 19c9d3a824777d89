"""A cloud on loopback: what its vendor documents of both endpoints, with the demo model behind it.

It knows one key, refuses what the service refuses, and answers in its shapes; a word of another
server's dialect (llama.cpp's, vLLM's) is an error here, so that none can go to the real one unseen.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

import httpx

from qchat.local.engine import Engine

KEY = "sk-made-up-for-loopback"
MODEL = "qwen3.7-plus"
OPENAI, ANTHROPIC = "/compatible-mode/v1/chat/completions", "/apps/anthropic/v1/messages"
MODELS = "/compatible-mode/v1/models"
KNOWN = {
    OPENAI: {
        *("model", "messages", "stream", "stream_options", "tools", "parallel_tool_calls"),
        *("max_tokens", "temperature", "top_p", "top_k", "presence_penalty", "tool_choice"),
        *("enable_thinking", "thinking_budget", "preserve_thinking", "reasoning_effort"),
        *("enable_search", "search_options"),
    },
    ANTHROPIC: {
        *("model", "messages", "max_tokens", "stream", "system", "tools", "thinking"),
        *("temperature", "top_p", "top_k"),
    },
}
BUDGETS = range(1, 81_921)
Json = dict[str, Any]


class Refusal(Exception):
    """A request that the service does not take: status, code, message."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


def checked(path: str, body: Json) -> None:
    """Raise Refusal for what the documentation says is refused."""
    if unknown := body.keys() - KNOWN[path]:
        raise Refusal(400, "InvalidParameter", f"unknown parameters: {', '.join(sorted(unknown))}")
    if body["model"] != MODEL:
        raise Refusal(404, "model_not_found", f"The model `{body['model']}` does not exist")
    if path == ANTHROPIC:
        thinking = body.get("thinking", {})
        if thinking.get("type") == "enabled" and thinking["budget_tokens"] >= body["max_tokens"]:
            raise Refusal(400, "InvalidParameter", "budget_tokens is not less than max_tokens")
        return
    if body.get("enable_thinking") and not body.get("stream"):
        raise Refusal(400, "InvalidParameter", "enable_thinking must be false without stream")
    if "thinking_budget" in body and body["thinking_budget"] not in BUDGETS:
        raise Refusal(400, "InvalidParameter", "thinking_budget is not greater than 0")
    if "thinking_budget" in body and "reasoning_effort" in body:
        raise Refusal(400, "InvalidParameter", "reasoning_effort beside thinking_budget")
    for message in body["messages"]:
        if message.get("tool_calls") and not message.get("reasoning_content"):
            raise Refusal(400, "InvalidParameter", "reasoning_content is missing in a tool call")


def for_engine(path: str, body: Json) -> Json:
    """The same request as llama.cpp's server takes it; the demo model was measured at 0."""
    asked = {**body, "temperature": 0.0}
    if path == OPENAI:
        budget = asked.pop("thinking_budget", 0)
        thinks = asked.pop("enable_thinking", True)
        asked |= {"reasoning_budget_tokens": budget} if budget and thinks else {}
    else:
        thinks = asked.get("thinking", {}).get("type") != "disabled"
    asked.pop("preserve_thinking", None)
    return asked | {"chat_template_kwargs": {"enable_thinking": thinks}}


class Thoughts:
    """Rewrites the chunks of llama.cpp as the service sends them; it counts the thinking."""

    def __init__(self) -> None:
        self._count = 0

    def chunk(self, line: bytes) -> bytes:
        """One line of the stream; all but chunks of the OpenAI protocol stay as they are."""
        if not line.startswith(b"data: {"):
            return line
        chunk = json.loads(line.removeprefix(b"data: "))
        if "choices" not in chunk:
            return line
        own = {"id": chunk["id"], "model": MODEL, "object": chunk["object"], "usage": None}
        own["choices"] = chunk["choices"]
        self._count += sum("reasoning_content" in choice["delta"] for choice in own["choices"])
        if usage := chunk.get("usage"):
            own["usage"] = usage | {"completion_tokens_details": {"reasoning_tokens": self._count}}
        return b"data: " + json.dumps(own).encode()


@asynccontextmanager
async def cloud(engine: Engine) -> AsyncIterator[tuple[str, list[tuple[str, Json]]]]:
    """Serve on loopback; gives the base address, and the requests that came with the right key."""
    asked: list[tuple[str, Json]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            lines = head.split("\r\n")
            headers = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
            raw = await reader.readexactly(int(headers.get("content-length", "0")))
            await answer(lines[0].split()[1], headers, raw, writer.write)
            await writer.drain()
        finally:
            writer.close()

    async def answer(
        path: str, headers: dict[str, str], raw: bytes, write: Callable[[bytes], None]
    ) -> None:
        try:
            given = headers.get("authorization", "").removeprefix("bearer ")
            if KEY not in (given, headers.get("x-api-key")):
                raise Refusal(401, "invalid_api_key", "Incorrect API key provided.")
            if path == MODELS:
                write(_json(200, {"object": "list", "data": [{"id": MODEL}]}))
                return
            if path not in KNOWN:
                raise Refusal(404, "NotFound", f"no such path: {path}")
            body = json.loads(raw)
            asked.append((path, body))
            checked(path, body)
        except Refusal as refusal:
            error = {"code": refusal.code, "message": str(refusal)}
            write(_json(refusal.status, {"error": error, "request_id": "r-1"}))
            return
        await forward(engine, path, for_engine(path, body), write)

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with listening:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}", asked


async def forward(engine: Engine, path: str, body: Json, write: Callable[[bytes], None]) -> None:
    """Ask the engine, and pass on what it says line by line."""
    to = f"{engine.base_url}/{'chat/completions' if path == OPENAI else 'messages'}"
    headers = {"authorization": f"Bearer {engine.api_key}", "x-api-key": engine.api_key}
    thoughts = Thoughts()
    async with (
        httpx.AsyncClient(trust_env=False, timeout=120, headers=headers) as client,
        client.stream("POST", to, json=body) as response,
    ):
        if response.status_code != HTTPStatus.OK:
            write(_json(response.status_code, json.loads(await response.aread())))
            return
        write(_head(200, "text/event-stream"))
        async for line in response.aiter_lines():
            write(thoughts.chunk(line.encode()) + b"\n")


def _head(status: int, kind: str) -> bytes:
    reason = HTTPStatus(status).phrase
    return (
        f"HTTP/1.1 {status} {reason}\r\ncontent-type: {kind}\r\nconnection: close\r\n\r\n".encode()
    )


def _json(status: int, value: Json) -> bytes:
    return _head(status, "application/json") + json.dumps(value).encode()
