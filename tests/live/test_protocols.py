"""The same conversation in each protocol: with the demo model through llama.cpp's real server, and
with the cloud where a key is in the environment (`make test-cloud`)."""

import os
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from qchat.backends.base import Backend, Request
from qchat.backends.catalog import open_backend
from qchat.backends.connection_test import TOOL, trial
from qchat.config.settings import BackendSettings, Settings
from qchat.local.engine import Engine
from qchat.protocol.event_values import ToolCall
from qchat.protocol.events import (
    Event,
    Notice,
    Sent,
    StepFinished,
    Text,
    Thinking,
    ToolDraft,
    joined,
)
from qchat.protocol.messages import Assistant, ToolResult, User
from qchat_assets import DEMO_MODEL_NAME, demo_model_path
from qchat_tools.parts import TextPart

pytestmark = pytest.mark.asyncio(loop_scope="module")  # one engine serves them all

QUESTION = User("What is 127 * 45? Use the python tool.")
BASE = os.environ.get("QCHAT_TEST_CLOUD_BASE", "https://dashscope-intl.aliyuncs.com")
PATHS = {"openai": "compatible-mode/v1", "anthropic": "apps/anthropic/v1"}
cloud = pytest.mark.skipif(
    not (os.environ.get("QCHAT_TEST_CLOUD") and os.environ.get("DASHSCOPE_API_KEY")),
    reason="make test-cloud, with DASHSCOPE_API_KEY set",
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def engine() -> AsyncIterator[Engine]:
    started = Engine(demo_model_path(), alias=DEMO_MODEL_NAME)
    await started.start()
    yield started
    await started.aclose()


def on_engine(kind: Any, engine: Engine) -> BackendSettings:
    return BackendSettings(
        kind=kind, base_url=engine.base_url, api_key=engine.api_key, model=DEMO_MODEL_NAME
    )


def in_cloud(kind: Any) -> BackendSettings:
    return BackendSettings(
        kind=kind,
        base_url=f"{BASE}/{PATHS[kind]}",
        model=os.environ.get("QCHAT_TEST_CLOUD_MODEL", "qwen3.7-plus"),
        api_key_env="DASHSCOPE_API_KEY",
        server=os.environ.get("QCHAT_TEST_CLOUD_SERVER", ""),  # else known by its host
    )


@pytest_asyncio.fixture(
    loop_scope="module",
    params=[
        ("demo", "openai"),
        ("demo", "anthropic"),
        pytest.param(("cloud", "openai"), marks=cloud),
        pytest.param(("cloud", "anthropic"), marks=cloud),
    ],
    ids="-".join,
)
async def there(request: pytest.FixtureRequest, engine: Engine) -> AsyncIterator[Backend]:
    where, kind = request.param
    named = in_cloud(kind) if where == "cloud" else on_engine(kind, engine)
    opened = open_backend("there", Settings(backends={"there": named}))
    yield opened
    await opened.aclose()


async def read(backend: Backend, request: Request) -> tuple[list[Event], StepFinished]:
    events = [event async for event in backend.stream(request)]
    *parts, finished = joined(e for e in events if not isinstance(e, Sent | Notice))
    assert isinstance(finished, StepFinished)
    return parts, finished


async def test_a_sum_is_a_call_whose_result_is_used(there: Backend):
    parts, finished = await read(there, Request((QUESTION,), tools=(TOOL,)))
    assert isinstance(parts[0], Thinking)
    draft = parts[-1]
    assert isinstance(draft, ToolDraft)
    assert (draft.name, finished.reason) == ("python", "tool_calls")
    arguments = msgspec.json.decode(draft.text)
    assert "127" in arguments["code"]
    assert finished.usage.thinking > 0

    call = ToolCall(draft.call_id, draft.name, arguments)
    result = ToolResult(call.id, "python", (TextPart("5715", "result"),))
    history = (QUESTION, Assistant((*(p for p in parts if isinstance(p, Thinking)), call)), result)
    parts, finished = await read(there, Request(history, tools=(TOOL,)))
    assert isinstance(parts[-1], Text)
    assert "5715" in parts[-1].text.replace(",", "")
    assert finished.reason == "stop"
    assert finished.usage.prompt > 0


async def test_thinking_off_means_no_thinking(there: Backend):
    parts, finished = await read(there, Request((User("Hello!"),), tools=(TOOL,), think=False))
    assert not any(isinstance(part, Thinking) for part in parts)
    assert finished.usage.thinking == 0


async def test_a_budget_shortens_the_thinking(there: Backend):
    _, free = await read(there, Request((QUESTION,), tools=(TOOL,)))
    _, short = await read(there, Request((QUESTION,), tools=(TOOL,), budget=4))
    assert 0 < short.usage.thinking < max(free.usage.thinking, 64)


async def test_what_a_trial_reports(there: Backend):
    told = "\n".join((await trial(there)).lines())
    assert "streaming: yes" in told
    assert "thinking:  yes" in told
    assert "tools:     yes, it called python" in told
    assert "tokens in" in told
