"""A memory about a project: kept, recalled, listed and suggested in its folder, nowhere else."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from pathlib import Path

import pytest

from qchat.commands import CommandContext, ShowMessage, execute
from qchat.config.settings import Settings, WebSettings
from qchat.conversation.workspace import Workspace
from qchat.protocol.events import Recalled
from qchat.runtime.paths import Paths
from qchat_memory.errors import MemoryStoreError
from qchat_memory.memory import Memory
from qchat_memory.storage.embed import StaticEmbedder
from qchat_memory.store import MemoryStore
from qchat_tools.base import Call
from qchat_tools.memory import MemorySaveTool, MemorySearchTool
from qchat_tools.parts import as_text
from qchat_tools.provenance import TRUSTED
from tests.program import qchat
from tests.scripted import ScriptedBackend, calls, says

EMBEDDER = StaticEmbedder()
QUESTION = "Which test runner do I use?"
HERE, THERE = "I use the test runner pytest with four workers.", "I use the test runner nose."


@contextmanager
def opened(folder: Path, project: str = "") -> Iterator[MemoryStore]:
    store = MemoryStore(folder, "anna", EMBEDDER, project=project)
    try:
        yield store
    finally:
        store.close()


def _found(store: MemoryStore) -> list[str]:
    return sorted(hit.memory.text for hit in store.recall(QUESTION))


def test_each_project_has_its_own_and_all_have_what_is_about_none(tmp_path: Path) -> None:
    with opened(tmp_path, "/work/a") as store:
        store.keep(HERE, project="/work/a", pinned=True)
        store.keep("I live in Oslo.")
        store.keep("Where I live for this work: I live in Bergen.", project="/work/a")
        assert _found(store) == [HERE]
        exported = list(store.export_lines())
    with opened(tmp_path, "/work/b") as store:
        assert _found(store) == []
        assert store.search(QUESTION, 50) == [] or HERE not in _found(store)
        assert store.pinned() == []
        # Enough of the other project to crowd out what is here, by words and by meaning.
        crowd = [HERE.replace("four", f"{n}") for n in range(300)]
        store.import_lines(
            json.dumps({"text": text, "project": "/work/a", "said_at": "2026-01-01T10:00:00+00:00"})
            for text in crowd
        )
        kept = store.keep(THERE, project="/work/b")
        assert kept.before is None, "it is no news of the other project"
        assert [hit.memory.text for hit in store.search(QUESTION)] == [THERE]
        moved = store.keep("I use the test runner nose.", project="/work/b")
        assert moved.memory.id == kept.memory.id
        # What is changed, edited, pinned, forgotten and taken back stays where it was.
        store.update(kept.memory.id, "I use the test runner green.")
        store.edit(kept.memory.id, "I use the test runner green!")
        store.pin(kept.memory.id)
        assert [memory.text for memory in store.pinned()] == ["I use the test runner green!"]
        store.undo_last()
        store.undo(kept.memory.id)
        assert store.get(kept.memory.id).project == "/work/b"
    with opened(tmp_path / "new", "/work/a") as store:
        assert store.import_lines(exported) == 3
        assert store.import_lines(exported) == 3
        assert list(store.export_lines()) == exported
        assert _found(store) == [HERE]
    with opened(tmp_path / "new") as store:
        assert _found(store) == []


def test_a_store_without_projects_opens_and_an_old_index_is_made_anew(tmp_path: Path) -> None:
    with opened(tmp_path, "/work/a") as store:
        store.keep(HERE)
        store.keep(THERE, project="/work/a")
    line = json.loads('{"text": "I use the test runner tox.", "id": "0badcafe"}')
    for index in tmp_path.rglob("index*.sqlite3*"):
        index.unlink()
    with opened(tmp_path, "/work/b") as store:
        store.import_lines([json.dumps(line)])
        assert _found(store) == [HERE, "I use the test runner tox."]


def test_of_two_that_contradict_each_other_the_newest_comes_first(tmp_path: Path) -> None:
    """Kept one after the other, one takes the other's place; imported, both may stand."""
    pairs = [
        ("Where do I live?", "I live in Berlin.", "I live in Lisbon."),
        ("Do I eat meat?", "I eat meat.", "I do not eat meat."),
        ("What is my favourite tea?", "My favourite tea is mint.", "My favourite tea is green."),
        ("Wo wohne ich?", "Ich wohne in Graz.", "Ich wohne in Linz."),
    ]
    with opened(tmp_path, "/work/a") as store:
        for question, *texts in pairs:
            for newest in (0, 1):
                store.forget_all()
                store.keep("I play the cello on Sundays.")
                for number, text in enumerate(texts):
                    day = 31 if number == newest else 1
                    store.keep(
                        text,
                        project="/work/a" if number else "",
                        said_at=f"2026-05-{day:02}T09:00:00+02:00",
                    )
                found = [hit.memory.text for hit in store.recall(question)]
                assert found[:2] == [texts[newest], texts[1 - newest]], question


