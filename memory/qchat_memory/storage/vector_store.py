"""Where a user's memories lie: what the local folder and the server of Chroma have in common."""

import hashlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Protocol

from qchat_memory.errors import MemoryStoreError
from qchat_memory.localized_text import tr

FORMAT = 2
"""Of the rows: 1 kept each field as metadata of its own, 2 keeps them as one JSON text."""

# A memory's neighbours in the graph are searched among few candidates when it is added: half
# Chroma's time for an import, and what the words miss is still found (recall is measured).
_GRAPH = {"hnsw": {"space": "cosine", "ef_construction": 60, "ef_search": 100}}


class Transaction(Protocol):
    """The memories while they are looked at or changed."""

    @property
    def version(self) -> str:
        """Changes whenever anybody changes the memories; empty: cannot be relied on."""
        ...

    @property
    def next_version(self) -> str:
        """What a change will make of it."""
        ...

    @property
    def collection(self) -> Any:
        """The collection in use, opened when first asked for."""
        ...

    def collections(self) -> "Collections":
        """All collections of this user, for making another one whole."""
        ...

    def begin_change(self) -> None:
        """Say that the memories are about to change, before they do: `version` is new then."""
        ...

    def end_change(self) -> None:
        """Say that they have changed."""
        ...

    def begin_work(self) -> None:
        """Say that another collection is about to change; `version` is new where that matters."""
        ...


class VectorStore(Protocol):
    """One user's memories in Chroma. Everything raises MemoryStoreError with one readable line."""

    def exists(self) -> bool:
        """Whether anything was ever kept; looks without making anything."""
        ...

    def transaction(self) -> AbstractContextManager[Transaction]:
        """Look at the memories, alone where others could do harm."""
        ...

    def must_exist(self) -> None:
        """Raises DamagedError where what was kept is lost, so that nobody begins anew unawares."""
        ...

    def begin(self) -> None:
        """Let begin what `load` waits for, while something else is done."""
        ...

    def load(self) -> None:
        """Import what a change needs, which takes long, before anybody has to wait for it."""
        ...

    def erase(self) -> None:
        """Delete every trace."""
        ...

    def close(self) -> None:
        """Let go of files and connections; the next use opens them again."""
        ...


def digest(user: str) -> str:
    """A name for any user name, however made: none can collide or lead elsewhere."""
    return hashlib.sha256(user.encode("utf-8", "surrogatepass")).hexdigest()[:32]


class Collections:
    """The collections of one user in a Chroma client: one in use, perhaps one in the making.

    The first one ever made, the root, says in its metadata which they are: one row to read, and
    one to write for a change of all at once.
    """

    def __init__(
        self,
        client: Any,
        name: str,
        embedder: Callable[[], str],
        missing: Callable[[], None] = lambda: None,
    ) -> None:
        """`missing` is told that there is no root, and may raise where there was one."""
        self._client = client
        self._name = name
        self._embedder = embedder
        self._missing = missing

    def root(self) -> Any:
        """The collection that knows the others; made with the wanted embedder if there is none.

        Raises MemoryStoreError for one of a newer qchat.
        """
        try:
            root = self._client.get_collection(self._name, embedding_function=None)
        except Exception as error:
            if type(error).__name__ != "NotFoundError":  # chromadb's own: not to be imported here
                raise
            self._missing()
            root = self._make(self._name, self._embedder())
        if int((root.metadata or {}).get("format", 1)) > FORMAT:
            raise MemoryStoreError(
                tr("these memories were kept by a newer version of qchat: update this one")
            )
        return root

    def in_use(self) -> Any:
        """The one that is read; rests of an earlier one are cleared away first."""
        root = self.root()
        if (root.metadata or {}).get("rest"):
            self._clear(root, root.metadata["rest"])
        name = (root.metadata or {}).get("use") or self._name
        return root if name == self._name else self._get(name)

    def making(self, embedder: str) -> Any:
        """The one that an embedder fills; not in use before it is whole."""
        name = f"{self._name}-{hashlib.sha256(embedder.encode()).hexdigest()[:12]}"
        note(self.root(), making=name)
        return self._make(name, embedder)

    def has(self, name: str) -> bool:
        """Whether there is a collection of that name."""
        try:
            self._get(name)
        except Exception as error:
            if type(error).__name__ != "NotFoundError":
                raise
            return False
        return True

    def take(self, made: Any) -> None:
        """Use the collection that was in the making, and delete the one in use so far."""
        root = self.root()
        old = root.metadata.get("use") or self._name
        if old == made.name:
            return  # somebody else did it
        note(root, use=made.name, making="", rest=old)
        self._clear(root, old)

    def delete(self) -> None:
        """Delete all of them."""
        root = self.root()
        for key in ("use", "making", "rest"):
            if name := (root.metadata or {}).get(key):
                self._drop(name)
        self._drop(self._name)

    def _make(self, name: str, embedder: str) -> Any:
        return self._client.get_or_create_collection(
            name,
            metadata={"embedder": embedder, "format": FORMAT},
            configuration=_GRAPH,
            embedding_function=None,
        )

    def _get(self, name: str) -> Any:
        return self._client.get_collection(name, embedding_function=None)

    def _clear(self, root: Any, name: str) -> None:
        if name == self._name:
            while ids := root.get(limit=1_000, include=[])["ids"]:
                root.delete(ids=ids)
        else:
            self._drop(name)
        note(root, rest="")

    def _drop(self, name: str) -> None:
        try:
            self._client.delete_collection(name)
        except Exception as error:
            if type(error).__name__ != "NotFoundError":
                raise


def note(collection: Any, **values: str) -> None:
    """Write into a collection's metadata, beside what stands there."""
    collection.modify(metadata={**(collection.metadata or {}), "format": FORMAT, **values})


def made_by(collection: Any) -> str:
    """The embedder whose vectors a collection holds."""
    return str((collection.metadata or {}).get("embedder", ""))
