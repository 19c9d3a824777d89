"""The kernel of a session: there before it is used, and one for the user and the model."""

import json
from pathlib import Path

from qchat.config.settings import MemorySettings, PythonSettings, Settings, WebSettings
from qchat.conversation.workspace import Workspace
from qchat.protocol.events import ToolFinished
from qchat.protocol.messages import User
from qchat.runtime.paths import Paths
from qchat_tools.base import InputRequest
from qchat_tools.parts import RunPart, as_text
from tests.engines import eventually
from tests.scripted import ScriptedBackend, calls, says

SETTINGS = Settings(memory=MemorySettings(enabled=False), web=WebSettings(enabled=False))


async def test_one_kernel_for_the_user_and_the_model(tmp_path: Path) -> None:
    workspace = Workspace(SETTINGS, Paths(tmp_path, tmp_path, tmp_path / "logs"))
    code = json.dumps({"code": "name = input('Who? ')\nprint(name, mine)"})
    backend = ScriptedBackend(calls(("1", "python", code)), says("Done."))
    workspace.pool.give("demo", backend)
    session = workspace.open()

    async def answer(request: InputRequest) -> str:
        assert request.code.startswith("name = input")
        return "Ada"

    session.ask_input = answer
    try:
        await session.start()
        kernel = session.toolbox.kernel

        async def started() -> bool:
            return kernel.ready

        await eventually(started, within_s=60)  # in the background, before anything is run
        events = [event async for event in session.run("mine = 'and mine'")]
        events += [event async for event in session.send("Use what I made.")]
        events += [event async for event in session.run("mine + name")]
    finally:
        await workspace.aclose()
    finished = [event for event in events if isinstance(event, ToolFinished)]
    told = [as_text(event.parts) for event in finished]
    assert told == ["(no output)", "Ada and mine", "'and mineAda'"]
    assert [event.parts[0] for event in finished] == [RunPart(1), RunPart(2), RunPart(3)]
    asked = backend.requests[0].messages[0]
    assert isinstance(asked, User)
    assert 'with {"code":"mine = ' in asked.sent


async def test_a_kernelspec_that_is_not_there_leaves_the_session_as_it_was(tmp_path: Path) -> None:
    settings = Settings(
        memory=MemorySettings(enabled=False),
        web=WebSettings(enabled=False),
        python=PythonSettings(kernel="nope"),
    )
    workspace = Workspace(settings, Paths(tmp_path, tmp_path, tmp_path / "logs"))
    workspace.pool.give("demo", ScriptedBackend(says("Still here.")))
    session = workspace.open()
    try:
        await session.start()
        ran = [event async for event in session.run("1")]
        (finished,) = (event for event in ran if isinstance(event, ToolFinished))
        assert "no Jupyter kernel named 'nope'" in as_text(finished.parts)
        said = [event async for event in session.send("Hello?")]
        assert "Still here." in str(said)
    finally:
        await workspace.aclose()
