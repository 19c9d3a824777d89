"""A second look at the memories, in SQLite: by word, by time, by what they say, by neighbours.

Chroma is the source of truth. This file can be deleted at any time: it is made anew from there
when it is missing, of another version, or older than the last change. A change is noted here
before it is made, so that one which a kill cut short costs a look at its rows, not at all of them.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from qchat_memory import relevance
from qchat_memory.language import statements, times, words
from qchat_memory.language.canonical import affirmed, canonical_form
from qchat_memory.language.words import sameness
from qchat_memory.memory import Memory
from qchat_memory.storage.index_file import IndexFile
from qchat_memory.storage.index_search import IndexSearch

if TYPE_CHECKING:
    from qchat_memory.storage.embed import Vectors


class Index:
    """The index of one user; only used while the memories are visited."""

    def __init__(self, path: Path) -> None:
        self.file = IndexFile(path)
        self.search = IndexSearch(self.file)
        self._grown = 0
        """How many memories came, less those that went, since the number was noted."""

    # What it knows of itself

    @property
    def version(self) -> str:
        """The state of the memories that it was made from; empty if it must be made anew."""
        return self.file.version

    @property
    def embedder(self) -> str:
        """The name of the one whose vectors it holds."""
        return self.file.noted("embedder")

    def spread(self, embedder: str) -> str:
        """What was measured of an embedder, as it was noted; empty for nothing."""
        return self.file.noted(f"spread {embedder}")

    def note_spread(self, embedder: str, measured: str) -> None:
        """Keep it: measuring takes a model some time."""
        with self.change():
            self.file.note(**{f"spread {embedder}": measured})

    @property
    def announced(self) -> str:
        """The version that a change which was begun and not ended was to leave."""
        return self.file.noted("announced")

    @property
    def pending(self) -> list[str]:
        """Ids of a change that was begun and not ended."""
        return [id_ for (id_,) in self.file.rows("SELECT id FROM pending")]

    @contextmanager
    def change(self) -> Iterator[None]:
        """All or nothing."""
        self._grown = 0
        with self.file.change():
            yield

    def announce(self, ids: Iterable[str], version: str) -> None:
        """Note on the disk that these memories are about to change, and to which version."""
        self.file.open().execute("PRAGMA synchronous = FULL")
        with self.change():
            self.file.many("INSERT OR IGNORE INTO pending VALUES (?)", [(id_,) for id_ in ids])
            self.file.note(announced=version)
        # All else may be lost with the power: then the note above still stands.
        self.file.open().execute("PRAGMA synchronous = NORMAL")

    def settle(self, version: str, embedder: str = "") -> None:
        """Note, inside a change, that this is the state now; `embedder` if it is another."""
        number = int(self.file.noted("number") or 0) + self._grown
        self.file.note(stamp=version, number=str(number))
        if embedder:
            self.file.note(embedder=embedder)
        self.file.open().execute("DELETE FROM pending")
        self._grown = 0

    # Changes, inside `change`

    def put(self, memories: Sequence[Memory], vectors: "Vectors") -> None:
        """Add or replace."""
        db, counts = self.file.open(), Counter[str]()
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

    def update(self, memories: Iterable[Memory], *, used: bool = False) -> None:
        """Change the pin or the use; `used`: Chroma is told later."""
        self.file.many(
            "UPDATE memories SET json = ?, pinned = ?, used = ? WHERE id = ?",
            [(msgspec.json.encode(m), m.pinned, used, m.id) for m in memories],
        )

    def delete(self, ids: Iterable[str]) -> None:
        db, counts = self.file.open(), Counter[str]()
        for id_ in ids:
            old = db.execute("SELECT row FROM memories WHERE id = ?", (id_,)).fetchone()
            if old is not None:
                db.execute("DELETE FROM memories WHERE row = ?", old)
                self._grown -= 1
                counts.subtract(self._without_terms(old[0]))
        self._count(counts)

    def _without_terms(self, place: int) -> set[str]:
        """Take the terms of a place out; which they were."""
        (text,) = next(self.file.rows("SELECT text FROM terms WHERE rowid = ?", place))
        self.file.open().execute("DELETE FROM terms WHERE rowid = ?", (place,))
        return set(text.split())

    def _count(self, counts: Mapping[str, int]) -> None:
        """Add to the number of memories that each term is in."""
        self.file.many(
            "INSERT INTO frequency VALUES (?, ?)"
            " ON CONFLICT (term) DO UPDATE SET docs = docs + excluded.docs",
            [(term, more) for term, more in counts.items() if more],
        )

    # Questions

    def number(self) -> int:
        return self.search.number()

    def all(self) -> list[Memory]:
        """The newest first."""
        return self._memories("ORDER BY moment DESC, row DESC")

    def pinned(self) -> list[Memory]:
        """The oldest first."""
        return self._memories("WHERE pinned ORDER BY moment, row")

    def used(self) -> list[Memory]:
        """Those whose use Chroma has not been told."""
        return self._memories("WHERE used")

    def get(self, id_: str) -> Memory | None:
        if not id_.isascii():  # SQLite takes no broken Unicode
            return None
        return next(iter(self._memories("WHERE id = ?", id_)), None)

    def __contains__(self, id_: object) -> bool:
        return any(self.file.rows("SELECT 1 FROM memories WHERE id = ?", id_))

    def ids(self) -> set[str]:
        return {id_ for (id_,) in self.file.rows("SELECT id FROM memories")}

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

    def by_text(self) -> dict[str, str]:
        """The id of each text, as `sameness` gives it."""
        return dict(self.file.rows("SELECT same, id FROM memories"))

    def with_vectors(self, ids: Sequence[str]) -> list[tuple[Memory, bytes]]:
        """Some memories, each with its vector as bytes of float32."""
        marks = ",".join("?" * len(ids))
        query = f"SELECT json, vector FROM memories WHERE id IN ({marks})"
        found = self.file.rows(query, *ids)
        return [(msgspec.json.decode(json, type=Memory), bytes(data)) for json, data in found]

    def sample(self, number: int) -> list[str]:
        """The ids of some memories from all over, the oldest and the newest among them."""
        ends = "SELECT min(row) FROM memories UNION SELECT max(row) FROM memories"
        (low, *_), *rest = [*self.file.rows(ends)] or [(None,)]
        high = rest[0][0] if rest else low
        if low is None:
            return []
        step = max((high - low) // max(number - 1, 1), 1)
        query = "SELECT id FROM memories WHERE row >= ? ORDER BY row LIMIT 1"
        wanted = [*range(low, high, step), high]
        return list(dict.fromkeys(id_ for n in wanted for (id_,) in self.file.rows(query, n)))

    def blank(self, number: int) -> "Vectors":
        """Vectors that mean nothing, of the right size: kept until the embedder is another."""
        import numpy as np  # noqa: PLC0415  slow to load

        return np.eye(1, self.width or 1, dtype=np.float32).repeat(number, axis=0)

    @property
    def width(self) -> int:
        """How many numbers a vector has; 0 where there is none."""
        query = "SELECT length(vector) / 4 FROM memories LIMIT 1"
        return int(next(self.file.rows(query), (0,))[0])

    def _memories(self, condition: str, *values: object) -> list[Memory]:
        rows = self.file.rows(f"SELECT json FROM memories {condition}", *values)
        return [msgspec.json.decode(json, type=Memory) for (json,) in rows]


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
