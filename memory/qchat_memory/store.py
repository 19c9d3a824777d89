"""One user's memories: keep, find, pin, edit, forget, take away. Every call blocks: use a thread.

Chroma holds them. What is asked of words, times and single values is asked of an index beside it,
which is checked, and mended or made anew, at every transaction.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TypedDict, Unpack

import msgspec

from qchat_memory import relevance, search
from qchat_memory.contradiction import newest_first
from qchat_memory.errors import FullDiskError, MemoryStoreError
from qchat_memory.memory import Hit, Kept, Memory, checked, checked_kind, now
from qchat_memory.origin import Origin
from qchat_memory.repair_retries import again
from qchat_memory.storage import history, ids, reembedding, transfer, undo
from qchat_memory.storage.chroma import is_there
from qchat_memory.storage.embed import Embedder, StaticEmbedder
from qchat_memory.storage.last_step import Changed
from qchat_memory.storage.limiter import SaveLimiter
from qchat_memory.storage.repair import Mended
from qchat_memory.storage.repository import Known, Repository, user_folder
from qchat_memory.storage.server import Leaving, Server
from qchat_memory.storage.transfer import Progress, silent
from qchat_memory.storage.word_similarity import by_word

MAX_QUERY = 2_000


class Told(TypedDict, total=False):
    """What may be said of a text that is to be kept; see `Memory`."""

    kind: str
    session: str
    turn: str
    said_at: str
    pinned: bool
    source: str
    origins: tuple[Origin, ...]
    project: str


def exists(folder: Path, user: str) -> bool:
    """Whether the user has memories on this machine, without opening (or importing) anything."""
    return is_there(user_folder(folder, user))


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
        owner: str = "",
        ca: str = "",
        leaving: Leaving = lambda _host, _size: None,
        known: Known = lambda _name: None,
        project: str = "",
    ) -> None:
        """With `server`, an address, Chroma is there and only the index is in the folder.

        Memories there are those of `owner`, an installation; `ca` is a file of certificates.
        `leaving` is told of each request to it before it goes, and may raise to forbid it.
        `project` is the folder that is worked on: what is about others is not found.
        """
        self.project = project
        self.embedder = embedder or StaticEmbedder()
        """The one that is wanted; `reembed` makes it the one in use."""
        self._words = StaticEmbedder()
        self.saving = SaveLimiter()
        """Taken by those that let many saves begin at once."""
        where = {"server": server, "token": token, "owner": owner, "ca": ca}
        self.repository = Repository(
            folder, user, self.embedder, **where, leaving=leaving, known=known
        )

    # Keeping

    def save(self, text: str, **told: Unpack[Told]) -> Memory:
        """Keep a text, as `keep` does, and give it back as it stands."""
        return self.keep(text, **told).memory

    @again
    def keep(self, text: str, **told: Unpack[Told]) -> Kept:
        """Keep a text; an old one that says the same, or the contrary, becomes its past.

        It is on disk when this returns. Raises MemoryStoreError for a text that cannot be kept.
        """
        said = _said(text, told)
        with self.repository.change(said.text) as change:
            old = history.met(self.repository.index.saying(said.text), said)
            if old is None:
                memory = msgspec.structs.replace(said, id=ids.free(self.repository.index))
            else:
                memory = history.after(old, said)
            change.put([memory])
        return Kept(memory, old)

    @again
    def update(self, id_: str, text: str, **told: Unpack[Told]) -> Kept:
        """Let a memory say something else from now on; what it said becomes its past."""
        said = _said(text, told)
        with self.repository.change(said.text) as change:
            old = self._known(id_)
            memory = msgspec.structs.replace(history.after(old, said), kind=old.kind)
            change.put([memory])
        return Kept(memory, old)

    @again
    def edit(self, id_: str, text: str) -> Kept:
        """Correct the wording: what stood there was never meant, and is no past."""
        text = checked(text)
        with self.repository.change(text) as change:
            old = self._known(id_)
            memory = msgspec.structs.replace(old, text=text)
            change.put([memory])
        return Kept(memory, old)

    @again
    def restore(self, *memories: Memory) -> None:
        """Put memories back as they were before an edit, an update, or before they were gone."""
        with self.repository.change(*(memory.text for memory in memories)) as change:
            change.put(memories)

    @again
    def undo(self, id_: str) -> Memory | None:
        """Take back what a memory said last: it says what it said before, or is gone (None)."""
        with self.repository.change() as change:
            memory = self._known(id_)
            before = history.before(memory)
            if before is None:
                change.delete([memory.id])
            else:
                change.put([before])
        return before

    @again
    def undo_last(self) -> "Sequence[Changed]":
        """Take back the last step, whoever made it; again, and it is made again. What was done.

        Raises MemoryStoreError where there is none, or where its memories say something else now.
        """
        return undo.undo_last(self.repository)

    @again
    def take_back(self, session: str, turns: Iterable[str]) -> list[Kept]:
        """Undo what these turns of a conversation made: the memory before and after; None: gone.

        `Kept.memory` is what it was; `Kept.before` is what it says again, if anything.
        """
        return undo.take_back(self.repository, session, turns)

    @again
    def give_back(self, taken: Sequence[Kept]) -> None:
        """Undo what `take_back` did, but for memories that say something else by now."""
        undo.give_back(self.repository, taken)

    @again
    def pin(self, id_: str, pinned: bool = True) -> Memory:
        """Keep a memory always in front of the model, or no longer."""
        with self.repository.change() as change:
            memory = msgspec.structs.replace(self._known(id_), pinned=pinned)
            change.update([memory])
        return memory

    def unpin(self, id_: str) -> Memory:
        return self.pin(id_, pinned=False)

    @again
    def forget(self, id_: str) -> Memory:
        """Delete a memory and give it back, so that it can be shown or restored after all."""
        with self.repository.change() as change:
            memory = self._known(id_)
            change.delete([memory.id])
            change.scrubbed = True
        return memory

    def forget_all(self) -> int:
        """Delete every memory and every file that held them; returns how many there were."""
        try:
            number = self.count()
        except MemoryStoreError:
            number = 0  # what cannot be read can be deleted all the same
        self.repository.index.file.clear()
        self.repository.last_step.unlink(missing_ok=True)
        self.repository.vectors.erase()
        return number

    # Finding

    @again
    def search(self, query: str, limit: int = 10) -> list[Hit]:
        """The memories that fit best, best first; mere noise is left out."""
        repository = self.repository
        if not repository.vectors.exists() or not query.strip() or limit < 1:
            return []
        with repository.transaction(reading=True):
            asked = search.question(repository.index.search, query[:MAX_QUERY], date.today())
            in_use = repository.index.embedder
        if not asked.average_length:
            return []
        vector, spread = repository.meaning(asked, in_use)
        with repository.transaction(reading=True) as transaction:
            vector = vector if repository.index.embedder == in_use else None
            by_index = bool(repository.unmendable)
            return search.find(
                repository.index.search,
                transaction,
                asked,
                vector,
                limit,
                by_index=by_index,
                spread=spread,
                by_word=by_word(self._words, asked.text, tuple(asked.terms.values())),
                project=self.project,
            )

    @again
    def recall(self, query: str, limit: int = 4) -> list[Hit]:
        """The memories that help with a question; none if nothing fits well. Counts their use.

        The count is on the disk at once, and in Chroma with the next change.
        """
        found = relevance.without_secrets(self.search(query, limit), query)
        hits = newest_first(relevance.fitting(found, query))
        if hits and not self.repository.full:
            index = self.repository.index
            with self._unless_full(), self.repository.transaction(), index.change():
                used = (index.get(hit.memory.id) for hit in hits)
                index.update([_used(memory) for memory in used if memory is not None], used=True)
        return hits

    @again
    def list(self) -> Sequence[Memory]:
        """All memories, the newest first; those about other projects, too."""
        return self.repository.read(self.repository.index.all) or []

    @again
    def pinned(self) -> Sequence[Memory]:
        """The pinned memories, the oldest first: a stable order keeps the engine's cache."""
        pinned = self.repository.read(self.repository.index.pinned) or []
        return [memory for memory in pinned if memory.holds_in(self.project)]

    @again
    def count(self) -> int:
        return self.repository.read(self.repository.index.number) or 0

    def get(self, id_: str) -> Memory:
        """The memory of that id. Raises MemoryStoreError if there is none."""
        found = self.find(id_)
        if found is None:
            raise ids.unknown(id_)
        return found

    @again
    def find(self, id_: str) -> Memory | None:
        """The memory of that id, if there is one."""
        return self.repository.read(lambda: self.repository.index.get(ids.bare(id_)))

    # Taking away, bringing in, changing the embedder, mending

    def export_lines(self) -> Iterator[str]:
        """Every memory as one JSON line with all its fields, the oldest first."""
        return transfer.export_lines(self.list())

    def import_lines(self, lines: Iterable[str], progress: Progress = silent) -> int:
        """Add exported memories; one with the same text as an old one takes its place.

        Raises MemoryStoreError that names the first line that is no memory; then nothing is added.
        """
        return self._import(list(lines), progress)

    @again
    def _import(self, lines: Sequence[str], progress: Progress) -> int:
        return transfer.import_lines(self.repository, lines, progress)

    @again
    def stale(self) -> bool:
        """Whether the vectors are those of another embedder than the one that is wanted."""
        name = self.repository.read(lambda: self.repository.index.embedder)
        return name is not None and name != self.embedder.name

    @again
    def reembed(self, progress: Progress = silent) -> int:
        """Give every memory a vector of the wanted embedder; the old ones serve until all have.

        What an earlier, cut short call has done is not done again. Returns how many it did. An
        exception of `progress` ends it between two batches.
        """
        if not self.stale():
            return 0
        return reembedding.run(
            self.repository.transaction, self.repository.index, self.embedder, progress
        )

    def mend(self) -> Mended | None:
        """Look at every page and every memory, and make whole what is damaged; None if all is well.

        Nothing is deleted. Raises MemoryStoreError for trouble of another kind.
        """
        self._check()
        mended = self.take_mended()
        return mended[-1] if mended else None

    @again
    def _check(self) -> None:
        self.repository.check()

    @again
    def _look(self) -> None:
        if not self.repository.unmendable:
            self.repository.look()

    def has_shared(self) -> bool:
        """Whether a server also has memories that the first version kept for no installation."""
        vectors = self.repository.vectors
        return isinstance(vectors, Server) and vectors.has_shared()

    def take_mended(self) -> "Sequence[Mended]":
        """What was damaged and has been made whole since this was last asked."""
        taken = self.repository.mended[:]
        del self.repository.mended[: len(taken)]
        return taken

    def take_full(self) -> bool:
        """Whether, since this was last asked, the disk was full, so that nothing new is kept."""
        full, self.repository.full = self.repository.full, False
        return full

    def open(self) -> None:
        """Load the model and open the files ahead of the first question, which saves it seconds.

        What is found damaged is mended and told by `take_mended`.
        """
        if self.repository.vectors.exists():
            self._look()
            self.search("ready", 1)

    def close(self) -> None:
        """Let go of the files; a later call opens them again."""
        self.repository.close()

    @contextmanager
    def _unless_full(self) -> Iterator[None]:
        """Let be what cannot be written on a full disk, where what is read serves without it."""
        try:
            yield
        except FullDiskError:
            self.repository.full = True

    def _known(self, id_: str) -> Memory:
        found = self.repository.index.get(ids.bare(id_))
        if found is None:
            raise ids.unknown(id_)
        return found


def _said(text: str, told: Told) -> Memory:
    """A text as a memory without an id. Raises MemoryStoreError."""
    fields = {"said_at": now(), **{key: value for key, value in told.items() if value}}
    kind = checked_kind(told.get("kind") or "fact")
    return msgspec.convert({**fields, "id": "", "text": checked(text), "kind": kind}, Memory)


def _used(memory: Memory) -> Memory:
    return msgspec.structs.replace(memory, used_at=now(), uses=memory.uses + 1)
