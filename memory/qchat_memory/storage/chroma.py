"""Chroma in a local folder, safe between processes.

Chroma's local client is not: an index that one process holds in memory misses what another wrote
once that one has trimmed the log (measured: 400 of 2,300 vectors lost). So one process at a time
works in the folder, and a client that has missed a change is opened anew (20 ms).
"""

import errno
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from qchat_memory.errors import (
    DamagedError,
    FullDiskError,
    MemoryStoreError,
    UnknownDamageError,
)
from qchat_memory.localized_text import tr, verbatim
from qchat_memory.storage.chroma_client import Client, shared
from qchat_memory.storage.chroma_process import DATABASE
from qchat_memory.storage.lock import Turn, exclusive
from qchat_memory.storage.scrub import clear_unused
from qchat_memory.storage.vector_store import Collections

INDEX = "index.sqlite3"
ASIDE = ".damaged-"
"""Behind the name of a folder that was set aside as damaged."""
MENDING = ".mending"
"""Behind the name of the folder that takes the place of a damaged one, once it is whole."""
ROOT = "memories"
ROOM_BYTES = 1 << 20
"""With less room on the disk no change is begun."""

Opened = Callable[[Any, str], None]
"""Told of a collection that was opened, and its version; raises DamagedError where it is bent."""


class Folder:
    """Chroma in a folder of the user's own, so that forgetting everything leaves no file."""

    def __init__(self, folder: Path, embedder: Callable[[], str], opened: Opened) -> None:
        """`embedder` names the one for a collection that does not exist yet."""
        self.folder = folder
        self._embedder = embedder
        self._opened = opened
        self._threads = threading.RLock()
        self._client: Client | None = None
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
                self._finish_mending()
                yield FolderTransaction(self, turn)
            except MemoryStoreError:
                self.close()  # whatever was half done is read anew
                raise
            except Exception as error:
                self.close()
                raise self.readable(error) from error

    def must_exist(self) -> None:
        file = self.folder / DATABASE
        if not (file.is_file() and file.stat().st_size):
            raise DamagedError(tr("{database} is gone or empty", database=DATABASE))

    def begin(self) -> None:
        shared().begin()

    def load(self) -> None:
        shared().load()

    def erase(self) -> None:
        """Close the collection and delete every file of it, those set aside as damaged too."""
        folders = [path for path in (self.folder, self.mending) if path.exists()]
        folders += self.set_aside()
        if not folders:
            return
        with self._threads, exclusive(self._lock_file()) as turn:
            turn.begin_change()
            self.close()
            for folder in folders:
                if folder.is_dir() and not folder.is_symlink():
                    shutil.rmtree(folder, ignore_errors=True)
                else:
                    folder.unlink(missing_ok=True)
                if folder.exists():
                    raise MemoryStoreError(
                        tr("not every file in {folder} could be deleted", folder=folder)
                    )

    def set_aside(self) -> list[Path]:
        """The folders that were set aside as damaged."""
        return sorted(self.folder.parent.glob(f"{self.folder.name}{ASIDE}*"))

    def close(self) -> None:
        self._collection = None
        client, self._client = self._client, None
        if client is not None:
            client.close()

    @property
    def mending(self) -> Path:
        return self.folder.with_name(f"{self.folder.name}{MENDING}")

    def client_of(self, folder: Path) -> Client:
        """Chroma's client for a folder of these memories. Raises MemoryStoreError."""
        folder.mkdir(mode=0o700, exist_ok=True)
        return Client(shared(), folder, self.folder.with_suffix(".chroma.lock"), self.said)

    def client_at(self, generation: int) -> Client:
        """Chroma's client, opened anew if somebody else has made a change since."""
        if self._client is None or generation != self._generation:
            self.close()
            self._client = self.client_of(self.folder)
            self._generation = generation
            self._private_ns = 0
            self.make_private()
            clear_unused(self.folder)
        return self._client

    def collection_at(self, generation: int) -> Any:
        """The collection in use, likewise."""
        client = self.client_at(generation)
        if self._collection is None:
            collection = Collections(client, ROOT, self._embedder, self._see_none_lost).in_use()
            self._opened(collection, str(generation))
            self._collection = collection
        return self._collection

    def collections_at(self, generation: int) -> Collections:
        client = self.client_at(generation)
        self._collection = None  # another one may come into use
        return Collections(client, ROOT, self._embedder, self._see_none_lost)

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
            if path.is_symlink():  # whoever made it knows where it leads
                continue
            with suppress(FileNotFoundError):  # SQLite's journals come and go
                path.chmod(0o700 if path.is_dir() else 0o600)
        self._private_ns = made_ns

    def replace(self, aside: Path) -> None:
        """Put the mended folder in the place of the damaged one, which goes to `aside`.

        Cut short between the two, the next transaction does the second.
        """
        self.close()
        shared().stop()  # so that nobody has a file open: Windows renames none that is
        self.folder.rename(aside)
        self._finish_mending()

    def _finish_mending(self) -> None:
        if not self.folder.exists() and self.mending.exists():
            self.mending.rename(self.folder)

    def _lock_file(self) -> Path:
        """Beside the folder, not in it: it outlives `erase`, since others may wait for it."""
        try:
            self.folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise MemoryStoreError(
                tr("cannot write to {parent}: {error}", parent=self.folder.parent, error=error)
            ) from error
        return self.folder.with_suffix(".lock")

    def readable(self, error: Exception) -> MemoryStoreError:
        """What Chroma raised as one line that says what to do."""
        line = " ".join(str(error).split())[:200]
        if self._is_misplaced():
            return DamagedError(
                tr("something else is in the place of Chroma's files: {line}", line=line)
            )
        if any(sign in line for sign in _DAMAGE):
            return DamagedError(verbatim(line))
        if any(sign in line for sign in _OTHER_VERSION):
            return MemoryStoreError(
                tr(
                    "The memories in {folder} were written by another version of Chroma "
                    "({line}). Nothing was changed. Update qchat (pip install --upgrade), or "
                    "use the version that wrote them.",
                    folder=self.folder,
                    line=line,
                )
            )
        if any(sign in line for sign in _FULL) or self.is_full():
            return FullDiskError(self.folder)
        if any(sign in line for sign in _NOT_WRITTEN):
            return FullDiskError(self.folder, sure=False)
        return MemoryStoreError(
            tr(
                "the memories in {folder} cannot be used ({line}): check that the disk is "
                "not full and the folder is yours, then try again",
                folder=self.folder,
                line=line,
            )
        )

    def said(self, error: Exception) -> MemoryStoreError:
        """What Chroma's process raised, likewise: for no passing reason, its files are damaged.

        Its words for damage are many, and it has others in each version. A full disk has some of
        the same ones.
        """
        told = self.readable(error)
        words = str(error)
        known = isinstance(told, DamagedError | FullDiskError) or any(
            sign in words for sign in (*_OTHER_VERSION, *_PASSING)
        )
        if known or self._refused() is not None:
            return told
        return UnknownDamageError(verbatim(" ".join(words.split())[:200]))

    def _see_none_lost(self) -> None:
        """Where the collection is gone and its rows are not. Raises DamagedError."""
        with suppress(sqlite3.Error), closing(sqlite3.connect(self.folder / DATABASE)) as db:
            if db.execute("SELECT 1 FROM embeddings LIMIT 1").fetchone():
                raise DamagedError(tr("the collection of the memories is gone"))

    def want_room(self) -> None:
        """Before a change: on a full disk Chroma may wait without an end. Raises FullDiskError."""
        with suppress(OSError):  # no folder yet; what else there is the change itself will meet
            if shutil.disk_usage(self.folder.parent).free < ROOM_BYTES:
                raise FullDiskError(self.folder)

    def is_full(self) -> bool:
        """Whether there is no room here now: Chroma has many words for that, too."""
        refused = self._refused()
        return refused is not None and refused.errno in _NO_ROOM

    def _refused(self) -> OSError | None:
        """Why no file can be written here now; None where one can."""
        probe = self.folder.with_name(f"{self.folder.name}.probe")
        try:
            probe.write_bytes(b"\0" * _PROBE_BYTES)
        except OSError as error:
            return error
        finally:
            with suppress(OSError):
                probe.unlink(missing_ok=True)
        return None

    def _is_misplaced(self) -> bool:
        """Whether a folder, or a link that leads nowhere, is where a file of Chroma's was."""
        database = self.folder / DATABASE
        try:
            lost = [
                path for path in self.folder.iterdir() if path.is_symlink() and not _leads(path)
            ]
        except OSError:
            return False
        return database.is_dir() or bool(lost)


