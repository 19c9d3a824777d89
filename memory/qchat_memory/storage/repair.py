"""Finds damage that nobody has met yet, and makes memories whole again from what can be read.

The new files are made beside the damaged ones, which are moved away when the new are whole: a kill
at any moment leaves one of the two.
"""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from shutil import rmtree
from typing import TYPE_CHECKING, Any

import msgspec

from qchat_memory.errors import DamagedError, MemoryStoreError
from qchat_memory.localized_text import tr, verbatim
from qchat_memory.memory import Memory
from qchat_memory.storage import rows
from qchat_memory.storage.chroma import ASIDE, ROOT, Folder, FolderTransaction
from qchat_memory.storage.chroma_process import DATABASE
from qchat_memory.storage.index import Index
from qchat_memory.storage.index_file import no_room
from qchat_memory.storage.salvage import Salvaged, salvage
from qchat_memory.storage.vector_store import Collections

if TYPE_CHECKING:
    from qchat_memory.storage.embed import Vectors

BATCH = 500
PAGE = 2_000
SAMPLE = 6
RESTORED = "every-memory-was-restored"
"""A file in a folder that was set aside, and that nobody needs any more."""
REASON = "why-it-was-set-aside"
"""A file there that says what was wrong."""
CLOSE = 1e-3
"""How far a number of a vector may be from what it was: Chroma normalizes them once more."""

EmbedBy = Callable[[str, Sequence[str]], tuple[str, "Vectors"]]
"""Embeds texts by the embedder of that name, or by the wanted one; gives back which it was."""


class Mended(msgspec.Struct, frozen=True):
    """Where the damaged files are now, and how many memories were saved."""

    aside: Path
    saved: int
    whole: bool
    """Whether it is known that none is missing."""
    why: str

    def __str__(self) -> str:
        return tr(
            "The files of the memories were damaged ({why}): every memory was restored ({saved:,});"
            " the damaged files are set aside in {aside}"
            if self.whole
            else "The files of the memories were damaged ({why}): those that could be read were"
            " restored ({saved:,}); the damaged files are set aside in {aside}",
            why=self.why,
            saved=self.saved,
            aside=self.aside,
        )


def mend(
    folder: Folder, transaction: FolderTransaction, index: Index, embed: EmbedBy, why: str
) -> Mended:
    """Make the memories whole. Raises MemoryStoreError, and then nothing has changed."""
    folder.close()
    index.file.close()
    found = salvage(folder.folder, transaction.version)
    rmtree(folder.mending, ignore_errors=True)
    try:
        _fill(folder, found, embed)
    except MemoryStoreError:
        rmtree(folder.mending, ignore_errors=True)
        raise
    aside = _free(folder.folder, datetime.now())
    transaction.count_change()  # before: who has the old files open must not write to them
    folder.replace(aside)
    (aside / REASON).write_text(why, encoding="utf-8", errors="replace")
    if found.whole:
        (aside / RESTORED).touch()
    return Mended(aside, len(found.memories), found.whole, why)


def _fill(folder: Folder, found: Salvaged, embed: EmbedBy) -> None:
    memories = list(found.memories.values())
    missing = [m for m in memories if m.id not in found.vectors] or memories[:1]
    embedder, made = embed(found.embedder, [memory.text for memory in missing])
    if embedder != found.embedder:
        found.vectors.clear()
        missing = memories
        embedder, made = embed(embedder, [memory.text for memory in missing])
    vectors = dict(zip((memory.id for memory in missing), made, strict=True))
    odd = [m for m in memories if m.id not in vectors and len(found.vectors[m.id]) != _bytes(made)]
    if odd:  # none of theirs can be compared with a question's
        _, again = embed(embedder, [memory.text for memory in odd])
        vectors |= zip((memory.id for memory in odd), again, strict=True)
    client = folder.client_of(folder.mending)
    try:
        root = Collections(client, ROOT, lambda: embedder).root()
        for start in range(0, len(memories), BATCH):
            batch = memories[start : start + BATCH]
            root.upsert(**rows.columns(batch), embeddings=_table(batch, vectors, found.vectors))
        if root.count() != len(memories):
            raise MemoryStoreError(tr("the mended memories are not whole: is the disk full?"))
    finally:
        client.close()


def _bytes(vectors: "Vectors") -> int:
    return 4 * int(vectors.shape[1])


