"""The engine through qchat, against the same engine read raw."""

import asyncio
import time
import urllib.request
from contextlib import aclosing
from pathlib import Path

import msgspec

from qchat.backends.base import Request
from qchat.backends.openai import OpenAIBackend
from qchat.bench.table import Row, middle
from qchat.events import StepFinished, Text, Thinking
from qchat.local.engine import Engine
from qchat.messages import User
from qchat.settings import BackendSettings
from qchat_assets import DEMO_MODEL_NAME

ROUNDS = 5
TOKENS = 400
PROMPT = "Count from one to a thousand in words."


async def rows(model: Path) -> list[Row]:
    """Start of the engine, and its speed both ways, in turns."""
    began = time.perf_counter()
    engine = Engine(model, alias=DEMO_MODEL_NAME)
    await engine.start()
    try:
        settings = BackendSettings(
            kind="openai", base_url=engine.base_url, api_key=engine.api_key, model=DEMO_MODEL_NAME
        )
        backend = OpenAIBackend("bench", settings)
        try:
            await _first_token(backend)
            start = time.perf_counter() - began
            through, raw = await _speeds(engine, backend)
        finally:
            await backend.aclose()
    finally:
        await engine.aclose()
    return [
        Row("engine start to first token, demo model", f"{start:.2f} s", "1.5 s", start / 1.5, 1.0),
        Row(
            "generation through the backend",
            f"{through:.0f} tok/s",
            f"{raw:.0f} tok/s raw",
            through / raw,
            0.98,
            higher_is_better=True,
        ),
    ]


async def _speeds(engine: Engine, backend: OpenAIBackend) -> tuple[float, float]:
    through, raw = [], []
    for _ in range(ROUNDS):
        through.append(await _through(backend))
        raw.append(await asyncio.to_thread(_raw, engine))
    return middle(through), middle(raw)


async def _first_token(backend: OpenAIBackend) -> None:
    async with aclosing(backend.stream(Request((User("hello"),)))) as events:
        async for event in events:
            if isinstance(event, Thinking | Text):
                return


async def _through(backend: OpenAIBackend) -> float:
    began, tokens = time.perf_counter(), 0
    request = Request((User(PROMPT),), think=False, max_tokens=TOKENS)
    async with aclosing(backend.stream(request)) as events:
        async for event in events:
            if isinstance(event, StepFinished):
                tokens = event.usage.completion
    return tokens / (time.perf_counter() - began)


def _raw(engine: Engine) -> float:
    """Read the stream as curl would: all bytes, nothing parsed but the usage at the end."""
    body = {
        "messages": [{"role": "user", "content": PROMPT}],
        "chat_template_kwargs": {"enable_thinking": False},
        "max_tokens": TOKENS,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    request = urllib.request.Request(
        f"{engine.base_url}/chat/completions",
        data=msgspec.json.encode(body),
        headers={
            "Authorization": f"Bearer {engine.api_key}",
            "Content-Type": "application/json",
        },
    )
    began = time.perf_counter()
    with urllib.request.urlopen(request, timeout=120) as response:
        received = response.read()
    took = time.perf_counter() - began
    usages = [line for line in received.splitlines() if b'"usage":{' in line]
    tokens = msgspec.json.decode(usages[-1].removeprefix(b"data: "))["usage"]["completion_tokens"]
    return float(tokens) / took
