"""A `llama-server` of the user's own: a real one is taken if it is on the path, else a stand-in."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from qchat.backends.base import Request
from qchat.backends.connection_test import trial
from qchat.backends.local import LocalBackend
from qchat.config.settings import BackendSettings
from qchat.local import llama_server
from qchat.local.engine import PARALLEL, Engine
from qchat.protocol.errors import EngineCrashed, EngineError
from qchat.protocol.events import Event, StepFinished, Text, Thinking, joined
from qchat.protocol.messages import User
from tests.engines import CONTEXT, eventually, write_babbler

SERVER = BackendSettings(kind="llama.cpp", engine="llama-server")
HELLO = (User("hello"),)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_babbler(tmp_path_factory.mktemp("model") / "babbler.gguf")


@pytest.fixture
def binary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the path from here on."""
    if shutil.which("llama-server") is None:
        stand_in = Path(__file__).parents[1] / "llama_server.py"
        put_binary(tmp_path, f'exec "{sys.executable}" "{stand_in}" "$@"', monkeypatch)


def put_binary(folder: Path, line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    binary = folder / "llama-server"
    binary.write_text(f"#!/bin/sh\n{line}\n")
    binary.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)


@pytest.fixture
async def babbler(binary: None, model: Path) -> AsyncIterator[LocalBackend]:
    opened = LocalBackend("local", served(model=str(model)))
    yield opened
    await opened.aclose()


@pytest.fixture
async def demo(binary: None) -> AsyncIterator[LocalBackend]:
    opened = LocalBackend("demo", served())
    yield opened
    await opened.aclose()


def served(**more: Any) -> BackendSettings:
    return BackendSettings(kind="llama.cpp", engine="llama-server", **more)


async def read(backend: LocalBackend, **options: Any) -> list[Event]:
    request = Request(HELLO, **{"max_tokens": 20, **options})
    async with aclosing(backend.stream(request)) as events:
        return list(joined([event async for event in events]))


def all_commands() -> str:
    return subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout


async def is_ready(backend: LocalBackend) -> bool:
    return backend.state.phase == "ready"


async def test_it_answers_and_dies_with_us(babbler: LocalBackend, model: Path):
    *_, finished = await read(babbler)
    assert isinstance(finished, StepFinished)
    engine = babbler.engine
    assert engine is not None
    assert engine.base_url.startswith("http://127.0.0.1:")
    processes = all_commands()
    assert "llama_server" in processes or "llama-server" in processes
    assert engine.api_key not in processes
    async with httpx.AsyncClient(trust_env=False) as client:
        for headers in ({}, {"authorization": "Bearer guess"}):
            asked = await client.post(f"{engine.base_url}/messages", json={}, headers=headers)
            assert asked.status_code == 401
    await babbler.aclose()
    assert str(model) not in all_commands()


@pytest.mark.parametrize("whose", ["our child", "the server"])
async def test_its_crash_is_ours_and_it_starts_again(babbler: LocalBackend, whose: str):
    kept: list[Event] = []
    with pytest.raises(EngineCrashed, match=r"died \(signal 11\).*/retry"):
        async for event in babbler.stream(Request(HELLO, max_tokens=CONTEXT - 100)):
            if isinstance(event, Thinking) and not kept and babbler.engine is not None:
                child = psutil.Process(babbler.engine.pid)
                (server,) = child.children()
                (child if whose == "our child" else server).send_signal(signal.SIGSEGV)
            kept += [event] if isinstance(event, Thinking) else []
    await eventually(lambda: is_ready(babbler), within_s=60)
    assert isinstance((await read(babbler))[-1], StepFinished)
    assert not server.is_running() or server.status() == psutil.STATUS_ZOMBIE


async def test_what_was_chosen_reaches_it_and_its_own_variables_do_not(
    binary: None, model: Path, monkeypatch: pytest.MonkeyPatch
):
    """Each of these flags is an error to a server that does not know it."""
    for name, value in (("CTX_SIZE", "512"), ("N_PARALLEL", "1"), ("MODEL", "/nowhere")):
        monkeypatch.setenv(f"LLAMA_ARG_{name}", value)
    wishes = {"context": 4096, "cache": "q8_0", "threads": 2, "speculation": "ngram"}
    engine = Engine(model, served(**wishes), alias="chosen")
    await engine.start()
    try:
        headers = {"authorization": f"Bearer {engine.api_key}"}
        base = engine.base_url.removesuffix("/v1")
        async with httpx.AsyncClient(trust_env=False, headers=headers, timeout=60) as client:
            slots = (await client.get(f"{base}/slots")).json()
            models = (await client.get(f"{base}/v1/models")).json()
        assert len(slots) == PARALLEL
        assert {slot["n_ctx"] for slot in slots} == {4096}
        assert "chosen" in str(models)
    finally:
        await engine.aclose()


async def test_thinking_tools_budget_and_usage(demo: LocalBackend):
    told = "\n".join((await trial(demo)).lines())
    assert "streaming: yes" in told
    assert "thinking:  yes" in told
    assert "tools:     yes, it called python" in told
    assert "budget:    kept" in told
    assert "tokens in" in told


async def test_answer_now_ends_the_thinking(babbler: LocalBackend):
    kinds: list[type[Event]] = []
    request = Request(HELLO, max_tokens=CONTEXT - 100)
    async with asyncio.timeout(60), aclosing(babbler.stream(request)) as events:
        async for event in events:
            if not kinds:
                assert await babbler.answer_now()
            kinds.append(type(event))
            if kinds[-1] is Text:
                break
    assert (kinds[0], kinds[-1]) == (Thinking, Text)


async def test_no_binary_on_the_path(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(
        EngineError, match=r"there is no llama-server on the path: install llama.cpp"
    ):
        await Engine(model, SERVER).start()


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('echo "error: invalid argument: --fit" >&2; exit 1', "llama-server ended with status 1"),
        ("kill -ILL $$", "llama-server ended with status -4: it was built for another processor"),
        ('echo "ggml_cuda: cudaMalloc failed: out of memory" >&2; exit 1', "^out of memory: "),
    ],
)
async def test_a_binary_that_does_not_start(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, says: str
):
    put_binary(tmp_path, line, monkeypatch)
    with pytest.raises(EngineError, match=says):
        await Engine(model, SERVER).start()


def test_a_binary_that_says_nothing_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(llama_server, "READY_S", 0.01)
    monkeypatch.setattr(llama_server, "STOP_S", 0.01)
    command = [sys.executable, "-c", "import sys; sys.stdin.read()"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, text=True, **pipes) as silent:
        with pytest.raises(RuntimeError, match="llama-server did not say where it listens"):
            llama_server.listening_address(silent)
        assert silent.wait(10) != 0
