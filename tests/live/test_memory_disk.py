"""Memories and the disk: when it is full, when the power goes, and how they are kept quickly."""

import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from qchat.memory.memories import Memories
from qchat_memory.errors import FullDiskError, MemoryStoreError
from qchat_memory.storage import chroma
from qchat_memory.storage.chroma_client import shared
from qchat_memory.storage.embed import StaticEmbedder
from qchat_memory.storage.index import Index
from qchat_memory.store import MemoryStore
from tests.program import qchat

EMBEDDER = StaticEmbedder()

# Saves until the disk is full, again and again, then has room: no file may grow beyond the limit.
FULL = """
import resource, sys; from pathlib import Path; from qchat_memory.store import MemoryStore
from qchat_memory.errors import MemoryStoreError
from qchat_memory.storage.chroma_client import shared
store = MemoryStore(Path(sys.argv[1]), "anna")
soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
store.save("The first one.")
print("saved The first one.")
number = refused = 0
def limit(size):  # of Chroma's process too
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    if hasattr(resource, "prlimit"):
        resource.prlimit(shared().pid, resource.RLIMIT_FSIZE, (size, hard))
for kilobytes in (200, 260, 300, 340, 400, 500):
    limit(kilobytes * 1000)
    for _ in range(30):
        number += 1
        try:
            store.save(f"number {number} " + "of many " * 100)
            print(f"saved number {number}")
        except MemoryStoreError as error:
            print("refused", error)
            break
limit(soft)
store.save("There is room again.")
print("saved There is room again.")
store.close()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_a_full_disk_loses_nothing_that_was_reported(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "error", "-c", FULL, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    lines = [line.partition(" ") for line in done.stdout.splitlines()]
    refused = [said for word, _, said in lines if word == "refused"]
    assert len(refused) >= 3
    assert all("disk" in line and "damaged" not in line for line in refused)
    store = MemoryStore(tmp_path, "anna", EMBEDDER)
    kept = " ".join(memory.text for memory in store.list())
    assert all(said in kept for word, _, said in lines if word == "saved")
    assert store.search("room again")[0].memory.text == "There is room again."
    number = store.count()
    with store.repository.transaction() as transaction:
        assert transaction.collection.count() == number
    store.close()


def test_a_change_is_not_begun_without_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a full disk Chroma may wait for minutes."""
    with closing(MemoryStore(tmp_path, "anna", EMBEDDER)) as store:
        kept = store.save("The first one.")
        monkeypatch.setattr(chroma, "ROOM_BYTES", sys.maxsize)
        shared().stop()
        for change in (lambda: store.save("A second one."), lambda: store.forget(kept.id)):
            with pytest.raises(FullDiskError, match="make room"):
                change()
        assert shared().pid is None, "Chroma was not asked"
        monkeypatch.undo()
        store.save("There is room again.")
        assert store.count() == 2


def test_memories_of_an_earlier_version_are_saved_as_quickly(tmp_path: Path) -> None:
    store = MemoryStore(tmp_path, "anna", EMBEDDER)
    store.save("I was saved in the old way.")
    store.close()
    (database,) = tmp_path.rglob("chroma.sqlite3")
    shared().stop()  # who has it open keeps it as it is
    with closing(sqlite3.connect(database)) as db:
        db.execute("PRAGMA journal_mode = DELETE")
    # SQLite's own note of who may read and write it; 2: with a log that is written ahead.
    assert database.read_bytes()[18:20] == bytes([1, 1])
    store.save("I was saved in the new way.")
    assert len(store.list()) == 2
    store.close()
    assert database.read_bytes()[18:20] == bytes([2, 2])


