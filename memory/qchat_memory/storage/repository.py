"""One user's memories: a vector store of Chroma, the index beside it, and who makes vectors."""

import logging
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from qchat_memory.errors import (
    AgainError,
    DamagedError,
    FullDiskError,
    MemoryStoreError,
    UnknownDamageError,
)
from qchat_memory.localized_text import tr, verbatim
from qchat_memory.memory import Memory
from qchat_memory.relevance import Question
from qchat_memory.storage import last_step
from qchat_memory.storage.chroma import INDEX, Folder, FolderTransaction
from qchat_memory.storage.chroma_process import DATABASE
from qchat_memory.storage.embed import Embedder, Vectors
from qchat_memory.storage.index import Index
from qchat_memory.storage.index_file import FULL, no_room
from qchat_memory.storage.index_search import EXACT, see_comparable
from qchat_memory.storage.repair import (
    REASON,
    RESTORED,
    SAMPLE,
    Mended,
    compare,
    examine,
    look,
    mend,
)
from qchat_memory.storage.scrub import delete_holding, scrub, words_of
from qchat_memory.storage.server import Leaving, Server
from qchat_memory.storage.similarity_scale import Spread, measure
from qchat_memory.storage.transaction import Change, refresh
from qchat_memory.storage.vector_store import Transaction, digest, made_by

T = TypeVar("T")

log = logging.getLogger(__name__)

Known = Callable[[str], Embedder | None]
"""Finds an embedder by its name, or None: the one that made the vectors may be gone."""