def _table(
    batch: Sequence[Memory], made: Mapping[str, Any], kept: Mapping[str, bytes]
) -> "Vectors":
    import numpy as np  # noqa: PLC0415  slow to load

    return np.asarray(
        [made[m.id] if m.id in made else np.frombuffer(kept[m.id], dtype="<f4") for m in batch],
        dtype=np.float32,
    )


def _free(folder: Path, moment: datetime) -> Path:
    aside = folder.with_name(f"{folder.name}{ASIDE}{moment:%Y%m%d-%H%M%S}")
    number = 1
    while aside.exists():
        number += 1
        aside = folder.with_name(f"{folder.name}{ASIDE}{moment:%Y%m%d-%H%M%S}-{number}")
    return aside


def compare(collection: Any, index: Index, ids: Sequence[str] | None = None) -> None:
    """See that Chroma has what the index has: some of it, or all. Raises DamagedError."""
    number, there = index.number(), collection.count()
    if number != there:
        raise DamagedError(
            tr("Chroma has {there:,} of {number:,} memories", there=there, number=number)
        )
    wanted = list(index.ids()) if ids is None else list(ids)
    for start in range(0, len(wanted), PAGE):
        page = wanted[start : start + PAGE]
        found = collection.get(ids=page, include=["documents", "embeddings"])
        _compare_page(index, page, found)


def _compare_page(index: Index, page: Sequence[str], found: Mapping[str, Any]) -> None:
    import numpy as np  # noqa: PLC0415  slow to load

    there = {
        id_: (text, vector)
        for id_, text, vector in zip(
            found["ids"], found["documents"], found["embeddings"], strict=True
        )
    }
    for memory, data in index.with_vectors(page):
        text, vector = there.get(memory.id, (None, None))
        if text is None or vector is None:
            raise DamagedError(tr("Chroma does not find memory {id}", id=memory.id))
        if text != memory.text:
            raise DamagedError(tr("Chroma has another text for memory {id}", id=memory.id))
        own = np.frombuffer(data, dtype="<f4")
        if own.shape != vector.shape or not np.allclose(own, vector, atol=CLOSE):
            raise DamagedError(tr("Chroma has another vector for memory {id}", id=memory.id))


def look(folder: Path, number: int) -> None:
    """See without Chroma that its files hold so many memories. Raises DamagedError.

    It takes milliseconds where Chroma takes a second to start: damage is met when a conversation
    begins, though few memories are found without Chroma. Files that another version of Chroma
    wrote may be laid out otherwise: what cannot be read so is no damage.
    """
    try:
        with closing(sqlite3.connect(folder / DATABASE)) as db:
            (there,) = db.execute(_NUMBER).fetchone()
            graphs = [segment for (segment,) in db.execute(_GRAPHS)]
    except sqlite3.OperationalError:
        return
    except sqlite3.Error as error:
        raise DamagedError(verbatim(str(error))) from error
    if 0 < there < number:
        raise DamagedError(
            tr("Chroma has {there:,} of {number:,} memories", there=there, number=number)
        )
    for graph in graphs:
        file = folder / graph / _VECTORS
        if not file.exists() or not file.stat().st_size:
            raise DamagedError(
                tr("{graph}/{vectors} is gone or empty", graph=graph, vectors=_VECTORS)
            )


_NUMBER = (
    "SELECT count(DISTINCT embedding_id) FROM embeddings"
    " JOIN segments ON segments.id = segment_id JOIN collections ON collections.id = collection"
)
_GRAPHS = (
    "SELECT segments.id FROM segments JOIN collections ON collections.id = collection"
    " JOIN max_seq_id ON segment_id = segments.id WHERE scope = 'VECTOR'"
)
"""Those that Chroma has written: before the first thousand changes there is none."""
_VECTORS = "data_level0.bin"


def examine(folder: Path) -> None:
    """Let SQLite look at every page of Chroma's file. Raises DamagedError."""
    examine_file(folder / DATABASE)


def examine_file(file: Path) -> None:
    """Let SQLite look at every page of a file. Raises DamagedError."""
    try:
        with closing(sqlite3.connect(file)) as db:
            (said,) = db.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        if no_room(error):  # for the file beside it: a full disk is no damage
            return
        raise DamagedError(verbatim(str(error))) from error
    if said != "ok":
        raise DamagedError(verbatim(" ".join(str(said).split())[:200]))
