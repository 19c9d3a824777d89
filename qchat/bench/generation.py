"""The engine through qchat, against the same engine read raw."""

import asyncio
import shutil
import subprocess
import time
import urllib.request
from contextlib import aclosing
from pathlib import Path
from typing import Any

import msgspec

from qchat.backends.base import Request
from qchat.backends.openai import OpenAIBackend
from qchat.bench.table import Row, middle
from qchat.config.settings import BackendSettings
from qchat.local.engine import Engine
from qchat.protocol.events import StepFinished, Text, Thinking
from qchat.protocol.messages import User
from qchat_assets import DEMO_MODEL_NAME

ROUNDS = 15
TOKENS = 2_400
"""About a second of a fast engine: of less, a machine's own noise is more than what is measured."""
REQUEST = Request((User("Count from one to a thousand in words."),), think=False, max_tokens=TOKENS)


async def rows(model: Path) -> list[Row]:
    """Start of the engine, and its speed both ways, in turns: the same request, to its end."""
    began = time.perf_counter()
    engine = Engine(model, alias=DEMO_MODEL_NAME)
    await engine.start()
    try:
        backend = served(engine, {"ignore_eos": True})  # the demo model has little to say
        try:
            start = await _first_token(backend) - began
            through, raw, ratio, cost = await _speeds(engine, backend)
        finally:
            await backend.aclose()
    finally:
        await engine.aclose()
    return [
        Row("engine start to first token, demo model", f"{start:.2f} s", "1.5 s", start / 1.5, 1.0),
        Row(
            "generation through the backend",
            f"{through:.0f} tok/s",
            f"{raw:.0f} tok/s {'curl' if shutil.which('curl') else 'raw'}",
            ratio,
            0.98,
            higher_is_better=True,
        ),
        Row("likewise, the client's own work for a token", f"{cost * 1e6:.0f} µs of CPU"),
    ]


def served(engine: Engine, extra: dict[str, Any] | None = None) -> OpenAIBackend:
    """The backend that a user of this engine would have."""
    settings = BackendSettings(
        kind="llama.cpp",
        base_url=engine.base_url,
        api_key=engine.api_key,
        model=DEMO_MODEL_NAME,
        extra=extra or {},
    )
    return OpenAIBackend("bench", settings)


async def _speeds(engine: Engine, backend: OpenAIBackend) -> tuple[float, float, float, float]:
    """Tokens a second through the backend and raw, their ratio, the CPU time of a token here.

    The ratio is the middle one of the pairs: a machine's speed changes from minute to minute, and
    the two of a pair stand beside each other, each as often first.
    """
    body = msgspec.json.encode(backend.body(REQUEST) | {"ignore_eos": True})
    await _through(backend)  # the first one of each is not counted: connections, cache
    await asyncio.to_thread(_raw, engine, body)
    through, raw, costs = [], [], []
    for number in range(ROUNDS):
        if number % 2:
            raw.append(await asyncio.to_thread(_raw, engine, body))
        speed, cost = await _through(backend)
        through.append(speed)
        costs.append(cost)
        if not number % 2:
            raw.append(await asyncio.to_thread(_raw, engine, body))
    ratio = middle([one / other for one, other in zip(through, raw, strict=True)])
    return middle(through), middle(raw), ratio, middle(costs)


async def _first_token(backend: OpenAIBackend) -> float:
    """When the first one has come."""
    async with aclosing(backend.stream(REQUEST)) as events:
        async for event in events:
            if isinstance(event, Thinking | Text):
                break
    return time.perf_counter()


async def _through(backend: OpenAIBackend) -> tuple[float, float]:
    began, worked, tokens = time.perf_counter(), time.process_time(), 0
    async with aclosing(backend.stream(REQUEST)) as events:
        async for event in events:
            if isinstance(event, StepFinished):
                tokens = event.usage.completion
    took, worked = time.perf_counter() - began, time.process_time() - worked
    return tokens / took, worked / tokens


def _raw(engine: Engine, body: bytes) -> float:
    """All bytes, nothing parsed but the usage at the end; curl's own clock where there is curl."""
    read = _curl if shutil.which("curl") else _urllib
    received, took = read(f"{engine.base_url}/chat/completions", engine.api_key, body)
    usages = [line for line in received.splitlines() if b'"usage":{' in line]
    tokens = msgspec.json.decode(usages[-1].removeprefix(b"data: "))["usage"]["completion_tokens"]
    return float(tokens) / took


def _curl(url: str, key: str, body: bytes) -> tuple[bytes, float]:
    headers = f"Authorization: Bearer {key}\nContent-Type: application/json\n"
    options = ("--no-buffer", "--silent", "--show-error", "--noproxy", "*", "--max-time", "120")
    config = "\n".join(f'header = "{line}"' for line in headers.splitlines())
    done = subprocess.run(
        ["curl", *options, "--config", "-", "--data-binary", body, "-w", "\n%{time_total}", url],
        input=config.encode(),  # the key stands in no process list
        capture_output=True,
        check=True,
    )
    received, _, took = done.stdout.rpartition(b"\n")
    return received, float(took)


def _urllib(url: str, key: str, body: bytes) -> tuple[bytes, float]:
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    request = urllib.request.Request(url, data=body, headers=headers)
    began = time.perf_counter()
    with urllib.request.urlopen(request, timeout=120) as response:
        received = response.read()
    return received, time.perf_counter() - began
