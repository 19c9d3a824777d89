"""The SQLite file of the catalog: made, opened, changed as a whole or not at all, and asked."""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from qchat.protocol.errors import QchatError
from qchat.runtime.language import tr, verbatim
from qchat.runtime.paths import private_dir

BUSY_S = 30.0
_SCHEMA = """
CREATE TABLE folders (
    id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, path TEXT NOT NULL UNIQUE,
    synced_at REAL NOT NULL DEFAULT 0,
    embedder TEXT NOT NULL DEFAULT ''   -- whose vectors there are
);
CREATE TABLE files (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    folder TEXT NOT NULL REFERENCES folders(id) ON DELETE CASCADE,
    path TEXT NOT NULL,                 -- below the folder, with slashes
    size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, hash BLOB NOT NULL,
    seen_ns INTEGER NOT NULL,           -- when it was read
    problem TEXT NOT NULL DEFAULT '',   -- why nothing of it can be found
    UNIQUE (folder, path)
);
CREATE TABLE passages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    file INTEGER NOT NULL REFERENCES files(id) ON DELETE CASCADE,
    folder TEXT NOT NULL,
    place TEXT NOT NULL,                -- #L12, #page=3
    heading TEXT NOT NULL, text TEXT NOT NULL,
    embedded INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX passages_of_file ON passages(file);
CREATE INDEX passages_to_embed ON passages(folder) WHERE embedded = 0;
CREATE TABLE gone (                     -- passages whose vectors are still there
    folder TEXT NOT NULL, passage INTEGER NOT NULL, PRIMARY KEY (folder, passage)
) WITHOUT ROWID;
CREATE VIRTUAL TABLE found USING fts5(words, detail = none, tokenize = 'unicode61');
CREATE VIRTUAL TABLE found_words USING fts5vocab(found, row);
CREATE TRIGGER forget_passage AFTER DELETE ON passages BEGIN
    DELETE FROM found WHERE rowid = old.id;
    INSERT OR IGNORE INTO gone SELECT old.folder, old.id WHERE old.embedded;
END;
"""
VERSION = 1


class DamagedCatalogError(QchatError):
    """The file is no catalog any more; what stood in it can be read again from the folders."""


class CatalogFile:
    """One user's catalog as a file; a connection for one thread."""

    def __init__(self, path: Path) -> None:
        """Open or create it, readable by its owner only. Raises QchatError."""
        self.path = path
        self.new = False
        """Whether there was none before."""
        private_dir(path.parent)
        if path.is_dir():
            raise DamagedCatalogError(tr("it is a folder"))
        with self._failures():
            path.touch(mode=0o600)
            self.db = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)
            if self.db.execute("PRAGMA journal_mode").fetchone() != ("wal",):
                self.db.execute("PRAGMA journal_mode = WAL")
            self.db.execute("PRAGMA synchronous = NORMAL")
            self.db.execute("PRAGMA foreign_keys = ON")
            self.db.execute("PRAGMA recursive_triggers = ON")
            self._prepare()

    def close(self) -> None:
        self.db.close()

    @contextmanager
    def change(self) -> Iterator[None]:
        """All or nothing. Raises QchatError."""
        with self._failures():
            self.db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self.db.execute("COMMIT")
            except BaseException:
                if self.db.in_transaction:
                    self.db.execute("ROLLBACK")
                raise

    def rows(self, query: str, *values: object) -> list[Any]:
        with self._failures():
            return self.db.execute(query, values).fetchall()

    def _prepare(self) -> None:
        if self.db.execute("PRAGMA user_version").fetchone() == (VERSION,):
            return  # who only asks does not wait for who writes
        with self.change():
            (version,) = self.db.execute("PRAGMA user_version").fetchone()
            if version > VERSION:
                raise QchatError(
                    tr("{path} was written by a newer qchat; update qchat.", path=self.path)
                )
            if version == VERSION:
                return
            if self.db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                raise DamagedCatalogError(tr("it is another database"))
            statement = ""
            for line in _SCHEMA.splitlines(keepends=True):
                statement += line
                if sqlite3.complete_statement(statement):
                    self.db.execute(statement)
                    statement = ""
            self.db.execute(f"PRAGMA user_version = {VERSION}")
        self.new = True

    @contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            if _is_damage(error):
                raise DamagedCatalogError(verbatim(str(error))) from error
            if _is_full(error):
                raise QchatError(
                    tr(
                        "The disk is full ({path}). Make room: `qchat know sync` then reads what "
                        "is missing.",
                        path=self.path,
                    )
                ) from error
            raise QchatError(
                tr(
                    "What was read of your folders cannot be used ({error}). Check that the "
                    "disk is not full. If you delete {path}, /know add reads them again.",
                    error=error,
                    path=self.path,
                )
            ) from error


def _is_full(error: Exception) -> bool:
    full = getattr(error, "sqlite_errorname", "") == "SQLITE_FULL"
    return full or getattr(error, "errno", None) == errno.ENOSPC


def _is_damage(error: Exception) -> bool:
    """Whether the file is bent: not a full disk, and not one that another has locked."""
    name = getattr(error, "sqlite_errorname", "")
    return name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")) or any(
        sign in str(error) for sign in ("no such table", "no such fts5 table", "no such column")
    )
