"""What the engine has to evaluate again: a step of a tool loop, and turn 20 of a long talk."""

import asyncio
import datetime
import time
import urllib.request
from collections.abc import Sequence
from contextlib import aclosing
from functools import partial
from pathlib import Path

import msgspec

from qchat.backends.base import Request
from qchat.backends.connection_test import TOOL
from qchat.backends.openai import OpenAIBackend
from qchat.bench.generation import served
from qchat.bench.table import Row, middle
from qchat.conversation.context import system_text
from qchat.local.engine import Engine
from qchat.protocol.event_values import Usage
from qchat.protocol.events import (
    Event,
    StepFinished,
    Text,
    Thinking,
    ToolDraft,
    ToolFinished,
    ToolStarted,
    joined,
)
from qchat.protocol.fold import fold
from qchat.protocol.messages import Assistant, Message, User
from qchat_assets import DEMO_MODEL_NAME
from qchat_tools.parts import TextPart

SUMS = ("What is 127 * 45?", "What is 45 - 9?", "What is 12 * 34?", "What is 99 + 17?")
RESULT = "\n".join(f"{number} squared is {number * number}" for number in range(12))
TURNS = 20
ROUNDS = 5
MAX_REPLY_TOKENS = 256
"""Tokens: what is measured is read, not written, and the demo model may write without end."""
LIST = "Please keep this list in mind: " + ", ".join(f"item {number}" for number in range(20))


async def rows(model: Path) -> list[Row]:
    """Both figures on one engine; neither depends on how fast the model writes."""
    engine = Engine(model, alias=DEMO_MODEL_NAME)
    await engine.start()
    backend = served(engine)
    try:
        evaluated, new = await _steps(backend)
        through, raw = await _turn_20(engine, backend)
    finally:
        await backend.aclose()
        await engine.aclose()
    return [
        Row(
            "prompt tokens evaluated in a step of a tool loop",
            f"{evaluated} tokens",
            f"{new} tokens new",
            evaluated / new,
            1.1,
        ),
        Row(
            f"first token on turn {TURNS}",
            f"{through * 1000:.0f} ms",
            f"{raw * 1000:.0f} ms raw",
            through / raw,
            1.05,
        ),
    ]


async def _steps(backend: OpenAIBackend) -> tuple[int, int]:
    """Sums over several questions: evaluated in the second step, and new in it."""
    evaluated = new = 0
    for question in SUMS:
        events, first = await _reply(backend, question, ())
        (draft,) = (event for event in joined(events) if isinstance(event, ToolDraft))
        arguments = msgspec.json.decode(draft.text)
        done = (
            *events,
            ToolStarted(draft.call_id, draft.name, arguments),
            ToolFinished(draft.call_id, (TextPart(RESULT, "stdout"),), True),
        )
        _, second = await _reply(backend, question, done)
        evaluated += second.prompt - second.cached
        new += second.prompt - first.prompt - first.completion
    return evaluated, new


async def _reply(
    backend: OpenAIBackend, question: str, begun: Sequence[Event]
) -> tuple[list[Event], Usage]:
    system = system_text(datetime.date.today())
    request = Request(fold(question, begun), system, tools=(TOOL,), max_tokens=MAX_REPLY_TOKENS)
    async with aclosing(backend.stream(request)) as stream:
        events = [event async for event in stream]
    (step,) = (event for event in events if isinstance(event, StepFinished))
    return events, step.usage


async def _turn_20(engine: Engine, backend: OpenAIBackend) -> tuple[float, float]:
    """Seconds to the first token, through qchat and raw, each after turn 19 in the same way."""
    before = _conversation(TURNS - 1)
    asked = partial(Request, think=False, max_tokens=MAX_REPLY_TOKENS)
    through, raw = [], []
    for number in range(ROUNDS + 1):
        last = asked((*before, User(f"{LIST}; {LIST}; {LIST}. This is number {number}.")))
        await _first(backend, asked(before[:-1]))
        through.append(await _first(backend, last))
        await _first(backend, asked(before[:-1]))
        body = msgspec.json.encode(backend.body(last))
        raw.append(await asyncio.to_thread(_first_raw, engine, body))
    return middle(through[1:]), middle(raw[1:])  # the first round opens connections


def _conversation(turns: int) -> tuple[Message, ...]:
    said: list[Message] = []
    for number in range(turns):
        said += [User(f"{LIST}, and {number}."), Assistant((Text(f"I keep {number} in mind."),))]
    return tuple(said)


async def _first(backend: OpenAIBackend, request: Request) -> float:
    began = time.perf_counter()
    async with aclosing(backend.stream(request)) as events:
        async for event in events:
            if isinstance(event, Thinking | Text | ToolDraft):
                break
    return time.perf_counter() - began


def _first_raw(engine: Engine, body: bytes) -> float:
    headers = {"Authorization": f"Bearer {engine.api_key}", "Content-Type": "application/json"}
    url = f"{engine.base_url}/chat/completions"
    request = urllib.request.Request(url, data=body, headers=headers)
    began = time.perf_counter()
    with urllib.request.urlopen(request, timeout=120) as response:
        for line in response:
            if b'"content":"' in line or b'"tool_calls"' in line:
                break
        return time.perf_counter() - began