async def test_the_models_tools_keep_and_find_it_here(tmp_path: Path) -> None:
    async def run(tool: MemorySaveTool | MemorySearchTool, **arguments: object) -> str:
        call = Call("1", arguments, lambda _question: asyncio.sleep(0, False), TRUSTED)
        return as_text([part async for part in tool.run(call)])

    with opened(tmp_path, "/work/a") as store:
        await run(MemorySaveTool(store, "s", "1"), text=HERE, project=True)
        (memory,) = store.list()
        assert (memory.project, memory.turn) == ("/work/a", "1")
        assert HERE in await run(MemorySearchTool(store), query="test runner")
        for newest, where in (("mint", ""), ("green", "/work/a")):
            day = 31 if newest == "mint" else 30
            text = f"My favourite tea is {newest}."
            store.keep(text, project=where, said_at=f"2026-05-{day:02}T09:00:00+02:00")
            other = f"My favourite cake is {newest}."
            store.keep(other, project=where, said_at=f"2026-05-{61 - day:02}T09:00:00+02:00")
        found = await run(MemorySearchTool(store), query="favourite tea")
        assert found.index("tea is mint") < found.index("tea is green")
        found = await run(MemorySearchTool(store), query="favourite cake")
        assert found.index("cake is green") < found.index("cake is mint")
    with opened(tmp_path, "/work/b") as store:
        assert HERE not in await run(MemorySearchTool(store), query="test runner")


async def test_a_chat_keeps_shows_and_gives_it_with_source_and_trust(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "engine" / "src"
    folder.mkdir(parents=True)
    (tmp_path / "engine" / ".git").mkdir()
    (tmp_path / "other").mkdir()
    settings = Settings(web=WebSettings(enabled=False))
    listed: dict[str, str] = {}
    for here in (folder, tmp_path / "other"):
        monkeypatch.chdir(here)
        workspace = Workspace(settings, Paths(tmp_path, tmp_path, tmp_path / "logs"))
        session = workspace.open()

        async def do(line: str) -> str:
            outcome = await execute(line, CommandContext(workspace, session))  # noqa: B023
            assert isinstance(outcome, ShowMessage)
            return outcome.text

        if here == folder:
            assert "(project engine): " in await do(f"/remember --project {HERE}")
            await do("/remember I live in Oslo.")
            asked = json.dumps({"text": "Tests here need Redis.", "project": True})
            save = calls(("1", "memory_save", asked))
            session.backend = ScriptedBackend(save, says("Kept."))
            async with aclosing(session.send("Here, tests need Redis: remember.")) as stream:
                assert [event async for event in stream]
        session.backend = ScriptedBackend(says("pytest"))
        async with aclosing(session.send(QUESTION)) as stream:
            events = [event async for event in stream]
        recalled = [m for event in events if isinstance(event, Recalled) for m in event.memories]
        listed[here.name] = await do("/memory")
        every = await do("/memory all")
        assert HERE in every
        if here == folder:
            (memory,) = [memory for memory in recalled if memory.text == HERE]
            assert memory.project == str(tmp_path / "engine")
            assert (memory.session, memory.turn, memory.untrusted) == (session.id, "", ())
        else:
            assert not recalled
        await workspace.aclose()
    lines = {line.split(" · ")[0][22:]: line.split(" · ")[1] for line in listed["src"].splitlines()}
    assert lines.keys() == {
        f"(project engine) {HERE}",
        "(project engine) Tests here need Redis.",
        "I live in Oslo.",
    }
    assert lines[f"(project engine) {HERE}"].startswith("kept by you in session ")
    assert lines["(project engine) Tests here need Redis."].startswith("kept by the model in ")
    assert all(line.endswith(", trusted") for line in lines.values())
    assert "Oslo" in listed["other"]
    assert HERE not in listed["other"]
    assert "2 more about other projects: /memory all" in listed["other"]


def test_the_command_line_keeps_it_for_the_folder_it_stands_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, here, there = (tmp_path / name for name in ("home", "here", "there"))
    for folder in (here, there):
        folder.mkdir()
    monkeypatch.chdir(here)
    assert "(project here) " in qchat(home, "memory", "add", "--project", HERE).stdout
    assert HERE in qchat(home, "memory", "list").stdout
    monkeypatch.chdir(there)
    hidden = qchat(home, "memory", "list")
    assert (hidden.stdout, hidden.stderr.splitlines()) == (
        "",
        ["Nothing is remembered.", "1 more about other projects: --all lists them."],
    )
    assert HERE in qchat(home, "memory", "list", "--all").stdout


def test_what_an_older_version_wrote_has_no_field_that_is_new(tmp_path: Path) -> None:
    """Nor does what this one writes without a project: an older version opens it again."""
    from qchat_memory.storage.rows import metadata  # noqa: PLC0415

    memory = Memory("0a", "I live in Oslo.")
    assert "project" not in metadata(memory)["memory"]
    assert "project" in metadata(Memory("0a", "x", project="/work/a"))["memory"]
    with opened(tmp_path) as store, pytest.raises(MemoryStoreError, match="line 1"):
        store.import_lines(['{"text": "x", "project": 5}'])
