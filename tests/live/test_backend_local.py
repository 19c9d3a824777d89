"""The backend in front of the real llama.cpp server, with a model that babbles without end."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import httpx
import pytest

from qchat.backends.base import Request
from qchat.backends.body import BUDGET_SPENT
from qchat.backends.local import LocalBackend
from qchat.config.settings import BackendSettings
from qchat.local.engine import Engine
from qchat.protocol.errors import EngineError, ModelFileError
from qchat.protocol.event_values import ToolCall
from qchat.protocol.events import Event, Notice, StepFinished, Text, Thinking, joined
from qchat.protocol.messages import Assistant, ToolResult, User
from qchat_tools.parts import TextPart
from tests.engines import CONTEXT, eventually, write_babbler

HELLO = (User("hello"),)


def asking(**options: Any) -> Request:
    return Request(HELLO, **{"max_tokens": 80, **options})


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_babbler(tmp_path_factory.mktemp("model") / "babbler.gguf")


@pytest.fixture
async def backend(model: Path) -> AsyncIterator[LocalBackend]:
    opened = LocalBackend("local", BackendSettings(kind="llama.cpp", model=str(model)))
    yield opened
    await opened.aclose()


async def read(backend: LocalBackend, request: Request) -> list[Event]:
    return list(joined([event async for event in backend.stream(request)]))


def engine_of(backend: LocalBackend) -> Engine:
    assert backend.engine is not None
    return backend.engine


async def test_thinking_on_and_off_with_figures(backend: LocalBackend):
    assert (backend.model, backend.context) == ("babbler", 0)
    thinking, on = await read(backend, asking())
    text, off = await read(backend, asking(think=False))
    assert isinstance(thinking, Thinking)
    assert isinstance(text, Text)
    assert isinstance(on, StepFinished)
    assert isinstance(off, StepFinished)
    assert (on.reason, on.usage.completion, on.usage.thinking) == ("length", 80, 80)
    assert (off.usage.thinking, off.usage.prompt > 0) == (0, True)
    assert 0 < on.timings.first_token_s < on.timings.total_s
    assert on.timings.tokens_per_s > 0
    assert backend.context == CONTEXT


async def test_a_budget_closes_the_thinking_with_qwens_sentence(backend: LocalBackend):
    thinking, text, _ = await read(backend, asking(budget=5, max_tokens=200))
    assert isinstance(thinking, Thinking)
    assert isinstance(text, Text)
    assert thinking.text.strip().endswith(BUDGET_SPENT.strip())


async def test_answer_now_ends_the_thinking_of_a_running_reply(backend: LocalBackend):
    kinds: list[type[Event]] = []
    async with aclosing(backend.stream(asking(max_tokens=CONTEXT - 100))) as events:
        async for event in events:
            if not kinds:
                assert await backend.answer_now()
            kinds.append(type(event))
            if kinds[-1] is Text:
                break
    assert kinds[0] is Thinking
    assert kinds[-1] is Text
    assert not await backend.answer_now()


async def test_the_prompts_prefix_is_reused(backend: LocalBackend):
    await read(backend, asking())
    *_, again = await read(backend, asking())
    assert isinstance(again, StepFinished)
    assert again.usage.cached >= again.usage.prompt - 1


async def test_a_whole_conversation_with_calls_is_taken(backend: LocalBackend):
    broken = ToolCall("c2", "python", {}, "{nonsense")
    call = ToolCall("c1", "python", {"code": "1"})
    result = (TextPart("1"),)
    messages = (
        *HELLO,
        Assistant((Thinking("why"), Text("so"), call, broken)),
        ToolResult("c1", "python", result),
        ToolResult("c2", "python", result),
        Assistant((Thinking("only thought, then stopped"),)),
        User("go on"),
    )
    *_, finished = await read(backend, Request(messages, "Be brief.", max_tokens=5))
    assert isinstance(finished, StepFinished)


async def test_parallel_replies(backend: LocalBackend):
    replies = await asyncio.gather(*(read(backend, asking()) for _ in range(3)))
    assert all(isinstance(reply[-1], StepFinished) for reply in replies)


async def test_closing_the_stream_stops_the_servers_work(backend: LocalBackend):
    events = backend.stream(asking(max_tokens=CONTEXT - 100))
    assert isinstance(await anext(events), Thinking)
    assert await busy_slots(backend) == 1
    await events.aclose()
    await eventually(lambda: is_idle(backend), within_s=1.0)  # the reply would take far longer


async def is_idle(backend: LocalBackend) -> bool:
    return await busy_slots(backend) == 0


async def busy_slots(backend: LocalBackend) -> int:
    engine = engine_of(backend)
    headers = {"authorization": f"Bearer {engine.api_key}"}
    async with httpx.AsyncClient(trust_env=False, headers=headers) as client:
        slots = (await client.get(engine.base_url.removesuffix("/v1") + "/slots")).json()
    return sum(slot["is_processing"] for slot in slots)


async def test_an_engine_killed_in_mid_reply_keeps_the_reply_and_starts_again(
    backend: LocalBackend,
):
    kept: list[Event] = []
    with pytest.raises(EngineError, match=r"died \(signal 9\); what it had written is kept"):
        async for event in backend.stream(asking(max_tokens=CONTEXT - 100)):
            if not kept:
                os.kill(engine_of(backend).pid, signal.SIGKILL)
            kept.append(event)
    assert isinstance(kept[0], Thinking)
    thinking, finished = await read(backend, asking())
    assert isinstance(thinking, Thinking)
    assert isinstance(finished, StepFinished)


async def test_an_engine_that_died_while_nobody_asked_starts_again_and_says_so(
    backend: LocalBackend,
):
    await backend.start()
    os.kill(engine_of(backend).pid, signal.SIGKILL)
    assert await engine_of(backend).died(within_s=5)
    notice, thinking, finished = await read(backend, asking())
    assert isinstance(notice, Notice)
    assert "had died (signal 9) and starts again" in notice.text
    assert isinstance(thinking, Thinking)
    assert isinstance(finished, StepFinished)


async def test_whoever_stops_waiting_does_not_stop_the_loading(backend: LocalBackend):
    waiting = asyncio.create_task(backend.start())
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await backend.start()
    first = engine_of(backend)
    await backend.start()
    assert engine_of(backend) is first


async def test_closing_while_loading_leaves_no_child(backend: LocalBackend):
    waiting = asyncio.create_task(backend.start())
    await asyncio.sleep(0)
    await backend.aclose()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert backend.engine is None


async def test_a_file_that_is_no_model_is_named(tmp_path: Path):
    wrong = tmp_path / "wrong.gguf"
    wrong.write_text("hello")
    backend = LocalBackend("local", BackendSettings(kind="llama.cpp", model=str(wrong)))
    with pytest.raises(ModelFileError, match=r"wrong\.gguf is not a GGUF file"):
        await read(backend, asking())
    await backend.aclose()
