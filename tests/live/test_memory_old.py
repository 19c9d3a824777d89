"""Memories of other versions, damaged ones, and an index that is gone, stale or broken."""

import io
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from qchat import cli
from qchat_memory.errors import MemoryStoreError
from qchat_memory.storage.chroma import INDEX
from qchat_memory.storage.embed import StaticEmbedder
from qchat_memory.store import MemoryStore
from tests.damage import damage

EMBEDDER = StaticEmbedder()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[MemoryStore]:
    store = MemoryStore(tmp_path / "memory", "anna", EMBEDDER)
    yield store
    store.close()


def _as_version_1(store: MemoryStore) -> None:
    """Leave a folder as qchat 0.1 did: each field as metadata of its own, no index."""
    with store.repository.transaction() as transaction:
        transaction.begin_change()
        transaction.collection.upsert(
            ids=["0000000a"],
            documents=["My parrot is called Zubiko."],
            metadatas=[
                {
                    "kind": "some kind of its own",
                    "said_at": "2025-05-01T10:00:00+00:00",
                    "session": "s1",
                    "turn": "3",
                    "pinned": True,
                    "used_at": "",
                    "uses": 2,
                }
            ],
            embeddings=EMBEDDER.embed(["My parrot is called Zubiko."]),
        )
        transaction.collection.modify(metadata={"embedder": EMBEDDER.name})
    store.repository.index.file.clear()
    store.close()


def test_memories_of_the_first_version_open(store: MemoryStore) -> None:
    store.save("Something.")
    store.forget(store.list()[0].id)
    _as_version_1(store)
    (memory,) = store.list()
    assert (memory.id, memory.kind, memory.pinned, memory.uses) == ("0000000a", "fact", True, 2)
    (hit,) = store.recall("what is my parrot called?")
    assert hit.memory.id == "0000000a"
    assert store.keep("My parrot is called Kiko.").replaced is not None
    assert store.reembed() == 0


def test_memories_of_a_newer_version_are_left_alone(store: MemoryStore) -> None:
    store.save("Something.")
    with store.repository.transaction() as transaction:
        root = transaction.collections().root()
        root.modify(metadata={**root.metadata, "format": 99})
    store.close()
    with pytest.raises(MemoryStoreError, match="newer version of qchat: update this one"):
        store.save("Another.")


@pytest.mark.parametrize("harm", ["gone", "broken", "stale", "other version"])
def test_the_index_is_made_anew(store: MemoryStore, harm: str) -> None:
    kept = [store.save(f"number {n} of several things") for n in range(5)]
    store.close()
    path = store.repository.folder / INDEX
    match harm:
        case "gone":
            store.repository.index.file.clear()
        case "broken":
            store.repository.index.file.clear()
            path.write_bytes(b"garbage" * 1000)
        case "stale":
            with store.repository.index.change():
                store.repository.index.delete([kept[0].id])
                store.repository.index.settle("-1")
        case _:
            with store.repository.index.change():
                store.repository.index.file.note(version="0")
    store.repository.index.file.close()
    assert {memory.id for memory in store.list()} == {memory.id for memory in kept}
    assert store.search("number 3")[0].memory.text == kept[3].text


def test_the_doctor_sets_damaged_files_aside_and_saves_what_it_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    store = MemoryStore(tmp_path / "memory", "default", EMBEDDER)
    kept = [store.save(f"number {n} of several things", session="s", turn=str(n)) for n in range(5)]
    store.close()
    damage(tmp_path)
    mended = store.mend()
    assert mended is not None
    assert mended.saved == 5
    assert (mended.aside / "chroma.sqlite3").read_bytes().startswith(b"garbage")
    assert {memory.id: memory for memory in store.list()} == {m.id: m for m in kept}
    store.close()
    damage(store.repository.folder)
    monkeypatch.setenv("QCHAT_HOME", str(tmp_path))
    cli.main(["doctor"])
    said = capsys.readouterr().out
    assert "ok  memory" in said
    assert "5 memories of default. The files of the memories were damaged" in said
    assert "every memory was restored (5); the damaged files are set aside in" in said


@pytest.mark.parametrize("harm", ["gone", "empty"])
def test_a_database_that_is_lost_is_damage_and_no_new_beginning(
    store: MemoryStore, harm: str
) -> None:
    kept = store.save("My boat is called Nerida.")
    store.close()
    database = damage(store.repository.folder)
    if harm == "gone":
        database.unlink()
    else:
        database.write_bytes(b"")
    store.save("My car is red.")
    (mended,) = store.take_mended()
    assert "is gone or empty" in mended.why
    assert [memory.text for memory in store.list()] == ["My car is red.", kept.text]


@pytest.mark.parametrize("saved", [True, False])
def test_forgetting_all_deletes_what_was_set_aside_too(store: MemoryStore, saved: bool) -> None:
    store.save("The secret word is Rumpelstiltskin.")
    store.close()
    damage(store.repository.folder)
    if not saved:
        store.repository.index.file.clear()
    mended = store.mend()
    assert mended is not None
    assert mended.aside.exists()
    assert store.forget_all() == saved
    left = [path for path in store.repository.folder.parent.rglob("*") if path.is_file()]
    assert {path.suffix for path in left} == {".lock"}


BAD = ["", " \n", "x" * 1_000_000, "a\x1b[31mred", "a\x00b", "\ud800"]


@pytest.mark.parametrize("text", BAD, ids=lambda text: repr(text[:8]))
def test_bad_texts_are_one_clear_line_and_leave_nothing(store: MemoryStore, text: str) -> None:
    for work in (store.save, lambda bad: store.edit("00000000", bad)):
        with pytest.raises(MemoryStoreError) as raised:
            work(text)
        assert "\n" not in str(raised.value)
    assert not store.repository.folder.exists()
    assert store.search(text[:100].replace("\ud800", "?")) == []


def test_bytes_that_are_no_text_are_no_import(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("QCHAT_HOME", str(tmp_path))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b'{"text": "\xff\xfe"}')))
    assert cli.main(["memory", "import"]) == 1
    assert "not UTF-8 at byte 10" in capsys.readouterr().err


def test_forgetting_all_leaves_neither_journal_nor_index(store: MemoryStore) -> None:
    store.save("The secret word is Rumpelstiltskin.")
    store.pin(store.list()[0].id)
    store.recall("what is the secret word?")
    assert any(
        b"Rumpelstiltskin" in p.read_bytes()
        for p in store.repository.folder.rglob("*")
        if p.is_file()
    )
    assert store.forget_all() == 1
    assert not store.repository.folder.exists()
    left = [path for path in store.repository.folder.parent.rglob("*") if path.is_file()]
    assert {path.suffix for path in left} == {".lock"}
