"""One user's memories: keep, find, pin, edit, forget, take away. Every call blocks: use a thread.

Chroma holds them. What is asked of words, times and single values is asked of an index beside it,
which is checked, and mended or made anew, at every visit.
"""

import logging
import re
import secrets
import sqlite3
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from qchat_memory import history, reembedding, relevance, rows, search
from qchat_memory.change import Change, refresh
from qchat_memory.chroma import DATABASE, Folder
from qchat_memory.embed import Embedder, StaticEmbedder, Vectors
from qchat_memory.errors import DamagedError, MemoryStoreError
from qchat_memory.index import Index
from qchat_memory.memory import Hit, Kept, Memory, checked, checked_kind, now
from qchat_memory.mending import Mended, rescued, set_aside
from qchat_memory.server import Server
from qchat_memory.shelf import Shelf, Visit, digest, made_by

T = TypeVar("T")

log = logging.getLogger(__name__)

_BATCH = 500
_LONGEST_QUERY = 2_000
INDEX = "index.sqlite3"

Known = Callable[[str], Embedder | None]
"""Finds an embedder by its name, or None: the one that made the vectors may be gone."""
Progress = Callable[[int, int], None]
"""Told how many are done, and of how many."""


def exists(folder: Path, user: str) -> bool:
    """Whether the user has memories on this machine, without opening (or importing) anything."""
    return (_user_folder(folder, user) / DATABASE).exists()


def _user_folder(folder: Path, user: str) -> Path:
    return folder / f"user-{digest(user)}"


def _silent(_done: int, _total: int) -> None:
    pass


