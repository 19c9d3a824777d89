"""The file of the sessions: opened, brought up to date, and changed all or nothing."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from qchat.errors import StoreError
from qchat.paths import private_dir
from qchat.store import schema

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
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing. Raises StoreError."""
        with self._failures():
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield self.connection
            except BaseException:
                self.connection.execute("ROLLBACK")
                raise
            self.connection.execute("COMMIT")

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
                    f"{self.path} was written by a newer qchat; update qchat to use it"
                )
            if version < schema.VERSION:
                schema.migrate(db, version)

    @contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise StoreError(f"the sessions in {self.path} cannot be used: {error}") from error
