"""The SQLite file of the index: made, opened, set aside where it is bent, and asked.

An index that cannot be used is kept under another name until the new one is whole: it may be all
that is left.
"""

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path

VERSION = "20"
"""Of these tables and of how texts are cut into terms."""

REPLACED = "index.replaced.sqlite3"
"""Where an index that could not be used is kept until the new one is whole."""

_TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE memories (
    row INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, json BLOB NOT NULL, vector BLOB NOT NULL,
    length INTEGER NOT NULL,            -- in terms
    same TEXT NOT NULL, canonical TEXT NOT NULL, about TEXT NOT NULL, denies TEXT NOT NULL,
    talk TEXT NOT NULL, seq INTEGER NOT NULL,  -- the exchange that it came out of, and where in it
    said_at TEXT NOT NULL, moment REAL NOT NULL,
    project TEXT NOT NULL,              -- the folder that it is about; empty: everywhere
    pinned INTEGER NOT NULL, used INTEGER NOT NULL DEFAULT 0  -- its use is not in Chroma yet
);
CREATE INDEX memories_length ON memories(length);
CREATE INDEX memories_same ON memories(same);
CREATE INDEX memories_gist ON memories(canonical);
CREATE INDEX memories_about ON memories(about) WHERE about != '';
CREATE INDEX memories_denies ON memories(denies) WHERE denies != '';
CREATE INDEX memories_talk ON memories(talk, seq, row);
CREATE INDEX memories_pinned ON memories(moment) WHERE pinned;
CREATE INDEX memories_project ON memories(project) WHERE project != '';
CREATE INDEX memories_used ON memories(row) WHERE used;
CREATE TABLE pending (id TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE VIRTUAL TABLE terms USING fts5(text, tokenize = 'unicode61 remove_diacritics 0');
CREATE TABLE frequency (term TEXT PRIMARY KEY, docs INTEGER NOT NULL) WITHOUT ROWID;
"""

_NUMBER = "SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'number'"
_ENDS = ("", "-wal", "-shm", "-journal")

FULL = "SQLITE_FULL"
_IOERR = "SQLITE_IOERR_"
_NO_ROOM = (FULL, *(_IOERR + what for what in ("WRITE", "FSYNC", "SHMSIZE", "SHMOPEN")))
"""SQLite's names for a disk that is full, or fails."""


def no_room(error: Exception) -> bool:
    """Whether SQLite could not write for want of room."""
    return getattr(error, "sqlite_errorname", "") in _NO_ROOM


class IndexFile:
    """The file of one user's index; only used while the memories are visited."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._replaced = path.with_name(REPLACED)
        self._db: sqlite3.Connection | None = None
        self._inode = 0
        self._openings = 0
        self.alone = False
        """Whether it could be opened only without the file that processes share, on a full disk:
        nobody else can use it until it is closed."""

    @property
    def version(self) -> str:
        """The state of the memories that it was made from; empty if it must be made anew."""
        try:
            inode = self._path.stat().st_ino
        except OSError:
            inode = 0
        if self._db is not None and inode != self._inode:
            self.close()  # another process has put a new file in its place
        return self.noted("stamp") if inode else ""

    @property
    def state(self) -> tuple[str, int]:
        """Changes with whatever may be kept of what was read: another version, another file."""
        version = self.version
        return version, self._openings

    @property
    def opened(self) -> bool:
        return self._db is not None

    @contextmanager
    def change(self) -> Iterator[None]:
        """All or nothing."""
        db = self.open()
        db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            with suppress(sqlite3.Error):
                db.execute("ROLLBACK")
            raise
        db.execute("COMMIT")

    def clear(self) -> None:
        """Begin anew, from nothing."""
        self.close()
        for path in (self._path, self._replaced):
            for end in _ENDS:
                path.with_name(path.name + end).unlink(missing_ok=True)

    def set_aside(self) -> None:
        """Begin anew, but keep what is there: it may be all that is left, until the new is whole.

        Of several, the first is the one that held most.
        """
        self.close()
        keep = not self._replaced.exists()
        for end in _ENDS:
            path = self._path.with_name(self._path.name + end)
            if keep and path.exists():
                path.rename(self._replaced.with_name(self._replaced.name + end))
            path.unlink(missing_ok=True)

    def replaced_number(self, version: str) -> int:
        """How many memories the one that is kept held in that state; 0 where it cannot tell."""
        if not version or not self._replaced.is_file():
            return 0
        with suppress(sqlite3.Error), closing(sqlite3.connect(self._replaced)) as db:
            noted = dict(db.execute("SELECT key, value FROM meta"))
            (pending,) = db.execute("SELECT count(*) FROM pending").fetchone()
            if noted.get("stamp") == version and not pending:
                return int(noted.get("number", 0))
        return 0

    def drop_replaced(self) -> None:
        """The new one is whole: delete what was kept of the old one."""
        for end in _ENDS:
            self._replaced.with_name(self._replaced.name + end).unlink(missing_ok=True)

    def examine(self) -> None:
        """Let SQLite look at every page. Raises sqlite3.DatabaseError."""
        (said,) = next(self.rows("PRAGMA quick_check(1)"))
        if said != "ok":
            raise sqlite3.DatabaseError(str(said))

    def close(self) -> None:
        db, self._db = self._db, None
        self.alone = False
        if db is not None:
            db.close()

    def noted(self, key: str) -> str:
        """What it notes of itself; empty for nothing."""
        found = next(self.rows("SELECT value FROM meta WHERE key = ?", key), ("",))
        return str(found[0])

    def note(self, **values: str) -> None:
        self.many("INSERT OR REPLACE INTO meta VALUES (?, ?)", list(values.items()))

    def rows(self, query: str, *values: object) -> Iterator[tuple]:  # type: ignore[type-arg]
        return iter(self.open().execute(query, values).fetchall())

    def many(self, query: str, rows: Sequence[tuple[object, ...]]) -> None:
        self.open().executemany(query, rows)

    def scrub(self) -> None:
        """Leave nothing on the disk of what was deleted."""
        db = self.open()
        db.execute("DELETE FROM frequency WHERE docs <= 0")
        db.execute("INSERT INTO terms(terms) VALUES ('optimize')")
        db.execute("VACUUM")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def open(self) -> sqlite3.Connection:
        """The connection, made at the first use."""
        if self._db is None:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._put_right()
            try:
                self._db = self._connect()
            except sqlite3.OperationalError as error:  # a lock, say: the file is as it was
                if not no_room(error):
                    raise
                self._db = self._connect(alone=True)
                self.alone = True
            except sqlite3.DatabaseError:  # broken, or of another version: Chroma has all
                self.set_aside()
                self._db = self._connect()
            self._inode = self._path.stat().st_ino
            self._openings += 1
        return self._db

    def _put_right(self) -> None:
        """Put aside what stands in the place of a file: a folder, a link that leads nowhere."""
        for path in (self._path, self._replaced):
            if path.is_dir() or (path.is_symlink() and not path.exists()):
                path.rename(path.with_name(f"{path.name}.damaged-{time.time_ns()}"))

    def _connect(self, *, alone: bool = False) -> sqlite3.Connection:
        self._path.touch(mode=0o600)  # the journals beside it get the same mode
        db = sqlite3.connect(self._path, check_same_thread=False, isolation_level=None)
        try:
            if alone:
                db.execute("PRAGMA locking_mode = EXCLUSIVE")
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = NORMAL")
            tables = db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
            version = "SELECT value FROM meta WHERE key = 'version'"
            if tables and db.execute(version).fetchone() != (VERSION,):
                raise sqlite3.DatabaseError("another version")
            noted = tables and db.execute(_NUMBER).fetchone()
            if noted and db.execute("SELECT count(*) FROM memories").fetchone() != noted:
                raise sqlite3.DatabaseError("memories are missing")
            if not tables:
                # The last row makes it whole: one that a kill left without it is made anew.
                version = f"INSERT INTO meta VALUES ('version', '{VERSION}');"
                db.executescript(f"BEGIN; {_TABLES} {version} COMMIT;")
        except BaseException:
            db.close()
            raise
        return db
