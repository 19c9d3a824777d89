"""Memories in and out as lines, and what can be done for files that are damaged."""

import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path

import msgspec

from qchat_memory.errors import DamagedError
from qchat_memory.memory import Memory
from qchat_memory.storage import ids, rows
from qchat_memory.storage.chroma import ASIDE, INDEX
from qchat_memory.storage.repository import Repository

_BATCH = 500

Progress = Callable[[int, int], None]
"""Told how many are done, and of how many."""


def silent(_done: int, _total: int) -> None:
    """Tells nobody."""


class Mended(msgspec.Struct, frozen=True):
    """Where the damaged files are now, and how many memories were saved."""

    aside: Path
    saved: int


def export_lines(newest_first: Sequence[Memory]) -> Iterator[str]:
    """Each memory as one JSON line with all its fields, the oldest first."""
    for memory in reversed(newest_first):
        yield msgspec.json.encode(memory).decode()


def import_lines(repository: Repository, lines: Iterable[str], progress: Progress = silent) -> int:
    """Add exported memories; one with the same text as an old one takes its place.

    Raises MemoryStoreError that names the first line that is no memory; then nothing is added.
    """
    read = [rows.from_line(n, line) for n, line in enumerate(lines, 1) if line.strip()]
    if not read:
        return 0
    with repository.transaction():
        placed = rows.placed(
            read, repository.index.all(), lambda id_: ids.free(repository.index, id_)
        )
    memories = list(placed.values())
    for start in range(0, len(memories), _BATCH):
        batch = memories[start : start + _BATCH]
        with repository.change(*(memory.text for memory in batch)) as change:
            change.put(batch)
        progress(start + len(batch), len(memories))
    return len(memories)


def mend(repository: Repository, attempt: Callable[[], None]) -> Mended | None:
    """Set damaged files aside, and keep again what the index still knows.

    None where the attempt to use them does not fail of damage.
    """
    try:
        attempt()
    except DamagedError:
        repository.index.close()
        saved = _rescued(repository.folder / INDEX)
        repository.vectors.close()
        aside = _set_aside(repository.folder)
        return Mended(aside, import_lines(repository, export_lines(saved[::-1])))
    return None


def _rescued(index: Path) -> list[Memory]:
    """The memories in an index file, as many as can be read."""
    found: list[Memory] = []
    if not index.exists():
        return found
    with suppress(sqlite3.Error), closing(sqlite3.connect(index)) as db:
        for (json,) in db.execute("SELECT json FROM memories ORDER BY row"):
            with suppress(msgspec.MsgspecError):
                found.append(msgspec.json.decode(json, type=Memory))
    return found


def _set_aside(folder: Path) -> Path:
    """Move the folder to a name that nobody reads, and give that back."""
    aside = folder.with_name(f"{folder.name}{ASIDE}{datetime.now():%Y%m%d-%H%M%S}")
    shutil.move(folder, aside)
    return aside
