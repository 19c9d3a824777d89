"""What the web said, kept on disk for as long as its servers allow, and longer for when offline.

RFC 9111 is hishel's (`freshness`): whether an answer may be stored, is fresh, or must be asked for
again. Its own storage is not used: it hands out nothing that is stale, and that is what is wanted
without network.
"""

import asyncio
import logging
import sqlite3
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TypeVar

import msgspec

T = TypeVar("T")

MAX_BYTES = 100_000_000
_LOCK_TIMEOUT_S = 2.0
_TABLE = """
CREATE TABLE IF NOT EXISTS pages (
    url TEXT PRIMARY KEY, status INTEGER NOT NULL, headers TEXT NOT NULL, body BLOB NOT NULL,
    size INTEGER NOT NULL, asked_at REAL NOT NULL, used_at REAL NOT NULL, private INTEGER NOT NULL
)
"""
_OLD_TABLE = "DROP TABLE IF EXISTS answers"
"""Of the first releases, which did not keep by whose leave a page was fetched."""

log = logging.getLogger(__name__)


class Answer(msgspec.Struct, frozen=True):
    """What a server gave for one address; `headers` have lower-case names, `body` is unpacked."""

    url: str
    status: int
    headers: dict[str, str]
    body: bytes
    asked_at: float = 0.0
    """When, in seconds of Unix time."""
    stored: bool = False
    """True for one that comes from the disk."""
    private: bool = False
    """True for one that was fetched on the user's wish alone: it is judged again when served."""

    @property
    def location(self) -> str:
        """Where a redirect leads; empty for other answers."""
        return self.headers.get("location", "") if 300 <= self.status < 400 else ""


class CacheLookup(msgspec.Struct, frozen=True):
    """What is known of an address before its server is asked."""

    fresh: Answer | None
    """May be used as it is."""
    stale: Answer | None
    """Must be asked for again, where there is a network."""
    conditions: dict[str, str]
    """Headers that let the server say that nothing has changed."""


class Cache:
    """Answers by address in one SQLite file; the least recently used go first.

    A cache that cannot be used costs time, never an answer: failures are logged, not raised.
    """

    def __init__(self, path: Path, max_bytes: int = MAX_BYTES) -> None:
        self._path = path
        self._max_bytes = max_bytes

    async def lookup(self, url: str, *, again: bool = False) -> CacheLookup:
        """What is held of an address; `again` asks the server whatever is held."""
        from qchat_tools.web.freshness import looked_up  # noqa: PLC0415  hishel: 1 MB to hold

        answer = await self._try(lambda: self._read(url))
        if answer is None:
            return CacheLookup(None, None, {})
        return looked_up(answer, again=again)

    async def store(self, answer: Answer) -> None:
        """Store an answer if its server allows it; never its cookies."""
        from qchat_tools.web.freshness import may_be_stored  # noqa: PLC0415  likewise

        headers = {name: v for name, v in answer.headers.items() if name != "set-cookie"}
        answer = msgspec.structs.replace(answer, headers=headers)
        if answer.location and "no-store" not in answer.headers.get("cache-control", ""):
            # Where it leads may change at any time: good for when there is no network.
            await self._try(lambda: self._write(answer))
        elif may_be_stored(answer):
            await self._try(lambda: self._write(answer))

    async def revalidated(self, held: Answer, headers: Mapping[str, str]) -> Answer:
        """The server said that nothing has changed (304): what is held is new again."""
        kept = held.headers | {k: v for k, v in headers.items() if k != "content-length"}
        renewed = msgspec.structs.replace(held, headers=kept, asked_at=time.time())
        await self.store(renewed)
        return renewed

    async def size(self) -> int:
        """Bytes of all bodies as they lie on disk."""
        return await self._try(self._size) or 0

    async def _try(self, work: Callable[[], T]) -> T | None:
        def attempt() -> T | None:
            try:
                return work()
            except sqlite3.DatabaseError as error:
                log.warning("the web cache %s cannot be used: %s", self._path, error)
                if not isinstance(error, sqlite3.OperationalError):  # it is no database
                    with suppress(OSError):
                        self._path.unlink()
            except (OSError, zlib.error, msgspec.MsgspecError) as error:
                log.warning("the web cache %s cannot be used: %s", self._path, error)
            return None

        return await asyncio.to_thread(attempt)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        if not self._path.exists():
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._path.touch(mode=0o600)
        with closing(sqlite3.connect(self._path, timeout=_LOCK_TIMEOUT_S)) as db:
            db.execute("PRAGMA secure_delete = ON")
            db.execute(_OLD_TABLE)
            db.execute(_TABLE)
            with db:
                yield db

    def _read(self, url: str) -> Answer | None:
        if not self._path.exists():
            return None
        with self._open() as db:
            row = db.execute(
                "SELECT status, headers, body, asked_at, private FROM pages WHERE url = ?", (url,)
            ).fetchone()
            if row is None:
                return None
            with suppress(sqlite3.OperationalError):  # on a full disk it is served all the same
                db.execute("UPDATE pages SET used_at = ? WHERE url = ?", (time.time(), url))
                db.commit()
        status, headers, body, asked_at, private = row
        decoded = msgspec.json.decode(headers, type=dict[str, str])
        return Answer(url, status, decoded, zlib.decompress(body), asked_at, True, bool(private))

    def _write(self, answer: Answer) -> None:
        body = zlib.compress(answer.body, 1)
        if len(body) > self._max_bytes:
            return
        now = time.time()
        headers = msgspec.json.encode(answer.headers).decode()
        kept = (answer.url, answer.status, headers, body, len(body))
        row = (*kept, answer.asked_at or now, now, answer.private)
        with self._open() as db:
            db.execute("INSERT OR REPLACE INTO pages VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
            self._make_room(db)

    def _make_room(self, db: sqlite3.Connection) -> None:
        """Drop what was not used for longest until the rest fits."""
        room = self._max_bytes
        rows = db.execute("SELECT url, size FROM pages ORDER BY used_at DESC").fetchall()
        for url, size in rows:
            room -= size
            if room < 0:
                db.execute("DELETE FROM pages WHERE url = ?", (url,))

    def _size(self) -> int:
        with self._open() as db:
            (size,) = db.execute("SELECT coalesce(sum(size), 0) FROM pages").fetchone()
        return int(size)
