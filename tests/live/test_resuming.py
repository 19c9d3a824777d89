"""A conversation goes on with what it had; what is no longer there is said before it is sent to."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from qchat.commands import CommandContext, RunTurn, ShowMessage, execute
from qchat.config.settings import BackendSettings, MemorySettings, Settings
from qchat.conversation.choices import Overrides
from qchat.conversation.workspace import Workspace
from qchat.protocol.errors import AuthenticationError, ModelFileError, QchatError, UsageError
from qchat.runtime.paths import Paths
from qchat_assets import demo_model_path
from tests.modelserver import ModelServer, model_server
from tests.scripted import ScriptedBackend, says


def there(server: ModelServer) -> BackendSettings:
    return BackendSettings(
        kind="openai", base_url=f"http://{server.address}/v1", model=server.models[0]
    )


@asynccontextmanager
async def opened(
    home: Path, default: str = "demo", overrides: Overrides | None = None, **backends: object
) -> AsyncIterator[Workspace]:
    """A program that starts with these backends, and ends."""
    settings = Settings(backend=default, memory=MemorySettings(enabled=False))
    known = {name: b for name, b in backends.items() if isinstance(b, BackendSettings)}
    given = {"demo": ScriptedBackend(says("demo"))}
    settings = Settings(
        backend=default,
        memory=MemorySettings(enabled=False),
        backends=settings.backends | known,
    )
    paths = Paths(home, home, home / "logs")
    workspace = Workspace(
        settings,
        paths,
        tools=frozenset(),
        overrides=overrides or Overrides(),
        backends=given,  # type: ignore[arg-type]
    )
    try:
        yield workspace
    finally:
        await workspace.aclose()


async def ask(workspace: Workspace, session_id: str | None, prompt: str = "hi") -> str:
    session = workspace.open(session_id)
    assert not session.remarks
    assert [event async for event in session.send(prompt)]
    return session.id


async def command(workspace: Workspace, session_id: str, line: str) -> None:
    session = workspace.open(session_id)
    assert isinstance(await execute(line, CommandContext(workspace, session)), ShowMessage)


async def test_a_conversation_keeps_backend_model_and_switches(tmp_path: Path) -> None:
    with model_server("one", "two") as server:
        async with opened(tmp_path, work=there(server)) as workspace:
            id_ = await ask(workspace, None)
            for line in ("/backend work", "/model two", "/no_think", "/budget 64"):
                await command(workspace, id_, line)
        async with opened(tmp_path, work=there(server)) as workspace:
            session = workspace.open(id_)
            assert (session.backend.name, session.backend.model) == ("work", "two")
            assert (session.think, session.budget) == (False, 64)
            assert workspace.open().backend.model == "script", "new ones have the default"


async def test_the_command_line_wins_for_the_one_that_it_opens(tmp_path: Path) -> None:
    with model_server("one", "two") as server:
        async with opened(tmp_path, "work", work=there(server)) as workspace:
            id_ = await ask(workspace, None)
        overrides = Overrides(model="two", think=False)
        async with opened(tmp_path, overrides=overrides, work=there(server)) as workspace:
            session = workspace.open(id_)
            assert (session.backend.model, session.think) == ("two", False)
        async with opened(tmp_path, overrides=Overrides("demo"), work=there(server)) as workspace:
            assert workspace.open(id_).backend.model == "script"


async def test_a_conversation_of_the_first_wave_goes_on_with_its_last_answer(
    tmp_path: Path,
) -> None:
    with model_server("one", "two") as server:
        async with opened(
            tmp_path, "work", Overrides(model="two"), work=there(server)
        ) as workspace:
            id_ = await ask(workspace, None)
            workspace.store.keep_choices(id_, "")
        async with opened(tmp_path, work=there(server)) as workspace:
            assert workspace.open(id_).backend.model == "two"


async def test_a_backend_that_is_gone_is_said_before_anything_is_sent(tmp_path: Path) -> None:
    with model_server("one") as server, model_server("default") as other:
        async with opened(tmp_path, "work", work=there(server)) as workspace:
            id_ = await ask(workspace, None)
        async with opened(tmp_path, "other", other=there(other)) as workspace:
            session = workspace.open(id_)
            (remark,) = session.remarks
            assert "'work'" in remark
            assert server.address in remark
            assert "no longer" in remark
            assert other.asked == []
        async with opened(tmp_path, work=there(other)) as workspace:
            (remark,) = workspace.open(id_).remarks
            assert server.address in remark
            assert other.address in remark


async def test_a_file_that_is_gone_is_said(tmp_path: Path) -> None:
    file = tmp_path / "mine.gguf"
    shutil.copy(demo_model_path(), file)
    mine = BackendSettings(kind="llama.cpp", model=str(file))
    async with opened(tmp_path, "mine", mine=mine) as workspace:
        id_ = await ask(workspace, None)
    file.unlink()
    async with opened(tmp_path, "mine", mine=mine) as workspace:
        (remark,) = workspace.open(id_).remarks
        assert str(file) in remark


@pytest.mark.parametrize("error", [ModelFileError("broken"), AuthenticationError("no key")])
async def test_a_default_that_cannot_answer_falls_back_in_words(
    tmp_path: Path, error: QchatError
) -> None:
    with model_server("one") as server:
        async with opened(tmp_path, "work", work=there(server)) as workspace:
            session = workspace.open()
            said = await workspace.fall_back(session, error)
            assert "'work'" in said
            assert "demo model" in said
            assert session.backend.model == "script"
        async with opened(tmp_path, "work", Overrides("work"), work=there(server)) as workspace:
            session = workspace.open()
            assert await workspace.fall_back(session, error) == "", "it was asked for by name"


async def test_a_comparison_that_comes_to_nothing_leaves_the_answer_where_it_was(
    tmp_path: Path,
) -> None:
    closed = BackendSettings(kind="openai", base_url="http://127.0.0.1:9/v1", model="m")
    keyless = BackendSettings(
        kind="openai", base_url="http://127.0.0.1:9/v1", model="m", api_key_env="QCHAT_NO_SUCH_KEY"
    )
    async with opened(tmp_path, closed=closed, keyless=keyless) as workspace:
        session = workspace.open()
        context = CommandContext(workspace, session)
        with pytest.raises(UsageError, match="Nothing has been asked"):
            await execute("/compare closed", context)
        assert [event async for event in session.send("hello")]
        good = session.turns[-1].id
        with pytest.raises(AuthenticationError):
            await execute("/compare keyless", context)
        assert len(session.cursor.tree().leaves()) == 1
        outcome = await execute("/compare closed", context)
        assert isinstance(outcome, RunTurn)
        assert [event async for event in outcome.events]
        assert session.turns[-1].id == good
        assert session.backend is workspace.backend("demo")


async def test_a_default_that_is_not_defined_falls_back_in_words(tmp_path: Path) -> None:
    async with opened(tmp_path, "deleted") as workspace:
        session = workspace.open()
        (remark,) = session.remarks
        assert "'deleted'" in remark
        assert "demo model answers" in remark
        assert session.backend.model == "script"
    async with opened(tmp_path, "deleted", Overrides("nope")) as workspace:
        with pytest.raises(UsageError, match="Unknown backend 'nope'"):
            workspace.open()


async def test_a_context_that_only_the_name_promises_is_said_to_be_assumed(tmp_path: Path) -> None:
    with model_server("Qwen3-8B") as server:
        for known, assumed in ((0, True), (16_384, False)):
            settings = msgspec.structs.replace(there(server), context=known)
            async with opened(tmp_path, "x", x=settings) as workspace:
                here = CommandContext(workspace, workspace.open())
                outcome = await execute("/status", here)
                assert isinstance(outcome, ShowMessage)
                assert ("assumed from the model's name" in outcome.text) == assumed
