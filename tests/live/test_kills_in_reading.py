"""Killed at random moments, histories and folders are read on to the end: each thing once."""

import os
import random
import signal
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from qchat.config.settings import MemorySettings
from qchat.egress.traffic import Traffic
from qchat.importing.importer import import_export
from qchat.knowledge.catalog import Catalog
from qchat.knowledge.library import Library
from qchat.knowledge.sync import sync
from qchat.runtime.paths import Paths
from qchat.store import Store

KILLS = int(os.environ.get("QCHAT_TEST_KILLS", "40"))
"""In the suite; the proof is two hundred: QCHAT_TEST_KILLS=200."""
MANY = 120

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork to be quick")


def _killed(work: Callable[[], object], draw: random.Random) -> int:
    """Let a child work for a moment and kill it; how it ended."""
    child = os.fork()
    if not child:
        try:
            work()
        finally:
            os._exit(0)
    time.sleep(draw.uniform(0.0, 0.12))  # the moment of the kill, not a wait for something
    os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _whole(database: Path) -> None:
    with closing(sqlite3.connect(database)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []


def test_a_history_is_whole_after_many_kills(tmp_path: Path) -> None:
    file, database = tmp_path / "conversations.json", tmp_path / "sessions.db"
    file.write_bytes(msgspec.json.encode([_conversation(n) for n in range(MANY)]))

    def work() -> None:
        store = Store(database)
        import_export(file, store, "anna", tmp_path / "files")
        store.close()

    draw = random.Random(3)
    kills = 0
    while kills < KILLS:
        killed = _killed(work, draw) == -signal.SIGKILL
        kills += killed
        if not killed:  # all was read: once more from the beginning
            _has_all(database)
            for path in tmp_path.glob("sessions.db*"):
                path.unlink()
    if database.exists():
        _whole(database)
    work()
    _has_all(database)


def _has_all(database: Path) -> None:
    _whole(database)
    store = Store(database)
    try:
        sessions = store.sessions("anna")
        assert sorted(info.title for info in sessions) == sorted(f"Talk {n}" for n in range(MANY))
        assert all(len(store.turns(info.id)) == 3 for info in sessions)
        assert len(store.index.search("anna", "wombat", -1)) == MANY
    finally:
        store.close()


def _conversation(number: int) -> dict[str, object]:
    mapping: dict[str, object] = {}
    above = None
    for place in range(6):
        role = "assistant" if place % 2 else "user"
        said = f"wombat {number}" if not place else f"{role} {place} of {number} " * 20
        content = {"content_type": "text", "parts": [said]}
        message = {"author": {"role": role}, "create_time": 1.7e9 + number, "content": content}
        mapping[f"{number}-{place}"] = {
            "id": f"{number}-{place}",
            "parent": above,
            "message": message,
        }
        above = f"{number}-{place}"
    return {"id": f"c{number}", "title": f"Talk {number}", "mapping": mapping}


def test_a_folder_is_whole_after_many_kills(tmp_path: Path) -> None:
    notes, home = tmp_path / "notes", tmp_path / "home"
    notes.mkdir()
    draw = random.Random(4)
    library = Library(Paths(home, home, home / "logs"), "anna", MemorySettings(), Traffic())
    library.add(notes)
    database = library.folder / "knowledge.db"

    def work() -> None:
        catalog = Catalog(database)
        sync(catalog, catalog.folders()[0])
        catalog.close()

    ends = []
    for number in range(KILLS):
        for _ in range(3):  # something changes, comes and goes meanwhile
            (notes / f"{draw.randrange(MANY)}.md").write_text(f"Note of {number}. " * 300)
        if number % 5 == 4:
            next(notes.iterdir()).unlink()
        ends.append(_killed(work, draw))
    assert -signal.SIGKILL in ends
    _whole(database)
    work()
    catalog = Catalog(database)
    (folder,) = catalog.counted()
    read = catalog.files(folder)
    catalog.close()
    library.close()
    assert set(read) == {path.name for path in notes.iterdir()}
    assert not folder.problems
    with closing(sqlite3.connect(database)) as db:
        passages = db.execute("SELECT count(*) FROM passages").fetchone()
        assert db.execute("SELECT count(*) FROM found").fetchone() == passages
