"""One user's memories: keep, find, pin, forget, take away. Every call blocks: use a thread.

Chroma holds them; a copy of the plain values is kept here, read again when somebody changed them.
"""

import hashlib
import re
import secrets
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence, Set
from heapq import nlargest
from pathlib import Path
from typing import Any

import msgspec

from qchat_memory import relevance
from qchat_memory.chroma import DATABASE, ChromaFolder
from qchat_memory.embed import Embedder, StaticEmbedder, Vectors
from qchat_memory.errors import MemoryStoreError
from qchat_memory.memory import Hit, Memory, checked, now, sameness

_CANDIDATES = 64
_BATCH = 1_000


def exists(folder: Path, user: str) -> bool:
    """Whether the user has memories at all, without opening (or importing) anything."""
    return (_user_folder(folder, user) / DATABASE).exists()


def _user_folder(folder: Path, user: str) -> Path:
    """A folder name for any user name, however made: none can collide or lead elsewhere."""
    digest = hashlib.sha256(user.encode("utf-8", "surrogatepass")).hexdigest()
    return folder / f"user-{digest[:32]}"


class MemoryStore:
    """The memories of one user below `folder`; nothing is created before the first save."""

    def __init__(self, folder: Path, user: str, embedder: Embedder | None = None) -> None:
        self._database = _user_folder(folder, user) / DATABASE
        self._embedder = embedder or StaticEmbedder()
        self._chroma = ChromaFolder(_user_folder(folder, user), self._embedder.name, self._read_all)
        self._memories: dict[str, Memory] = {}
        self._words: dict[str, frozenset[str]] = {}

    def save(
        self,
        text: str,
        *,
        kind: str = "fact",
        session: str = "",
        turn: str = "",
        said_at: str = "",
        pinned: bool = False,
    ) -> Memory:
        """Keep a text; one that says the same as an old one takes its place, id and pin.

        It is on disk when this returns. Raises MemoryStoreError for a text that cannot be kept.
        """
        said = Memory("", checked(text), kind, said_at or now(), session, turn, pinned)
        vectors = self._embedder.embed([said.text])
        with self._chroma.changing() as collection:
            same = self._same(said.text)
            if same is None:
                memory = msgspec.structs.replace(said, id=_free_id(self._memories))
            else:
                memory = msgspec.structs.replace(
                    said, id=same.id, pinned=same.pinned or pinned, uses=same.uses
                )
            self._put(collection, [memory], vectors)
        return memory

    def search(self, query: str, limit: int = 10) -> list[Hit]:
        """The memories that fit best, best first; mere noise is left out."""
        if not self._exists() or not query.strip() or limit < 1:
            return []
        vector = self._embedder.embed([query])
        asked = relevance.words(query)
        with self._chroma.reading() as collection:
            if not self._memories:
                return []
            likeness = self._likeness(collection, vector, asked)
            hits = [self._hit(id_, asked, cosine) for id_, cosine in likeness.items()]
        hits = [hit for hit in hits if hit.score >= relevance.NOISE]
        hits.sort(key=lambda hit: (-hit.score, hit.memory.said_at, hit.memory.id))
        return hits[:limit]

    def recall(self, query: str, limit: int = 4) -> list[Hit]:
        """The memories that help with a question; none if nothing fits well. Counts their use."""
        hits = relevance.fitting(self.search(query, limit))
        if not hits:
            return []
        with self._chroma.changing() as collection:
            found = (self._memories.get(hit.memory.id) for hit in hits)
            self._update(collection, [_used(memory) for memory in found if memory is not None])
        return hits

    def list(self) -> Sequence[Memory]:
        """All memories, the newest first."""
        return sorted(self._read().values(), key=lambda m: (m.said_at, m.id), reverse=True)

    def pinned(self) -> Sequence[Memory]:
        """The pinned memories, the oldest first: a stable order keeps the engine's cache."""
        return [memory for memory in reversed(self.list()) if memory.pinned]

    def get(self, id_: str) -> Memory:
        """The memory of that id. Raises MemoryStoreError if there is none."""
        return _known(self._read(), id_)

    def pin(self, id_: str, pinned: bool = True) -> Memory:
        """Keep a memory always in front of the model, or no longer."""
        self.get(id_)
        with self._chroma.changing() as collection:
            memory = _known(self._memories, id_)
            memory = msgspec.structs.replace(memory, pinned=pinned)
            self._update(collection, [memory])
        return memory

    def forget(self, id_: str) -> Memory:
        """Delete a memory and give it back, so that it can be shown or kept after all."""
        self.get(id_)
        with self._chroma.changing() as collection:
            memory = _known(self._memories, id_)
            collection.delete(ids=[memory.id])
            del self._memories[memory.id], self._words[memory.id]
        return memory

    def forget_all(self) -> int:
        """Delete every memory and every file that held them; returns how many there were."""
        number = len(self._read())
        if self._exists():
            self._chroma.erase()
        return number

    def export_lines(self) -> Iterator[str]:
        """Every memory as one JSON line with all its fields, the oldest first."""
        for memory in reversed(self.list()):
            yield msgspec.json.encode(memory).decode()

    def import_lines(self, lines: Iterable[str]) -> int:
        """Add exported memories; one with the same text as an old one takes its place.

        All or nothing: raises MemoryStoreError that names the first line that is no memory.
        """
        read = [_decoded(n, line) for n, line in enumerate(lines, 1) if line.strip()]
        if not read:
            return 0
        vectors = self._embedder.embed([memory.text for memory in read])
        with self._chroma.changing() as collection:
            placed: dict[str, int] = {}
            taken = dict.fromkeys(self._memories)
            by_text = {sameness(memory.text): id_ for id_, memory in self._memories.items()}
            for row, memory in enumerate(read):
                key = sameness(memory.text)
                id_ = by_text.setdefault(key, "") or _free_id(taken, memory.id)
                by_text[key] = id_
                taken[id_] = None
                placed[id_] = row
            for start in range(0, len(placed), _BATCH):
                batch = list(placed.items())[start : start + _BATCH]
                memories = [msgspec.structs.replace(read[row], id=id_) for id_, row in batch]
                self._put(collection, memories, vectors[[row for _, row in batch]])
        return len(placed)

    def open(self) -> None:
        """Load the model and open the files ahead of the first question, which saves it seconds."""
        if self._exists():
            self._embedder.embed([""])
            self._read()

    def close(self) -> None:
        """Let go of the files; a later call opens them again."""
        self._chroma.close()

    def _exists(self) -> bool:
        return self._database.exists()

    def _read(self) -> dict[str, Memory]:
        if not self._exists():
            return {}
        with self._chroma.reading():
            return dict(self._memories)

    def _read_all(self, collection: Any) -> None:
        """Copy the plain values out of a collection that was opened (0.1 ms a memory)."""
        rows = collection.get(include=["documents", "metadatas"])
        columns = zip(rows["ids"], rows["documents"], rows["metadatas"], strict=True)
        self._memories = {
            id_: msgspec.convert({"id": id_, "text": text, **metadata}, Memory)
            for id_, text, metadata in columns
        }
        self._words = {id_: relevance.words(m.text) for id_, m in self._memories.items()}

    def _put(self, collection: Any, memories: Sequence[Memory], vectors: Vectors) -> None:
        collection.upsert(
            ids=[memory.id for memory in memories],
            documents=[memory.text for memory in memories],
            metadatas=[_metadata(memory) for memory in memories],
            embeddings=vectors,
        )
        self._memories |= {memory.id: memory for memory in memories}
        self._words |= {memory.id: relevance.words(memory.text) for memory in memories}

    def _update(self, collection: Any, memories: Sequence[Memory]) -> None:
        if memories:
            ids = [memory.id for memory in memories]
            collection.update(ids=ids, metadatas=[_metadata(memory) for memory in memories])
            self._memories |= {memory.id: memory for memory in memories}

    def _likeness(self, collection: Any, vector: Vectors, asked: Set[str]) -> dict[str, float]:
        """Cosine of each candidate: the nearest vectors, and those that share most words."""
        number = min(_CANDIDATES, len(self._memories))
        found = collection.query(query_embeddings=vector, n_results=number, include=["distances"])
        near = zip(found["ids"][0], found["distances"][0], strict=True)
        likeness = {id_: 1.0 - distance for id_, distance in near if id_ in self._memories}
        sharing = (id_ for id_, words in self._words.items() if not asked.isdisjoint(words))
        best = nlargest(_CANDIDATES, sharing, key=lambda id_: len(asked & self._words[id_]))
        rest = [id_ for id_ in best if id_ not in likeness]
        if rest:
            rows = collection.get(ids=rest, include=["embeddings"])
            likeness |= zip(rows["ids"], (rows["embeddings"] @ vector[0]).tolist(), strict=True)
        return likeness

    def _hit(self, id_: str, asked: Set[str], cosine: float) -> Hit:
        shared = asked & self._words[id_]
        points = relevance.score(asked, shared, cosine)
        return Hit(self._memories[id_], points, tuple(sorted(shared)))

    def _same(self, text: str) -> Memory | None:
        key = sameness(text)
        return next((m for m in self._memories.values() if sameness(m.text) == key), None)


def _metadata(memory: Memory) -> dict[str, str | int | bool]:
    fields = msgspec.structs.asdict(memory)
    del fields["id"], fields["text"]
    return fields


def _used(memory: Memory) -> Memory:
    return msgspec.structs.replace(memory, used_at=now(), uses=memory.uses + 1)


def _known(memories: Mapping[str, Memory], id_: str) -> Memory:
    memory = memories.get(id_.strip("[] \n"))
    if memory is None:
        raise MemoryStoreError(f"there is no memory {id_!r}: the list shows each one's id")
    return memory


def _free_id(taken: Container[str], wanted: str = "") -> str:
    """The wanted id if it is one and free, else a new one of 8 hexadecimal digits."""
    id_ = wanted
    while not re.fullmatch("[0-9a-f]{8}", id_) or id_ in taken:
        id_ = secrets.token_hex(4)
    return id_


def _decoded(number: int, line: str) -> Memory:
    try:
        memory = msgspec.json.decode(line, type=Memory)
        return msgspec.structs.replace(memory, text=checked(memory.text))
    except (msgspec.MsgspecError, UnicodeError, MemoryStoreError) as error:
        raise MemoryStoreError(f"line {number} is no exported memory: {error}") from error
