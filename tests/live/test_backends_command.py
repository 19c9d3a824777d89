"""`qchat backends`: what is there and in which state, and one question that shows what works."""

import asyncio
from pathlib import Path

import pytest

from qchat.backends.connection_test import trial
from qchat.backends.openai import OpenAIBackend
from qchat.config.settings import BackendSettings
from tests.faulty import http, server, stream
from tests.program import qchat

REFUSED = http("401 No", b'{"error":{"code":"invalid_api_key","message":"Wrong key"}}')


def test_the_list_has_the_state_of_each(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(
        'backend = "gone"\n'
        '[backends.gone]\nkind = "llama.cpp"\nmodel = "/nowhere/m.gguf"\n'
        '[backends.lan]\nkind = "openai"\nmodel = "m"\nbase_url = "http://127.0.0.1:9/v1"\n'
        '[backends.far]\nkind = "anthropic"\nmodel = "m"\nbase_url = "https://h.example/v1"\n'
    )
    done = qchat(tmp_path, "backends", "list")
    states = {line[2:].split()[0]: line for line in done.stdout.splitlines()}
    assert states["demo"].endswith("(on this machine)")
    assert states["gone"].startswith("* ")
    assert "/nowhere/m.gguf" in states["gone"].rpartition("(")[2]
    assert states["lan"].endswith("(no key needed)")
    assert states["far"].endswith("(no key)")


def test_one_question_shows_what_works(tmp_path: Path) -> None:
    done = qchat(tmp_path, "backends", "test", "demo")
    assert (done.returncode, done.stderr) == (0, "")
    first, *lines = done.stdout.splitlines()
    assert first.startswith("demo: qchat-demo")
    told = dict(line.strip().split(":", 1) for line in lines)
    assert {"streaming", "thinking", "tools", "budget", "usage", "speed"} <= told.keys()
    assert told["streaming"].strip().startswith("yes")
    assert told["tools"].strip() == "yes, it called python"
    assert told["budget"].strip().startswith("kept")


async def test_one_that_does_not_work_says_why(tmp_path: Path) -> None:
    async with server(REFUSED) as (url, _):
        (tmp_path / "config.toml").write_text(
            f'[backends.lan]\nkind = "openai"\nmodel = "m"\nbase_url = "{url}"\n'
        )
        done = await asyncio.to_thread(qchat, tmp_path, "backends", "test", "lan")
    assert done.returncode == 1
    assert done.stderr.strip() == (
        "qchat: 127.0.0.1 answered 401: invalid_api_key: Wrong key; check the key"
    )


THINKS = b'data: {"choices":[{"delta":{"reasoning_content":"hm"}}]}\n\n'
ANSWERS = b'data: {"choices":[{"delta":{"content":"5715"},"finish_reason":"stop"}]}\n\n'


@pytest.mark.parametrize(
    ("replies", "says"),
    [
        ([http("503 Busy", b""), stream(THINKS + ANSWERS)], "kept, 1 of 32 tokens used"),
        ([stream(THINKS * 40 + ANSWERS), stream(ANSWERS)], "the server has none"),
    ],
)
async def test_a_second_try_is_no_ending_of_the_thinking(replies: list[bytes], says: str) -> None:
    async with server(*replies) as (url, _asked):
        settings = BackendSettings(kind="openai", model="m", base_url=url)
        backend = OpenAIBackend("lan", settings)
        report = await trial(backend)
        await backend.aclose()
    (budget,) = (line for line in report.lines() if line.startswith("budget:"))
    assert says in budget


FAR = '[backends.far]\nkind = "openai"\nmodel = "m"\nbase_url = "https://h.invalid/v1"\n'


@pytest.mark.parametrize(
    ("settings", "arguments"),
    [
        (FAR, ("--offline", "backends", "test", "far")),
        (FAR, ("backends", "key", "far", "--offline")),
        ("offline = true\n" + FAR, ("backends", "test", "far")),
        ("offline = true\n", ("models", "pull", "https://h.invalid/m.gguf")),
    ],
)
def test_offline_holds_for_sub_commands_too(
    tmp_path: Path, settings: str, arguments: tuple[str, ...]
) -> None:
    (tmp_path / "config.toml").write_text(settings)
    done = qchat(tmp_path, *arguments, stdin="sk-x\n")
    assert done.returncode in (1, 2), done.stderr
    assert "offline" in done.stderr
    assert "no address" not in done.stderr


@pytest.mark.parametrize(("pieces", "says"), [(1, "streaming: no, 1 pieces"), (9, "yes, 9 pieces")])
async def test_whether_a_reply_streams_is_told_by_what_the_server_sent(pieces: int, says: str):
    """However much of it is read at once."""
    word = b'{"choices":[{"delta":{"content":"word "},"finish_reason":"stop"}]}'
    whole = http("200 OK", word.replace(b'"delta"', b'"message"'))
    answer = whole if pieces == 1 else stream((b"data: " + word + b"\n\n") * pieces)
    async with server(answer) as (url, _):
        backend = OpenAIBackend("lan", BackendSettings(kind="openai", base_url=url, model="m"))
        told = (await trial(backend)).lines()
        await backend.aclose()
    assert any(says in line for line in told), told
