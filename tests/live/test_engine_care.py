"""Engines are cared for: shown while they load, unloaded when idle, replaced when they crash."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from qchat.backends.base import Request
from qchat.backends.local import LocalBackend
from qchat.backends.openai import OpenAIBackend
from qchat.commands import CommandContext, ShowMessage, execute
from qchat.config.settings import BUILT_IN, BackendSettings, Settings
from qchat.conversation.workspace import Workspace
from qchat.local import engine as engines
from qchat.local.engine import Engine
from qchat.local.hardware import Hardware
from qchat.protocol.errors import (
    ConnectionFailed,
    EngineCrashed,
    OutOfMemory,
    QchatError,
    UsageError,
)
from qchat.protocol.events import Event, StepFinished, Text, Thinking, joined
from qchat.protocol.messages import User
from qchat.runtime.paths import default_paths
from tests.engines import CONTEXT, eventually, write_babbler

HELLO = (User("hello"),)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_babbler(tmp_path_factory.mktemp("model") / "babbler.gguf")


def opened(model: Path, **more: Any) -> LocalBackend:
    return LocalBackend("local", BackendSettings(kind="llama.cpp", model=str(model), **more))


@pytest.fixture
async def backend(model: Path) -> AsyncIterator[LocalBackend]:
    made = opened(model)
    yield made
    await made.aclose()


async def read(backend: LocalBackend, tokens: int = 20) -> list[Event]:
    async with aclosing(backend.stream(Request(HELLO, max_tokens=tokens))) as events:
        return list(joined([event async for event in events]))


async def crash(backend: LocalBackend) -> EngineCrashed:
    """Kill the engine in mid-reply; gives what the user is told."""
    kept: list[Event] = []
    with pytest.raises(EngineCrashed) as caught:
        async for event in backend.stream(Request(HELLO, max_tokens=CONTEXT - 100)):
            if not kept and isinstance(event, Thinking) and backend.engine is not None:
                os.kill(backend.engine.pid, signal.SIGKILL)
            kept += [event] if isinstance(event, Thinking) else []
    assert kept
    return caught.value


async def test_loading_is_shown_with_what_was_chosen(backend: LocalBackend):
    assert backend.state.phase == "idle"
    starting = asyncio.create_task(backend.start())
    seen = []
    while not starting.done():
        seen.append(backend.state)
        await asyncio.sleep(0.005)
    await starting
    phases = [phase for phase, _ in groupby(seen, key=lambda state: state.phase)]
    assert phases in (["idle", "loading"], ["loading"], ["idle", "loading", "ready"])
    progress = [state.progress for state in seen]
    assert progress == sorted(progress)
    assert all(0 <= part <= 1 for part in progress)
    assert backend.state.phase == "ready"
    assert f"context {CONTEXT:,}, cache f16, 1 thread," in backend.state.detail


async def test_an_engine_that_has_just_loaded_ends_with_its_backend(
    backend: LocalBackend, monkeypatch: pytest.MonkeyPatch
):
    loaded: asyncio.Future[Engine] = asyncio.get_running_loop().create_future()

    async def serving(engine: Engine) -> OpenAIBackend:
        loaded.set_result(engine)
        await asyncio.Event().wait()
        raise AssertionError("nobody set it")

    monkeypatch.setattr(backend, "serving", serving)
    starting = asyncio.create_task(backend.start())
    engine = await loaded
    assert backend.state.phase == "loading"
    await backend.aclose()
    assert not engine.alive
    with pytest.raises(asyncio.CancelledError):
        await starting


async def test_the_first_crash_restarts_it_before_anyone_asks(backend: LocalBackend):
    await read(backend)
    error = await crash(backend)
    assert error.others == ()
    assert "starts again: /retry" in str(error)
    await eventually(lambda: is_ready(backend), within_s=60)
    assert isinstance((await read(backend))[-1], StepFinished)


async def test_a_second_crash_in_a_row_offers_another_engine(backend: LocalBackend):
    await crash(backend)
    error = await crash(backend)
    assert error.others == ("llama-cpp-python", "llama-server")
    assert "xllamacpp died twice in a row: try another engine (/engine llama-cpp-python" in str(
        error
    )
    assert (backend.state.phase, backend.state.detail) == ("crashed", "signal 9")
    await read(backend)  # the user may try the same one all the same, and then all is well
    assert (await crash(backend)).others == ()


async def is_ready(backend: LocalBackend) -> bool:
    return backend.state.phase == "ready"


async def is_idle(backend: LocalBackend) -> bool:
    return backend.state.phase == "idle"


async def test_a_model_that_nobody_asks_leaves_the_memory(model: Path):
    backend = opened(model, idle_unload_s=0.05)
    try:
        *_, finished = await read(backend)
        assert isinstance(finished, StepFinished)
        await eventually(lambda: is_idle(backend), within_s=20)
        assert backend.engine is None
        *_, finished = await read(backend)
        assert isinstance(finished, StepFinished)
    finally:
        await backend.aclose()


async def test_it_stays_while_a_reply_runs(model: Path):
    backend = opened(model, idle_unload_s=0.05)
    try:
        async with aclosing(backend.stream(Request(HELLO, max_tokens=3000))) as events:
            await anext(events)
            pid = backend.engine.pid if backend.engine else 0
            await asyncio.sleep(0.2)
            assert isinstance(await anext(events), Thinking | Text)
            assert backend.engine is not None
            assert backend.engine.pid == pid
    finally:
        await backend.aclose()


LITTLE_MEMORY = """
import os, resource, sys
resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
os.execv(sys.argv[1], sys.argv[1:])
"""
"""Limits the program that it becomes: the tests' own process may need more than that."""


