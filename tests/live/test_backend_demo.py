"""The shipped demo model through the real engine: thinking, a streamed call, an answer."""

from collections.abc import AsyncIterator

import msgspec
import pytest

from qchat.backends.base import Backend, Request
from qchat.backends.catalog import open_backend
from qchat.config.settings import parse
from qchat.protocol.event_values import ToolCall
from qchat.protocol.events import Event, StepFinished, Text, Thinking, ToolDraft, joined
from qchat.protocol.messages import Assistant, ToolResult, User
from qchat_tools.base import spec
from qchat_tools.parts import TextPart

QUESTION = "What is 127 * 45?"


class Code(msgspec.Struct):
    """What the code tool takes."""

    code: str


PYTHON = spec("python", "Run Python code.", Code)


@pytest.fixture
async def demo() -> AsyncIterator[Backend]:
    opened = open_backend("demo", parse("", "no file"))
    yield opened
    await opened.aclose()


async def read(backend: Backend, request: Request) -> tuple[list[Event], StepFinished]:
    *parts, finished = joined([event async for event in backend.stream(request)])
    assert isinstance(finished, StepFinished)
    return parts, finished


async def test_a_sum_is_a_call_whose_result_is_used(demo: Backend):
    assert "demo" in demo.model
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
    assert finished.usage.cached > finished.usage.prompt / 2  # the first step's work is reused


async def test_thinking_off_means_no_thinking(demo: Backend):
    parts, finished = await read(demo, Request((User("Hello!"),), tools=(PYTHON,), think=False))
    assert not any(isinstance(part, Thinking) for part in parts)
    assert finished.usage.thinking == 0


async def test_a_budget_shortens_the_thinking(demo: Backend):
    parts, _ = await read(demo, Request((User(QUESTION),), tools=(PYTHON,), budget=3))
    assert isinstance(parts[0], Thinking)
    assert "Considering the limited time" in parts[0].text
