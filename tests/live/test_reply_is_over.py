"""When a reply is over, and how long one that does not come is waited for."""

import asyncio
from contextlib import suppress
from typing import Any

import pytest

from qchat.backends import exchange
from qchat.backends.base import Request
from qchat.backends.endpoint import Endpoint
from qchat.backends.openai import OpenAIBackend
from qchat.config.settings import BackendSettings
from qchat.protocol.errors import BackendError
from qchat.protocol.events import Event, Sent, StepFinished, Text, ToolDraft
from qchat.protocol.messages import Assistant, User
from tests.faulty import http, server, stream

HELLO = b'data: {"choices":[{"delta":{"content":"Hello"}}]}\n\n'
STOP = b'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\n'
WHOLE = b'{"choices":[{"message":{"content":"Hello"},"finish_reason":"stop"}]}'
PING = b": ping\n\n"


@pytest.fixture(autouse=True, params=["near", "far"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything happens as on this machine, and as on the way to another one."""
    if request.param == "far":
        monkeypatch.setattr(Endpoint, "_near", False)


class Held:
    """Sends, then keeps the connection until the client leaves; pings meanwhile if it should."""

    def __init__(self, *pieces: bytes, ping_s: float = 0.0, pings: int = 10**6) -> None:
        self.gone = asyncio.Event()
        self._pieces, self._ping_s, self._pings = pieces, ping_s, pings
        self._last = b""

    def then(self, last: bytes) -> "Held":
        self._last = last
        return self

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            writer.write(b"".join(self._pieces))
            gone = asyncio.create_task(_until_left(reader))
            for _ in range(self._pings if self._ping_s else 0):
                done, _ = await asyncio.wait({gone}, timeout=self._ping_s)
                if done:
                    break
                writer.write(PING)
            writer.write(self._last)
            await gone
        finally:
            self.gone.set()


async def _until_left(reader: asyncio.StreamReader) -> None:
    with suppress(ConnectionError):
        await reader.read()


async def ask(url: str, **options: Any) -> tuple[list[Event], str]:
    settings = BackendSettings(kind="openai", base_url=url, model="m")
    backend = OpenAIBackend("x", settings, **options)
    events: list[Event] = []
    try:
        async for event in backend.stream(Request((User("hi"),))):
            if not isinstance(event, Sent):
                events.append(event)
    except BackendError as error:
        return events, str(error)
    finally:
        await backend.aclose()
    return events, ""


@pytest.mark.parametrize(
    "sent",
    [
        stream(HELLO + STOP + b"data: [DONE]\n\n"),
        stream(HELLO + b"data: [DONE]\n\n"),
        stream(HELLO + STOP),
        stream(HELLO + STOP + b'data: {"choices":[],"usage":{"prompt_tokens":1}}\n\n'),
        http("200 OK", WHOLE),
    ],
    ids=["done", "done alone", "a reason", "usage", "not streamed"],
)
@pytest.mark.parametrize("ping_s", [0.0, 0.05])
async def test_a_whole_reply_does_not_wait_for_its_connection(sent: bytes, ping_s: float):
    held = Held(sent, ping_s=ping_s)
    async with server(held) as (url, _):
        events, error = await asyncio.wait_for(ask(url, silence_s=60), 20)
        await asyncio.wait_for(held.gone.wait(), 20)
    assert error == ""
    assert events[0] == Text("Hello")
    assert isinstance(events[-1], StepFinished)


@pytest.mark.parametrize(
    ("begun", "rest"),
    [
        (
            b'data: {"choices":[{"delta":{"reasoning":"hm"},"finish_reason":"stop"}]}\n\n',
            HELLO + STOP + b"data: [DONE]\n\n",
        ),
        (
            b'data: {"choices":[{"delta":{"content":"Hello","tool_calls":[{"index":0,"id":"a",'
            b'"function":{"name":"x","arguments":"{\\"b\\":"}}]},"finish_reason":"tool_calls"}]}\n\n',
            b'data: {"choices":[{"delta":{"tool_calls":[{"index":0,"function":'
            b'{"arguments":"1}"}}]}}]}\n\ndata: [DONE]\n\n',
        ),
    ],
    ids=["on each chunk", "within a call"],
)
async def test_a_reason_that_comes_too_early_ends_nothing(
    begun: bytes, rest: bytes, monkeypatch: pytest.MonkeyPatch
):
    """Open WebUI #16377: a server says "stop" with its thinking, and answers behind it."""
    monkeypatch.setattr(exchange, "LINGER_S", 0.01)
    held = Held(stream(begun), ping_s=0.1, pings=2).then(rest)
    async with server(held) as (url, _):
        events, error = await ask(url)
        await held.gone.wait()
    assert "".join(event.text for event in events if isinstance(event, Text)) == "Hello"
    calls = "".join(event.text for event in events if isinstance(event, ToolDraft))
    assert calls in ("", '{"b":1}')
    assert error == ""


async def test_pings_keep_a_slow_reply_alive():
    held = Held(stream(b""), ping_s=0.5, pings=6).then(HELLO + STOP + b"data: [DONE]\n\n")
    async with server(held) as (url, _):
        events, error = await asyncio.wait_for(ask(url, silence_s=2), 20)
        await asyncio.wait_for(held.gone.wait(), 20)
    assert error == ""
    assert events[0] == Text("Hello")


@pytest.mark.parametrize("begun", [b"", HELLO], ids=["before", "in the middle"])
async def test_pings_alone_are_not_waited_for_without_end(
    begun: bytes, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(exchange, "SIGNS_OF_LIFE", 0.1)  # so that no pause of the machine is longer
    held = Held(stream(begun), ping_s=0.05)
    async with server(held) as (url, _):
        events, error = await asyncio.wait_for(ask(url, silence_s=10), 20)
        await asyncio.wait_for(held.gone.wait(), 20)
    assert "only signs of life, and nothing of a reply, for 1 s" in error
    assert "silence_s" in error
    assert events == ([Text("Hello")] if begun else [])


async def test_thinking_goes_back_in_the_field_in_which_it_came():
    thought = b'data: {"choices":[{"delta":{"reasoning":"hm"}}]}\n\n'
    async with server(stream(thought + HELLO + STOP)) as (url, asked):
        backend = OpenAIBackend("x", BackendSettings(kind="openai", base_url=url, model="Qwen3-8B"))
        history: tuple[Any, ...] = (User("hi"),)
        for _ in range(2):
            parts = [e async for e in backend.stream(Request(history)) if not isinstance(e, Sent)]
            history = (User("hi"), Assistant(tuple(parts[:2])))  # type: ignore[arg-type]
        await backend.aclose()
    assert b'"reasoning":"hm"' in asked[1]
    assert b"reasoning_content" not in asked[1]
