"""What can still be read of damaged memories: from Chroma's SQLite file, and from the index.

Row by row where a whole table cannot be read, so that a bad page costs what stands on it and no
more. Nothing is written here.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import msgspec

from qchat_memory.errors import MemoryStoreError
from qchat_memory.memory import Memory
from qchat_memory.storage import rows
from qchat_memory.storage.chroma import INDEX, ROOT
from qchat_memory.storage.chroma_process import DATABASE
from qchat_memory.storage.index_file import REPLACED

_DOCUMENT = "chroma:document"
_NUMBER_BYTES = 4
_MAX_NUMBER = 1e3
"""No embedder's number is larger; of bytes at random nearly half of the numbers are."""
_DELETE = 3
"""Chroma's number for a deletion in its log of changes."""


class Salvaged(msgspec.Struct):
    """The memories that could be read, the vectors of some, and who made those."""

    memories: dict[str, Memory] = msgspec.field(default_factory=dict)
    vectors: dict[str, bytes] = msgspec.field(default_factory=dict)
    embedder: str = ""
    whole: bool = False
    """Whether it is known that none is missing."""


def salvage(folder: Path, version: str) -> Salvaged:
    """All that can be read in a folder of memories that are at `version`."""
    index = _index(folder / INDEX, version)
    older = _index(folder / REPLACED, version)
    for source in (index, older):
        if source.whole:
            return source
    chroma = _chroma(folder / DATABASE)
    for source in (index, older):
        chroma.embedder = chroma.embedder or source.embedder
    if chroma.whole:  # it is the source of truth: what it has no more was forgotten
        known = [source for source in (index, older) if source.embedder == chroma.embedder]
        chroma.vectors = {
            id_: source.vectors[id_]
            for source in known
            for id_, memory in source.memories.items()
            if id_ in chroma.memories and memory.text == chroma.memories[id_].text
        }
        return chroma
    best = index if index.memories else older
    memories = {**older.memories, **index.memories, **chroma.memories}
    vectors = {k: v for k, v in best.vectors.items() if best.memories[k].text == memories[k].text}
    return Salvaged(memories, vectors, best.embedder or chroma.embedder)


def _index(path: Path, version: str) -> Salvaged:
    found, meta = Salvaged(), dict[str, str]()
    if not path.exists():
        return found
    with suppress(sqlite3.Error), closing(sqlite3.connect(path)) as db:
        meta = dict(db.execute("SELECT key, value FROM meta"))
        found.embedder = meta.get("embedder", "")
        pending = db.execute("SELECT count(*) FROM pending").fetchone()[0]
        found.whole = not pending and meta.get("stamp") == version
    with suppress(sqlite3.Error), closing(sqlite3.connect(path)) as db:
        read = _Reader(db)
        for json, vector in read.all("memories", "json, vector"):
            with suppress(msgspec.MsgspecError):
                memory = msgspec.json.decode(json, type=Memory)
                found.memories[memory.id] = memory
                if _is_vector(vector):
                    found.vectors[memory.id] = bytes(vector)
                continue
            read.lost += 1
        there = len(found.memories) == int(meta.get("number", -1))
        found.whole = found.whole and there and not read.lost
        return found
    found.whole = False
    return found


def _is_vector(data: object) -> bool:
    """Whether bytes can be a vector. SQLite reads on where a page of long values is garbage."""
    if not isinstance(data, bytes) or not data or len(data) % _NUMBER_BYTES:
        return False
    numbers = memoryview(data).cast("f")
    return all(-_MAX_NUMBER < number < _MAX_NUMBER for number in numbers) and any(numbers)


def _chroma(path: Path) -> Salvaged:
    found = Salvaged()
    if not (path.exists() and path.stat().st_size):
        return found
    with suppress(sqlite3.Error), closing(sqlite3.connect(path)) as db:
        read = _Reader(db)
        segments, log = _in_use(db, found)
        fields: dict[str, dict[str, Any]] = {}
        ids = {}
        for row, segment, id_ in read.all("embeddings", "id, segment_id, embedding_id"):
            if not segments or segment in segments:
                ids[row] = id_ if isinstance(id_, str) else f"{row:08x}"
        for row, key, *values in read.all(
            "embedding_metadata", "id, key, string_value, int_value, bool_value"
        ):
            if row in ids:
                value = next((value for value in values if value is not None), None)
                fields.setdefault(ids[row], {})[key] = value
        _second_copies(read, ids, fields)
        for id_, operation, json in log:
            if operation == _DELETE:
                fields.pop(id_, None)
            elif json:
                with suppress(msgspec.MsgspecError):
                    fields.setdefault(id_, {}).update(msgspec.json.decode(json, type=dict))
        _read_memories(found, fields)
        found.whole = not read.lost and bool(segments) and len(found.memories) == len(fields)
    return found


