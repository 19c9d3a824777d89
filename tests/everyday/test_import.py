"""Years of conversations elsewhere come in, once, with all that was in them."""

import asyncio
import json
import signal
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from qchat.commands import execute
from qchat.commands.base import CommandContext, LongWork, ShowMessage
from qchat.config.settings import Settings, WebSettings
from qchat.conversation.workspace import Workspace
from qchat.importing import importer
from qchat.importing.importer import BATCH, Report, Show
from qchat.protocol.errors import QchatError, StoreError
from qchat.protocol.events import Attached, Cited, Imported, Text, Thinking, ToolFinished
from qchat.runtime.paths import Paths
from qchat.store import Store, Turn
from qchat.store.importing import ConversationToImport, Outcome
from qchat_tools.parts import ImagePart, Part, SourcePart
from tests.engines import eventually
from tests.exports import branched, chatgpt, claude, node, png, write_all, zipped
from tests.program import QCHAT, environment, qchat

PROGRAMS = {
    "ChatGPT", "Claude", "Gemini", "open-webui", "LibreChat", "Cherry Studio", "LM Studio",
    "qwen-code",
}  # fmt: skip


Conversations = Sequence[ConversationToImport]


def _said(turn: Turn) -> str:
    return "".join(event.text for event in turn.events if isinstance(event, Text))


def _thought(turn: Turn) -> str:
    return "".join(event.text for event in turn.events if isinstance(event, Thinking))


def _parts(turn: Turn) -> list[Part]:
    return [p for event in turn.events if isinstance(event, ToolFinished) for p in event.parts]


def _by_title(store: Store) -> dict[str, list[Turn]]:
    return {info.title: store.turns(info.id) for info in store.sessions("default")}


def test_exports_of_every_program_come_in_once_and_are_found(tmp_path: Path) -> None:
    write_all(tmp_path / "exports")
    done = qchat(tmp_path / "home", "import", str(tmp_path / "exports"))
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert done.stdout.startswith("Imported 9 conversations of ")
    assert all(program in done.stdout for program in PROGRAMS)

    store = Store(tmp_path / "home" / "sessions.db")
    found = _by_title(store)
    bread, picture = found["Bread"]
    assert (bread.prompt, bread.backend, bread.model) == (
        "How does bread rise?",
        "ChatGPT",
        "gpt-4o",
    )
    assert bread.created_at == 1_718_000_000.0
    assert _thought(bread) == "Yeast\nWarmth matters."
    assert _said(bread) == "Yeast makes gas.[1]"
    assert [p.url for p in _parts(bread) if isinstance(p, SourcePart)] == [
        "https://bread.example/rise"
    ]
    assert any(isinstance(event, Cited) for event in bread.events)
    assert isinstance(bread.events[0], Imported)
    assert [p.width for p in _parts(picture) if isinstance(p, ImagePart)] == [2]
    (info,) = (info for info in store.sessions("default") if info.title == "Bread")
    assert info.turns == 4  # another answer, and another second prompt, are branches
    haiku = found["Haiku"][0]
    assert [e.text for e in haiku.events if isinstance(e, Attached)] == ["Nature only."]
    assert (_thought(haiku), _said(haiku)) == ("They want a haiku.", "An old silent pond.")
    assert [p.url for p in _parts(haiku) if isinstance(p, SourcePart)] == ["https://h.example/"]
    assert _said(found["What is a fjord?"][0]) == "A **drowned** valley.\n\n- Deep"
    assert _said(found["Name a glacier."][0]) == "The *Aletsch* glacier."
    capital = found["Capitals"][0]
    assert (_thought(capital), _said(capital)) == ("Which capital?", "Lisbon. [1]")
    assert [p.width for p in _parts(capital) if isinstance(p, ImagePart)] == [3]
    assert _said(found["Moons"][0]) in ("Mars has two moons.", "Two.")
    tea = found["Tea"][0]
    assert (tea.prompt, tea.model, _said(tea)) == ("如何泡茶？", "qwen-plus", "用八十度的水。")
    assert [p.width for p in _parts(tea) if isinstance(p, ImagePart)] == [5]
    owls = found["Owls"][0]
    assert (_thought(owls), _said(owls)) == ("Birds sleep.", "By day, mostly.")
    code = found["Explain a.py"][0]
    assert (_thought(code), _said(code)) == ("Look first.", "It prints one.")
    store.close()

    named = (tmp_path / "exports").rename(tmp_path / "of next month")
    again = qchat(tmp_path / "home", "import", str(named))
    assert "Imported 0 conversations" in again.stdout
    assert "Here already: 9 conversations." in again.stdout
    shown = qchat(tmp_path / "home", "sessions", "search", "八十度的水")
    assert "用八十度的水" in shown.stdout
    assert qchat(tmp_path / "home", "memory", "search", "haiku").stdout == ""


