"""A folder and its catalog are made one again: what changed is read, what is gone is forgotten."""

import hashlib
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from qchat.knowledge import reading, walk
from qchat.knowledge.catalog import Catalog
from qchat.knowledge.changes import Changes, Show
from qchat.knowledge.passages import passages
from qchat.knowledge.reading.base import UnreadableError
from qchat.knowledge.records import KnownFile, KnownFolder, Passage, on_one_line
from qchat.protocol.errors import QchatError
from qchat.runtime.language import tr

BATCH_S = 0.5
"""What was read is kept at least this often."""
RACY_NS = 2_000_000_000
"""A file that was read this soon after it was written may have been written again since."""


def sync(catalog: Catalog, folder: KnownFolder, show: Show = lambda _done, _total: None) -> Changes:
    """Read what is new or has changed. Raises QchatError where the folder is not there.

    A folder that is not there keeps what was read of it: a disk may come back.
    """
    try:
        found = [file for file in walk.files(folder.path) if reading.holds_text(*file[:2])]
    except OSError as error:
        raise QchatError(
            tr(
                "The folder {path} cannot be read ({why}). What was read of it before "
                "stays; /know remove {name} forgets it.",
                path=folder.path,
                why=error.strerror,
                name=folder.name,
            )
        ) from error
    known = catalog.files(folder)
    changes = Changes()
    here = {entry.path for entry in found}
    if lost := [path for path in known if path not in here]:
        with catalog.file.change():
            catalog.drop(folder, lost)
        changes.gone = len(lost)
    changed = [entry for entry in found if _may_differ(entry, known.get(entry.path))]
    changes.same = len(found) - len(changed)
    _read_all(catalog, folder, changed, known, changes, show)
    catalog.note_synced(folder)
    return changes


def _may_differ(entry: walk.Entry, known: KnownFile | None) -> bool:
    """Whether a file has to be looked into."""
    if known is None:
        return True
    same = (known.size, known.mtime_ns) == (entry.size, entry.mtime_ns)
    return not same or known.seen_ns - known.mtime_ns < RACY_NS


def _read_all(
    catalog: Catalog,
    folder: KnownFolder,
    entries: list[walk.Entry],
    known: dict[str, KnownFile],
    changes: Changes,
    show: Show,
) -> None:
    work = _looked_into(folder.path, entries, known)
    done = 0
    while done < len(entries):
        ends = time.monotonic() + BATCH_S
        batch: list[tuple[KnownFile, list[Passage] | None]] = []
        for file, found in work:
            batch.append((file, found))
            done += 1
            show(done, len(entries))
            if time.monotonic() > ends:
                break
        with catalog.file.change():
            for file, found in batch:
                if found is None:
                    catalog.touch(file)
                    changes.same += 1
                    continue
                catalog.keep(folder, file, found)
                changes.read += 1
                if file.problem:
                    changes.problems.append(f"{on_one_line(file.path)}: {tr(file.problem)}")


def _looked_into(
    folder: Path, entries: list[walk.Entry], known: dict[str, KnownFile]
) -> Iterator[tuple[KnownFile, list[Passage] | None]]:
    """Each file with its passages; None where it says what it said."""
    for entry in entries:
        before = known.get(entry.path)
        now = time.time_ns()
        problem, data = "", b""
        if entry.size > reading.MAX_BYTES:
            problem = f"more than {reading.MAX_BYTES >> 20} MB"
        else:
            try:
                data = (folder / entry.path).read_bytes()
            except OSError as error:
                problem = error.strerror or "cannot be read"
        digest = hashlib.blake2b(data, digest_size=16).digest()
        id_ = before.id if before is not None else 0
        file = KnownFile(id_, entry.path, entry.size, entry.mtime_ns, digest, now, problem)
        if before is not None and before.hash == digest and not problem:
            yield file, None
            continue
        yield _read(file, data)


def _read(file: KnownFile, data: bytes) -> tuple[KnownFile, list[Passage]]:
    if file.problem:
        return file, []
    try:
        sections = reading.read(file.path, data)
    except UnreadableError as error:
        return msgspec.structs.replace(file, problem=str(error)), []
    except RecursionError:
        return msgspec.structs.replace(file, problem="nested too deep"), []
    return file, passages(sections, headings=reading.has_headings(file.path))