_DAMAGE = (
    *(
        "not a database",
        "malformed",
        "corrupt",
        "no such table",
        "HNSW",
        "hnsw",
        "Error finding id",
    ),
    *("Error getting embedding", "code: 11", "code: 26"),
)
_OTHER_VERSION = ("Inconsistent hash", "nconsistent version", "nconsistent algorithm", "igration")
_FULL = ("is full", "No space", "os error 28", "code: 13")
_NOT_WRITTEN = ("code: 778", "code: 1034", "code: 4874")
"""Of SQLite, where writing, or making it sure, has failed."""
_NO_ROOM = frozenset({errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)})
_PASSING = (
    *("disk I/O error", "code: 10"),
    *("is locked", "code: 5", "code: 6", "readonly", "code: 8", "unable to open", "code: 14"),
    *("ermission denied", "ead-only", "Too many open files", "timed out", "out of memory"),
)
"""Words of what is no damage: a failing disk, a file that another has locked or nobody may read."""
_PROBE_BYTES = 1 << 20


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
        return str(self._turn.next_generation)

    @property
    def collection(self) -> Any:
        return self._folder.collection_at(self._generation)

    def collections(self) -> Collections:
        return self._folder.collections_at(self._generation)

    def begin_change(self) -> None:
        self._folder.client_at(self._generation)  # what others changed is read before it counts
        self.count_change()
        self._folder.changed(self._generation)

    def count_change(self) -> None:
        """Let all others open their clients anew, and this one too."""
        self._turn.begin_change()
        self._generation = self._turn.generation

    def end_change(self) -> None:
        self._folder.make_private()
        clear_unused(self._folder.folder)  # Chroma may have made its graph anew over the old one

    def begin_work(self) -> None:
        self.begin_change()  # other processes hold all collections in memory


def _leads(link: Path) -> bool:
    try:
        link.stat()
    except OSError:
        return False
    return True


def is_there(folder: Path) -> bool:
    """Whether memories were kept in a folder: without Chroma's file they are damaged, not none.

    A file in the folder's place is no empty memory either.
    """
    mending = folder.with_name(f"{folder.name}{MENDING}")
    kept = (folder / DATABASE, folder / INDEX, mending)
    return folder.is_file() or any(path.exists() for path in kept)
