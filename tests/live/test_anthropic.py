"""The Anthropic protocol against llama.cpp's real server: how endless thinking is ended."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest

from qchat.backends.anthropic import AnthropicBackend
from qchat.backends.base import Backend, Request
from qchat.backends.body import BUDGET_SPENT
from qchat.config.profile import Profile
from qchat.config.settings import BackendSettings
from qchat.local.engine import Engine
from qchat.protocol.events import Event, Sent, StepFinished, Text, Thinking, joined
from qchat.protocol.messages import User
from tests.engines import CONTEXT, write_babbler


def settings(engine: Engine, model: str) -> BackendSettings:
    return BackendSettings(
        kind="anthropic", base_url=engine.base_url, api_key=engine.api_key, model=model
    )


@pytest.fixture
async def babbler(tmp_path: Path) -> AsyncIterator[AnthropicBackend]:
    engine = Engine(write_babbler(tmp_path / "babbler.gguf"))
    await engine.start()
    opened = AnthropicBackend(
        "there", settings(engine, "babbler"), profile=Profile(thinking="switch")
    )
    yield opened
    await opened.aclose()
    await engine.aclose()


async def read(backend: Backend, request: Request) -> tuple[list[Event], StepFinished]:
    events = [event async for event in backend.stream(request) if not isinstance(event, Sent)]
    *parts, finished = joined(events)
    assert isinstance(finished, StepFinished)
    return parts, finished


async def test_a_budget_ends_the_thinking(babbler: AnthropicBackend):
    request = Request((User("hello"),), budget=5, max_tokens=60)
    (thinking, text), finished = await read(babbler, request)
    assert isinstance(thinking, Thinking)
    assert isinstance(text, Text)
    assert finished.usage.thinking <= 10


async def test_answer_now_closes_the_thinking_and_asks_again(babbler: AnthropicBackend):
    kinds: list[type[Event]] = []
    thought = ""
    request = Request((User("hello"),), max_tokens=CONTEXT - 200)
    async with aclosing(babbler.stream(request)) as events:
        async for event in events:
            if isinstance(event, Thinking):
                thought += event.text
                assert kinds.count(Thinking) or await babbler.answer_now()
            kinds.append(type(event))
            if kinds[-1] is Text:
                break
    assert [kind for kind in kinds if kind is not Thinking] == [Sent, Sent, Text]
    assert thought.endswith(BUDGET_SPENT)
    assert not await babbler.answer_now()