def _in_use(
    db: sqlite3.Connection, found: Salvaged
) -> tuple[frozenset[str], list[tuple[str, int, str]]]:
    """The segments of the collection in use, and the changes that are only in the log so far."""
    with suppress(sqlite3.Error, TypeError):  # no row is None
        (root,) = db.execute("SELECT id FROM collections WHERE name = ?", (ROOT,)).fetchone()
        metadata = "SELECT key, str_value FROM collection_metadata WHERE collection_id = ?"
        name = dict(db.execute(metadata, (root,))).get("use") or ROOT
        query = "SELECT id FROM collections WHERE name = ?"
        (used,) = db.execute(query, (name,)).fetchone() or (root,)
        found.embedder = dict(db.execute(metadata, (used,))).get("embedder") or ""
        segments = db.execute("SELECT id FROM segments WHERE collection = ?", (used,)).fetchall()
        done = (
            "SELECT max(seq_id) FROM max_seq_id WHERE segment_id IN"
            " (SELECT id FROM segments WHERE collection = ? AND scope = 'METADATA')"
        )
        log = db.execute(
            "SELECT id, operation, metadata FROM embeddings_queue"
            f" WHERE topic LIKE ? AND seq_id > coalesce(({done}), -1) ORDER BY seq_id",
            (f"%{used}", used),
        ).fetchall()
        return frozenset(segment for (segment,) in segments), log
    return frozenset(), []


def _read_memories(found: Salvaged, fields: dict[str, dict[str, Any]]) -> None:
    for id_, values in fields.items():
        text = values.pop(_DOCUMENT, None)
        if isinstance(text, str):
            found.memories[id_] = _memory(id_, text, values)


def _memory(id_: str, text: str, values: dict[str, Any]) -> Memory:
    """A memory with all that is known of it; a text that is whole is one by itself."""
    columns = {"ids": [id_], "documents": [text], "metadatas": [values]}
    try:
        return next(rows.memories(columns))
    except MemoryStoreError:
        return Memory(id_, text)


def _second_copies(read: "_Reader", ids: dict[int, str], fields: dict[str, dict[str, Any]]) -> None:
    """Take texts that are lost from where Chroma keeps them once more, to look for words."""
    lost = {row: id_ for row, id_ in ids.items() if not fields.get(id_, {}).get(_DOCUMENT)}
    if not lost:
        return
    with suppress(sqlite3.Error):
        for row, text in read.all("embedding_fulltext_search_content", "id, c0"):
            if row in lost:
                fields.setdefault(lost[row], {})[_DOCUMENT] = text


class _Reader:
    """Reads tables of which parts may be bad; counts what it had to leave out."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self.lost = 0

    def all(self, table: str, columns: str) -> Iterator[tuple[Any, ...]]:
        """Every row that can be read, by the rowid."""
        try:
            (last,) = self._db.execute(f"SELECT max(rowid) FROM {table}").fetchone()
        except sqlite3.Error:
            self.lost += 1
            last = self._last(table)
        yield from self._between(table, columns, 1, last or 0)

    def _last(self, table: str) -> int:
        """About the last rowid, where the table's end cannot be read."""
        last = 1
        for bit in reversed(range(24)):
            with suppress(sqlite3.Error):
                query = f"SELECT rowid FROM {table} WHERE rowid >= ? LIMIT 1"
                if self._db.execute(query, (last + (1 << bit),)).fetchone():
                    last += 1 << bit
        return last + 1_000

    def _between(
        self, table: str, columns: str, first: int, last: int
    ) -> Iterator[tuple[Any, ...]]:
        if first > last:
            return
        query = f"SELECT {columns} FROM {table} WHERE rowid BETWEEN ? AND ?"
        try:
            found = self._db.execute(query, (first, last)).fetchall()
        except sqlite3.Error:
            if first == last:
                self.lost += 1
                return
            middle = (first + last) // 2
            yield from self._between(table, columns, first, middle)
            yield from self._between(table, columns, middle + 1, last)
            return
        yield from found
