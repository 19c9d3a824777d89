"""A question to the servers that people have, through the real program: answers, tools, refusals.

The servers are played from loopback, each in the way that its users report; see tests/quirks.
"""

import asyncio
import json
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.faulty import Answer, http, server, stream
from tests.program import QCHAT, environment, qchat
from tests.quirks.rows import Row, encoded

CALL = '{"code":"print(6*7)"}'
CONFIG = """
backend = "x"
[memory]
enabled = false
[backends.x]
kind = "{kind}"
base_url = "{url}"
model = "{model}"
{more}
"""


def say(*steps: Row, protocol: str = "openai") -> bytes:
    return stream(encoded({"send": list(steps)}, protocol))


async def ask(home: Path, url: str, *words: str, **options: str) -> tuple[int, list[Any], str]:
    """`qchat ask --json`: its status, its events, and what it says on the side."""
    values = {"kind": "openai", "model": "Qwen3-8B", "more": "", **options}
    (home / "config.toml").write_text(CONFIG.format(url=url, **values), "utf-8")
    command = ["ask", "--json", "--yes", "--tools", "python", *words]
    done = await asyncio.to_thread(qchat, home, *command)
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def texts(events: list[Any], kind: str = "text") -> str:
    return "".join(event["text"] for event in events if event["type"] == kind)


def bodies(asked: list[bytes]) -> list[Any]:
    posts = [one.partition(b"\r\n\r\n")[2] for one in asked if one.startswith(b"POST")]
    return [json.loads(post) for post in posts]


@pytest.mark.parametrize("kind", ["openai", "anthropic"])
async def test_a_sum_with_thinking_and_a_tool(tmp_path: Path, kind: str):
    """vLLM's way: thinking in a field, the call in pieces, [DONE] on both protocols."""
    call: Row = {"index": 0, "id": "call_0", "name": "python", "arguments": ""}
    first = [
        {"thinking": "I compute.\n"},
        {"call": call},
        {"call": {"index": 0, "arguments": CALL[:9]}},
        {"call": {"index": 0, "arguments": CALL[9:]}},
        {"finish": "tool_calls"},
        {"done": True},
        {"raw": "data: [DONE]\n\n"},
    ]
    answers = say(*first, protocol=kind), say({"letters": "It is 42."}, protocol=kind)
    async with server(*answers) as (url, asked):
        status, events, said = await ask(tmp_path, url, "6 times 7?", kind=kind)
    assert (status, texts(events)) == (0, "It is 42."), said
    assert texts(events, "thinking") == "I compute.\n"
    (started,) = [event for event in events if event["type"] == "tool_started"]
    assert started["arguments"] == {"code": "print(6*7)"}
    assert "42" in json.dumps(bodies(asked)[1]["messages"][-1])


