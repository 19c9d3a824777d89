"""Makes the vectors of another embedder, in a collection of its own that is used when it is whole.

In small batches, so that saves come in between; each batch looks again at what is missing, so that
a call which was cut short goes on where it ended.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

from qchat_memory import rows
from qchat_memory.change import rebuild
from qchat_memory.embed import Embedder
from qchat_memory.index import Index
from qchat_memory.memory import Memory
from qchat_memory.shelf import Visit

BATCH = 64

Visiting = Callable[[], AbstractContextManager[Visit]]


def run(
    visiting: Visiting, index: Index, embedder: Embedder, progress: Callable[[int, int], None]
) -> int:
    """Do all that is missing, then use it. Returns how many vectors were made."""
    made = 0
    while True:
        with visiting() as visit:
            wanted = {memory.id: memory for memory in index.all()}
            target = visit.collections().making(embedder.name)
            missing = _missing(wanted, target)
            if not missing:
                _take(visit, index, embedder, wanted, target)
                return made
        progress(len(wanted) - len(missing), len(wanted))
        batch = missing[:BATCH]
        vectors = embedder.embed([memory.text for memory in batch])  # slow: nothing is locked
        with visiting() as visit:
            visit.begin_change()
            target = visit.collections().making(embedder.name)
            target.upsert(**rows.columns(batch), embeddings=vectors)
            with index.change():
                index.settle(visit.stamp)  # what is in use is as it was
            visit.end_change()
        made += len(batch)
        progress(len(wanted) - len(missing) + len(batch), len(wanted))


def _missing(wanted: Mapping[str, Memory], target: Any) -> list[Memory]:
    """The memories whose text the target does not have."""
    found = target.get(include=["documents"])
    there = dict(zip(found["ids"], found["documents"], strict=True))
    return [memory for id_, memory in wanted.items() if there.get(id_) != memory.text]


def _take(
    visit: Visit, index: Index, embedder: Embedder, wanted: Mapping[str, Memory], target: Any
) -> None:
    """Bring the rest up to date, alone, and use the target from here on."""
    visit.begin_change()
    target = visit.collections().making(embedder.name)
    gone = set(target.get(include=[])["ids"]) - set(wanted)
    if gone:
        target.delete(ids=list(gone))
    memories = list(wanted.values())
    for start in range(0, len(memories), 1_000):
        part = memories[start : start + 1_000]
        columns = rows.columns(part)
        target.update(ids=columns["ids"], metadatas=columns["metadatas"])
    visit.collections().take(target)
    rebuild(visit, index, embedder.name)
    visit.end_change()
