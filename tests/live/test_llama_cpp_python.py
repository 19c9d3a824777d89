"""The engine llama-cpp-python: raw text, whose tags our own reader makes thinking and calls of."""

import asyncio
import importlib.util
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from qchat.backends.base import Request
from qchat.backends.body import BUDGET_SPENT
from qchat.backends.local import LocalBackend
from qchat.config.settings import BackendSettings
from qchat.local import devices, hardware, llama_cpp_python
from qchat.local import engine as engines
from qchat.protocol.errors import StatusError
from qchat.protocol.event_values import ToolCall
from qchat.protocol.events import Event, StepFinished, Text, Thinking, ToolDraft, joined
from qchat.protocol.messages import Assistant, ToolResult, User
from qchat_tools.base import spec
from qchat_tools.parts import TextPart
from tests.engines import CONTEXT, write_babbler

pytestmark = [
    pytest.mark.llama_cpp_python,
    pytest.mark.skipif(
        importlib.util.find_spec("llama_cpp") is None, reason="llama-cpp-python is not installed"
    ),
]
HELLO = (User("hello"),)


class Code(msgspec.Struct):
    """What the code tool takes."""

    code: str


PYTHON = spec("python", "Run Python code.", Code)


def opened(model: Path | str, **more: Any) -> LocalBackend:
    settings = BackendSettings(
        kind="llama.cpp", engine="llama-cpp-python", model=str(model), **more
    )
    return LocalBackend("local", settings)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_babbler(tmp_path_factory.mktemp("model") / "babbler.gguf")


@pytest.fixture
async def babbler(model: Path) -> AsyncIterator[LocalBackend]:
    backend = opened(model)
    yield backend
    await backend.aclose()


@pytest.fixture
async def demo() -> AsyncIterator[LocalBackend]:
    backend = opened("")
    yield backend
    await backend.aclose()


def asking(**options: Any) -> Request:
    return Request(HELLO, **{"max_tokens": 80, **options})


async def read(backend: LocalBackend, request: Request) -> list[Event]:
    async with aclosing(backend.stream(request)) as events:
        return list(joined([event async for event in events]))


async def test_thinking_on_and_off_with_figures(babbler: LocalBackend):
    thinking, on = await read(babbler, asking())
    text, off = await read(babbler, asking(think=False))
    assert isinstance(thinking, Thinking)
    assert isinstance(text, Text)
    assert isinstance(on, StepFinished)
    assert isinstance(off, StepFinished)
    assert (on.reason, on.usage.completion) == ("length", 80)
    assert on.usage.prompt > 0
    assert 0 < on.timings.first_token_s < on.timings.total_s
    assert on.timings.tokens_per_s > 0
    assert babbler.context == CONTEXT


async def test_a_budget_closes_the_thinking_with_qwens_sentence(babbler: LocalBackend):
    thinking, text, _ = await read(babbler, asking(budget=5, max_tokens=250))
    assert isinstance(thinking, Thinking)
    assert isinstance(text, Text)
    assert thinking.text.strip().endswith(BUDGET_SPENT.strip())
    assert len(thinking.text.partition(BUDGET_SPENT.strip())[0].strip()) <= 5  # a letter a token


async def test_answer_now_ends_the_thinking_of_a_running_reply(babbler: LocalBackend):
    kinds: list[type[Event]] = []
    async with aclosing(babbler.stream(asking(max_tokens=CONTEXT - 100))) as events:
        async for event in events:
            if not kinds:
                assert await babbler.answer_now()
            kinds.append(type(event))
            if kinds[-1] is Text:
                break
    assert (kinds[0], kinds[-1]) == (Thinking, Text)


async def test_the_prompts_prefix_is_reused(babbler: LocalBackend):
    await read(babbler, asking(max_tokens=5))
    *_, again = await read(babbler, asking(max_tokens=5))
    assert isinstance(again, StepFinished)
    assert again.usage.cached >= again.usage.prompt - 1


async def test_hanging_up_stops_the_work_at_once(babbler: LocalBackend):
    events = babbler.stream(asking(max_tokens=CONTEXT - 100))
    assert isinstance(await anext(events), Thinking)
    await events.aclose()
    async with asyncio.timeout(20):  # the first reply alone would take longer
        assert isinstance((await read(babbler, asking(max_tokens=5)))[-1], StepFinished)