async def test_in_a_chat_it_is_seen_how_far_it_is_and_it_ends_with_the_chat(
    tmp_path: Path,
) -> None:
    file, paths = tmp_path / "chatgpt.json", Paths(tmp_path, tmp_path, tmp_path / "logs")
    talk = [node("u1", None, "user", "Hello"), node("a1", "u1", "assistant", "Hi")]
    file.write_text(json.dumps([chatgpt(*talk, id_=f"c{n}") for n in range(800)]))
    workspace = Workspace(Settings(web=WebSettings(enabled=False)), paths, tools=frozenset())
    context = CommandContext(workspace, workspace.open())
    outcome = await execute(f"/import {file}", context)
    assert isinstance(outcome, LongWork), "nothing else waits for it"
    running = asyncio.ensure_future(outcome.run())

    async def begun() -> bool:
        return workspace.import_progress is not None

    await eventually(begun, within_s=60)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert workspace.import_progress is None
    outcome = await execute(f"/import {file}", context)
    assert isinstance(outcome, LongWork)
    outcome = await outcome.run()
    assert isinstance(outcome, ShowMessage)
    assert "of ChatGPT from" in outcome.text
    assert workspace.import_progress is None
    assert len(workspace.store.sessions("default", limit=1_000)) == 800
    file.write_text("[]")
    outcome = await execute(f"/import {file}", context)
    assert isinstance(outcome, LongWork)
    outcome = await outcome.run()
    assert isinstance(outcome, ShowMessage)
    assert "{" not in outcome.text
    await workspace.aclose()


async def test_an_import_that_a_chat_leaves_stops_between_two_batches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left, ended, refused = threading.Event(), threading.Event(), list[str]()

    def slow(_path: object, _store: object, _user: str, _files: object, show: Show) -> Report:
        show(1, 2)
        left.wait(60)
        try:
            show(2, 2)
        except QchatError as error:
            refused.append(str(error))
            raise
        finally:
            ended.set()
        return Report()

    monkeypatch.setattr("qchat.importing.importer.import_export", slow)
    paths = Paths(tmp_path, tmp_path, tmp_path / "logs")
    workspace = Workspace(Settings(web=WebSettings(enabled=False)), paths, tools=frozenset())
    outcome = await execute("/import export.zip", CommandContext(workspace, workspace.open()))
    assert isinstance(outcome, LongWork)
    running = asyncio.ensure_future(outcome.run())

    async def begun() -> bool:
        return workspace.import_progress == (1, 2)

    await eventually(begun, within_s=60)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    left.set()
    assert await asyncio.to_thread(ended.wait, 60)
    assert refused == ["The import was stopped. Importing again goes on."]
    assert workspace.import_progress is None, "the bar stays away"
    await workspace.aclose()


def test_an_import_onto_a_full_disk_says_how_many_are_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "chatgpt.json"
    talk = [node("u1", None, "user", "Hello"), node("a1", "u1", "assistant", "Hi")]
    file.write_text(json.dumps([chatgpt(*talk, id_=f"c{n}") for n in range(BATCH + 1)]))
    store, whole = Store(tmp_path / "sessions.db"), importer.import_all

    def full(store: Store, user: str, batch: Conversations, *, again: bool) -> list[Outcome]:
        if len(batch) == BATCH:
            return whole(store, user, batch, again=again)
        raise StoreError("the disk is full")

    monkeypatch.setattr(importer, "import_all", full)
    with pytest.raises(StoreError) as refused:
        importer.import_export(file, store, "default", tmp_path / "files")
    assert str(refused.value) == (
        f"the disk is full. {BATCH:,} conversations are in; import it again, and it goes on."
    )
    assert len(store.sessions("default", limit=BATCH + 1)) == BATCH
    store.close()


def test_what_has_grown_gets_what_is_new_and_what_was_deleted_stays_away(tmp_path: Path) -> None:
    home, file = tmp_path / "home", tmp_path / "chatgpt.zip"
    first = [node("u1", None, "user", "Hello"), node("a1", "u1", "assistant", "Hi")]
    other = chatgpt(*first, id_="c-2", title="Other")
    talk = chatgpt(*first, title="Talk")
    file.write_bytes(zipped({"conversations.json": json.dumps([talk, other]).encode()}))
    assert qchat(home, "import", str(file)).returncode == 0
    store = Store(home / "sessions.db")
    (gone,) = (info for info in store.sessions("default") if info.title == "Other")
    store.delete_session(gone.id)
    store.close()
    more = [node("u2", "a1", "user", "And?"), node("a2", "u2", "assistant", "More")]
    grown = chatgpt(*[node(**_again(n)) for n in first], *more, title="Talk")
    file.write_bytes(zipped({"conversations.json": json.dumps([grown, other]).encode()}))
    done = qchat(home, "import", str(file))
    assert "1 conversation had grown" in done.stdout
    assert "Deleted here, and not brought back: 1 conversation." in done.stdout
    store = Store(home / "sessions.db")
    found = _by_title(store)
    assert [turn.prompt for turn in found["Talk"]] == ["Hello", "And?"]
    assert "Other" not in found
    store.close()
    assert qchat(home, "import", "--again", str(file)).returncode == 0
    store = Store(home / "sessions.db")
    assert "Other" in _by_title(store)
    store.close()


