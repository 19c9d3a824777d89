"""Pictures of a real kernel on their way to a model: what a server on loopback is asked."""

import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from qchat.backends.base import Backend, Request
from qchat.backends.catalog import open_backend
from qchat.config.profile import Profile
from qchat.config.settings import BackendSettings, MemorySettings, Settings, WebSettings, parse
from qchat.conversation.workspace import Workspace
from qchat.local.engine import Engine
from qchat.protocol.errors import StatusError
from qchat.protocol.event_values import ToolCall
from qchat.protocol.events import Event, Notice, Sent, Text
from qchat.protocol.messages import Assistant, ToolResult, User
from qchat.runtime.paths import Paths
from qchat_assets import demo_model_path
from qchat_tools.files import keep
from qchat_tools.parts import ImagePart
from tests.faulty import http, server, stream
from tests.unit.test_pictures_shown import WORDS, png

DONE = stream(
    b'data: {"id":"r","choices":[{"delta":{"content":"I see."}}]}\n\n'
    b'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
)
BLIND = http("400 Bad Request", b'{"error":{"message":"this model takes text only"}}')
BROKE = http("400 Bad Request", b'{"error":{"message":"Arrearage"}}')
PICTURE = png(7)


def bodies(asked: list[bytes]) -> list[dict[str, Any]]:
    return [json.loads(request.partition(b"\r\n\r\n")[2]) for request in asked]


def pictures(body: dict[str, Any]) -> list[bytes]:
    """What a body of the OpenAI protocol shows, decoded."""
    parts = [m["content"] for m in body["messages"] if isinstance(m["content"], list)]
    urls = [p["image_url"]["url"] for some in parts for p in some if p["type"] == "image_url"]
    return [base64.b64decode(url.removeprefix("data:image/png;base64,")) for url in urls]


def calling(code: str) -> bytes:
    function = {"name": "python", "arguments": json.dumps({"code": code})}
    call = {"index": 0, "id": "c1", "function": function}
    delta = {"id": "r", "choices": [{"delta": {"tool_calls": [call]}}]}
    end = b'data: {"choices":[{"delta":{},"finish_reason":"tool_calls"}]}\n\n'
    return stream(b"data: " + json.dumps(delta).encode() + b"\n\n" + end)


@asynccontextmanager
async def workspace(
    url: str, folder: Path, model: str, kind: Any = "openai"
) -> AsyncIterator[Workspace]:
    there = BackendSettings(kind=kind, base_url=url, model=model)
    settings = Settings(
        backend="there",
        backends={"there": there},
        memory=MemorySettings(enabled=False),
        web=WebSettings(enabled=False),
    )
    opened = Workspace(settings, Paths(folder, folder, folder / "logs"))
    yield opened
    await opened.aclose()


async def read(backend: Backend, request: Request) -> list[Event]:
    return [event async for event in backend.stream(request)]


def drawing(folder: Path) -> Request:
    part = ImagePart(keep(PICTURE, folder / "files"), "image/png", 16, 16, "a plot")
    called = Assistant((ToolCall("c1", "python", {"code": "draw()"}),))
    return Request((User("Draw."), called, ToolResult("c1", "python", (part,))))


@pytest.mark.parametrize(("model", "seen"), [("qwen3.7-plus", [PICTURE]), ("qwen3-8b", [])])
async def test_what_the_kernel_draws_is_seen_by_a_model_that_can(
    tmp_path: Path, model: str, seen: list[bytes]
):
    encoded = base64.b64encode(PICTURE).decode()
    code = "import base64\nfrom IPython.display import Image, display\n"
    code += f"display(Image(data=base64.b64decode('{encoded}')))"
    async with server(calling(code), DONE) as (url, asked), workspace(url, tmp_path, model) as at:
        session = at.open()

        async def allow(*_: str) -> bool:
            return True

        session.confirm = allow
        events = [event async for event in session.send("Draw.")]
        counted = dict(session.context.account().kinds)
    assert ("pictures" in counted) == bool(seen)
    first, second = bodies(asked)
    assert pictures(first) == []
    assert pictures(second) == seen
    (told,) = [message["content"] for message in second["messages"] if message["role"] == "tool"]
    assert "[picture of 16 by 16 pixels" in told
    sizes = [event.bytes for event in events if isinstance(event, Sent) and not event.call_id]
    assert sizes == [len(request.partition(b"\r\n\r\n")[2]) for request in asked]


