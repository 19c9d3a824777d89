"""A second look at the memories, in SQLite: by word, by time, by what they say, by neighbours.

Chroma is the source of truth. This file can be deleted at any time: it is made anew from there
when it is missing, of another version, or older than the last change. A change is noted here
before it is made, so that one which a kill cut short costs a look at its rows, not at all of them.
"""

import re
import sqlite3
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from qchat_memory import relevance
from qchat_memory.language import statements, times, words
from qchat_memory.language.canonical import affirmed, canonical_form
from qchat_memory.language.words import sameness
from qchat_memory.memory import Memory

if TYPE_CHECKING:
    from qchat_memory.storage.embed import Vectors

VERSION = "17"
"""Of these tables and of how texts are cut into terms."""

EXACT = 5_000
"""Of so many memories every vector is looked at: some 2 ms, and none is missed."""

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
REPLACED = "index.replaced.sqlite3"
"""Where an index that could not be used is kept until the new one is whole."""
_ENDS = ("", "-wal", "-shm", "-journal")


class Index:
    """The index file of one user; only used while the memories are visited."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._replaced = path.with_name(REPLACED)
        self._db: sqlite3.Connection | None = None
        self._inode = 0
        self._grown = 0
        """How many memories came, less those that went, since the number was noted."""
        self._counted: tuple[str, int, float] | None = None
        self._vectors: tuple[str, list[int], Vectors] | None = None
        """The version for which the memories were counted, and what came of it."""

    # What it knows of itself

    @property
    def version(self) -> str:
        """The state of the memories that it was made from; empty if it must be made anew."""
        try:
            inode = self._path.stat().st_ino
        except OSError:
            inode = 0
        if self._db is not None and inode != self._inode:
            self.close()  # another process has put a new file in its place
        return self._meta("stamp") if inode else ""

    @property
    def embedder(self) -> str:
        """The name of the one whose vectors it holds."""
        return self._meta("embedder")

    def spread(self, embedder: str) -> str:
        """What was measured of an embedder, as it was noted; empty for nothing."""
        return self._meta(f"spread {embedder}")

    def note_spread(self, embedder: str, measured: str) -> None:
        """Keep it: measuring takes a model some time."""
        with self.change():
            self._note(**{f"spread {embedder}": measured})

    @property
    def announced(self) -> str:
        """The version that a change which was begun and not ended was to leave."""
        return self._meta("announced")

    @property
    def pending(self) -> list[str]:
        """Ids of a change that was begun and not ended."""
        return [id_ for (id_,) in self._read("SELECT id FROM pending")]

    @contextmanager
    def change(self) -> Iterator[None]:
        """All or nothing."""
        db = self._open()
        self._grown = 0
        db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            with suppress(sqlite3.Error):
                db.execute("ROLLBACK")
            raise
        db.execute("COMMIT")

    def announce(self, ids: Iterable[str], version: str) -> None:
        """Note on the disk that these memories are about to change, and to which version."""
        self._open().execute("PRAGMA synchronous = FULL")
        with self.change():
            self._many("INSERT OR IGNORE INTO pending VALUES (?)", [(id_,) for id_ in ids])
            self._note(announced=version)
        # All else may be lost with the power: then the note above still stands.
        self._open().execute("PRAGMA synchronous = NORMAL")

    def settle(self, version: str, embedder: str = "") -> None:
        """Note, inside a change, that this is the state now; `embedder` if it is another."""
        number = int(self._meta("number") or 0) + self._grown
        self._note(stamp=version, number=str(number))
        if embedder:
            self._note(embedder=embedder)
        self._open().execute("DELETE FROM pending")
        self._grown = 0

    @property
    def opened(self) -> bool:
        return self._db is not None

    def clear(self) -> None:
        """Begin anew, from nothing."""
        self.close()
        self._counted = None
        self._vectors = None
        for path in (self._path, self._replaced):
            for end in _ENDS:
                path.with_name(path.name + end).unlink(missing_ok=True)

    def set_aside(self) -> None:
        """Begin anew, but keep what is there: it may be all that is left, until the new is whole.

        Of several, the first is the one that held most.
        """
        self.close()
        self._counted = None
        self._vectors = None
        keep = not self._replaced.exists()
        for end in _ENDS:
            path = self._path.with_name(self._path.name + end)
            if keep and path.exists():
                path.rename(self._replaced.with_name(self._replaced.name + end))
            path.unlink(missing_ok=True)

    def drop_replaced(self) -> None:
        """The new one is whole: delete what was kept of the old one."""
        for end in _ENDS:
            self._replaced.with_name(self._replaced.name + end).unlink(missing_ok=True)

    def examine(self) -> None:
        """Let SQLite look at every page. Raises sqlite3.DatabaseError."""
        (said,) = next(self._read("PRAGMA quick_check(1)"))
        if said != "ok":
            raise sqlite3.DatabaseError(str(said))

    def close(self) -> None:
        db, self._db = self._db, None
        if db is not None:
            db.close()

    # Changes, inside `change`

    def put(self, memories: Sequence[Memory], vectors: "Vectors") -> None:
        """Add or replace."""
        db, counts = self._open(), Counter[str]()
        for memory, vector in zip(memories, vectors, strict=True):
            old = db.execute("SELECT row FROM memories WHERE id = ?", (memory.id,)).fetchone()
            terms = _terms(memory)
            said = statements.statement(memory.text)
            row = (
                *(old or (None,)),
                *(memory.id, msgspec.json.encode(memory), vector.astype("<f4").tobytes()),
                *(len(terms), sameness(memory.text), canonical_form(memory.text)),
                *(said.about if said else "", affirmed(memory.text)),
                *(*_place(memory), memory.said_at, memory.moment),
                *(memory.project, memory.pinned),
            )
            marks = ",".join("?" * len(row))
            done = db.execute(f"INSERT OR REPLACE INTO memories VALUES ({marks}, 0)", row)
            place = old[0] if old else done.lastrowid
            self._grown += not old
            if old:
                counts.subtract(self._without_terms(old[0]))
            counts.update(set(terms))
            db.execute("INSERT INTO terms(rowid, text) VALUES (?, ?)", (place, " ".join(terms)))
        self._count(counts)

    def scrub(self) -> None:
        """Leave nothing on the disk of what was deleted."""
        db = self._open()
        db.execute("DELETE FROM frequency WHERE docs <= 0")
        db.execute("INSERT INTO terms(terms) VALUES ('optimize')")
        db.execute("VACUUM")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def update(self, memories: Iterable[Memory], *, used: bool = False) -> None:
        """Change the pin or the use; `used`: Chroma is told later."""
        self._many(
            "UPDATE memories SET json = ?, pinned = ?, used = ? WHERE id = ?",
            [(msgspec.json.encode(m), m.pinned, used, m.id) for m in memories],
        )

    def delete(self, ids: Iterable[str]) -> None:
        db, counts = self._open(), Counter[str]()
        for id_ in ids:
            old = db.execute("SELECT row FROM memories WHERE id = ?", (id_,)).fetchone()
            if old is not None:
                db.execute("DELETE FROM memories WHERE row = ?", old)
                self._grown -= 1
                counts.subtract(self._without_terms(old[0]))
        self._count(counts)

    def _without_terms(self, place: int) -> set[str]:
        """Take the terms of a place out; which they were."""
        (text,) = next(self._read("SELECT text FROM terms WHERE rowid = ?", place))
        self._open().execute("DELETE FROM terms WHERE rowid = ?", (place,))
        return set(text.split())

    def _count(self, counts: Mapping[str, int]) -> None:
        """Add to the number of memories that each term is in."""
        self._many(
            "INSERT INTO frequency VALUES (?, ?)"
            " ON CONFLICT (term) DO UPDATE SET docs = docs + excluded.docs",
            [(term, more) for term, more in counts.items() if more],
        )

    # Questions

    def number(self) -> int:
        return self.lengths()[0]

    def lengths(self) -> tuple[int, float]:
        """How many memories there are, and how many terms one has on average."""
        version = self.version
        if self._counted is None or self._counted[0] != version:
            number, total = next(self._read("SELECT count(*), sum(length) FROM memories"))
            self._counted = (version, number, (total or 0) / max(number, 1))
        return self._counted[1:]

    def all(self) -> list[Memory]:
        """The newest first."""
        return self._memories("ORDER BY moment DESC, row DESC")

    def pinned(self) -> list[Memory]:
        """The oldest first."""
        return self._memories("WHERE pinned ORDER BY moment, row")

    def elsewhere(self, project: str) -> set[int]:
        """Places of the memories that are about other projects than this one."""
        query = "SELECT row FROM memories WHERE project != '' AND project != ?"
        return {place for (place,) in self._read(query, project)}

    def used(self) -> list[Memory]:
        """Those whose use Chroma has not been told."""
        return self._memories("WHERE used")

    def get(self, id_: str) -> Memory | None:
        if not id_.isascii():  # SQLite takes no broken Unicode
            return None
        return next(iter(self._memories("WHERE id = ?", id_)), None)

    def __contains__(self, id_: object) -> bool:
        return any(self._read("SELECT 1 FROM memories WHERE id = ?", id_))

    def ids(self) -> set[str]:
        return {id_ for (id_,) in self._read("SELECT id FROM memories")}

    def of_turns(self, session: str, turns: Iterable[str]) -> list[Memory]:
        """Memories of a conversation that say, or once said, what these turns told."""
        told = set(turns)
        # A past is in the JSON alone: few memories have one, and few conversations are edited.
        pattern = f'%"session":{msgspec.json.encode(session).decode()}%'
        found = self._memories("WHERE CAST(json AS TEXT) LIKE ?", pattern)
        return [m for m in found if any(t in told for s, t in _origins(m) if s == session)]

    def saying(self, text: str) -> list[Memory]:
        """Memories that say the same in other words, or say something else of the same thing."""
        said = statements.statement(text)
        found = self._memories("WHERE same = ?", sameness(text))
        found += self._memories("WHERE canonical = ?", canonical_form(text))
        if said is not None:
            found += self._memories("WHERE about != '' AND about = ?", said.about)
        if denied := affirmed(text):
            found += self._memories("WHERE canonical = ?", denied)
        found += self._memories("WHERE denies != '' AND denies = ?", canonical_form(text))
        return list({memory.id: memory for memory in found}.values())

    def about(self, things: Sequence[str]) -> list[int]:
        """Places of the memories that state something about these things."""
        marks = ",".join("?" * len(things))
        query = f"SELECT row FROM memories WHERE about != '' AND about IN ({marks})"
        return [place for (place,) in self._read(query, *things)]

    def by_text(self) -> dict[str, str]:
        """The id of each text, as `sameness` gives it."""
        return dict(self._read("SELECT same, id FROM memories"))

    def frequency(self, term: str) -> int:
        """In how many memories a term is."""
        found = next(self._read("SELECT docs FROM frequency WHERE term = ?", term), (0,))
        return int(found[0])

    def with_terms(self, terms: Sequence[str], limit: int) -> list[int]:
        """Places of the memories that fit some terms best."""
        if not terms:
            return []
        wanted = " OR ".join(f'"{term}"' for term in terms)
        found = self._read(
            "SELECT rowid FROM terms WHERE terms MATCH ? ORDER BY rank LIMIT ?", wanted, limit
        )
        return [place for (place,) in found]

    def places(self, ids: Sequence[str]) -> list[int]:
        marks = ",".join("?" * len(ids))
        return [n for (n,) in self._read(f"SELECT row FROM memories WHERE id IN ({marks})", *ids)]

    def beside(self, places: Iterable[int]) -> dict[int, tuple[int | None, int | None]]:
        """The places before and after each in the exchange that it came out of."""
        wanted = list(places)
        marks = ",".join("?" * len(wanted))
        query = f"SELECT row, talk, seq FROM memories WHERE row IN ({marks}) AND talk != ''"
        return {row: self._beside(row, talk, seq) for row, talk, seq in self._read(query, *wanted)}

    def _beside(self, place: int, talk: str, seq: int) -> tuple[int | None, int | None]:
        order = "WHERE talk = ? AND (seq, row) {} (?, ?) ORDER BY seq {}, row {} LIMIT 1"
        found = []
        for sign, way in (("<", "DESC"), (">", "ASC")):
            query = f"SELECT row, seq FROM memories {order.format(sign, way, way)}"
            row, other = next(self._read(query, talk, seq, place), (None, seq))
            found.append(row if abs(seq - other) <= 1 else None)
        return found[0], found[1]

    def at(self, place: int) -> Memory:
        """The memory at a place."""
        return self._memories("WHERE row = ?", place)[0]

    def texts(self, places: Sequence[int]) -> dict[int, str]:
        """What each says."""
        marks = ",".join("?" * len(places))
        found = self._read(f"SELECT row, json FROM memories WHERE row IN ({marks})", *places)
        return {place: _text.decode(json).text for place, json in found}

    def terms(self, places: Sequence[int]) -> dict[int, list[str]]:
        """The terms of each."""
        marks = ",".join("?" * len(places))
        query = f"SELECT rowid, text FROM terms WHERE rowid IN ({marks})"
        return {place: text.split(" ") for place, text in self._read(query, *places)}

    def vectors(self, places: Sequence[int]) -> list[tuple[int, bytes]]:
        """The vector of each, as bytes of float32."""
        marks = ",".join("?" * len(places))
        query = f"SELECT row, vector FROM memories WHERE row IN ({marks})"
        return [(int(place), bytes(vector)) for place, vector in self._read(query, *places)]

    def with_vectors(self, ids: Sequence[str]) -> list[tuple[Memory, bytes]]:
        """Some memories, each with its vector as bytes of float32."""
        marks = ",".join("?" * len(ids))
        query = f"SELECT json, vector FROM memories WHERE id IN ({marks})"
        found = self._read(query, *ids)
        return [(msgspec.json.decode(json, type=Memory), bytes(data)) for json, data in found]

    def sample(self, number: int) -> list[str]:
        """The ids of some memories from all over, the oldest and the newest among them."""
        ends = "SELECT min(row) FROM memories UNION SELECT max(row) FROM memories"
        (low, *_), *rest = [*self._read(ends)] or [(None,)]
        high = rest[0][0] if rest else low
        if low is None:
            return []
        step = max((high - low) // max(number - 1, 1), 1)
        query = "SELECT id FROM memories WHERE row >= ? ORDER BY row LIMIT 1"
        wanted = [*range(low, high, step), high]
        return list(dict.fromkeys(id_ for n in wanted for (id_,) in self._read(query, n)))

    def nearest(self, vector: "Vectors", limit: int) -> list[int]:
        """Places of the memories that are nearest to a vector, none missed."""
        import numpy as np  # noqa: PLC0415  slow to load

        places, table = self._table()
        if not places:
            return []
        likeness = table @ vector[0]
        return [places[n] for n in np.argsort(-likeness)[:limit]]

    def _table(self) -> tuple[list[int], "Vectors"]:
        """Every place and its vector; kept until something changes, where it is small."""
        import numpy as np  # noqa: PLC0415  slow to load

        version = self.version
        if self._vectors is not None and self._vectors[0] == version:
            return self._vectors[1:]
        found = list(self._read("SELECT row, vector FROM memories"))
        data = b"".join(vector for _, vector in found)
        table = np.frombuffer(data, dtype="<f4").reshape(len(found), -1 if found else 0)
        places = [int(place) for place, _ in found]
        if len(places) <= EXACT:
            self._vectors = (version, places, table)
        return places, table

    def blank(self, number: int) -> "Vectors":
        """Vectors that mean nothing, of the right size: kept until the embedder is another."""
        import numpy as np  # noqa: PLC0415  slow to load

        (size,) = next(self._read("SELECT length(vector) / 4 FROM memories LIMIT 1"), (1,))
        return np.eye(1, size, dtype=np.float32).repeat(number, axis=0)

    # SQLite

    def _memories(self, condition: str, *values: object) -> list[Memory]:
        rows = self._read(f"SELECT json FROM memories {condition}", *values)
        return [msgspec.json.decode(json, type=Memory) for (json,) in rows]

    def _meta(self, key: str) -> str:
        found = next(self._read("SELECT value FROM meta WHERE key = ?", key), ("",))
        return str(found[0])

    def _note(self, **values: str) -> None:
        self._many("INSERT OR REPLACE INTO meta VALUES (?, ?)", list(values.items()))

    def _read(self, query: str, *values: object) -> Iterator[tuple]:  # type: ignore[type-arg]
        return iter(self._open().execute(query, values).fetchall())

    def _many(self, query: str, rows: Sequence[tuple[object, ...]]) -> None:
        self._open().executemany(query, rows)

    def _open(self) -> sqlite3.Connection:
        if self._db is None:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._put_right()
            try:
                self._db = self._connect()
            except sqlite3.OperationalError:
                raise  # a full disk, a lock: the file is as it was
            except sqlite3.DatabaseError:  # broken, or of another version: Chroma has all
                self.set_aside()
                self._db = self._connect()
            self._inode = self._path.stat().st_ino
        return self._db

    def _put_right(self) -> None:
        """Put aside what stands in the place of a file: a folder, a link that leads nowhere."""
        for path in (self._path, self._replaced):
            if path.is_dir() or (path.is_symlink() and not path.exists()):
                path.rename(path.with_name(f"{path.name}.damaged-{time.time_ns()}"))

    def _connect(self) -> sqlite3.Connection:
        self._path.touch(mode=0o600)  # the journals beside it get the same mode
        db = sqlite3.connect(self._path, check_same_thread=False, isolation_level=None)
        try:
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


class _Text(msgspec.Struct):
    """Of a memory, what it says: the rest need not be read."""

    text: str


_text = msgspec.json.Decoder(_Text)


def _terms(memory: Memory) -> list[str]:
    """What the text says, who says it, and the times it speaks of and was said at."""
    spoken = times.labels(memory.text, memory.day)
    said = times.day_labels(memory.day) if memory.day else []
    return [*words.terms(memory.text), *relevance.marks(memory.text, spoken, said)]


def _place(memory: Memory) -> tuple[str, int]:
    """The exchange that it came out of, and where in it: by its session, or as lines of a talk."""
    digits = re.findall(r"\d{1,15}", memory.turn)
    talk = memory.session or (memory.said_at if relevance.spoken(memory.text) else "")
    return talk, int(digits[-1]) if digits else 0


def _origins(memory: Memory) -> Iterator[tuple[str, str]]:
    yield memory.session, memory.turn
    for past in memory.past:
        yield past.session, past.turn