class Repository:
    """One user's memories as all work on them needs them; the index is checked each time."""

    def __init__(
        self,
        folder: Path,
        user: str,
        embedder: Embedder,
        *,
        server: str,
        token: str,
        owner: str,
        ca: str,
        leaving: Leaving,
        known: Known,
    ) -> None:
        """`embedder` is the one that is wanted; with `server`, only the index is in the folder."""
        self.embedder = embedder
        self._known = known
        self._using: dict[str, Embedder | None] = {embedder.name: embedder}
        self.folder = user_folder(folder, user)
        if server:
            self.folder = self.folder.with_name(f"{self.folder.name}-{digest(server + owner)[:8]}")
        self.vectors: Server | Folder = (
            Server(server, token, user, lambda: self.embedder.name, leaving, owner=owner, ca=ca)
            if server
            else Folder(self.folder, lambda: self.embedder.name, self._look)
        )
        self.index = Index(self.folder / INDEX)
        self._seen = ""
        """The name of the embedder in use when last looked."""
        self._spreads: dict[str, Spread] = {}
        self.mended: list[Mended] = []
        """What was found damaged and made whole, for the user to be told."""
        self.full = False
        """Whether something could only be read, since the disk is full; for the user to be told."""
        self.unmendable = ""
        """Why damaged files could not be made whole: until then the index alone is asked."""

    @contextmanager
    def transaction(self, *, reading: bool = False) -> Iterator[Transaction]:
        """Be with the memories, the index up to date.

        Who only reads has what the index knows where a full disk lets nobody bring it up to date.
        """
        with self.vectors.transaction() as transaction:
            try:
                if self.index.version:
                    self.vectors.must_exist()
                self._refresh(transaction, reading)
                self._seen = self.index.embedder or self._seen
                yield transaction
            except sqlite3.Error as error:
                raise self._index_trouble(error) from error
            except DamagedError as error:
                if not isinstance(transaction, FolderTransaction):
                    raise
                raise self._mend(transaction, error) from error
            finally:
                if self.index.file.alone:
                    self.full = True
                    self.index.file.close()

    def _refresh(self, transaction: Transaction, reading: bool) -> None:
        behind = self.index.pending or self.index.version != transaction.version
        if reading and self.index.version and behind and self._is_full():
            self.full = True  # Chroma is not asked: it may wait for room without an end
            return
        try:
            refresh(transaction, self.index, lambda: made_by(transaction.collection))
        except (sqlite3.OperationalError, FullDiskError) as error:
            full = isinstance(error, FullDiskError) or no_room(error)
            if not (reading and full and self.index.version):
                raise
            self.full = True

    def _is_full(self) -> bool:
        return isinstance(self.vectors, Folder) and self.vectors.is_full()

    def look(self) -> None:
        """See quickly whether the files are whole; what is damaged is mended, and AgainError."""
        with self.transaction(reading=True) as transaction:
            if isinstance(transaction, FolderTransaction) and self.index.version:
                if self.index.number() <= EXACT:  # of more, Chroma is asked at every recall
                    examine(self.folder)
                look(self.folder, self.index.number())

    def check(self) -> None:
        """Look at every page and every memory; what is damaged is made whole, and AgainError."""
        if not self.vectors.exists():
            return
        self.unmendable = ""  # there may be room by now
        with self.transaction() as transaction:
            self.index.file.examine()
            if isinstance(transaction, FolderTransaction):
                if self.index.version:
                    self.vectors.must_exist()
                examine(self.folder)
            if self.index.number():
                compare(transaction.collection, self.index)

    @contextmanager
    def change(self, *texts: str) -> Iterator[Change]:
        """Plan a change in the block; it is made at its end. `texts` are embedded ahead."""
        if isinstance(self.vectors, Folder):
            self.vectors.want_room()
        self.vectors.begin()
        made_with, ready = self._embedded(texts)
        self.vectors.load()
        with self.transaction() as transaction:
            change = Change()
            yield change
            ready = ready if made_with == self.index.embedder else {}
            named = change.ids
            before = {id_: self.index.get(id_) for id_ in named[: last_step.MAX_CHANGED + 1]}
            forgotten = [memory for memory in before.values() if memory is not None]
            change.commit(transaction, self.index, lambda wanted: self._vectors(wanted, ready))
            if named:
                step = [] if change.scrubbed else last_step.of(change, before)
                last_step.note(self.last_step, step)
            if change.scrubbed:
                self._scrub(transaction, named, forgotten)

    @property
    def last_step(self) -> Path:
        """The file with the last step."""
        return self.folder / "last_step.json"

    def _scrub(
        self, transaction: Transaction, ids: Sequence[str], forgotten: Sequence[Memory]
    ) -> None:
        """Leave nothing of what was forgotten on this machine's disk."""
        try:
            self.index.file.scrub()
            if isinstance(transaction, FolderTransaction):
                transaction.collection.get(ids=list(ids), include=[])  # it takes in its log
                scrub(self.folder / DATABASE, ids)
                assert isinstance(self.vectors, Folder)
                for aside in self.vectors.set_aside():
                    if (aside / RESTORED).exists():
                        shutil.rmtree(aside)
                    else:
                        delete_holding(aside, words_of(forgotten))
        except (sqlite3.OperationalError, OSError):
            log.warning("forgotten, but the files still have room with old words", exc_info=True)

    def read(self, question: Callable[[], T]) -> T | None:
        """Ask the index; None where nothing was ever kept."""
        if not self.vectors.exists():
            return None
        with self.transaction(reading=True):
            return question()

    def meaning(self, asked: Question, by: str) -> "tuple[Vectors | None, Spread]":
        """The question's vector by an embedder, and how its likenesses are to be read.

        None, so that words must do, where it or what it is measured by cannot be had.
        """
        embedder = self._in_use(by)
        if embedder is None:
            return None, Spread()
        try:
            return embedder.ask(asked.text, tuple(asked.terms.values())), self.spread(by)
        except MemoryStoreError:
            log.warning("recalled by words alone", exc_info=True)
            return None, Spread()

    def _look(self, collection: Any, version: str) -> None:
        """See at its opening that a collection has what the index has. Raises DamagedError."""
        if self.index.version == version and not self.index.pending and self.index.number():
            compare(collection, self.index, self.index.sample(SAMPLE))

    def _mended_before(self, why: str) -> bool:
        """Whether new files have the same trouble: then it is none of the files."""
        assert isinstance(self.vectors, Folder)
        for aside in self.vectors.set_aside():
            with suppress(OSError):
                if (aside / REASON).read_text(encoding="utf-8", errors="replace") == why:
                    return True
        return False

    def _mend(self, transaction: FolderTransaction, error: DamagedError) -> MemoryStoreError:
        """Make damaged files whole; what to raise then."""
        why = str(error)
        if self.unmendable:
            return MemoryStoreError(verbatim(self.unmendable))
        assert isinstance(self.vectors, Folder)
        if isinstance(error, UnknownDamageError) and self._mended_before(why):
            return self.vectors.readable(error)
        log.warning("memories are damaged: %s", why)
        try:
            mended = mend(self.vectors, transaction, self.index, self._embedded_by, why)
        except (MemoryStoreError, OSError) as trouble:
            self.unmendable = tr(
                "The files of the memories in {folder} are damaged ({why}) and cannot be mended"
                " now ({error}). Make room on the disk, then run `qchat doctor`.",
                folder=self.vectors.folder,
                why=why,
                error=trouble,
            )
            return AgainError(self.unmendable)
        self.mended.append(mended)
        return AgainError(verbatim(str(mended)))

    def _index_trouble(self, error: sqlite3.Error) -> MemoryStoreError:
        line = " ".join(str(error).split())
        if no_room(error):
            self.index.file.close()
            return FullDiskError(self.folder, sure=getattr(error, "sqlite_errorname", "") == FULL)
        self.index.file.set_aside()
        return AgainError(
            tr("the index of memories was damaged ({line}), it is new: try again", line=line)
        )

    def _embedded_by(self, name: str, texts: Sequence[str]) -> tuple[str, Vectors]:
        """Vectors by the embedder of that name, by the wanted one where it is gone; by which."""
        import numpy as np  # noqa: PLC0415  slow to load

        if name and not texts:
            return name, np.zeros((0, 1), dtype=np.float32)
        embedder = (self._in_use(name) if name else None) or self.embedder
        return embedder.name, embedder.embed(list(texts))

    def spread(self, name: str) -> Spread:
        """How far apart an embedder's likenesses lie; measured once. Raises MemoryStoreError."""
        if name not in self._spreads:
            self._spreads[name] = self._noted_spread(name) or self._measured_spread(name)
        return self._spreads[name]

    def _noted_spread(self, name: str) -> Spread | None:
        with self.transaction(reading=True):
            noted = self.index.spread(name)
        return msgspec.json.decode(noted, type=Spread) if noted else None

    def _measured_spread(self, name: str) -> Spread:
        embedder = self._in_use(name)
        if embedder is None:
            return Spread()
        measured = measure(embedder)  # takes a model some time: nobody waits for it
        if not self.full:
            with suppress(FullDiskError), self.transaction():
                self.index.note_spread(name, msgspec.json.encode(measured).decode())
        return measured

    def close(self) -> None:
        """Let go of the files; a later call opens them again."""
        self._flush()
        self.index.file.close()
        self.vectors.close()
        for embedder in self._using.values():
            if embedder is not None:
                embedder.close()

    def _flush(self) -> None:
        """Tell Chroma of the uses that only the index knows."""
        try:
            used = self.read(self.index.used) if self.index.file.opened else None
            if used:
                with self.change():
                    pass
        except MemoryStoreError:
            log.warning("uses were not counted", exc_info=True)

    def _embedded(self, texts: Sequence[str]) -> tuple[str, dict[str, Any]]:
        """Vectors made before anything is locked, by the embedder last seen in use; its name."""
        name = self._seen or self.embedder.name
        embedder = self._in_use(name)
        if embedder is None or not texts:
            return name, {}
        return name, dict(zip(texts, embedder.embed(texts), strict=True))

    def _vectors(self, texts: Sequence[str], ready: dict[str, Any]) -> Vectors:
        """The vectors of texts for the collection in use."""
        import numpy as np  # noqa: PLC0415  slow to load

        missing = [text for text in texts if text not in ready]
        if missing:
            embedder = self._in_use(self.index.embedder)
            made = embedder.embed(missing) if embedder else self.index.blank(len(missing))
            ready |= dict(zip(missing, made, strict=True))
        vectors = np.asarray([ready[text] for text in texts], dtype=np.float32)
        see_comparable(vectors.shape[1], self.index.width or vectors.shape[1])
        return vectors

    def _in_use(self, name: str) -> Embedder | None:
        if name not in self._using:
            self._using[name] = self._known(name)
        return self._using[name]


def user_folder(folder: Path, user: str) -> Path:
    """Where a user's memories lie below the folder of all."""
    return folder / f"user-{digest(user)}"