async def test_anthropic_pictures_go_within_the_result(tmp_path: Path):
    asking = server(BROKE)
    model = "qwen3.7-plus"
    async with asking as (url, asked), workspace(url, tmp_path, model, "anthropic") as at:
        with pytest.raises(StatusError):
            await read(at.backend("there"), drawing(tmp_path))
    first, again = bodies(asked)
    (result,) = first["messages"][-1]["content"]
    source = {"type": "base64", "media_type": "image/png"}
    image = {"type": "image", "source": source | {"data": base64.b64encode(PICTURE).decode()}}
    assert (result["type"], result["content"][-1]) == ("tool_result", image)
    assert again["messages"][-1]["content"][0]["content"] == WORDS


async def test_a_picture_whose_file_is_gone_is_told_in_words(tmp_path: Path):
    async with server(DONE) as (url, asked), workspace(url, tmp_path, "qwen3.7-plus") as at:
        request = drawing(tmp_path)
        for file in (tmp_path / "files").iterdir():
            file.unlink()
        await read(at.backend("there"), request)
    (body,) = bodies(asked)
    assert pictures(body) == []
    assert body["messages"][-1] == {"role": "tool", "tool_call_id": "c1", "content": WORDS}


async def test_a_server_that_takes_no_pictures_gets_words_from_then_on(tmp_path: Path):
    asking = server(BLIND, DONE)
    async with asking as (url, asked), workspace(url, tmp_path, "qwen3.7-plus") as at:
        backend = at.backend("there")
        first = await read(backend, drawing(tmp_path))
        second = await read(backend, drawing(tmp_path))
    assert [len(pictures(body)) for body in bodies(asked)] == [1, 0, 0]
    (notice,) = [event for event in first if isinstance(event, Notice)]
    assert "takes text only; asking again with the pictures in words" in notice.text
    assert Text("I see.") in [event for event in first if isinstance(event, Text)]
    assert not any(isinstance(event, Notice) for event in second)


async def test_a_refusal_that_pictures_have_no_part_in_does_not_blind(tmp_path: Path):
    asking = server(BROKE, BROKE, DONE)
    async with asking as (url, asked), workspace(url, tmp_path, "qwen3.7-plus") as at:
        backend = at.backend("there")
        with pytest.raises(StatusError, match="Arrearage"):
            await read(backend, drawing(tmp_path))
        await read(backend, drawing(tmp_path))
    assert [len(pictures(body)) for body in bodies(asked)] == [1, 0, 1]


async def test_llama_cpp_without_eyes_answers_all_the_same(tmp_path: Path):
    """Its real server refuses a picture for a model of text, in words of its own."""
    engine = Engine(demo_model_path(), alias="blind")
    await engine.start()
    try:
        for kind in ("openai", "anthropic"):
            events = await asked_of(engine, kind, drawing(tmp_path))
            notices = [event for event in events if isinstance(event, Notice)]
            (notice,) = [each for each in notices if "image input" in each.text]
            assert "asking again with the pictures in words" in notice.text
            assert len([event for event in events if isinstance(event, Sent)]) == 2
            assert any(isinstance(event, Text) and event.text for event in events)
    finally:
        await engine.aclose()


async def asked_of(engine: Engine, kind: str, request: Request) -> list[Event]:
    """An answer of an engine whose model, the profile says, sees."""
    settings = parse(
        f'[backends.there]\nkind = "{kind}"\nmodel = "blind"\nbase_url = "{engine.base_url}"\n'
        f'api_key = "{engine.api_key}"\n'
        '[profiles.blind]\nmatch = ["blind"]\nthinking = "switch"\nimages = true',
        "here",
    )
    short = msgspec.structs.replace(request, think=False, max_tokens=40)
    backend = open_backend("there", settings, load_picture=lambda sha256, most: PICTURE)
    try:
        return await read(backend, short)
    finally:
        await backend.aclose()


async def test_an_engine_of_qchats_own_is_told_in_words(tmp_path: Path):
    """Whatever the profile says: it runs without the picture part of a model."""
    own = Profile(match=("*demo*",), thinking="switch", images=True)
    settings = Settings(profiles={"sees": own}, memory=MemorySettings(enabled=False))
    workspace = Workspace(settings, Paths(tmp_path, tmp_path, tmp_path / "logs"))
    short = msgspec.structs.replace(drawing(tmp_path), think=False, max_tokens=40)
    try:
        events = await read(workspace.backend("demo"), short)
    finally:
        await workspace.aclose()
    assert not any(isinstance(event, Notice) for event in events)
    assert any(isinstance(event, Text) and event.text for event in events)
