"""Makes the vectors of another embedder, in a collection of its own that is used when it is whole.

In small batches, so that saves come in between. What is missing is looked up again before the new
one is used, and after a call that was cut short; two processes at it share the work.
"""

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

from qchat_memory.memory import Memory
from qchat_memory.storage import rows
from qchat_memory.storage.embed import Embedder
from qchat_memory.storage.index import Index
from qchat_memory.storage.transaction import rebuild
from qchat_memory.storage.vector_store import Transaction

BATCH = 64

Transactions = Callable[[], AbstractContextManager[Transaction]]


def run(
    transactions: Transactions,
    index: Index,
    embedder: Embedder,
    progress: Callable[[int, int], None],
) -> int:
    """Do all that is missing, then use it. Returns how many vectors were made."""
    made = 0
    while True:
        with transactions() as transaction:
            if index.embedder == embedder.name:  # another process was quicker
                return made
            wanted = {memory.id: memory for memory in index.all()}
            target = transaction.collections().making(embedder.name)
            missing = _missing(wanted.values(), target.get(include=["documents"]))
            if not missing:
                _take(transaction, index, embedder, wanted, target)
                return made
        done = len(wanted) - len(missing)
        progress(done, len(wanted))
        start = random.randrange(0, len(missing), BATCH)  # not where another process is
        for batch in _batches([*missing[start:], *missing[:start]]):
            made += _fill(transactions, index, embedder, batch)
            done += len(batch)
            progress(done, len(wanted))


def _fill(
    transactions: Transactions, index: Index, embedder: Embedder, batch: Sequence[Memory]
) -> int:
    """Give some memories vectors, but for those that have theirs by now; returns how many."""
    ids = [memory.id for memory in batch]
    with transactions() as transaction:
        if index.embedder == embedder.name:
            return 0
        target = transaction.collections().making(embedder.name)
        batch = _missing(batch, target.get(ids=ids, include=["documents"]))
    if not batch:
        return 0
    vectors = embedder.embed([memory.text for memory in batch])  # slow: nothing is locked
    with transactions() as transaction:
        if index.embedder == embedder.name:
            return 0
        version = transaction.version
        transaction.begin_work()
        target = transaction.collections().making(embedder.name)
        target.upsert(**rows.columns(batch), embeddings=vectors)
        if transaction.version != version:
            with index.change():
                index.settle(transaction.version)  # what is in use is as it was
    return len(batch)


def _missing(wanted: Iterable[Memory], found: Mapping[str, Any]) -> list[Memory]:
    """The memories whose text is not among what a collection gave back."""
    there = dict(zip(found["ids"], found["documents"], strict=True))
    return [memory for memory in wanted if there.get(memory.id) != memory.text]


def _batches(memories: Sequence[Memory]) -> list[Sequence[Memory]]:
    return [memories[start : start + BATCH] for start in range(0, len(memories), BATCH)]


def _take(
    transaction: Transaction,
    index: Index,
    embedder: Embedder,
    wanted: Mapping[str, Memory],
    target: Any,
) -> None:
    """Bring the rest up to date, alone, and use the target from here on."""
    transaction.begin_change()
    target = transaction.collections().making(embedder.name)
    found = target.get(include=["metadatas"])
    there = dict(zip(found["ids"], found["metadatas"], strict=True))
    gone = there.keys() - wanted.keys()
    if gone:
        target.delete(ids=list(gone))
    changed = [m for m in wanted.values() if there.get(m.id) != rows.metadata(m)]
    for start in range(0, len(changed), 1_000):
        columns = rows.columns(changed[start : start + 1_000])
        target.update(ids=columns["ids"], metadatas=columns["metadatas"])
    transaction.collections().take(target)
    rebuild(transaction, index, embedder.name)
    transaction.end_change()
