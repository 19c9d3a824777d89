"""Files of memories bent in every way: nothing ends by a signal, and nothing is lost."""

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from qchat_memory.errors import MemoryStoreError
from qchat_memory.storage import repair
from qchat_memory.storage.chroma_client import shared
from qchat_memory.storage.embed import StaticEmbedder
from qchat_memory.storage.repair import RESTORED
from qchat_memory.store import MemoryStore
from tests.program import qchat

EMBEDDER = StaticEmbedder()
MANY = 1_300
"""Over 1,000 changes: only then does Chroma write its graph."""
CODE = "My locker code word is zubiko."


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Memories to be copied and bent."""
    root = tmp_path_factory.mktemp("whole") / "memory"
    store = MemoryStore(root, "default", EMBEDDER)
    store.import_lines(f'{{"text": "On trip {n} I saw a river and a bridge"}}' for n in range(MANY))
    store.save(CODE)
    store.close()
    shared().stop()
    return root


@pytest.fixture
def root(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "memory"))


def _folder(root: Path) -> Path:
    return next(path for path in root.glob("user-*") if path.is_dir() and "." not in path.name)


def _graph(root: Path) -> Path:
    return next(path for path in _folder(root).iterdir() if path.is_dir())


def _garbage(file: Path, start: float = 0.0, size: int = 1 << 30) -> None:
    """Nonsense from a share of the file on."""
    length = file.stat().st_size
    first = int(length * start)
    with file.open("r+b") as data:
        data.seek(first)
        data.write(random.Random(7).randbytes(min(size, length - first)))


def _flip(file: Path, number: int) -> None:
    draw = random.Random(number)
    with file.open("r+b") as data:
        for _ in range(number):
            data.seek(draw.randrange(file.stat().st_size))
            data.write(b"\xff")


def _cut(file: Path, share: float) -> None:
    os.truncate(file, int(file.stat().st_size * share))


def _sql(file: Path, *orders: str) -> None:
    with closing(sqlite3.connect(file)) as db:
        for order in orders:
            db.execute(order)
        db.commit()


GRAPH: dict[str, Callable[[Path], None]] = {
    "graph gone": shutil.rmtree,
    "header garbage": lambda graph: _garbage(graph / "header.bin"),
    "header flipped": lambda graph: _flip(graph / "header.bin", 5),
    "header gone": lambda graph: (graph / "header.bin").unlink(),
    "vectors garbage": lambda graph: _garbage(graph / "data_level0.bin", 0, 100_000),
    "a bit flipped": lambda graph: _flip(graph / "data_level0.bin", 1),
    "16 flipped": lambda graph: _flip(graph / "data_level0.bin", 16),
    "256 flipped": lambda graph: _flip(graph / "data_level0.bin", 256),
    "vectors cut": lambda graph: _cut(graph / "data_level0.bin", 0.3),
    "vectors empty": lambda graph: _cut(graph / "data_level0.bin", 0),
    "vectors gone": lambda graph: (graph / "data_level0.bin").unlink(),
    "links garbage": lambda graph: _garbage(graph / "link_lists.bin"),
    "links cut": lambda graph: _cut(graph / "link_lists.bin", 0.5),
    "length garbage": lambda graph: _garbage(graph / "length.bin"),
    "names garbage": lambda graph: _garbage(graph / "index_metadata.pickle", 0, 200),
    "names gone": lambda graph: (graph / "index_metadata.pickle").unlink(),
    "a link to itself": lambda graph: (shutil.rmtree(graph), graph.symlink_to(graph))[0],
}
DATABASE: dict[str, Callable[[Path], None]] = {
    "cut in half": lambda file: _cut(file, 0.5),
    "garbage in the middle": lambda file: _garbage(file, 0.5, 65_536),
    "garbage at the head": lambda file: _garbage(file, 0, 4_096),
    "garbage at the end": lambda file: _garbage(file, 0.9),
    "empty": lambda file: _cut(file, 0),
    "gone": lambda file: file.unlink(),
    "a folder": lambda file: (file.unlink(), file.mkdir())[0],
    "another database": lambda file: (file.unlink(), _sql(file, "CREATE TABLE x (y)"))[0],
    "rows gone": lambda file: _sql(file, "DELETE FROM embeddings WHERE id % 3 = 0"),
    "collections gone": lambda file: _sql(file, "DELETE FROM collections"),
}


def _rows(file: Path) -> list[object]:
    with closing(sqlite3.connect(file)) as db:
        tables = ("migrations", "embeddings", "embedding_metadata", "embeddings_queue")
        return [db.execute(f"SELECT * FROM {table}").fetchall() for table in tables]


def _all_is_there(root: Path) -> None:
    store = MemoryStore(root, "default", EMBEDDER)
    try:
        assert store.search("locker code word")[0].memory.text == CODE
        store.save("A new thing was told.")
        assert store.count() == MANY + 2
        assert store.search("new thing")[0].memory.text == "A new thing was told."
        store.mend()
        with store.repository.transaction() as transaction:
            found = transaction.collection.get(include=["documents", "embeddings"])
        assert set(found["documents"]) == {memory.text for memory in store.list()}
        made = EMBEDDER.embed(found["documents"])
        assert abs(made - found["embeddings"]).max() < repair.CLOSE
        assert store.mend() is None
    finally:
        store.close()


@pytest.mark.parametrize("harm", GRAPH)
def test_a_bent_graph_loses_nothing(root: Path, harm: str) -> None:
    GRAPH[harm](_graph(root))
    _all_is_there(root)


@pytest.mark.parametrize("harm", DATABASE)
def test_a_bent_database_loses_nothing(root: Path, harm: str) -> None:
    DATABASE[harm](_folder(root) / "chroma.sqlite3")
    _all_is_there(root)


FEW = 20
WITHOUT_WORDS = {
    "log's vectors cut": "UPDATE embeddings_queue SET vector = substr(vector, 1, 40)",
    "log's metadata garbage": "UPDATE embeddings_queue SET metadata = '{bad'",
    "texts gone": "DELETE FROM embedding_metadata WHERE key = 'chroma:document'",
    "a text is nothing": "UPDATE embedding_metadata SET string_value = NULL WHERE id = 3",
    "fields garbage": "UPDATE embedding_metadata SET string_value = '{oops' WHERE key = 'memory'",
    "an id is bytes": "UPDATE embeddings SET embedding_id = x'ff00' WHERE id = 3",
    "a column is gone": "ALTER TABLE embeddings_queue RENAME COLUMN topic TO thema",
    "settings garbage": "UPDATE collections SET config_json_str = '{{{'",
    "collection gone": "DELETE FROM collections",
    "vectors of another length": "UPDATE collections SET dimension = 17",
}
"""What Chroma has many words for, or none."""


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("few") / "memory"
    store = MemoryStore(root, "default", EMBEDDER)
    store.import_lines(f'{{"text": "On trip {n} I saw a river"}}' for n in range(FEW))
    store.save(CODE)
    store.close()
    shared().stop()
    return root


@pytest.mark.parametrize("index", ["older", "none"])
@pytest.mark.parametrize("harm", WITHOUT_WORDS)
def test_damage_that_no_words_tell_is_mended_from_what_holds_the_texts(
    few: Path, tmp_path: Path, harm: str, index: str
) -> None:
    root = Path(shutil.copytree(few, tmp_path / "memory"))
    _sql(_folder(root) / "chroma.sqlite3", WITHOUT_WORDS[harm])
    if index == "older":
        older = "UPDATE meta SET value = '3' WHERE key = 'version'"
        _sql(_folder(root) / "index.sqlite3", older)
    else:
        (_folder(root) / "index.sqlite3").unlink()
    store = MemoryStore(root, "default", EMBEDDER)
    assert store.search("locker code word")[0].memory.text == CODE
    assert store.save("A new thing was told.") in store.list()
    assert store.count() == FEW + 2
    store.mend()  # what searching did not meet
    assert store.mend() is None
    store.close()


AT_OPENING = ("cut in half", "garbage in the middle", "garbage at the head", "gone", "rows gone")


@pytest.mark.parametrize("harm", AT_OPENING)
def test_damage_of_few_memories_is_met_when_they_are_opened(root: Path, harm: str) -> None:
    DATABASE[harm](_folder(root) / "chroma.sqlite3")
    _is_mended_at_opening(root)


@pytest.mark.parametrize("harm", ["graph gone", "vectors empty", "vectors gone"])
def test_a_graph_that_is_gone_is_met_when_memories_are_opened(root: Path, harm: str) -> None:
    GRAPH[harm](_graph(root))
    _is_mended_at_opening(root)


def _is_mended_at_opening(root: Path) -> None:
    store = MemoryStore(root, "default", EMBEDDER)
    store.open()
    (mended,) = store.take_mended()
    assert mended.whole
    assert mended.saved == MANY + 1
    store.open()
    assert not store.take_mended()
    assert store.count() == MANY + 1
    store.close()


@pytest.mark.parametrize("harm", ["garbage", "middle", "cut", "gone", "rows gone"])
def test_a_bent_index_loses_nothing(root: Path, harm: str) -> None:
    file = _folder(root) / "index.sqlite3"
    match harm:
        case "garbage":
            _garbage(file, 0, 8_192)
        case "middle":
            _garbage(file, 0.5, 65_536)
        case "cut":
            _cut(file, 0.5)
        case "gone":
            file.unlink()
        case _:
            _sql(file, "DELETE FROM memories WHERE row % 3 = 0")
    _all_is_there(root)


@pytest.mark.parametrize("harm", ["vectors garbage", "graph gone", "names garbage"])
def test_without_the_index_the_texts_are_read_and_their_vectors_made_again(
    root: Path, harm: str
) -> None:
    (_folder(root) / "index.sqlite3").unlink()
    GRAPH[harm](_graph(root))
    _all_is_there(root)


def test_what_is_whole_in_two_bent_databases_is_put_together(root: Path) -> None:
    folder = _folder(root)
    _garbage(folder / "chroma.sqlite3", 0.6, 40_000)
    _garbage(folder / "index.sqlite3", 0.6, 40_000)
    store = MemoryStore(root, "default", EMBEDDER)
    mended = store.mend()
    assert mended is not None
    assert not mended.whole
    assert "those that could be read were restored" in str(mended)
    assert MANY * 0.6 < store.count() <= MANY + 1
    assert store.mend() is None
    store.close()


@pytest.mark.parametrize("all_read", [True, False])
def test_what_was_set_aside_goes_when_something_is_forgotten(root: Path, all_read: bool) -> None:
    """All of it is elsewhere, and it holds the forgotten words too.

    Where not all could be read, the files with the words go, and the others stay.
    """
    shutil.rmtree(_graph(root))
    store = MemoryStore(root, "default", EMBEDDER)
    mended = store.mend()
    assert mended is not None
    assert mended.aside.exists()
    if not all_read:
        (mended.aside / RESTORED).unlink()
        (mended.aside / "rest").write_bytes(b"what nobody can read")
        graph = mended.aside / "graph"
        graph.mkdir(exist_ok=True)
        (graph / "data_level0.bin").write_bytes(b"of zubiko, as its heap had it")
    gone = store.forget(store.search("locker")[0].memory.id)
    assert mended.aside.exists() != all_read
    if not all_read:
        assert (mended.aside / "rest").exists()
        words = gone.text.encode()
        assert not [f for f in root.rglob("*") if f.is_file() and words in f.read_bytes()]
    assert not [f for f in root.rglob("*") if f.is_file() and b"zubiko" in f.read_bytes()]
    store.close()


def test_what_was_forgotten_does_not_come_back(root: Path) -> None:
    store = MemoryStore(root, "default", EMBEDDER)
    store.forget(store.search("locker")[0].memory.id)
    store.close()
    shared().stop()
    shutil.rmtree(_graph(root))
    assert store.count() == MANY
    assert store.mend() is not None
    assert store.count() == MANY
    assert not [memory for memory in store.list() if memory.text == CODE]
    store.close()


@pytest.mark.parametrize("harm", ["not a number", "a folder"])
def test_an_unreadable_lock_is_made_anew(root: Path, harm: str) -> None:
    lock = _folder(root).with_suffix(".lock")
    if harm == "a folder":
        lock.unlink()
        lock.mkdir()
    else:
        lock.write_text(harm)
    _all_is_there(root)


def test_a_newer_chroma_is_left_alone_and_its_texts_are_read(root: Path) -> None:
    file = _folder(root) / "chroma.sqlite3"
    _sql(file, "UPDATE migrations SET hash = 'of another' WHERE version = 1")
    before = _rows(file)
    store = MemoryStore(root, "default", EMBEDDER)
    assert store.search("locker code word")[0].memory.text == CODE
    assert store.count() == MANY + 1
    with pytest.raises(MemoryStoreError, match=r"another version of Chroma.*Update qchat"):
        store.save("A new thing.")
    assert not store.take_mended()
    store.close()
    assert _rows(file) == before


def test_where_nothing_can_be_mended_the_index_still_answers(root: Path) -> None:
    store = MemoryStore(root, "default", EMBEDDER)
    (before,) = store.search("journeys over water", 1)
    assert not before.matched, "by meaning alone"
    store.close()
    shared().stop()
    shutil.rmtree(_graph(root))
    in_the_way = _folder(root).with_name(f"{_folder(root).name}.mending")
    in_the_way.write_text("no folder can be made here")
    assert store.search("journeys over water", 1)[0].score >= before.score
    with pytest.raises(MemoryStoreError, match=r"cannot be mended now.*doctor"):
        store.save("A new thing.")
    in_the_way.unlink()
    assert store.mend() is not None
    store.save("A new thing.")
    assert store.count() == MANY + 2
    store.close()


def test_a_kill_between_the_two_renames_loses_nothing(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(_graph(root))
    rename, moved = Path.rename, []

    def killed(path: Path, target: Path) -> Path:
        if moved:
            raise KeyboardInterrupt
        moved.append(target)
        return rename(path, target)

    store = MemoryStore(root, "default", EMBEDDER)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", killed)
        with pytest.raises(KeyboardInterrupt):
            store.mend()
    store.close()
    assert moved
    assert not store.repository.folder.exists()
    _all_is_there(root)


def test_the_process_of_chroma_may_be_killed_at_any_time(tmp_path: Path) -> None:
    store = MemoryStore(tmp_path, "anna", EMBEDDER)
    for number in range(5):
        store.save(f"number {number} of several things")
        pid = shared().pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL if os.name == "posix" else signal.SIGTERM)
        assert store.search(f"number {number}")[0].memory.text.startswith(f"number {number}")
    assert store.count() == 5
    assert not store.take_mended()
    store.close()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows gives no other parent")
def test_the_process_ends_with_its_owner(tmp_path: Path) -> None:
    code = (
        "import os, sys, signal; from pathlib import Path\n"
        "from qchat_memory.store import MemoryStore\n"
        "from qchat_memory.storage.chroma_client import shared\n"
        "store = MemoryStore(Path(sys.argv[1]), 'anna'); store.save('Something.')\n"
        "print(shared().pid, flush=True); os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    pid = int(done.stdout)
    store = MemoryStore(tmp_path, "anna", EMBEDDER)
    store.save("Another.")  # waits for what the orphan is at
    store.close()
    for _ in range(2_000):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        subprocess.run(["sleep", "0.005"], check=True)
    pytest.fail("the process of a dead owner lives on")


@pytest.mark.parametrize("harm", ["vectors garbage", "graph gone"])
def test_the_program_says_what_was_mended(root: Path, harm: str) -> None:
    GRAPH[harm](_graph(root))
    home = root.parent
    found = qchat(home, "memory", "search", "locker", "code")
    assert (found.returncode, "zubiko" in found.stdout) == (0, True)
    doctor = qchat(home, "doctor")
    said = found.stderr + doctor.stdout
    assert "every memory was restored" in said
    assert "ok  memory" in doctor.stdout
    assert len(qchat(home, "memory", "list").stdout.splitlines()) == MANY + 1
