"""Memories in a real Chroma: kept, found, shared between processes, and gone when forgotten."""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing
from pathlib import Path

import pytest

from qchat_memory.errors import MemoryStoreError
from qchat_memory.storage.embed import StaticEmbedder
from qchat_memory.storage.index import Index
from qchat_memory.storage.repository import user_folder
from qchat_memory.store import MemoryStore, exists
from tests.damage import damage
from tests.unit.memory_pairs import MEMORIES, QUESTIONS

EMBEDDER = StaticEmbedder()
MAX_MISSED = 2


@pytest.fixture
def memories(tmp_path: Path) -> Iterator[MemoryStore]:
    store = MemoryStore(tmp_path / "memory", "anna", EMBEDDER)
    yield store
    store.close()


def _python(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-c", code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_what_is_saved_is_found_by_a_new_store(tmp_path: Path) -> None:
    first = MemoryStore(tmp_path, "anna", EMBEDDER)
    saved = first.save("My parrot is called Zubiko.", session="s1", turn="3", kind="fact")
    first.close()
    second = MemoryStore(tmp_path, "anna", EMBEDDER)
    assert second.list() == [saved]
    (hit,) = second.recall("what is my parrot called?")
    assert hit.memory == saved
    assert hit.matched == ("parrot",)
    assert second.get(saved.id).uses == 1
    assert second.get(saved.id).used_at
    second.close()


def test_recall_finds_what_helps_and_nothing_else(memories: MemoryStore) -> None:
    keys = {memories.save(text).id: key for key, text in MEMORIES.items()}
    found = 0
    for question, wanted in QUESTIONS:
        got = {keys[hit.memory.id] for hit in memories.recall(question)}
        assert got <= wanted, f"{question!r} recalled {got}"
        found += bool(got)
    answerable = sum(bool(wanted) for _, wanted in QUESTIONS)
    # All but two when this was written: "the cat next door" for "our neighbour's", and a number
    # that may be a secret.
    assert found >= answerable - 2
    assert memories.recall("What is 127 * 45?") == []


def test_the_same_text_again_updates_the_old_memory(memories: MemoryStore) -> None:
    old = memories.save("My parrot is called Zubiko.", pinned=True)
    new = memories.save("my parrot is called  ZUBIKO", session="later")
    assert memories.list() == [new]
    assert (new.id, new.pinned, new.session) == (old.id, True, "later")


def test_pin_and_forget(memories: MemoryStore) -> None:
    one, two = memories.save("One swallow."), memories.save("Two swallows.")
    memories.pin(one.id)
    assert [m.id for m in memories.pinned()] == [one.id]
    memories.pin(one.id, False)
    assert memories.pinned() == []
    assert memories.forget(f"[{one.id}]").text == "One swallow."
    assert memories.list() == [two]
    with pytest.raises(MemoryStoreError, match="there is no memory"):
        memories.forget(one.id)
    assert all(hit.memory.id != one.id for hit in memories.search("swallow"))


def test_forgetting_all_leaves_no_text_on_disk(memories: MemoryStore, tmp_path: Path) -> None:
    memories.save("The secret word is Rumpelstiltskin.")
    assert memories.forget_all() == 1
    assert memories.list() == []
    left = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not any(b"Rumpelstiltskin" in path.read_bytes() for path in left)
    assert not any(path.suffix != ".lock" for path in left)
    memories.save("It works again.")
    assert len(memories.list()) == 1


def test_users_never_meet_whatever_their_names(tmp_path: Path) -> None:
    names = ["anna", "Anna", "../anna", "anna/../../x", "", "a" * 999, "анна", "\ud800", "CON"]
    for name in names:
        store = MemoryStore(tmp_path / "memory", name, EMBEDDER)
        store.save(f"My name is {name.encode('utf-8', 'replace').hex()[:20]} indeed.")
        store.close()
    folders = {path.parent for path in tmp_path.rglob("chroma.sqlite3")}
    assert len(folders) == len(names)
    assert all(folder.parent == tmp_path / "memory" for folder in folders)


def test_export_and_import_lose_nothing(memories: MemoryStore, tmp_path: Path) -> None:
    memories.pin(memories.save("我的鹦鹉叫小绿。\nzwei Zeilen", kind="preference", turn="7").id)
    memories.save("Second.")
    memories.recall("我的鹦鹉叫什么?")
    lines = list(memories.export_lines())
    other = MemoryStore(tmp_path / "memory", "bert", EMBEDDER)
    assert other.import_lines([*lines, "", lines[0]]) == 2
    assert list(other.export_lines()) == lines
    assert other.recall("我的鹦鹉叫什么?")
    with pytest.raises(MemoryStoreError, match="line 2 is not an exported memory"):
        other.import_lines([lines[0].replace("zwei", "drei"), '{"id": 1}'])
    assert len(other.list()) == 2
    other.close()


def test_two_processes_lose_nothing(memories: MemoryStore, tmp_path: Path) -> None:
    """Over Chroma's trimming threshold (1,000 writes), where its own client loses vectors."""
    code = (
        "import sys; from pathlib import Path; from qchat_memory.store import MemoryStore\n"
        "from hashlib import sha256\n"
        "store = MemoryStore(Path(sys.argv[1]), 'anna')\n"
        'lines = [\'{"id": "%08x", "text": "%s"}\' % (i, sha256(b\'%d\' % i).hexdigest())'
        " for i in range(int(sys.argv[2]), int(sys.argv[3]))]\n"
        "store.import_lines(lines)\n"
        "[store.save(f'single {i} of {sys.argv[2]}') for i in range(5)]\n"
    )

    def other_process(start: int, end: int) -> None:
        done = _python(code, str(tmp_path / "memory"), str(start), str(end))
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")

    memories.save("number -1 of them")
    other_process(0, 600)
    memories.save("number -2 of them")
    other_process(600, 1200)
    memories.save("number -3 of them")
    kept = [memory.text for memory in memories.list()]
    assert len(kept) == 1200 + 3 + 10
    wanted = dict(zip(kept, EMBEDDER.embed(kept), strict=True))
    with memories.repository.transaction() as transaction:
        there = transaction.collection.get(include=["embeddings", "documents"])
        nearest = transaction.collection.query(
            query_embeddings=list(wanted.values()), n_results=1, include=["documents"]
        )
    held = dict(zip(there["documents"], there["embeddings"], strict=True))
    assert held.keys() == wanted.keys()
    assert all(held[text] @ vector > 0.999 for text, vector in wanted.items())
    # The graph is approximate: what is in it may be missed now and then, one of a thousand.
    missed = set(kept) - {documents[0] for documents in nearest["documents"]}
    assert len(missed) <= MAX_MISSED
    for text in missed:
        assert memories.search(text)[0].memory.text == text


def test_what_an_embedder_measures_waits_for_another_ones_change(tmp_path: Path) -> None:
    """Both go through one connection to the index; an interface reads while a turn recalls."""
    with closing(MemoryStore(tmp_path, "ada")) as first:
        first.save("The boat is called Salacia")
    with closing(MemoryStore(tmp_path, "ada")) as memories, ThreadPoolExecutor(1) as other:
        repository = memories.repository
        with repository.transaction(), repository.index.change():
            measuring = other.submit(repository.spread, memories.embedder.name)
            wait((measuring,), timeout=0.5)
        measuring.result()
        assert memories.recall("What is the boat called?")


def test_a_damaged_file_is_made_whole_and_told_in_a_line(
    memories: MemoryStore, tmp_path: Path
) -> None:
    memories.save("Something.")
    memories.close()
    damage(tmp_path)
    memories.save("Something else.")
    assert {memory.text for memory in memories.list()} == {"Something.", "Something else."}
    (mended,) = memories.take_mended()
    assert "every memory was restored (1); the damaged files are set aside in" in str(mended)
    assert "\n" not in str(mended)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_only_the_owner_can_read(memories: MemoryStore, tmp_path: Path) -> None:
    memories.save("Private.")
    for path in (tmp_path / "memory").rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path


def test_an_index_is_its_owners_from_the_beginning(tmp_path: Path) -> None:
    """Beside a Chroma server nobody else looks after the modes."""
    path = tmp_path / "anna" / "index.sqlite3"
    index = Index(path)
    index.file.open()
    assert [file.stat().st_mode & 0o077 for file in path.parent.iterdir()] == [0, 0, 0]
    index.file.close()


def test_an_empty_memory_costs_nothing(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from qchat_memory.store import MemoryStore, exists\n"
        "folder = Path(sys.argv[1]) / 'none'; store = MemoryStore(folder, 'anna'); store.open()\n"
        "assert not exists(folder, 'anna') and not folder.exists()\n"
        "assert store.recall('parrot') == [] and not list(store.list()) and not store.pinned()\n"
        "assert store.forget_all() == 0 and not folder.exists()\n"
        "heavy = {'chromadb', 'tokenizers', 'numpy'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = _python(code, str(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")


def test_memory_is_silent_and_never_reaches_out(tmp_path: Path) -> None:
    code = (
        "import logging, sys; from pathlib import Path\n"
        "def guard(event, arguments):\n"
        "    assert event not in ('socket.connect', 'socket.getaddrinfo'), (event, arguments)\n"
        "sys.addaudithook(guard)\n"
        "from qchat_memory.storage.embed import StaticEmbedder\n"
        "from qchat_memory.store import MemoryStore\n"
        "vectors = StaticEmbedder().embed(['a parrot', ''])\n"
        "assert vectors.shape == (2, 256) and abs(float(vectors[0] @ vectors[0]) - 1) < 1e-5\n"
        "assert not vectors[1].any() and not logging.root.handlers\n"
        "store = MemoryStore(Path(sys.argv[1]), 'anna')\n"
        "store.save('I have a parrot.'); assert store.recall('my parrot'); store.close()\n"
    )
    done = _python(code, str(tmp_path))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_exists_is_a_look_at_the_disk_alone(tmp_path: Path) -> None:
    store = MemoryStore(tmp_path, "anna", EMBEDDER)
    assert not exists(tmp_path, "anna")
    store.save("x y z")
    assert exists(tmp_path, "anna")
    assert not exists(tmp_path, "bert")
    assert user_folder(tmp_path, "anna").parent == tmp_path
    store.close()


def test_a_memory_is_kept_though_its_step_cannot_be_noted(tmp_path: Path) -> None:
    with closing(MemoryStore(tmp_path, "ada")) as memories:
        memories.save("The boat is called Salacia")
        memories.repository.last_step.unlink()
        memories.repository.last_step.mkdir()
        memories.save("The dog is called Rex")
        assert {memory.text for memory in memories.list()} == {
            "The boat is called Salacia",
            "The dog is called Rex",
        }
        with pytest.raises(MemoryStoreError, match="no step to take back"):
            memories.undo_last()


def test_a_file_where_memories_should_lie_is_not_no_memories(tmp_path: Path) -> None:
    user_folder(tmp_path, "ada").write_text("something else")
    with (
        closing(MemoryStore(tmp_path, "ada")) as memories,
        pytest.raises(MemoryStoreError, match="cannot be used"),
    ):
        memories.list()
