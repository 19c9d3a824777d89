"""A change of memories: planned first, then made in Chroma and in the index beside it.

Noted in the index before, so that a kill at any moment leaves two that agree: what is noted and not
ended is looked up in Chroma again.
"""

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from qchat_memory.errors import DamagedError
from qchat_memory.localized_text import tr
from qchat_memory.memory import Memory
from qchat_memory.storage import rows
from qchat_memory.storage.index import Index
from qchat_memory.storage.vector_store import Transaction

if TYPE_CHECKING:
    from qchat_memory.storage.embed import Vectors

PAGE = 2_000

Embed = Callable[[Sequence[str]], "Vectors"]


class Change(msgspec.Struct):
    """What shall be done, by id; the last word about an id counts."""

    added: dict[str, Memory] = msgspec.field(default_factory=dict)
    updated: dict[str, Memory] = msgspec.field(default_factory=dict)
    deleted: dict[str, None] = msgspec.field(default_factory=dict)
    scrubbed: bool = False
    """Nothing of what was said before may be left in any file, and so no step back."""

    def put(self, memories: Iterable[Memory]) -> None:
        """Add, or replace with the text."""
        self.added |= {memory.id: memory for memory in memories}

    def update(self, memories: Iterable[Memory]) -> None:
        """Change what is not the text."""
        self.updated |= {memory.id: memory for memory in memories}

    def delete(self, ids: Iterable[str]) -> None:
        self.deleted |= dict.fromkeys(ids)

    @property
    def ids(self) -> list[str]:
        return [*self.added, *self.updated, *self.deleted]

    def commit(self, transaction: Transaction, index: Index, embed: Embed) -> None:
        """Do it, on the disk when this returns."""
        named = frozenset(self.ids)
        self.update(memory for memory in index.used() if memory.id not in named)
        if not self.ids:
            return
        added, updated = list(self.added.values()), list(self.updated.values())
        vectors = embed([memory.text for memory in added]) if added else None
        collection = transaction.collection
        index.announce(self.ids, transaction.next_version)
        transaction.begin_change()
        if vectors is not None:
            collection.upsert(**rows.columns(added), embeddings=vectors)
        if updated:
            collection.update(**_without_text(updated))
        if self.deleted:
            collection.delete(ids=list(self.deleted))
        with index.change():
            if vectors is not None:
                index.put(added, vectors)
            index.update(updated)
            index.delete(self.deleted)
            index.settle(transaction.version)
        transaction.end_change()


def refresh(transaction: Transaction, index: Index, embedder: Callable[[], str]) -> None:
    """Bring the index up to date with Chroma, where it is not."""
    if index.version and transaction.version == index.version and not index.pending:
        return
    known = (index.version, index.announced)
    if index.version and index.pending and transaction.version and transaction.version in known:
        _look_again(transaction, index)
    elif index.version and index.number() and index.embedder == embedder():
        catch_up(transaction, index)
    else:
        rebuild(transaction, index, embedder())


def catch_up(transaction: Transaction, index: Index) -> None:
    """Take into the index what others have changed; what is as it was is only compared."""
    known = {memory.id: memory for memory in index.all()}
    used = {memory.id for memory in index.used()}
    there: set[str] = set()
    with index.change():
        for found in _pages(transaction.collection, ["documents", "metadatas"]):
            memories = list(rows.memories(found))
            there.update(memory.id for memory in memories)
            changed = [m.id for m in memories if not _as_known(m, known.get(m.id), used)]
            if changed:
                again = transaction.collection.get(ids=changed, include=_ALL)
                index.put(list(rows.memories(again)), again["embeddings"])
        index.delete(known.keys() - there)
        index.settle(transaction.version)


def _as_known(memory: Memory, known: Memory | None, used: Container[str]) -> bool:
    """Whether the index has it so; Chroma may not have been told of its last use."""
    if known is not None and known.id in used:
        known = msgspec.structs.replace(known, used_at=memory.used_at, uses=memory.uses)
    return memory == known


def rebuild(transaction: Transaction, index: Index, embedder: str) -> None:
    """Make the index anew from Chroma (0.2 ms a memory)."""
    collection = transaction.collection
    index.file.set_aside()
    known, there = index.file.replaced_number(transaction.version), 0
    with index.change():
        for found in _pages(collection, _ALL):
            index.put(list(rows.memories(found)), found["embeddings"])
            there += len(found["ids"])
        if there < known:
            raise DamagedError(
                tr("Chroma has {there:,} of {number:,} memories", there=there, number=known)
            )
        index.settle(transaction.version, embedder)
    index.file.drop_replaced()


def _pages(collection: Any, include: Sequence[str]) -> Iterator[Any]:
    start = 0
    while (found := collection.get(limit=PAGE, offset=start, include=include))["ids"]:
        yield found
        start += len(found["ids"])


def _look_again(transaction: Transaction, index: Index) -> None:
    pending = index.pending
    found = transaction.collection.get(ids=pending, include=_ALL)
    with index.change():
        index.delete(set(pending) - set(found["ids"]))
        if found["ids"]:
            index.put(list(rows.memories(found)), found["embeddings"])
        index.settle(transaction.version)


def _without_text(memories: Sequence[Memory]) -> dict[str, object]:
    columns = rows.columns(memories)
    del columns["documents"]
    return columns


_ALL = ["documents", "metadatas", "embeddings"]
