"""The commands about the kernel: what they take, what they refuse, what they ask first."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from qchat.commands import CommandContext, Confirm, RunTurn, Show, ShowMessage, execute
from qchat.config.settings import MemorySettings, PythonSettings, Settings
from qchat.conversation.workspace import Workspace
from qchat.protocol.errors import QchatError
from qchat.runtime.paths import Paths
from tests.scripted import ScriptedBackend, says


@pytest_asyncio.fixture
async def place(tmp_path: Path) -> AsyncIterator[CommandContext]:
    paths = Paths(tmp_path / "home", tmp_path / "home", tmp_path / "logs")
    workspace = Workspace(Settings(memory=MemorySettings(enabled=False)), paths)
    workspace.pool.give("demo", ScriptedBackend(says("hi")))
    yield CommandContext(workspace, workspace.open())
    await workspace.aclose()


async def said(line: str, place: CommandContext) -> str:
    outcome = await execute(line, place)
    assert isinstance(outcome, ShowMessage)
    return outcome.text


async def test_a_file_goes_in_is_listed_and_comes_out(
    place: CommandContext, tmp_path: Path
) -> None:
    (tmp_path / "my data.csv").write_text("1,2")
    assert "'my data.csv' (3 bytes)" in await said(f"/upload '{tmp_path / 'my data.csv'}'", place)
    assert "'my data.csv'" in await said("/files", place)
    await execute(f"/upload {tmp_path}/my\\ data.csv", place)
    (place.session.toolbox.kernel.work_dir / "a.txt").write_text("out")
    assert "Saved as" in await said(f"/save a.txt {tmp_path}", place)
    assert (tmp_path / "a.txt").read_text() == "out"


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("/upload", "PATH"),
        ("/upload /nope", "cannot upload"),
        ("/save", "NAME"),
        ("/save ../home x", "is not a file in the session"),
        ("/save nope", "cannot open 'nope'"),
        ("/open", "NAME"),
        ("/open nope.txt", "File not found"),
        ("/open evil.desktop", "could be a program"),
        ("/kernel nonsense", "restart, interrupt, rerun"),
        ("/kernel install", "needs the name of a package"),
        ("/kernel install --target=x y", "not the name of a package"),
    ],
)
async def test_what_is_wrong_is_one_clear_line(line: str, why: str, place: CommandContext) -> None:
    with pytest.raises(QchatError, match=why) as caught:
        await execute(line, place)
    assert "\n" not in str(caught.value)


async def test_network_and_packages_are_asked_for_first(place: CommandContext) -> None:
    for line, what in (
        ("/kernel network on", "reach the network"),
        ("/kernel install tiny", "Download tiny from the package index"),
    ):
        outcome = await execute(line, place)
        assert isinstance(outcome, Confirm)
        assert what in outcome.question


async def test_run_takes_several_lines_and_alone_it_opens_the_editor(place: CommandContext) -> None:
    outcome = await execute("/run\nx = 1\nx", place)
    assert isinstance(outcome, RunTurn)
    assert outcome.prompt == "/run x = 1\nx"
    await outcome.events.aclose()
    assert isinstance(await execute("/run", place), Show)


async def test_a_kernel_of_another_place_is_not_installed_into(tmp_path: Path) -> None:
    settings = Settings(
        memory=MemorySettings(enabled=False), python=PythonSettings(kernel="/usr/bin/python3")
    )
    workspace = Workspace(settings, Paths(tmp_path, tmp_path, tmp_path))
    workspace.pool.give("demo", ScriptedBackend(says("hi")))
    try:
        with pytest.raises(QchatError, match="not qchat's own"):
            await execute("/kernel install x", CommandContext(workspace, workspace.open()))
    finally:
        await workspace.aclose()


def test_a_token_does_not_get_into_a_log() -> None:
    assert "secret" not in repr(Settings(python=PythonSettings(gateway_token="a-secret")))
