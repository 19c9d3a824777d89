"""Chroma in a local folder, safe between processes.

Chroma's local client is not: an index that one process holds in memory misses what another wrote
once that one has trimmed the log (measured: 400 of 2,300 vectors lost). So one process at a time
works in the folder, and a client that has missed a change is opened anew (20 ms).
"""

import itertools
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from qchat_memory.errors import DamagedError, MemoryStoreError
from qchat_memory.storage.lock import Turn, exclusive
from qchat_memory.storage.vector_store import Collections

DATABASE = "chroma.sqlite3"
INDEX = "index.sqlite3"
ASIDE = ".damaged-"
"""Behind the name of a folder that was set aside as damaged."""
_ROOT = "memories"
_openings = itertools.count(1)
_opened: set[Path] = set()
"""Databases that a Chroma of this process may have open."""
_DAMAGE = ("not a database", "malformed", "corrupt", "no such table", "HNSW", "hnsw")


class Folder:
    """Chroma in a folder of the user's own, so that forgetting everything leaves no file."""

    def __init__(self, folder: Path, embedder: Callable[[], str]) -> None:
        """`embedder` names the one for a collection that does not exist yet."""
        self.folder = folder
        self._embedder = embedder
        self._path = _own_path(folder)
        self._threads = threading.RLock()
        self._client: Any = None
        self._collection: Any = None
        self._generation = -1
        self._private_ns = 0
        """When something was last made in the folder or deleted, and all in it is private."""

    def exists(self) -> bool:
        return is_there(self.folder)

    @contextmanager
    def transaction(self) -> Iterator["FolderTransaction"]:
        """Be alone in the folder. Raises MemoryStoreError."""
        with self._threads, exclusive(self._lock_file()) as turn:
            try:
                yield FolderTransaction(self, turn)
            except MemoryStoreError:
                self.close()  # whatever was half done is read anew
                raise
            except Exception as error:
                self.close()
                raise self._readable(error) from error

    def must_exist(self) -> None:
        file = self.folder / DATABASE
        if not (file.exists() and file.stat().st_size):
            raise self._damaged(f"{DATABASE} is gone or empty")

    def load(self) -> None:
        import chromadb.api.rust  # noqa: F401, PLC0415  heavy, and else loaded by the first client

    def erase(self) -> None:
        """Close the collection and delete every file of it, those set aside as damaged too."""
        aside = list(self.folder.parent.glob(f"{self.folder.name}{ASIDE}*"))
        if not (aside or self.folder.exists()):
            return
        with self._threads, exclusive(self._lock_file()) as turn:
            turn.begin_change()
            self.close()
            for folder in [self.folder, *aside]:
                shutil.rmtree(folder, ignore_errors=True)
                if folder.exists():
                    raise MemoryStoreError(f"not every file in {folder} could be deleted")

    def close(self) -> None:
        self._collection = None
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def client_at(self, generation: int) -> Any:
        """Chroma's client, opened anew if somebody else has made a change since."""
        if self._client is None or generation != self._generation:
            self.close()
            import chromadb  # noqa: PLC0415  heavy: only when first needed
            from chromadb.config import Settings  # noqa: PLC0415

            self.folder.mkdir(mode=0o700, exist_ok=True)
            _write_ahead(self.folder / DATABASE)
            quiet = Settings(anonymized_telemetry=False)
            try:
                self._client = chromadb.PersistentClient(path=self._path, settings=quiet)
            except Exception:
                # Chroma keeps what failed too, by its path: a second try needs another.
                self._path = _own_path(self.folder)
                raise
            self._generation = generation
            self._private_ns = 0
            self.make_private()
        return self._client

    def collection_at(self, generation: int) -> Any:
        """The collection in use, likewise."""
        client = self.client_at(generation)
        if self._collection is None:
            self._collection = Collections(client, _ROOT, self._embedder).in_use()
        return self._collection

    def collections_at(self, generation: int) -> Collections:
        client = self.client_at(generation)
        self._collection = None  # another one may come into use
        return Collections(client, _ROOT, self._embedder)

    def changed(self, generation: int) -> None:
        """The change of that number is this client's own: it misses nothing."""
        if self._client is not None:
            self._generation = generation

    def make_private(self) -> None:
        """Let nobody else read what Chroma made, if there is anything new.

        The folder itself is 0700, so nobody gets at a file before its mode is set. A umask would
        do it at creation, but it belongs to the whole process with all its threads.
        """
        made_ns = self.folder.stat().st_mtime_ns
        if made_ns == self._private_ns:
            return
        self.folder.chmod(0o700)
        for path in self.folder.rglob("*"):
            with suppress(FileNotFoundError):  # SQLite's journals come and go
                path.chmod(0o700 if path.is_dir() else 0o600)
        self._private_ns = made_ns

    def _lock_file(self) -> Path:
        """Beside the folder, not in it: it outlives `erase`, since others may wait for it."""
        try:
            self.folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise MemoryStoreError(f"cannot write to {self.folder.parent}: {error}") from error
        return self.folder.with_suffix(".lock")

    def _readable(self, error: Exception) -> MemoryStoreError:
        line = " ".join(str(error).split())[:200]
        if any(sign in line for sign in _DAMAGE):
            return self._damaged(line)
        return MemoryStoreError(
            f"the memories in {self.folder} cannot be used ({line}):"
            " see that the disk is not full and the folder is yours, then try again"
        )

    def _damaged(self, why: str) -> DamagedError:
        return DamagedError(
            f"the memories in {self.folder} are damaged ({why}): `qchat doctor` mends them,"
            " or sets them aside"
        )


class FolderTransaction:
    """One stay in the folder; nobody else changes it meanwhile."""

    def __init__(self, folder: Folder, turn: Turn) -> None:
        self._folder = folder
        self._turn = turn
        self._generation = turn.generation

    @property
    def version(self) -> str:
        return str(self._generation)

    @property
    def next_version(self) -> str:
        return str(self._generation + 1)

    @property
    def collection(self) -> Any:
        return self._folder.collection_at(self._generation)

    def collections(self) -> Collections:
        return self._folder.collections_at(self._generation)

    def begin_change(self) -> None:
        self._folder.client_at(self._generation)  # what others changed is read before it counts
        self._turn.begin_change()
        self._generation = self._turn.generation
        self._folder.changed(self._generation)

    def end_change(self) -> None:
        self._folder.make_private()

    def begin_work(self) -> None:
        self.begin_change()  # other processes hold all collections in memory


def is_there(folder: Path) -> bool:
    """Whether memories were kept in a folder: without Chroma's file they are damaged, not none."""
    return (folder / DATABASE).exists() or (folder / INDEX).exists()


def _own_path(folder: Path) -> str:
    """A path string that no other client has.

    Chroma shares one client among all users of the same string in a process, and would not let go
    of it; a string of its own makes this client's closing real.
    """
    return str(folder) + "/." * next(_openings)


def _write_ahead(database: Path) -> None:
    """Let Chroma wait for the disk twice at a save, not eight times: its file keeps this setting.

    Who cannot have it (a damaged file, a full disk) hears from Chroma what is wrong.
    """
    # Closing a file here would end the locks of a Chroma that this process has at work on it.
    if database in _opened and database.exists():
        return
    _opened.add(database)
    with suppress(sqlite3.Error), closing(sqlite3.connect(database)) as db:
        db.execute("PRAGMA journal_mode = WAL")