def test_a_power_cut_between_chroma_and_the_index_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Chroma has it on the disk; the index and the count of changes are as they were before."""
    store = MemoryStore(tmp_path, "anna", EMBEDDER)
    store.save("I was saved before.")
    count = store.repository.folder.with_suffix(".lock")
    before = count.read_bytes()

    def dark(*_arguments: object) -> None:
        raise OSError("no power")

    with monkeypatch.context() as patch:
        patch.setattr(Index, "settle", dark)
        with pytest.raises(MemoryStoreError, match="no power"):
            store.save("I was saved last.")
    store.repository.index.file.close()
    count.write_bytes(before)
    again = MemoryStore(tmp_path, "anna", EMBEDDER)
    assert [memory.text for memory in again.list()] == ["I was saved last.", "I was saved before."]
    again.close()


# Imports onto a disk that has no room for all of it, then once more where there is.
IMPORTED = """
import resource, sys; from pathlib import Path; from qchat_memory.store import MemoryStore
from qchat_memory.errors import MemoryStoreError
from qchat_memory.storage.chroma_client import shared
store = MemoryStore(Path(sys.argv[1]), "anna")
store.save("The first one.")
soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
def limit(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    resource.prlimit(shared().pid, resource.RLIMIT_FSIZE, (size, hard))
lines = [f'{{"text": "On trip {n} I saw a river and a bridge"}}' for n in range(3_000)]
limit(4_000_000)
try:
    store.import_lines(lines)
except MemoryStoreError as error:
    print(error)
limit(soft)
print(store.count())
store.import_lines(lines)
print(store.count())
store.close()
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a limit for another process")
def test_an_import_onto_a_full_disk_says_how_many_are_in_and_goes_on(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "error", "-c", IMPORTED, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    said, kept, all_of_them = done.stdout.splitlines()
    found = re.fullmatch(
        r"the disk is full(?:, or fails)? \(.*\): make room and try again\."
        r" ([\d,]+) of 3,000 memories are in:"
        r" import them again, and the rest is added",
        said,
    )
    assert found is not None, said
    assert 0 < int(found[1].replace(",", "")) < int(kept) <= 3_000
    assert all_of_them == "3001"


# Nothing can be written, as on a full disk, but what was kept can be read.
READ = """
import resource, sys; from pathlib import Path; from qchat_memory.store import MemoryStore
from qchat_memory.errors import MemoryStoreError
from qchat_memory.storage.chroma_client import shared
store = MemoryStore(Path(sys.argv[1]), "anna")
resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
store.open()
print(store.take_full(), store.take_full(), store.take_mended())
print([memory.text for memory in store.list()], len(list(store.export_lines())))
print([hit.memory.text for hit in store.search("boat")])
print([hit.memory.text for hit in store.recall("What colour is my boat?")])
print(store.take_full(), store.repository.index.file.opened, shared().pid)
try:
    store.save("Something new.")
except MemoryStoreError as error:
    print(error)
print(store.count())
store.close()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
@pytest.mark.parametrize("cut_short", [False, True], ids=["settled", "a change was cut short"])
def test_what_was_kept_is_read_on_a_full_disk(tmp_path: Path, cut_short: bool) -> None:
    store = MemoryStore(tmp_path, "anna", EMBEDDER)
    store.save("My boat is blue.")
    if cut_short:
        with store.repository.transaction() as transaction:
            store.repository.index.announce(["00000000"], transaction.next_version)
            store.repository.index.file.close()  # else it is settled when the store is closed
    else:
        store.close()
    command = [sys.executable, "-W", "error", "-c", READ, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    boat = "['My boat is blue.']"
    *lines, refused, number = done.stdout.splitlines()
    # The index is not held between two calls, for nobody else could use it; and Chroma is not
    # asked, which may wait for room without an end.
    assert lines == ["True False []", f"{boat} 1", boat, boat, "True False None"]
    assert "the disk is full" in refused
    assert number == "1"
    assert store.save("There is room again.").text == "There is room again."
    assert store.count() == 2
    assert not store.take_full()
    store.close()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_the_program_lists_and_says_that_nothing_new_is_kept(tmp_path: Path) -> None:
    qchat(tmp_path, "memory", "add", "My boat is blue.")
    full = ("sh", "-c", 'ulimit -f 0; exec "$@"', "sh")
    for command in (("list",), ("search", "boat")):
        done = qchat(tmp_path, "memory", *command, wrapper=full)
        assert (done.returncode, "My boat is blue." in done.stdout) == (0, True), done.stderr
        assert done.stderr == (
            "The disk is full: memories can be read, but nothing new is kept until you make room.\n"
        )


async def test_a_conversation_is_told_once_that_the_disk_is_full(tmp_path: Path) -> None:
    store = MemoryStore(tmp_path, "anna", EMBEDDER)
    store.save("My boat is blue.")
    memories = Memories(store, "s1")
    store.repository.full = True
    assert [line[:17] for line in memories.mended()] == ["The disk is full:"]
    store.repository.full = True
    assert memories.mended() == []
    store.close()
