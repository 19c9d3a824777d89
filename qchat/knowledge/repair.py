"""What was read of the folders is found damaged here, and begun anew: the folders say it again.

Which folders are known stands in a list beside the catalog, so that no damage to it forgets one.
"""

import sqlite3
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from qchat.knowledge.catalog import Catalog
from qchat.knowledge.catalog_file import DamagedCatalogError
from qchat.knowledge.records import KnownFolder
from qchat.runtime.language import tr, verbatim
from qchat_memory.errors import DamagedError
from qchat_memory.storage.chroma import Folder
from qchat_memory.storage.repair import examine as examine_chroma
from qchat_memory.storage.repair import examine_file
from qchat_memory.storage.vector_store import VectorStore

if TYPE_CHECKING:
    from qchat_memory.storage.embed import Vectors

LIST = "folders.json"
ENDS = ("", "-wal", "-shm")
PAGE = 2_000
_COUNTS = "SELECT (SELECT count(*) FROM passages), (SELECT count(*) FROM found_docsize)"
LENGTH = 0.01
"""How far the length of a vector may be from 1: an embedder's is 1, bytes at random have any."""


class Listed(msgspec.Struct, frozen=True):
    """A folder as the list names it."""

    id: str
    name: str
    path: str


def note(file: Path, folders: list[KnownFolder]) -> None:
    """Keep the list of folders beside the catalog in `file`, where it has changed."""
    listed = [Listed(folder.id, folder.name, str(folder.path)) for folder in folders]
    data = msgspec.json.encode(listed)
    target = file.with_name(LIST)
    with suppress(OSError):  # it is a second look only
        if target.is_file() and target.read_bytes() == data:
            return
        new = target.with_suffix(".new")
        new.touch(mode=0o600)
        new.write_bytes(data)
        new.replace(target)


def begin_anew(file: Path) -> tuple[Path, int]:
    """Set a damaged catalog aside and make a new one of the same folders; where, and how many."""
    known = listed(file) or _in_catalog(file)
    aside = file.with_name(f"{file.name}.damaged-{datetime.now():%Y%m%d-%H%M%S-%f}")
    for end in ENDS:
        with suppress(FileNotFoundError):
            file.with_name(file.name + end).rename(aside.with_name(aside.name + end))
    catalog = Catalog(file)
    try:
        restore(catalog, known)
    finally:
        catalog.close()
    return aside, len(known)


def restore(catalog: Catalog, known: "list[Listed]") -> None:
    """Know folders in a new catalog; nothing of them is read yet."""
    for one in known:
        catalog.restore_folder(KnownFolder(one.id, one.name, Path(one.path)))


def examine(file: Path) -> None:
    """See every page of the catalog, and that its words are there. Raises DamagedCatalogError."""
    try:
        examine_file(file)
        with closing(sqlite3.connect(file)) as db:
            tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master")]
            if "found" not in tables:  # empty: it is made anew when it is opened
                return
            passages, words = db.execute(_COUNTS).fetchone()
            if passages != words:
                raise DamagedCatalogError(
                    tr(
                        "it has the words of {words:,} of {passages:,} passages",
                        words=words,
                        passages=passages,
                    )
                )
    except (DamagedError, sqlite3.Error) as error:
        raise DamagedCatalogError(verbatim(str(error))) from error


def examine_vectors(store: VectorStore, embedded: int) -> None:
    """See that a folder has as many vectors as it should, each of them one. Raises DamagedError."""
    if isinstance(store, Folder) and store.exists():
        store.must_exist()
        examine_chroma(store.folder)
    with store.transaction() as transaction:
        collection: Any = transaction.collection
        if (there := collection.count()) != embedded:
            raise DamagedError(
                tr("Chroma has {there:,} of {embedded:,} vectors", there=there, embedded=embedded)
            )
        for start in range(0, there, PAGE):
            found = collection.get(limit=PAGE, offset=start, include=["embeddings"])
            _check_lengths(found["embeddings"])


def _check_lengths(vectors: "Vectors") -> None:
    import numpy as np  # noqa: PLC0415  slow to load

    lengths = np.linalg.norm(vectors, axis=1)
    bent = ~((np.abs(lengths - 1) < LENGTH) | (lengths == 0))
    if bent.any():
        raise DamagedError(tr("{sum:,} vectors are bent", sum=int(bent.sum())))


def listed(file: Path) -> list[Listed]:
    """The folders that the list beside a catalog names."""
    with suppress(OSError, msgspec.MsgspecError):
        return msgspec.json.decode(file.with_name(LIST).read_bytes(), type=list[Listed])
    return []


def _in_catalog(file: Path) -> list[Listed]:
    """What can still be read of it, where there is no list."""
    with suppress(sqlite3.Error), closing(sqlite3.connect(file)) as db:
        rows = db.execute("SELECT id, name, path FROM folders").fetchall()
        return [Listed(*row) for row in rows if all(isinstance(value, str) for value in row)]
    return []
