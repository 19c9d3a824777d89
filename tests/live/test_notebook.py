"""A conversation whose code ran in the real kernel, as a notebook that runs from top to bottom."""

import json
from collections.abc import AsyncGenerator
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from qchat.config.settings import MemorySettings, Settings, WebSettings
from qchat.conversation.workspace import Workspace
from qchat.protocol.events import Event
from qchat.runtime.paths import Paths
from tests.program import qchat
from tests.scripted import ScriptedBackend, calls, says

PLOT = """
import matplotlib.pyplot as plt
fig, ax = plt.subplots(figsize=(4, 3))
ax.plot([1, 2, 3]); ax.set_title('Sales'); ax.set_xlabel('month'); ax.set_ylabel('euros')
plt.show()
"""


async def played(events: AsyncGenerator[Event, None]) -> list[Event]:
    return [event async for event in events]


async def test_it_runs_from_top_to_bottom(tmp_path: Path) -> None:
    paths = Paths(tmp_path, tmp_path, tmp_path / "logs")
    settings = Settings(memory=MemorySettings(enabled=False), web=WebSettings(enabled=False))
    workspace = Workspace(settings, paths)
    code = json.dumps({"code": "x = 6\nprint(x * 7)"})
    backend = ScriptedBackend(calls(("1", "python", code)), says("It is *42*."))
    workspace.pool.give("demo", backend)
    session = workspace.open()
    try:
        await played(session.send("What is 6 * 7?"))
        await played(session.run("x / 0"))
        await played(session.run(PLOT))
        await played(session.run("import pandas; pandas.DataFrame({'a': [x, 2]})"))
        asked = str(backend.requests[-1].messages)
    finally:
        await workspace.aclose()
    assert "42" in asked

    done = qchat(tmp_path, "sessions", "export", session.id, "--format", "ipynb")
    book = nbformat.reads(done.stdout, as_version=4)
    nbformat.validate(book)
    codes = [cell for cell in book.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in codes] == [1, 2, 3, 4]
    # The first plot of a fresh home may be told of on the standard error: fonts are looked for.
    (picture,) = (o for o in codes[2].outputs if o.output_type == "display_data")
    assert set(picture.data) == {"image/png", "text/plain"}
    for said in ("Sales", "x: month", "y: euros"):
        assert said in picture.data["text/plain"]
    assert "<th>a</th>" in codes[3].outputs[0].data["text/html"]

    await NotebookClient(book, timeout=60).async_execute()
    assert codes[0].outputs[0].text == "42\n"
    assert codes[1].outputs[0].ename == "ZeroDivisionError"
    assert codes[2].outputs[-1].output_type == "display_data"