@pytest.mark.skipif(sys.platform != "linux", reason="limits of address space hold on Linux only")
async def test_out_of_memory_is_said_in_those_words_with_what_would_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The real engine is refused the memory for its context, by a limit of its own process."""
    large = write_babbler(tmp_path / "large.gguf", context=1 << 24)
    spawn = asyncio.create_subprocess_exec

    async def limited(*command: str, **options: Any) -> asyncio.subprocess.Process:
        return await spawn(sys.executable, "-c", LITTLE_MEMORY, *command, **options)

    monkeypatch.setattr(asyncio, "create_subprocess_exec", limited)
    settings = BackendSettings(kind="llama.cpp", context=1 << 24, cache="f16", fit=False)
    engine = Engine(large, settings)
    with pytest.raises(OutOfMemory) as caught:
        await engine.start()
    text = str(caught.value)
    assert text.startswith("out of memory: large.gguf with a context of 16,777,216 tokens needs")
    assert "It would fit with a context of" in text
    assert "\n" not in text


async def test_what_cannot_fit_is_not_even_tried(model: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(engines, "look", lambda _engine: Hardware(10**9, 10**6, 2))
    with pytest.raises(OutOfMemory, match=r"fit = false in its settings"):
        await Engine(model).start()
    engine = Engine(model, BackendSettings(kind="llama.cpp", fit=False))
    await engine.start()
    await engine.aclose()


async def test_an_engine_that_is_changed_in_mid_reply_has_not_crashed(backend: LocalBackend):
    with pytest.raises(ConnectionFailed, match="stopped in mid-reply"):
        async with aclosing(backend.stream(Request(HELLO))) as events:
            async for event in events:
                if isinstance(event, Thinking | Text) and backend.engine is not None:
                    await backend.use_engine("xllamacpp")
    assert backend.state.phase == "idle"


async def test_what_is_just_being_loaded_is_not_unloaded(
    backend: LocalBackend, monkeypatch: pytest.MonkeyPatch
):
    loaded, go_on, serving = asyncio.Event(), asyncio.Event(), backend.serving

    async def last_step(engine: Engine) -> OpenAIBackend:
        served = await serving(engine)
        loaded.set()
        await go_on.wait()
        return served

    monkeypatch.setattr(backend, "serving", last_step)
    loading = asyncio.create_task(backend.start())
    await loaded.wait()
    go_on.set()
    backend.unload()  # the time without a request is over, at just this moment
    await loading
    if backend.unloading is not None:
        await backend.unloading
    assert backend.state.phase == "ready"


@pytest.fixture
def place(tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch) -> CommandContext:
    monkeypatch.setenv("QCHAT_HOME", str(tmp_path))
    local = BackendSettings(kind="llama.cpp", model=str(model))
    server = BackendSettings(kind="openai", model="m", base_url="http://127.0.0.1:9/v1")
    settings = Settings(backend="local", backends={"local": local, "server": server})
    workspace = Workspace(settings, default_paths(), tools=frozenset())
    return CommandContext(workspace, workspace.open())


async def test_what_cannot_answer_is_not_switched_to(
    place: CommandContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PATH", str(tmp_path))
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF")
    backend = place.session.backend
    assert isinstance(backend, LocalBackend)
    refusals = {
        "/model nonesuch": "there is no model 'nonesuch' here",
        f"/model {tmp_path / 'gone.gguf'}": "there is no model file",
        f"/model {broken}": "incomplete",
        "/backend cloud": "has no key",
        "/engine llama-server": "no llama-server on the path",
    }
    monkeypatch.delenv("DASHSCOPE_API_KEY", raising=False)
    place.workspace.settings.backends["cloud"] = BUILT_IN["cloud"]
    try:
        for line, says in refusals.items():
            with pytest.raises(QchatError, match=says):
                await execute(line, place)
        assert place.session.backend is backend
        assert (backend.engine_name, backend.state.phase) == ("xllamacpp", "idle")
        await execute("/backend server", place)  # whether it answers, only asking shows
        assert place.session.backend.name == "server"
    finally:
        await place.workspace.aclose()


async def test_the_engine_command_shows_and_switches(
    place: CommandContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    binary = tmp_path / "llama-server"
    binary.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    backend = place.session.backend
    assert isinstance(backend, LocalBackend)
    try:
        shown = await execute("/engine", place)
        assert isinstance(shown, ShowMessage)
        assert "xllamacpp serves babbler: not in memory" in shown.text
        await read(backend)
        shown = await execute("/engine", place)
        assert isinstance(shown, ShowMessage)
        assert "ready. context 16,384, cache f16, 1 thread," in shown.text
        await execute("/engine llama-server", place)
        assert (backend.engine_name, backend.state.phase) == ("llama-server", "idle")
        with pytest.raises(UsageError, match="Unknown engine 'x'"):
            await execute("/engine x", place)
        place.workspace.use_backend(place.session, "server")
        with pytest.raises(UsageError, match="Only a local model has an engine"):
            await execute("/engine", place)
    finally:
        await place.workspace.aclose()