def _again(one: dict) -> dict:
    message = one["message"]
    return {
        "id_": one["id"], "parent": one["parent"], "role": message["author"]["role"],
        "content": message["content"],
    }  # fmt: skip


@pytest.mark.slow
def test_a_session_of_its_own_comes_in_as_the_same_elsewhere(tmp_path: Path) -> None:
    here, there, file = tmp_path / "here", tmp_path / "there", tmp_path / "talk.jsonl"
    assert qchat(here, "ask", "What is 12 * 12?").returncode == 0
    id_ = qchat(here, "sessions", "list").stdout.split()[0]
    exported = qchat(here, "sessions", "export", id_, "--format", "jsonl").stdout
    file.write_text(exported)
    assert "Here already: 1 conversation" in qchat(here, "import", str(file)).stdout
    assert qchat(there, "import", str(file)).returncode == 0
    again = qchat(there, "sessions", "export", id_, "--format", "jsonl").stdout
    head, *turns = map(json.loads, exported.splitlines())
    head_there, *turns_there = map(json.loads, again.splitlines())
    assert (head_there["id"], head_there["title"]) == (head["id"], head["title"])
    assert head_there["updated_at"] == head["updated_at"]
    for before, after in zip(turns, turns_there, strict=True):
        assert after["events"][1:] == before["events"]
        assert after["prompt"] == before["prompt"]


def test_what_is_broken_is_named_and_everything_else_comes_in(tmp_path: Path) -> None:
    whole = json.dumps(branched())
    folder = tmp_path / "damage"
    folder.mkdir()
    odd = chatgpt(
        node("u", None, "user", "half \ud83d of \0 it"), node("a", "u", "assistant", "x" * 20),
        id_="odd", title="Odd",
    )  # fmt: skip
    odd["create_time"] = 1e300
    odd["mapping"]["a"]["message"]["create_time"] = "99999-01-01"
    circle = chatgpt(
        node("u", "a", "user", "Round"), node("a", "u", "assistant", "And round"),
        id_="circle", title="Circle",
    )  # fmt: skip
    entries = [whole, json.dumps(odd), json.dumps(circle), '{"mapping": {"x": 5}}', "17"]
    (folder / "a.json").write_text(f"[{','.join(entries)}]")
    (folder / "b.json").write_text(f"[{json.dumps(claude())},{whole[: len(whole) // 2]}")
    (folder / "c.json").write_text('{"mapping": ' + "[" * 100_000)
    (folder / "settings.json").write_text('{"theme": "dark"}')
    done = qchat(tmp_path / "home", "import", str(folder))
    assert done.returncode == 0, done.stderr
    assert "Imported 4 conversations" in done.stdout
    assert "Left out: a.json, entry 5: is not a conversation." in done.stderr
    assert "Left out: b.json: is damaged after entry 1" in done.stderr
    assert "Left out: c.json: is not JSON" in done.stderr
    assert "Traceback" not in done.stderr
    listed = qchat(tmp_path / "home", "sessions", "list")
    assert listed.returncode == 0
    assert "Odd" in listed.stdout
    found = qchat(tmp_path / "home", "sessions", "search", "half")
    assert "half \ufffd of \ufffd it" in found.stdout


@pytest.mark.parametrize("cut", [True, False])
def test_a_zip_that_is_damaged_or_leads_elsewhere_is_harmless(tmp_path: Path, cut: bool) -> None:
    file, home = tmp_path / "export.zip", tmp_path / "home"
    outside = tmp_path / "outside.png"
    data = zipped(
        {
            "../outside.png": png(),
            "/etc/passwd.json": b"[]",
            "conversations.json": json.dumps([branched()]).encode(),
            "../file-Loaf1-x.png": png(),
        }
    )
    file.write_bytes(data[: len(data) // 2] if cut else data)
    done = qchat(home, "import", str(file))
    assert not outside.exists()
    if cut:
        assert done.returncode == 2
        assert "damaged zip" in done.stderr
    else:
        assert "Imported 1 conversation" in done.stdout


def test_a_kill_in_the_middle_costs_nothing(tmp_path: Path) -> None:
    file, home, count = tmp_path / "conversations.json", tmp_path / "home", 600
    talks = [
        chatgpt(
            node("u", None, "user", f"Question {n}"), node("a", "u", "assistant", "word " * 300),
            id_=f"c{n}", title=f"Talk {n}",
        )
        for n in range(count)
    ]  # fmt: skip
    file.write_text(json.dumps(talks))
    command = [*QCHAT, "import", str(file)]
    for _ in range(3):
        running = subprocess.Popen(command, env=environment(home), stdout=subprocess.DEVNULL)
        for _ in range(3_000):
            if (home / "sessions.db-wal").exists() or running.poll() is not None:
                break
            try:
                running.wait(0.01)
            except subprocess.TimeoutExpired:
                continue
        running.send_signal(signal.SIGKILL)
        running.wait()
    assert qchat(home, "import", str(file)).returncode == 0
    store = Store(home / "sessions.db")
    infos = store.sessions("default")
    assert len(infos) == count
    assert {info.turns for info in infos} == {1}
    store.close()
