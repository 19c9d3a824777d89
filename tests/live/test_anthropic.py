"""The Anthropic protocol against llama.cpp's real server: thinking, calls, budgets, answer now."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import msgspec
import pytest

from qchat.backends.anthropic import AnthropicBackend
from qchat.backends.base import Backend, Request
from qchat.backends.body import BUDGET_SPENT
from qchat.backends.catalog import open_backend
from qchat.events import Event, Sent, StepFinished, Text, Thinking, ToolCall, ToolDraft, joined
from qchat.local.engine import Engine
from qchat.messages import Assistant, ToolResult, User
from qchat.profile import Profile
from qchat.settings import BackendSettings, Settings
from qchat_assets import DEMO_MODEL_NAME, demo_model_path
from qchat_tools.base import spec
from qchat_tools.parts import TextPart
from tests.engines import CONTEXT, write_babbler

QUESTION = "What is 127 * 45?"


class Code(msgspec.Struct):
    """What the code tool takes."""

    code: str


PYTHON = spec("python", "Run Python code.", Code)


def settings(engine: Engine, model: str) -> BackendSettings:
    return BackendSettings(
        kind="anthropic", base_url=engine.base_url, api_key=engine.api_key, model=model
    )


@pytest.fixture
async def demo() -> AsyncIterator[Backend]:
    engine = Engine(demo_model_path(), alias=DEMO_MODEL_NAME)
    await engine.start()
    named = Settings(backends={"there": settings(engine, DEMO_MODEL_NAME)})
    opened = open_backend("there", named)
    yield opened
    await opened.aclose()
    await engine.aclose()


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


async def test_a_sum_is_a_call_whose_result_is_used(demo: Backend):
    question = User(QUESTION)
    (thinking, draft), finished = await read(demo, Request((question,), tools=(PYTHON,)))
    assert isinstance(thinking, Thinking)
    assert isinstance(draft, ToolDraft)
    assert (draft.name, finished.reason) == ("python", "tool_calls")
    arguments = msgspec.json.decode(draft.text)
    assert "127*45" in arguments["code"].replace(" ", "")

    call = ToolCall(draft.call_id, draft.name, arguments)
    history = (
        question,
        Assistant((thinking, call)),
        ToolResult(call.id, "python", (TextPart("5715", "result"),)),
    )
    parts, finished = await read(demo, Request(history, tools=(PYTHON,)))
    assert isinstance(parts[-1], Text)
    assert "5715" in parts[-1].text
    assert finished.reason == "stop"
    assert finished.usage.cached > finished.usage.prompt / 2


async def test_thinking_off_means_no_thinking(demo: Backend):
    parts, finished = await read(demo, Request((User("Hello!"),), tools=(PYTHON,), think=False))
    assert not any(isinstance(part, Thinking) for part in parts)
    assert finished.usage.thinking == 0


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