class MemoryStore:
    """The memories of one user below `folder`; nothing is created before the first save."""

    def __init__(
        self,
        folder: Path,
        user: str,
        embedder: Embedder | None = None,
        *,
        server: str = "",
        token: str = "",
        known: Known = lambda _name: None,
    ) -> None:
        """With `server`, an address, Chroma is there and only the index is in the folder."""
        self.embedder = embedder or StaticEmbedder()
        """The one that is wanted; `reembed` makes it the one in use."""
        self._known = known
        self._using: dict[str, Embedder | None] = {self.embedder.name: self.embedder}
        self.folder = _user_folder(folder, user)
        if server:
            self.folder = self.folder.with_name(f"{self.folder.name}-{digest(server)[:8]}")
        self._shelf: Shelf = (
            Server(server, token, user, lambda: self.embedder.name)
            if server
            else Folder(self.folder, lambda: self.embedder.name)
        )
        self._index = Index(self.folder / INDEX)
        self._seen = ""
        """The name of the embedder in use when last looked."""

    # Keeping

    def save(
        self,
        text: str,
        *,
        kind: str = "fact",
        session: str = "",
        turn: str = "",
        said_at: str = "",
        pinned: bool = False,
        source: str = "",
    ) -> Memory:
        """Keep a text, as `keep` does, and give it back as it stands."""
        where = {"session": session, "turn": turn, "said_at": said_at, "source": source}
        return self.keep(text, kind=kind, pinned=pinned, **where).memory

    def keep(
        self,
        text: str,
        *,
        kind: str = "fact",
        session: str = "",
        turn: str = "",
        said_at: str = "",
        pinned: bool = False,
        source: str = "",
    ) -> Kept:
        """Keep a text; an old one that says the same, or the contrary, becomes its past.

        It is on disk when this returns. Raises MemoryStoreError for a text that cannot be kept.
        """
        fields = (said_at or now(), session, turn, pinned)
        said = Memory("", checked(text), checked_kind(kind), *fields, source=source)
        with self._change(said.text) as change:
            old = history.met(self._index.saying(said.text), said)
            if old is None:
                memory = msgspec.structs.replace(said, id=_free_id(self._index))
            else:
                memory = history.after(old, said)
            change.put([memory])
        return Kept(memory, old)

    def update(
        self, id_: str, text: str, *, session: str = "", turn: str = "", source: str = ""
    ) -> Kept:
        """Let a memory say something else from now on; what it said becomes its past."""
        said = Memory("", checked(text), "fact", now(), session, turn, source=source)
        with self._change(said.text) as change:
            old = self._known_memory(id_)
            memory = msgspec.structs.replace(history.after(old, said), kind=old.kind)
            change.put([memory])
        return Kept(memory, old)

    def edit(self, id_: str, text: str) -> Kept:
        """Correct the wording: what stood there was never meant, and is no past."""
        text = checked(text)
        with self._change(text) as change:
            old = self._known_memory(id_)
            memory = msgspec.structs.replace(old, text=text)
            change.put([memory])
        return Kept(memory, old)

    def restore(self, memory: Memory) -> Memory:
        """Put a memory back as it was before an edit, an update, or before it was forgotten."""
        with self._change(memory.text) as change:
            change.put([memory])
        return memory

    def undo(self, id_: str) -> Memory | None:
        """Take back what a memory said last: it says what it said before, or is gone (None)."""
        with self._change() as change:
            memory = self._known_memory(id_)
            before = history.before(memory)
            if before is None:
                change.delete([memory.id])
            else:
                change.put([before])
        return before

    def take_back(self, session: str, turns: Iterable[str]) -> list[Kept]:
        """Undo what these turns of a conversation made: the memory before and after; None: gone.

        `Kept.memory` is what it was; `Kept.before` is what it says again, if anything.
        """
        wanted = frozenset(turns)
        if not self._shelf.exists() or not wanted:
            return []
        with self._visit():
            found = self._index.of_turns(session, wanted)
        if not found:
            return []
        done = []
        with self._change() as change:
            for memory in self._index.of_turns(session, wanted):
                left = history.without(memory, session, wanted)
                done.append(Kept(memory, left))
                if left is None:
                    change.delete([memory.id])
                else:
                    change.put([left])
        return done

    def pin(self, id_: str, pinned: bool = True) -> Memory:
        """Keep a memory always in front of the model, or no longer."""
        with self._change() as change:
            memory = msgspec.structs.replace(self._known_memory(id_), pinned=pinned)
            change.update([memory])
        return memory

    def unpin(self, id_: str) -> Memory:
        return self.pin(id_, pinned=False)

    def forget(self, id_: str) -> Memory:
        """Delete a memory and give it back, so that it can be shown or restored after all."""
        with self._change() as change:
            memory = self._known_memory(id_)
            change.delete([memory.id])
        return memory

    def forget_all(self) -> int:
        """Delete every memory and every file that held them; returns how many there were."""
        if not self._shelf.exists():
            return 0
        try:
            number = self.count()
        except MemoryStoreError:
            number = 0  # what cannot be read can be deleted all the same
        self._index.clear()
        self._shelf.erase()
        return number

    # Finding

    def search(self, query: str, limit: int = 10) -> list[Hit]:
        """The memories that fit best, best first; mere noise is left out."""
        if not self._shelf.exists() or not query.strip() or limit < 1:
            return []
        with self._visit():
            asked = search.question(self._index, query[:_LONGEST_QUERY], date.today())
            self._seen = self._index.embedder
        if not asked.average_length:
            return []
        vector = self._meaning(asked)
        with self._visit() as visit:
            vector = vector if self._index.embedder == self._seen else None
            return search.find(self._index, visit, asked, vector, limit)

    def recall(self, query: str, limit: int = 4) -> list[Hit]:
        """The memories that help with a question; none if nothing fits well. Counts their use.

        The count is on the disk at once, and in Chroma with the next change.
        """
        hits = relevance.fitting(self.search(query, limit))
        if hits:
            with self._visit(), self._index.change():
                found = (self._index.get(hit.memory.id) for hit in hits)
                self._index.update([_used(m) for m in found if m is not None], used=True)
        return hits

    def list(self) -> Sequence[Memory]:
        """All memories, the newest first."""
        return self._read(self._index.all) or []

    def pinned(self) -> Sequence[Memory]:
        """The pinned memories, the oldest first: a stable order keeps the engine's cache."""
        return self._read(self._index.pinned) or []

    def count(self) -> int:
        return self._read(self._index.number) or 0

    def get(self, id_: str) -> Memory:
        """The memory of that id. Raises MemoryStoreError if there is none."""
        found = self._read(lambda: self._index.get(_bare(id_)))
        if found is None:
            raise _unknown(id_)
        return found

    # Taking away, bringing in

    def export_lines(self) -> Iterator[str]:
        """Every memory as one JSON line with all its fields, the oldest first."""
        for memory in reversed(self.list()):
            yield msgspec.json.encode(memory).decode()

    def import_lines(self, lines: Iterable[str], progress: Progress = _silent) -> int:
        """Add exported memories; one with the same text as an old one takes its place.

        Raises MemoryStoreError that names the first line that is no memory; then nothing is added.
        """
        read = [rows.from_line(n, line) for n, line in enumerate(lines, 1) if line.strip()]
        if not read:
            return 0
        with self._visit():
            placed = rows.placed(read, self._index.all(), lambda id_: _free_id(self._index, id_))
        memories = list(placed.values())
        for start in range(0, len(memories), _BATCH):
            batch = memories[start : start + _BATCH]
            with self._change(*(memory.text for memory in batch)) as change:
                change.put(batch)
            progress(start + len(batch), len(memories))
        return len(memories)

    def stale(self) -> bool:
        """Whether the vectors are those of another embedder than the one that is wanted."""
        name = self._read(lambda: self._index.embedder)
        return name is not None and name != self.embedder.name

    def reembed(self, progress: Progress = _silent) -> int:
        """Give every memory a vector of the wanted embedder; the old ones serve until all have.

        What an earlier, cut short call has done is not done again. Returns how many it did.
        """
        if not self.stale():
            return 0
        return reembedding.run(self._visit, self._index, self.embedder, progress)

    def mend(self) -> Mended | None:
        """Set damaged files aside, and keep again what the index still knows; None if all is well.

        Nothing is deleted. Raises MemoryStoreError for trouble of another kind.
        """
        try:
            self.open()
        except DamagedError:
            self._index.close()
            saved = rescued(self.folder / INDEX)
            self._shelf.close()
            aside = set_aside(self.folder)
            lines = (msgspec.json.encode(memory).decode() for memory in saved)
            return Mended(aside, self.import_lines(lines))
        return None

    def open(self) -> None:
        """Load the model and open the files ahead of the first question, which saves it seconds."""
        if self._shelf.exists():
            self.search("ready", 1)

    def close(self) -> None:
        """Let go of the files; a later call opens them again."""
        self._flush()
        self._index.close()
        self._shelf.close()
        for embedder in self._using.values():
            if embedder is not None:
                embedder.close()

    # How

    @contextmanager
    def _visit(self) -> Iterator[Visit]:
        """Be with the memories, the index up to date."""
        with self._shelf.visit() as visit:
            try:
                refresh(visit, self._index, lambda: made_by(visit.collection))
                yield visit
            except sqlite3.Error as error:
                self._index.close()
                raise _index_trouble(self._index, error) from error

    @contextmanager
    def _change(self, *texts: str) -> Iterator[Change]:
        """Plan a change in the block; it is made at its end. `texts` are embedded ahead."""
        ready = self._embedded(texts)
        with self._visit() as visit:
            change = Change()
            yield change
            change.make(visit, self._index, lambda wanted: self._vectors(wanted, ready))

    def _flush(self) -> None:
        """Tell Chroma of the uses that only the index knows."""
        try:
            used = self._read(self._index.used) if self._index.opened else None
            if used:
                with self._change():
                    pass
        except MemoryStoreError:
            log.warning("uses were not counted", exc_info=True)

    def _read(self, question: Callable[[], T]) -> T | None:
        if not self._shelf.exists():
            return None
        with self._visit():
            return question()

    def _embedded(self, texts: Sequence[str]) -> dict[str, Any]:
        """Vectors made before anything is locked, by the embedder last seen in use."""
        embedder = self._in_use(self._seen or self.embedder.name)
        if embedder is None or not texts:
            return {}
        return dict(zip(texts, embedder.embed(texts), strict=True))

    def _vectors(self, texts: Sequence[str], ready: dict[str, Any]) -> Vectors:
        """The vectors of texts for the collection in use."""
        import numpy as np  # noqa: PLC0415  slow to load

        name = self._index.embedder
        if name != (self._seen or self.embedder.name):
            ready, self._seen = {}, name
        missing = [text for text in texts if text not in ready]
        if missing:
            embedder = self._in_use(name)
            made = embedder.embed(missing) if embedder else self._index.blank(len(missing))
            ready |= dict(zip(missing, made, strict=True))
        return np.asarray([ready[text] for text in texts], dtype=np.float32)

    def _meaning(self, asked: relevance.Question) -> "Vectors | None":
        """The question's vector; None, so that words alone must do, where it is not to be had."""
        embedder = self._in_use(self._seen)
        try:
            return embedder.ask(asked.text, tuple(asked.terms.values())) if embedder else None
        except MemoryStoreError:
            log.warning("recalled by words alone", exc_info=True)
            return None

    def _in_use(self, name: str) -> Embedder | None:
        if name not in self._using:
            self._using[name] = self._known(name)
        return self._using[name]

    def _known_memory(self, id_: str) -> Memory:
        found = self._index.get(_bare(id_))
        if found is None:
            raise _unknown(id_)
        return found


def _bare(id_: str) -> str:
    return id_.strip("[] \n")


def _unknown(id_: str) -> MemoryStoreError:
    return MemoryStoreError(f"there is no memory {id_!r}: the list shows each one's id")


def _index_trouble(index: Index, error: sqlite3.Error) -> MemoryStoreError:
    line = " ".join(str(error).split())
    if "full" in line:
        return MemoryStoreError("the disk is full: nothing was kept, make room and try again")
    index.clear()
    return MemoryStoreError(f"the index of memories was damaged ({line}), it is new: try again")


def _used(memory: Memory) -> Memory:
    return msgspec.structs.replace(memory, used_at=now(), uses=memory.uses + 1)


def _free_id(taken: Container[str], wanted: str = "") -> str:
    """The wanted id if it is one and free, else a new one of 8 hexadecimal digits."""
    id_ = wanted
    while not re.fullmatch("[0-9a-f]{8}", id_) or id_ in taken:
        id_ = secrets.token_hex(4)
    return id_
