"""The only module that imports chromadb: one user's collection, safe between processes.

Chroma's local client is not: an index that one process holds in memory misses what another wrote
once that one has trimmed the log (measured: 400 of 2,300 vectors lost). So one process at a time
works in the folder, and a client that has missed a change is opened anew (20 ms).
"""

import itertools
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from qchat_memory.errors import MemoryStoreError
from qchat_memory.lock import Turn, exclusive

DATABASE = "chroma.sqlite3"
_COLLECTION = "memories"
_openings = itertools.count(1)


class ChromaFolder:
    """One collection in a folder of its own, so that forgetting everything leaves no file."""

    def __init__(self, folder: Path, embedder: str, opened: Callable[[Any], None]) -> None:
        self.folder = folder
        self._embedder = embedder
        self._opened = opened
        """Called with the collection each time that it may hold what was not seen before."""
        # Chroma shares one client among all users of the same path string in a process, and would
        # not let go of it; a string of its own makes this client's closing real.
        self._path = str(folder) + "/." * next(_openings)
        self._threads = threading.RLock()
        self._client: Any = None
        self._collection: Any = None
        self._generation = -1

    @contextmanager
    def reading(self) -> Iterator[Any]:
        """The collection, up to date, while nobody changes it. Raises MemoryStoreError."""
        with self._turn():
            yield self._collection

    @contextmanager
    def changing(self) -> Iterator[Any]:
        """The collection, for a change that must not meet another's. Raises MemoryStoreError."""
        with self._turn() as turn:
            turn.begin_change()
            yield self._collection
            self._generation = turn.generation
            _make_private(self.folder)

    def erase(self) -> None:
        """Close the collection and delete every file of it."""
        with self._threads, exclusive(self._lock_file()) as turn:
            turn.begin_change()
            self.close()
            shutil.rmtree(self.folder, ignore_errors=True)
            if self.folder.exists():
                raise MemoryStoreError(f"not every file in {self.folder} could be deleted")

    def close(self) -> None:
        """Let go of the files; the next use opens them again."""
        self._collection = None
        client, self._client = self._client, None
        if client is not None:
            client.close()

    @contextmanager
    def _turn(self) -> Iterator[Turn]:
        with self._threads, exclusive(self._lock_file()) as turn:
            try:
                self._refresh(turn.generation)
                yield turn
            except MemoryStoreError:
                self.close()  # whatever was half done is read anew
                raise
            except Exception as error:
                self.close()
                raise self._readable(error) from error

    def _lock_file(self) -> Path:
        """Beside the folder, not in it: it outlives `erase`, since others may wait for it."""
        try:
            self.folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise MemoryStoreError(f"cannot write to {self.folder.parent}: {error}") from error
        return self.folder.with_suffix(".lock")

    def _refresh(self, generation: int) -> None:
        if self._collection is not None and generation == self._generation:
            return
        self.close()
        import chromadb  # noqa: PLC0415  heavy: only when first needed
        from chromadb.config import Settings  # noqa: PLC0415

        self.folder.mkdir(mode=0o700, exist_ok=True)
        quiet = Settings(anonymized_telemetry=False)
        self._client = chromadb.PersistentClient(path=self._path, settings=quiet)
        self._collection = self._client.get_or_create_collection(
            _COLLECTION,
            metadata={"embedder": self._embedder},
            configuration={"hnsw": {"space": "cosine"}},
            embedding_function=None,
        )
        made_by = (self._collection.metadata or {}).get("embedder", "")
        if made_by != self._embedder:
            raise MemoryStoreError(
                f"these memories were indexed by {made_by or 'an unknown embedder'}, not by"
                f" {self._embedder}: export them, forget all, and import them again"
            )
        _make_private(self.folder)
        self._opened(self._collection)
        self._generation = generation

    def _readable(self, error: Exception) -> MemoryStoreError:
        line = " ".join(str(error).split())[:200]
        return MemoryStoreError(
            f"the memories in {self.folder} cannot be used ({line}):"
            " move that folder away to start afresh, or restore it from a backup"
        )


def _make_private(folder: Path) -> None:
    # The folder itself is 0700, so nobody gets at a file before its mode is set. A umask would
    # do it at creation, but it belongs to the whole process with all its threads.
    folder.chmod(0o700)
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):  # SQLite's journals come and go
            path.chmod(0o700 if path.is_dir() else 0o600)
