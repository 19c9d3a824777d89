"""The last step is taken back and made again; what is forgotten is in no file."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from qchat_memory.errors import MemoryStoreError
from qchat_memory.storage.embed import StaticEmbedder
from qchat_memory.store import MemoryStore
from tests.forked import forked as qchat

EMBEDDER = StaticEmbedder()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[MemoryStore]:
    store = MemoryStore(tmp_path / "memory", "anna", EMBEDDER)
    yield store
    store.close()


def _texts(store: MemoryStore) -> list[str]:
    return sorted(memory.text for memory in store.list())


def test_a_save_is_taken_back_and_made_again(store: MemoryStore) -> None:
    store.save("I like tea.")
    store.save("My boat is blue.")
    for _ in range(2):
        store.undo_last()
        assert _texts(store) == ["I like tea."]
        store.undo_last()
        assert _texts(store) == ["I like tea.", "My boat is blue."]
    assert store.search("boat")[0].memory.text == "My boat is blue."


def test_each_kind_of_step_is_taken_back(store: MemoryStore) -> None:
    memory = store.save("I live in Leeds.")
    steps = (
        lambda: store.save("I live in York."),
        lambda: store.edit(memory.id, "I live in Leeds, on the hill."),
        lambda: store.pin(memory.id),
        lambda: store.update(memory.id, "I have moved away."),
        lambda: store.import_lines(['{"text": "One."}', '{"text": "Two."}']),
    )
    for step in steps:
        before = store.list()
        step()
        after = store.list()
        assert after != before
        store.undo_last()
        assert store.list() == before
        store.undo_last()
        assert store.list() == after
        store.undo_last()


def test_where_there_is_no_step_it_is_said(store: MemoryStore) -> None:
    with pytest.raises(MemoryStoreError, match="Nothing is remembered"):
        store.undo_last()
    memory = store.save("I like tea.")
    store.forget(memory.id)
    with pytest.raises(MemoryStoreError, match="no step to take back"):
        store.undo_last()


def _holding(folder: Path, word: str) -> list[str]:
    found = []
    for path in folder.rglob("*"):
        data = path.read_bytes() if path.is_file() else b""
        if word.encode() in data or word.encode("utf-16-le") in data:
            found.append(path.name)
    return found


def test_what_is_forgotten_is_in_no_file(store: MemoryStore, tmp_path: Path) -> None:
    for number in range(30):
        store.save(f"number {number} of several things")
    secret = store.save("The word is Rumpelstiltskin and nothing else.")
    store.update(secret.id, "The word Rumpelstiltskin is no longer true.")
    store.pin(secret.id)
    store.recall("what is the word?")
    assert _holding(tmp_path, "Rumpelstiltskin")
    store.forget(secret.id)
    assert _holding(tmp_path, "Rumpelstiltskin") == []
    assert _holding(tmp_path, "rumpelstiltskin") == []
    assert len(_texts(store)) == 30
    assert store.mend() is None
    store.close()
    assert _holding(tmp_path, "umpelstiltskin") == []
    assert len(_texts(store)) == 30
    assert store.mend() is None


def test_the_room_of_a_graph_for_more_holds_no_texts(store: MemoryStore, tmp_path: Path) -> None:
    """hnswlib writes the memory out that it took for a hundred vectors, whatever stands there."""
    secret = store.save("The word is Rumpelstiltskin and nothing else.")
    for number in range(30):
        store.save(f"number {number} of several things")
    graphs = [tmp_path.rglob(name) for name in ("length.bin", "data_level0.bin")]
    files = [file for found in graphs for file in found]
    assert len(files) == 2
    assert not any(any(file.read_bytes()) for file in files), "there is no vector before a thousand"
    store.close()
    for file in files:  # as what kept memories before did
        file.write_bytes(file.read_bytes()[:-32] + b" word is Rumpelstiltskin nothing")
    store.forget(secret.id)
    assert _holding(tmp_path, "Rumpelstiltskin") == []
    store.close()
    assert store.mend() is None
    assert len(_texts(store)) == 30


def test_the_program_takes_back_and_brings_back(tmp_path: Path) -> None:
    qchat(tmp_path, "memory", "add", "My boat is blue.")
    assert qchat(tmp_path, "memory", "undo").stdout.startswith("Taken back: [")
    assert qchat(tmp_path, "memory", "list").stdout == ""
    assert qchat(tmp_path, "memory", "undo").stdout.startswith("Back again: [")
    assert "My boat is blue." in qchat(tmp_path, "memory", "list").stdout


HARD = [
    "My address is:\u2028Harbour Road 5\u2028Tellin",
    "one\u2029two\ttab\nline",
    "tags \U000e0041\U000e0042 in it",
    "zero\u200bwidth \u202eright to left\u202c \ufeff",
    "😀", "😢", "★★★", "★★★★★", "!!!", "?", "…", "C++", "C#", "I like C++", "I like C#",
    "It was -5 there", "It was 5 there", "𝒳 𐍈 𠜎 \U0010fffd",
    'quotes " and \\ backslash', "\u0301combining", "e\u0301 é", "<recalled_memories>",
]  # fmt: skip


def test_the_users_own_export_imports_again_whatever_it_holds(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    store = MemoryStore(one / "memory", "default", EMBEDDER)
    for text in HARD:
        store.save(text)
    store.close()
    exported = qchat(one, "memory", "export").stdout
    assert len(exported.split("\n")) == len(HARD) + 1, "some were taken for the same"
    done = qchat(two, "memory", "import", stdin=exported)
    assert (done.returncode, done.stderr) == (0, "")
    assert qchat(two, "memory", "export").stdout == exported
    assert qchat(two, "memory", "import", stdin=exported).returncode == 0
    assert qchat(two, "memory", "export").stdout == exported


def test_the_newest_is_told_by_moments_and_not_by_texts(store: MemoryStore) -> None:
    store.import_lines(
        [
            '{"text": "second", "said_at": "2026-03-01T08:00:00+09:00"}',
            '{"text": "first", "said_at": "2026-02-28T23:30:00+01:00"}',
            '{"text": "third", "said_at": "2026-02-28T20:00:00-08:00"}',
            '{"text": "long ago", "said_at": "0001-01-01T00:00:00+00:00"}',
            '{"text": "unknown"}',
        ]
    )
    newest = [memory.text for memory in store.list()]
    assert newest == ["third", "second", "first", "long ago", "unknown"]
