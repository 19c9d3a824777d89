"""After every fault of a server: what was streamed is kept, one line says it, the chat goes on."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from qchat.backends import http as backend_http
from qchat.backends.anthropic import AnthropicBackend
from qchat.backends.base import Request
from qchat.backends.body import BUDGET_SPENT
from qchat.backends.openai import OpenAIBackend
from qchat.backends.retries import Retries
from qchat.config.settings import BackendSettings, MemorySettings, Settings
from qchat.conversation.agent import run_turn
from qchat.conversation.session import Session
from qchat.conversation.workspace import Workspace
from qchat.protocol.events import (
    Event,
    GivenUp,
    Notice,
    Sent,
    StepFinished,
    Text,
    Thinking,
    ToolFinished,
)
from qchat.protocol.messages import Assistant
from qchat.runtime.paths import Paths
from qchat_memory.origin import QCHAT
from qchat_tools.base import Call, ToolSpec
from qchat_tools.parts import Part, TextPart, as_text
from tests.faulty import Answer, http, server, stream

KEY = "sk-very-secret-7"


def chunk(delta: str, finish: str = "null") -> bytes:
    return b'data: {"id":"r","choices":[{"delta":{%s},"finish_reason":%s}]}\n\n' % (
        delta.encode(),
        finish.encode(),
    )


HELLO = chunk('"content":"Hello"')
THOUGHT = chunk('"reasoning_content":"Hm. "')
STOP = chunk("", '"stop"')
GOOD = stream(chunk('"content":"Fine."') + STOP)


def called(arguments: str, finish: str = '"tool_calls"') -> bytes:
    quoted = arguments.replace('"', '\\"')
    function = f'"function":{{"name":"note","arguments":"{quoted}"}}'
    return chunk(f'"tool_calls":[{{"index":0,"id":"c1",{function}}}]') + chunk("", finish)


def backend(url: str, kind: Any = "openai", **options: Any) -> Any:
    settings = BackendSettings(
        kind=kind, base_url=url, model="qwen3-8b", api_key=KEY, server="vllm"
    )
    made = AnthropicBackend if kind == "anthropic" else OpenAIBackend
    return made("there", settings, **options)


@asynccontextmanager
async def chat(home: Path, there: Any) -> AsyncGenerator[Session, None]:
    settings = Settings(memory=MemorySettings(enabled=False))
    paths = Paths(home, home, home / "logs")
    workspace = Workspace(settings, paths, tools=frozenset())
    workspace.pool.give("demo", there)
    try:
        session = workspace.open()
        session.retries = Retries(first_s=0.001)
        yield session
    finally:
        await workspace.aclose()


async def play(session: Session, prompt: str = "hi") -> list[Event]:
    async with aclosing(session.send(prompt)) as events:
        return [event async for event in events]


def everything_in(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())


def of(kind: type[Any], events: Any) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]


def message(kind: str, **fields: object) -> bytes:
    """An event of the Anthropic protocol."""
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n".encode()


def block(index: int, **delta: str) -> bytes:
    return message("content_block_delta", index=index, delta=delta)


SAID = block(0, type="text_delta", text="Hello")
FINE = stream(
    block(0, type="text_delta", text="Fine.")
    + message("message_delta", delta={"stop_reason": "end_turn"})
    + message("message_stop")
)
CALL = {"type": "tool_use", "id": "c1", "name": "note", "input": {}}


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(stream(HELLO))
    await reader.read()


async def silent_message(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(stream(SAID))
    await reader.read()


async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(stream(HELLO))
    await writer.drain()
    writer.transport.abort()


ANTHROPIC_FAULTS: dict[str, tuple[bytes | Answer, str, str]] = {
    "400": (
        http(
            "400 No",
            b'{"type":"error","error":{"type":"invalid","message":"m"}}',
            "x-request-id: q",
        ),
        "",
        "400: invalid: m (request id q)",
    ),
    "401": (http("401 No", b'{"error":{"message":"%s"}}' % KEY.encode()), "", "***"),
    "torn": (stream(SAID + b'event: content_block_delta\ndata: {"type":'), "Hello", "in mid-reply"),
    "silence": (silent_message, "Hello", "stopped responding in mid-reply"),
    "malformed": (stream(SAID + b"data: {nonsense}\n\n"), "Hello", "1 piece could not be read"),
    "page": (http("200 OK", b"<html>", kind="text/html"), "", "web page instead of a reply"),
    "error event": (
        stream(SAID + message("error", error={"type": "overloaded", "message": KEY})),
        "Hello",
        "overloaded: ***",
    ),
    "empty": (stream(message("message_stop")), "", "empty reply"),
    "cut call": (
        stream(
            SAID
            + message("content_block_start", index=1, content_block=CALL)
            + block(1, type="input_json_delta", partial_json='{"t": "x')
        ),
        "Hello",
        "in mid-reply",
    ),
}
FAULTS: dict[str, tuple[bytes | Answer, str, str]] = {
    "400": (
        http("400 No", b'{"error":{"code":"InvalidParameter","message":"m"},"request_id":"q"}'),
        "",
        "400: InvalidParameter: m (request id q)",
    ),
    "401": (http("401 No", b'{"code":"InvalidApiKey","message":"%s"}' % KEY.encode()), "", "***"),
    "reset": (reset, "Hello", "what came is kept"),
    "torn": (stream(HELLO + b'data: {"choices":[{"de'), "Hello", "ended in mid-reply"),
    "silence": (silent, "Hello", "stopped responding in mid-reply"),
    "malformed": (stream(HELLO + b"data: {nonsense}\n\n"), "Hello", "1 piece could not be read"),
    "page": (http("200 OK", b"<html>", kind="text/html"), "", "web page instead of a reply"),
    "error event": (
        stream(HELLO + b'event: error\ndata: {"code":"Busy","message":"b","request_id":"q"}\n\n'),
        "Hello",
        "Busy: b (request id q)",
    ),
    "error with key": (
        stream(HELLO + b'data: {"error":{"message":"bad %s"}}\n\n' % KEY.encode()),
        "Hello",
        "bad ***",
    ),
    "empty": (stream(b""), "", "empty reply"),
}


@pytest.mark.parametrize(
    ("kind", "name"),
    [*(("openai", name) for name in FAULTS), *(("anthropic", name) for name in ANTHROPIC_FAULTS)],
)
async def test_what_came_is_kept_it_is_said_and_a_fault_of_the_moment_is_tried_again(
    kind: str, name: str, tmp_path: Path
):
    faults, good = (FAULTS, GOOD) if kind == "openai" else (ANTHROPIC_FAULTS, FINE)
    answer, text, says = faults[name]
    async with (
        server(answer, good) as (url, asked),
        chat(tmp_path, backend(url, kind, silence_s=3.0 if name == "silence" else 10.0)) as session,
    ):
        events = await play(session)
        posted = len(asked)
        again = await play(session, "and now?")
        kept = session.turns[0]
    (notice,) = of(Notice, events)
    assert ("\n" in notice.text, KEY in notice.text) == (False, False)
    assert says in notice.text
    said = "".join(event.text for event in of(Text, kept.events))
    if text:  # the server had begun to answer: it is a fault of the moment
        assert (events[-1].reason, posted, notice.level) == ("stop", 2, "warning")
        assert "; the reply begins again in " in notice.text
        assert (said, len(of(GivenUp, kept.events))) == (f"{text}Fine.", 1)
        assert text.encode() not in asked[-1].partition(b"\r\n\r\n")[2]
    else:
        assert (events[-1].reason, posted, notice.level) == ("error", 1, "error")
        assert said == ""
    assert of(Text, again) == [Text("Fine.", at=of(Text, again)[0].at)]
    assert KEY.encode() not in everything_in(tmp_path)


async def test_an_error_event_in_the_anthropic_protocol(tmp_path: Path):
    said = SAID + message("error", error={"type": "overloaded_error", "message": "b"})
    async with (
        server(stream(said)) as (url, asked),
        chat(tmp_path, backend(url, "anthropic")) as session,
    ):
        session.retries = Retries(first_s=0.001, tries=1)
        events = await play(session)
    assert [event.text for event in of(Text, events)] == ["Hello"]
    assert "overloaded_error: b" in of(Notice, events)[0].text
    assert asked[0].startswith(b"POST /v1/messages ")
    assert f"x-api-key: {KEY}".encode() in asked[0]


async def test_waiting_for_the_next_try_can_be_cancelled(tmp_path: Path):
    busy = http("429 Busy", b'{"code":"Throttling.RateQuota","message":"m"}', "retry-after: 30")
    async with server(busy) as (url, asked), chat(tmp_path, backend(url)) as session:
        noticed = asyncio.Event()

        async def run() -> None:
            async with aclosing(session.send("hi")) as events:
                async for event in events:
                    if isinstance(event, Notice):
                        noticed.set()

        task = asyncio.create_task(run())
        await asyncio.wait_for(noticed.wait(), 10)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(task, 20)
        (notice,) = of(Notice, session.turns[-1].events)
        assert session.turns[-1].events[-1].reason == "cancelled"
    assert "Throttling.RateQuota: m; trying again in 3" in notice.text
    assert len(asked) == 1


async def test_a_model_that_is_not_there_names_the_nearest(tmp_path: Path):
    missing = http("404 No", b'{"error":{"code":"model_not_found","message":"no qwen3-8b"}}')
    models = http("200 OK", b'{"data":[{"id":"qwen3-8b-fp8"},{"id":"qwen3-80b"},{"id":"bge"}]}')
    async with server(missing, models) as (url, asked), chat(tmp_path, backend(url)) as session:
        events = await play(session)
    text = of(Notice, events)[0].text
    assert "models there: qwen3-8b-fp8, qwen3-80b" in text or "qwen3-80b, qwen3-8b-fp8" in text
    assert "bge" not in text
    assert [line.split(b" ")[0] for line in asked] == [b"POST", b"GET"]
    assert len(of(Sent, events)) == len(asked), "the list of models was asked for too"


async def test_endless_thinking_is_closed_and_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(backend_http, "MAX_THINKING", 20)

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(stream(b""))
        with suppress(ConnectionError):
            while not writer.is_closing():
                writer.write(THOUGHT)
                await writer.drain()
                await asyncio.sleep(0.001)

    async with server(endless, GOOD) as (url, asked), chat(tmp_path, backend(url)) as session:
        events = await asyncio.wait_for(play(session), 20)
    assert events[-1].reason == "stop"
    assert "".join(event.text for event in of(Thinking, events)).endswith(BUDGET_SPENT)
    assert "no end of thinking in 20 tokens" in of(Notice, events)[0].text
    assert of(Text, events)[0].text == "Fine."
    assert len(asked) == 2


class Note:
    """Counts how often it was run."""

    spec = ToolSpec("note", "d", {"type": "object"})
    origin = QCHAT

    def __init__(self) -> None:
        self.runs = 0

    async def run(self, call: Call) -> AsyncGenerator[Part, None]:
        self.runs += 1
        yield TextPart("noted")


async def turn(url: str, note: Note, kind: str = "openai") -> list[Event]:
    async def allow(_topic: str, _question: str) -> bool:
        return True

    there = backend(url, kind)
    request = Request((), tools=(note.spec,))
    events: list[Event] = []
    played = run_turn(
        there,
        request,
        "go",
        begun=(),
        tools={"note": note},
        confirm=allow,
        retries=Retries(first_s=0.001),
    )
    try:
        async for event in played:
            events.append(event)
    finally:
        await there.aclose()
    return events


async def test_a_step_after_a_call_is_asked_again_without_the_call():
    note = Note()
    busy = http("503 Busy", b'{"error":{"message":"later"}}')
    async with server(stream(called('{"t": "x"}')), busy, GOOD) as (url, asked):
        events = await turn(url, note)
    assert note.runs == 1
    assert len(asked) == 3
    assert asked[1].partition(b"\r\n\r\n")[2] == asked[2].partition(b"\r\n\r\n")[2]
    assert len(of(Sent, events)) == 3
    assert of(Text, events) == [Text("Fine.")]


async def test_a_call_that_the_connection_cut_is_not_run_and_the_reply_begins_again():
    note = Note()
    async with server(stream(called('{"t": "x"}')[:-60]), GOOD) as (url, asked):
        events = await turn(url, note)
    assert (note.runs, len(asked)) == (0, 2)
    assert [type(event) for event in events if isinstance(event, GivenUp | Text)] == [GivenUp, Text]
    one, two = (post.partition(b"\r\n\r\n")[2] for post in asked)
    assert one == two  # nothing of the call goes back


async def test_json_that_was_cut_in_a_call_of_the_anthropic_protocol_is_told_too():
    note = Note()
    cut = (
        message("content_block_start", index=0, content_block=CALL)
        + block(0, type="input_json_delta", partial_json='{"t": "x')
        + message("message_delta", delta={"stop_reason": "tool_use"})
        + message("message_stop")
    )
    async with server(stream(cut), FINE) as (url, asked):
        events = await turn(url, note, "anthropic")
    assert (note.runs, len(asked)) == (0, 2)
    (failed,) = of(ToolFinished, events)
    assert "not one JSON object" in as_text(failed.parts)
    assert of(Text, events) == [Text("Fine.")]


async def test_json_that_was_cut_in_a_call_is_told_to_the_model():
    note = Note()
    async with server(stream(called('{"t": "x')), GOOD) as (url, asked):
        events = await turn(url, note)
    assert note.runs == 0
    (failed,) = of(ToolFinished, events)
    assert "not one JSON object" in as_text(failed.parts)
    assert b"invalid_json" in asked[1]
    assert of(StepFinished, events)[-1].reason == "stop"
    assert Assistant((Text("Fine."),)).text == of(Text, events)[0].text


async def test_thinking_that_was_switched_off_and_comes_all_the_same_is_said(tmp_path: Path):
    async with (
        server(stream(THOUGHT + HELLO + STOP)) as (url, _),
        chat(tmp_path, backend(url)) as session,
    ):
        events = await play(session, "hi /no_think")
    assert "was asked not to think" in of(Notice, events)[0].text
