"""The thinking is ended everywhere: by the server where it can, else by asking again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio

from qchat.backends.base import Request
from qchat.backends.body import BUDGET_SPENT
from qchat.backends.connection_test import TOOL
from qchat.backends.openai import OpenAIBackend
from qchat.backends.profiles import is_plain
from qchat.config.settings import BackendSettings
from qchat.local.engine import Engine
from qchat.protocol.events import Event, Sent, StepFinished, Text, Thinking, ToolDraft, joined
from qchat.protocol.messages import User
from qchat_assets import DEMO_MODEL_NAME, demo_model_path
from tests import faulty
from tests.engines import write_babbler
from tests.faulty import stream
from tests.recording import Recording

pytestmark = pytest.mark.asyncio(loop_scope="module")  # one engine serves them all

SUM = Request((User("What is 127 * 45?"),), tools=(TOOL,))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def engine() -> AsyncIterator[Engine]:
    started = Engine(demo_model_path(), alias=DEMO_MODEL_NAME)
    await started.start()
    yield started
    await started.aclose()


def server(engine: Engine, transport: Recording, **settings: str) -> OpenAIBackend:
    """The engine as a server of which nothing is known, unless `settings` say more."""
    there = BackendSettings(
        kind="openai",
        base_url=engine.base_url,
        api_key=engine.api_key,
        model=DEMO_MODEL_NAME,
        **settings,
    )
    return OpenAIBackend("there", there, transport=transport)


async def read(backend: OpenAIBackend, request: Request) -> list[Event]:
    return list(joined([event async for event in backend.stream(request)]))


async def test_a_server_without_a_budget_is_asked_again_with_the_thinking_closed(engine: Engine):
    asked = Recording()
    backend = server(engine, asked, server="vllm")
    events = await read(backend, msgspec.structs.replace(SUM, budget=4, max_tokens=400))
    await backend.aclose()
    thinking = "".join(event.text for event in events if isinstance(event, Thinking))
    assert thinking.endswith(BUDGET_SPENT)
    assert len(thinking) > len(BUDGET_SPENT)
    first, again = asked.bodies
    assert again["messages"][:-1] == first["messages"]
    assert again["messages"][-1] == {
        "role": "assistant",
        "content": f"<think>\n{thinking}</think>\n\n",
    }
    assert again["chat_template_kwargs"] == {"enable_thinking": False}
    assert again["continue_final_message"] is True
    assert first["max_tokens"] == 400
    assert 392 <= again["max_tokens"] <= 396  # what was thought is spent
    (draft,) = (event for event in events if isinstance(event, ToolDraft))
    assert (draft.name, "127" in draft.text) == ("python", True)
    (finished,) = (event for event in events if isinstance(event, StepFinished))
    assert finished.reason == "tool_calls"
    assert 4 <= finished.usage.thinking <= 8
    assert finished.usage.completion > finished.usage.thinking
    assert [type(event) for event in events].count(Sent) == 2


async def test_a_llama_server_is_known_by_its_first_reply(engine: Engine):
    asked = Recording()
    backend = server(engine, asked)
    assert is_plain(backend.server)
    await read(backend, SUM)
    assert not is_plain(backend.server)
    events = await read(backend, msgspec.structs.replace(SUM, budget=4))
    await backend.aclose()
    assert len(asked.bodies) == 2  # the server itself has ended the thinking
    assert asked.bodies[1]["reasoning_budget_tokens"] == 4
    thinking = next(event for event in events if isinstance(event, Thinking))
    assert thinking.text.strip().endswith(BUDGET_SPENT.strip())


async def test_answer_now_where_the_server_has_no_such_thing(tmp_path: Path):
    endless = Engine(write_babbler(tmp_path / "babbler.gguf"))
    await endless.start()
    asked = Recording()
    backend = server(endless, asked, server="vllm", profile="qwen3.5")
    seen: list[Event] = []
    pressed: asyncio.Task[bool] | None = None

    async def press_again() -> bool:
        """Once more, while the answer is asked for: that must not end anything."""
        while len(asked.bodies) < 2:  # noqa: ASYNC110  the very moment is wanted
            await asyncio.sleep(0)
        return await backend.answer_now()

    async with aclosing(backend.stream(Request((User("hello"),)))) as events:
        async for event in events:
            if isinstance(event, Thinking) and not any(isinstance(e, Thinking) for e in seen):
                assert await backend.answer_now()
            seen.append(event)
            if isinstance(event, Sent) and any(isinstance(e, Thinking) for e in seen):
                pressed = asyncio.create_task(press_again())
            if isinstance(event, Text):
                break
    assert pressed is not None
    assert await pressed is False
    assert not await backend.answer_now()
    await backend.aclose()
    await endless.aclose()
    thinking = "".join(event.text for event in seen if isinstance(event, Thinking))
    assert thinking.endswith(BUDGET_SPENT)
    assert len(asked.bodies) == 2


async def test_answer_now_where_the_server_ends_it_is_in_the_ledger(tmp_path: Path):
    endless = Engine(write_babbler(tmp_path / "babbler.gguf"))
    await endless.start()
    asked = Recording()
    backend = server(endless, asked, server="llama.cpp", profile="qwen3.5")
    seen: list[Event] = []
    async with aclosing(backend.stream(Request((User("hello"),)))) as events:
        async for event in events:
            if isinstance(event, Thinking) and not any(isinstance(e, Thinking) for e in seen):
                assert await backend.answer_now()
            seen.append(event)
            if isinstance(event, Text):
                break
    await backend.aclose()
    await endless.aclose()
    assert asked.paths == ["/v1/chat/completions", "/v1/chat/completions/control"]
    request, control = (event for event in seen if isinstance(event, Sent))
    assert (control.host, control.by) == (request.host, "there")
    assert control.bytes == len(msgspec.json.encode(asked.bodies[1]))


async def test_a_budget_is_the_same_however_much_comes_at_once():
    chunks = (
        b'data: {"choices":[{"delta":{"reasoning_content":"t%d "}}]}\n\n' % number
        for number in range(20)
    )
    answer = (
        b'data: {"choices":[{"delta":{"content":"So."}}]}\n\n'
        b'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\n'
    )
    async with faulty.server(stream(b"".join(chunks)), stream(answer)) as (url, _):
        there = BackendSettings(kind="openai", base_url=url, model="qwen3-8b", server="vllm")
        backend = OpenAIBackend("there", there)
        events = await read(backend, Request((User("hello"),), budget=4))
        await backend.aclose()
    thinking = "".join(event.text for event in events if isinstance(event, Thinking))
    assert thinking == f"t0 t1 t2 t3 {BUDGET_SPENT}"
    assert "".join(event.text for event in events if isinstance(event, Text)) == "So."
