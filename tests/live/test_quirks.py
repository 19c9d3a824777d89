"""The quirks table over both transports, from a real server on loopback to the events of a turn."""

import json
import re
from typing import Any

import pytest

from qchat.backends.anthropic import AnthropicBackend
from qchat.backends.base import Request
from qchat.backends.endpoint import Endpoint
from qchat.backends.http import HttpBackend
from qchat.backends.openai import OpenAIBackend
from qchat.backends.profiles import profile_for
from qchat.config.settings import BackendSettings
from qchat.conversation.reply import CallIds, Reply
from qchat.protocol.errors import BackendError
from qchat.protocol.event_values import ToolCall
from qchat.protocol.events import Event, Notice, Sent, StepFinished, Text, Thinking
from qchat.protocol.messages import Assistant, ToolResult, User
from qchat_tools.parts import TextPart
from tests.faulty import http, server, stream
from tests.quirks.rows import Row, encoded, name, rows, streams
from tests.unit.test_quirks import TOOLS

KINDS: dict[str, type[HttpBackend]] = {"openai": OpenAIBackend, "anthropic": AnthropicBackend}
STREAMS = [(kind, row) for kind, row in streams() if row.get("tools", True)]
"""Without tools a call is told in words: see `withheld_calls`."""
DONE: Row = {"send": [{"text": "done"}]}
ASKED = User("hi")
CALLED = (
    ASKED,
    Assistant((Thinking("hm"), ToolCall("a", "python", {"code": "1"}))),
    ToolResult("a", "python", (TextPart("1", "result"),)),
)


@pytest.fixture(params=["near", "far"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything happens as on this machine, and as on the way to another one."""
    if request.param == "far":
        monkeypatch.setattr(Endpoint, "_near", False)


async def ask(
    kind: str, base_url: str, model: str, request: Request
) -> tuple[list[Event], BackendError | None, HttpBackend]:
    """One request: what came, and the error that ended it."""
    settings = BackendSettings(kind=kind, base_url=base_url, model=model)  # type: ignore[arg-type]
    backend = KINDS[kind]("x", settings, profile=profile_for(model))
    events: list[Event] = []
    try:
        async for event in backend.stream(request):
            if not isinstance(event, Sent):
                events.append(event)
    except BackendError as error:
        return events, error, backend
    finally:
        await backend.aclose()
    return events, None, backend


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize(
    ("kind", "row"), STREAMS, ids=[f"{kind}-{name(row)}" for kind, row in STREAMS]
)
async def test_every_stream(kind: str, row: Row):
    model = row.get("model", "Qwen3-8B")
    async with server(stream(encoded(row, kind))) as (url, asked):
        events, error, _ = await ask(kind, url, model, Request((ASKED,), tools=TOOLS))
    text = "".join(event.text for event in events if isinstance(event, Text))
    thought = "".join(event.text for event in events if isinstance(event, Thinking))
    assert text == row.get("text", "")
    assert thought == (row["text"] if row.get("thinking_too") else row.get("thinking", ""))
    notices = [event.text for event in events if isinstance(event, Notice)]
    if "error" in row:
        assert re.search(row["error"], str(error)), error
    else:
        assert error is None
        _as_expected(events, row)
    if "notice" in row:
        assert any(re.search(row["notice"], said) for said in notices), notices
    elif not row.get("tries"):
        assert notices == []
    posts = [one for one in asked if one.startswith(b"POST")]
    assert len(posts) == 1 or row.get("tries")


def _as_expected(events: list[Event], row: Row) -> None:
    reply = Reply(CallIds())
    for event in events:
        reply.add(event)
    assert isinstance(events[-1], StepFinished)
    assert (events[-1].reason == "length") == (row.get("reason") == "length")
    calls = reply.calls()
    assert [[call.name, call.arguments] for call in calls if not call.invalid] == row.get(
        "calls", []
    )
    assert [call.name for call in calls if call.invalid] == row.get("invalid", [])


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("status", ["200 OK", "400 Bad Request"])
@pytest.mark.parametrize(
    ("written", "named"), [("gbk", "GBK"), ("utf-16", "utf-16"), ("utf-8", "iso-8859-1")]
)
async def test_what_comes_in_another_charset(status: str, written: str, named: str):
    """Servers on a Chinese Windows write its code page, and name it; others name what is not."""
    said = "模型正在输出，请稍候。"
    row: Row = {"send": [{"text": said}]}
    body = (
        encoded(row, "openai") if status.startswith("200") else b'{"error": "%s"}' % said.encode()
    )
    body = body.decode().encode(written)
    answer = http(status, body, kind=f"text/event-stream;charset={named}")
    async with server(answer) as (url, _):
        events, error, _ = await ask("openai", url, "Qwen3-8B", Request((ASKED,)))
    answer_text = "".join(event.text for event in events if isinstance(event, Text))
    assert said in (str(error) if error else answer_text)


REFUSALS = rows("refusals")


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("row", REFUSALS, ids=[name(row) for row in REFUSALS])
async def test_every_refusal(row: Row):
    refusal = http(row["status"], row["body"].encode(), kind=row.get("kind", "application/json"))
    learns = {"without", "renamed", "longest"} & row.keys()
    messages = CALLED if row.get("thought") else (ASKED,)
    request = Request(messages, tools=TOOLS, max_tokens=row.get("max_tokens", 0))
    answers = [refusal, stream(encoded(DONE, "openai"))] if learns else [refusal]
    async with server(*answers) as (url, asked):
        base = url.removesuffix("/v1") + row.get("base", "/v1")
        model = row.get("model", "Qwen3-8B")
        events, error, backend = await ask("openai", base, model, request)
    said = str(error) if error else "".join(e.text for e in events if isinstance(e, Notice))
    for part in row["says"]:
        assert part in said, said
    assert "\n" not in said
    posts = [json.loads(one.partition(b"\r\n\r\n")[2]) for one in asked if one.startswith(b"POST")]
    assert len(posts) == (2 if learns else row.get("asked", 1))
    if row.get("final"):
        assert error is not None
        assert error.final
    if "context" in row:
        assert backend.context == min(row["context"], profile_for(model).context)
    if learns:
        assert error is None
        _otherwise(posts[1], row)


def _otherwise(body: dict[str, Any], row: Row) -> None:
    for field in row.get("without", ()):
        assert field not in body
        assert all(field not in message for message in body["messages"])
    if "renamed" in row:
        old, new = row["renamed"]
        assert old not in body
        assert body[new] == row["max_tokens"]
    if "longest" in row:
        assert body["max_tokens"] == row["longest"]