async def test_a_conversation_that_is_too_long_is_refused_in_words(babbler: LocalBackend):
    with pytest.raises(StatusError, match="exceeds the available context size"):
        await read(babbler, Request((User("a " * CONTEXT),)))


def test_its_devices_are_asked_of_the_library_itself():
    """Without a GPU there is the processor alone, which is no device to put layers on."""
    (kind, processor), *others = devices.llama_cpp_python()
    assert kind == devices.CPU
    assert processor["name"]
    assert processor["total_bytes"] > 10**8
    found = hardware.devices("llama-cpp-python")
    assert len(found) == len([kind for kind, _ in others if kind != devices.ACCELERATOR])


async def test_layers_for_a_gpu_that_is_not_there_are_said_to_have_no_effect(model: Path):
    if hardware.devices("llama-cpp-python"):
        pytest.skip("there is a GPU")
    backend = opened(model, gpu_layers=1)
    await backend.start()
    assert backend.state.detail.endswith("gpu_layers = 1 has no effect: the engine sees no GPU")
    await backend.aclose()


def test_layers_for_a_gpu_reach_the_library(model: Path, monkeypatch: pytest.MonkeyPatch):
    gpu = hardware.Device("GPU", 10**10, 10**10)
    machine = hardware.Hardware(10**10, 10**10, 2, (gpu,), moves_experts=False)
    monkeypatch.setattr(engines, "look", lambda _engine: machine)
    settings = BackendSettings(kind="llama.cpp", engine="llama-cpp-python", gpu_layers=1)
    engine = engines.Engine(model, settings)
    engine.plan()
    made = llama_cpp_python.Model(engine.config())
    assert made.llama.model_params.n_gpu_layers == 1
    made.llama.close()


async def test_the_key_is_wanted(babbler: LocalBackend):
    await babbler.start()
    assert babbler.engine is not None
    address = f"{babbler.engine.base_url}/chat/completions"
    assert address.startswith("http://127.0.0.1:")
    async with httpx.AsyncClient(trust_env=False) as client:
        for headers in ({}, {"authorization": "Bearer guess"}):
            assert (await client.post(address, json={}, headers=headers)).status_code == 401


async def test_the_demo_model_calls_a_tool_and_uses_its_result(demo: LocalBackend):
    assert "demo" in demo.model
    question = User("What is 127 * 45?")
    parts, finished = await reply(demo, Request((question,), tools=(PYTHON,)))
    draft = parts[-1]
    assert isinstance(parts[0], Thinking)
    assert isinstance(draft, ToolDraft)
    assert (draft.name, finished.reason) == ("python", "tool_calls")
    arguments = msgspec.json.decode(draft.text)
    call = ToolCall(draft.call_id, draft.name, arguments)
    history = (
        question,
        Assistant((parts[0], call)),
        ToolResult(call.id, "python", (TextPart("5715", "result"),)),
    )
    parts, finished = await reply(demo, Request(history, tools=(PYTHON,)))
    assert isinstance(parts[-1], Text)
    assert "5715" in parts[-1].text
    assert finished.reason == "stop"


async def reply(backend: LocalBackend, request: Request) -> tuple[list[Event], StepFinished]:
    *parts, finished = await read(backend, request)
    assert isinstance(finished, StepFinished)
    return parts, finished


async def test_both_engines_are_sent_the_same_prompt(demo: LocalBackend):
    """The template rendered here counts as many tokens as llama.cpp's own server."""
    other = LocalBackend("demo", BackendSettings(kind="llama.cpp"))
    call = ToolCall("c1", "python", {"code": "print('ä <b> & \"q\"')", "n": 3})
    history = (
        User("first"),
        Assistant((Thinking("why"), Text("so"), call)),
        ToolResult("c1", "python", (TextPart("1"),)),
        User("go on"),
    )
    request = Request(history, "Be brief.", tools=(PYTHON,), max_tokens=2)
    try:
        counts = [(await reply(backend, request))[1].usage.prompt for backend in (demo, other)]
    finally:
        await other.aclose()
    assert counts[0] == counts[1]