async def test_a_server_that_keeps_the_connection_behind_a_whole_answer(tmp_path: Path):
    async def held(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(say({"text": "hi"}))
        await writer.drain()
        await reader.read()  # until the client leaves

    answer: Answer = held
    async with server(answer) as (url, _):
        status, events, said = await ask(tmp_path, url, "hello")
    assert (status, texts(events)) == (0, "hi"), said


async def test_an_address_without_its_version(tmp_path: Path):
    unknown = http("200 OK", b'{"error":"Unexpected endpoint or method. (POST /chat/completions)"}')
    async with server(unknown) as (url, _):
        status, _, said = await ask(tmp_path, url.removesuffix("/v1"), "hello")
    assert status == 1
    assert "Unexpected endpoint" in said
    assert "base_url ends in /v1" in said


async def test_a_prompt_that_is_too_long_says_what_to_set(tmp_path: Path):
    full = b'{"error":{"message":"request exceeds the available context size","n_ctx":4096}}'
    async with server(http("400 Bad Request", full)) as (url, _):
        status, _, said = await ask(tmp_path, url, "word " * 2000)
    assert status == 1
    assert "qchat config set backends.x.context 4096" in said
    done = qchat(tmp_path, "config", "set", "backends.x.context", "4096")
    assert done.returncode == 0, done.stderr
    assert "context = 4096" in (tmp_path / "config.toml").read_text("utf-8")


async def test_a_field_that_is_refused_is_left_out_from_then_on(tmp_path: Path):
    """The second step of the same turn is right at once."""
    refusal = b'{"error":{"message":"Unrecognized request argument supplied: top_k"}}'
    call: Row = {"index": 0, "id": "a", "name": "python", "arguments": CALL}
    calling = say({"call": call}, {"finish": "tool_calls"})
    answers = http("400 Bad Request", refusal), calling, say({"text": "It is 42."})
    async with server(*answers) as (url, asked):
        status, events, said = await ask(tmp_path, url, "6 times 7?")
    assert (status, texts(events)) == (0, "It is 42."), said
    assert ["top_k" in body for body in bodies(asked)] == [True, False, False]
    notices = [event["text"] for event in events if event["type"] == "notice"]
    assert len([notice for notice in notices if "top_k left out" in notice]) == 1


async def test_a_reply_that_was_broken_off_is_seen_by_a_script(tmp_path: Path):
    async with server(say({"text": "so far"}, {"finish": "abort"})) as (url, _):
        status, events, said = await ask(tmp_path, url, "hello")
    assert status == 1
    kinds = [event["type"] for event in events if event["type"] in ("text", "given_up")]
    assert kinds == [*["text", "given_up"] * 4, "text"]  # every try is given up but the last
    assert "abort" in said
    async with server(say({"text": "so far"}, {"finish": "length"})) as (url, _):
        status, events, said = await ask(tmp_path, url, "hello")
    assert (status, texts(events)) == (3, "so far")
    assert "cut off" in said


@pytest.mark.parametrize(
    ("field", "kind"), [("reasoning", ""), ("reasoning_content", 'server = "vllm"')]
)
async def test_thinking_goes_back_where_it_came_in_another_process_too(
    tmp_path: Path, field: str, kind: str
):
    """A server that reads one field alone is sent that one, whatever its kind and version read."""
    thought = {"openai": json.dumps({"choices": [{"delta": {field: "I greet."}}]})}
    async with server(say(thought, {"text": "Hello."})) as (url, asked):
        for more in ((), ("-c",)):
            status, _, said = await ask(
                tmp_path, url, *more, "hello", model="Qwen3.6-35B-A3B", more=kind
            )
            assert status == 0, said
    (earlier,) = [m for m in bodies(asked)[-1]["messages"] if m["role"] == "assistant"]
    assert {key: earlier[key] for key in earlier if "reasoning" in key} == {field: "I greet."}


async def test_thinking_that_was_interrupted_goes_back_where_it_came(tmp_path: Path):
    """The first reply of a conversation is stopped in its thinking: no other shows the field."""

    async def thinks(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        thought = json.dumps({"choices": [{"delta": {"reasoning": "I greet."}}]})
        writer.write(stream(f"data: {thought}\n\n".encode()))
        await writer.drain()
        await reader.read()  # until the client leaves

    async with server(thinks, say({"text": "Hello."})) as (url, asked):
        settings = {"kind": "openai", "model": "Qwen3.6-35B-A3B", "more": "", "url": url}
        (tmp_path / "config.toml").write_text(CONFIG.format(**settings), "utf-8")
        running = await asyncio.create_subprocess_exec(
            *QCHAT, "ask", "--json", "hello", env=environment(tmp_path), stdout=subprocess.PIPE
        )
        assert running.stdout is not None
        while b'"thinking"' not in (line := await running.stdout.readline()):
            assert line
        running.send_signal(signal.SIGINT)
        await running.communicate()
        assert running.returncode == 130
        status, _, said = await ask(tmp_path, url, "-c", "hello", model="Qwen3.6-35B-A3B")
        assert status == 0, said
    (earlier,) = [m for m in bodies(asked)[-1]["messages"] if m["role"] == "assistant"]
    assert {key: earlier[key] for key in earlier if "reasoning" in key} == {"reasoning": "I greet."}


@pytest.mark.parametrize("field", ["reasoning", ""])
async def test_an_answer_is_not_taken_for_thinking_in_a_conversation_that_goes_on(
    tmp_path: Path, field: str
):
    """The template opens the thinking; the first reply showed that the server reads that itself."""
    thought = json.dumps({"choices": [{"delta": {field: "I greet."}}]})
    first = say(*([{"openai": thought}] if field else []), {"text": "Hello."})
    async with server(first, say({"text": "Hello again."})) as (url, _):
        await ask(tmp_path, url, "hello", model="Qwen3.6-35B-A3B")
        status, events, said = await ask(tmp_path, url, "-c", "hello", model="Qwen3.6-35B-A3B")
    assert (status, texts(events), texts(events, "thinking")) == (0, "Hello again.", ""), said
