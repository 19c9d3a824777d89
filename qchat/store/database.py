"""The file of the sessions: opened, brought up to date, and changed all or nothing."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from qchat.protocol.errors import StoreError
from qchat.runtime.language import tr
from qchat.runtime.paths import private_dir
from qchat.store import schema

NEEDED_BYTES = 1 << 20
"""Less free than this is a full disk, where a write has failed."""
BUSY_S = 10.0
"""How long another process that writes is waited for."""


class Database:
    """One connection to the file, for one thread; every failure is a StoreError."""

    def __init__(self, path: Path) -> None:
        """Open or create it, readable by its owner only. Raises StoreError."""
        self.path = path
        with self._failures():
            private_dir(path.parent)
            path.touch(mode=0o600)
            self.connection = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)
            try:
                self._prepare()
            except BaseException:
                self.connection.close()
                raise

    def rows(self, query: str, *values: object) -> list[Any]:
        """All that a query finds. Raises StoreError."""
        with self._failures():
            return self.connection.execute(query, values).fetchall()

    @contextmanager
    def transaction(self, busy_s: float = BUSY_S) -> Iterator[sqlite3.Connection]:
        """All or nothing; another process that writes is waited for. Raises StoreError."""
        with self._failures(), self._waiting(busy_s):
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield self.connection
                self.connection.execute("COMMIT")
            except BaseException:
                if self.connection.in_transaction:  # on a full disk SQLite has rolled it back
                    self.connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _waiting(self, busy_s: float) -> Iterator[None]:
        """Wait for others so long, and afterwards as always."""
        if busy_s == BUSY_S:
            yield
            return
        self.connection.execute(f"PRAGMA busy_timeout = {busy_s * 1000:.0f}")
        try:
            yield
        finally:
            self.connection.execute(f"PRAGMA busy_timeout = {BUSY_S * 1000:.0f}")

    def close(self) -> None:
        self.connection.close()

    def _prepare(self) -> None:
        self.connection.execute("PRAGMA journal_mode = WAL")
        self.connection.execute("PRAGMA synchronous = NORMAL")
        self.connection.execute("PRAGMA foreign_keys = ON")
        self.connection.execute("PRAGMA secure_delete = ON")
        with self.transaction() as db:
            (version,) = db.execute("PRAGMA user_version").fetchone()
            if version > schema.VERSION:
                raise StoreError(
                    tr(
                        "{path} was written by a newer qchat; update qchat to use it",
                        path=self.path,
                    )
                )
            if version < schema.VERSION:
                schema.migrate(db, version)

    @contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            why = self._words(error)
            raise StoreError(
                tr("the sessions in {path} cannot be used: {why}", path=self.path, why=why)
            ) from error

    def _words(self, error: sqlite3.Error | OSError) -> str:
        """A full disk often is no more than an error of input or output to SQLite."""
        if isinstance(error, OSError):
            return error.strerror or str(error)
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
            return f"{error}; move the file away, and qchat begins a new one"
        with suppress(OSError):
            if code == sqlite3.SQLITE_FULL or (
                code == sqlite3.SQLITE_IOERR
                and shutil.disk_usage(self.path.parent).free < NEEDED_BYTES
            ):
                return "the disk is full; make room and try again"
        return str(error)
