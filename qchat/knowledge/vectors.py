"""The vectors of a folder's passages in Chroma, made from the catalog and made again where lost."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from qchat.knowledge.catalog import Catalog
from qchat.knowledge.changes import Show
from qchat.knowledge.records import KnownFolder, Located
from qchat_memory.errors import DamagedError
from qchat_memory.storage.embed import Embedder, Vectors
from qchat_memory.storage.vector_store import VectorStore

BATCH = 1_000
"""Passages that get their vectors at once: a kill loses no more than these."""
EMBEDDED_CHARACTERS = 2_000
_DELETED_AT_ONCE = 1_000


def catch_up(
    catalog: Catalog, folder: KnownFolder, store: VectorStore, embedder: Embedder, show: Show
) -> int:
    """Give every passage its vector and take away those of passages that are gone.

    What another embedder made is made anew, and so is what is damaged. Returns how many were made.
    Raises MemoryStoreError.
    """
    if folder.embedder != embedder.name or (not store.exists() and folder.embedder):
        store.erase()
        catalog.begin_vectors(folder, embedder.name)
    try:
        return _catch_up(catalog, folder, store, embedder, show)
    except DamagedError:
        store.erase()
        catalog.begin_vectors(folder, embedder.name)
        return _catch_up(catalog, folder, store, embedder, show)


def _catch_up(
    catalog: Catalog, folder: KnownFolder, store: VectorStore, embedder: Embedder, show: Show
) -> int:
    _delete_gone(catalog, folder, store)
    total, done, after = catalog.count_to_embed(folder), 0, 0
    with ThreadPoolExecutor(1, thread_name_prefix="know-vectors") as writing:
        # While Chroma takes one batch, in a process of its own, the next gets its vectors here.
        last: Callable[[], None] | None = None
        while passages := catalog.to_embed(folder, BATCH, after):
            after = passages[-1].id
            vectors = embedder.embed([said(passage) for passage in passages])
            if last is not None:
                last()
            ids = [passage.id for passage in passages]
            last = _noted(catalog, ids, writing.submit(_put, store, ids, vectors).result)
            done += len(passages)
            show(done, max(total, done))
        if last is not None:
            last()
    return done


def _noted(catalog: Catalog, ids: Sequence[int], written: Callable[[], None]) -> Callable[[], None]:
    """Wait until a batch is in Chroma, then say so in the catalog."""

    def wait() -> None:
        written()
        catalog.note_embedded(ids)

    return wait


def said(passage: Located) -> str:
    """What stands for a passage: where it is from tells what it is about."""
    name = passage.path.rpartition(".")[0] or passage.path
    return f"{name.replace('/', ' ')} {passage.heading}\n{passage.text[:EMBEDDED_CHARACTERS]}"


def nearest(store: VectorStore, vector: Vectors, limit: int) -> list[int]:
    """Passages by likeness to a question, best first. Raises MemoryStoreError."""
    if not store.exists():
        return []
    with store.transaction() as transaction:
        found = transaction.collection.query(query_embeddings=vector, n_results=limit, include=[])
    return [int(id_) for id_ in found["ids"][0]]


def _put(store: VectorStore, ids: Sequence[int], vectors: Vectors) -> None:
    with store.transaction() as transaction:
        transaction.begin_change()
        transaction.collection.upsert(ids=[str(id_) for id_ in ids], embeddings=vectors)
        transaction.end_change()


def _delete_gone(catalog: Catalog, folder: KnownFolder, store: VectorStore) -> None:
    gone = catalog.gone(folder)
    for start in range(0, len(gone), _DELETED_AT_ONCE):
        some = gone[start : start + _DELETED_AT_ONCE]
        if store.exists():
            with store.transaction() as transaction:
                transaction.begin_change()
                transaction.collection.delete(ids=[str(id_) for id_ in some])
                transaction.end_change()
        catalog.forget_gone(folder, some)
