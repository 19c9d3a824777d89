"""Which turns use which kept files, so that a file goes with the last conversation that has it."""

import json
import re
import shutil
import sqlite3
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

_HASH = re.compile(r'"sha256":"([0-9a-f]{64})"')


def hashes_in(text: str) -> str:
    """The hashes in an event's JSON, as a JSON list: for the database's own use."""
    return json.dumps(sorted(set(_HASH.findall(text))))


def note_files(db: sqlite3.Connection, turn: int, text: str) -> None:
    """Note the files that an event of a turn names, in the caller's transaction."""
    if '"sha256"' in text:
        rows = [(sha256, turn) for sha256 in set(_HASH.findall(text))]
        db.executemany("INSERT OR IGNORE INTO kept VALUES (?, ?)", rows)


def used_by(db: sqlite3.Connection, session: str) -> list[str]:
    """The files of a conversation."""
    query = "SELECT DISTINCT sha256 FROM kept JOIN turns ON turns.id = turn WHERE session = ?"
    return [sha256 for (sha256,) in db.execute(query, (session,))]


def unused(db: sqlite3.Connection, hashes: Iterable[str]) -> list[str]:
    """Those that no turn of any conversation has."""
    query = "SELECT 1 FROM kept WHERE sha256 = ? LIMIT 1"
    return [sha256 for sha256 in hashes if db.execute(query, (sha256,)).fetchone() is None]


def remove(hashes: Iterable[str], folder: Path) -> None:
    """Delete kept files that nobody uses any more; what cannot be deleted stays."""
    for sha256 in hashes:
        with suppress(OSError):
            (folder / sha256).unlink(missing_ok=True)


def remove_reports(db: sqlite3.Connection, folder: Path) -> None:
    """Delete what runs have left in `folder` of conversations that are gone."""
    with suppress(OSError):
        for of_session in folder.iterdir():
            query = "SELECT 1 FROM sessions WHERE id = ?"
            if db.execute(query, (of_session.name,)).fetchone() is None:
                shutil.rmtree(of_session, ignore_errors=True)
