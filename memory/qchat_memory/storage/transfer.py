"""Memories in and out as lines."""

from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec

from qchat_memory.errors import FullDiskError, MemoryStoreError
from qchat_memory.localized_text import tr
from qchat_memory.memory import Memory
from qchat_memory.storage import ids, rows
from qchat_memory.storage.repository import Repository

_BATCH = 500

Progress = Callable[[int, int], None]
"""Told how many are done, and of how many."""


def silent(_done: int, _total: int) -> None:
    """Tells nobody."""


def export_lines(newest_first: Sequence[Memory]) -> Iterator[str]:
    """Each memory as one JSON line with all its fields, the oldest first."""
    for memory in reversed(newest_first):
        yield msgspec.json.encode(memory).decode()


def import_lines(repository: Repository, lines: Iterable[str], progress: Progress = silent) -> int:
    """Add exported memories; one with the same text as an old one takes its place.

    Raises MemoryStoreError that names the first line that is no memory; then nothing is added. On
    a full disk it says how many are in.
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
        try:
            with repository.change(*(memory.text for memory in batch)) as change:
                change.put(batch)
        except FullDiskError as error:
            raise MemoryStoreError(
                tr(
                    "{error}. {done:,} of {number:,} memories are in: import them again, and the "
                    "rest is added",
                    error=error,
                    done=start,
                    number=len(memories),
                )
            ) from error
        progress(start + len(batch), len(memories))
    return len(memories)
