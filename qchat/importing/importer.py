"""An export on its way into the store: recognised, read, and written bit by bit."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec

from qchat.importing import qchat_export
from qchat.importing.archive import Archive, opened
from qchat.importing.attachments import Beside
from qchat.importing.documents import LazyEntries, entries
from qchat.importing.normalizing import arranged
from qchat.importing.programs import READERS
from qchat.importing.reader import Document, Reader
from qchat.importing.records import Broken, BrokenEntryError, ForeignConversation
from qchat.importing.tree import ForeignTurn, head, turns
from qchat.protocol.errors import StoreError
from qchat.protocol.events import Imported
from qchat.runtime.language import tr
from qchat.store import Store, Turn
from qchat.store.importing import ConversationToImport, Outcome, TurnToImport, import_all

BATCH = 50
"""Conversations in one transaction: after a kill the next run goes on behind the last of them."""
LOOKED_AT = 20
"""Entries by which a document is recognised: the first may be broken."""

MAX_TITLE = 200
KINDS = (".json", ".jsonl", ".html", ".htm", "")
"""Endings of files that are looked into."""
Documents = LazyEntries | Sequence[Any]

Show = Callable[[int, int], None]


class Report(msgspec.Struct):
    """What came of an import."""

    programs: Counter[str] = msgspec.field(default_factory=Counter)
    """How many conversations of each program were read."""
    outcomes: Counter[Outcome] = msgspec.field(default_factory=Counter)
    broken: list[Broken] = []
    unknown: list[str] = []
    """JSON documents that belong to no program that is known."""


def import_export(
    path: Path,
    store: Store,
    user: str,
    files_dir: Path,
    show: Show = lambda _done, _total: None,
    *,
    again: bool = False,
) -> Report:
    """Take in all conversations of a file, a folder or a zip.

    `show` is told how many bytes of how many are done. Raises UsageError where nothing can be
    opened, StoreError.
    """
    report = Report()
    with opened(path) as archive:
        reading = _Reading(archive, Beside(archive, files_dir), report, show)
        found = reading.conversations()
        while batch := list(islice(found, BATCH)):
            report.outcomes.update(_taken_in(store, user, batch, again, report))
            reading.tell()
    reading.finish()
    return report


def _taken_in(
    store: Store, user: str, batch: Sequence[ConversationToImport], again: bool, report: Report
) -> list[Outcome]:
    """What came of each. Raises StoreError that says how far it came: the disk may be full."""
    try:
        return import_all(store, user, batch, again=again)
    except StoreError as error:
        raise StoreError(
            tr(
                "{error}. {number:,} conversations are in; import it again, and it goes on.",
                error=error,
                number=report.outcomes.total(),
            )
        ) from error


class _Reading:
    """Goes through the documents of an export."""

    def __init__(self, archive: Archive, beside: Beside, report: Report, show: Show) -> None:
        self._archive = archive
        self._beside = beside
        self._report = report
        self._show = show
        alone = len(archive.names) == 1
        self._names = [name for name in archive.names if alone or _may_hold_some(name)]
        self._total = sum(archive.size(name) for name in self._names)
        self._done = 0
        self._current = 0
        """Bytes of the document that is being read."""

    def tell(self) -> None:
        """Say how far it is."""
        self._show(self._done + self._current, self._total)

    def finish(self) -> None:
        self._show(self._total, self._total)

    def conversations(self) -> Iterator[ConversationToImport]:
        """All that can be read, as the store takes them; the rest goes into the report."""
        for name in self._names:
            try:
                data = self._archive.read(name)
            except BrokenEntryError as error:
                self._report.broken.append(Broken(name, str(error)))
                continue
            yield from self._document(name, data)
            self._done += self._archive.size(name)
            self._current = 0

    def _document(self, name: str, data: bytes) -> Iterator[ConversationToImport]:
        found = documents_of(name, data)
        first = list(islice(found, LOOKED_AT))
        if any(qchat_export.is_own(entry) for entry in first):
            yield from self._own(Document(name, found, self._beside))
            return
        reader = _reader_of(first)
        if reader is None:
            self._not_known(name, first)
            return
        size = self._archive.size(name)
        for done, one in enumerate(reader.read(Document(name, found, self._beside)), 1):
            self._current = size * min(done, len(found)) // len(found)
            if isinstance(one, Broken):
                self._report.broken.append(one)
                continue
            self._report.programs[reader.name] += 1
            try:
                yield to_import(one, reader.name, self._archive.path.name)
            except BrokenEntryError as error:
                self._report.broken.append(Broken(one.title or one.id or name, str(error)))

    def _own(self, document: Document) -> Iterator[ConversationToImport]:
        for one in qchat_export.sessions(document):
            if isinstance(one, Broken):
                self._report.broken.append(one)
            else:
                self._report.programs[qchat_export.NAME] += 1
                yield own_to_import(one, self._archive.path.name)

    def _not_known(self, name: str, first: Iterable[Any]) -> None:
        broken = [entry for entry in first if isinstance(entry, Broken)]
        if broken:
            self._report.broken += broken
        else:
            self._report.unknown.append(name)


def documents_of(name: str, data: bytes) -> Documents:
    """The entries of a file, as its kind has them."""
    if data.lstrip()[:1] == b"<":
        return [data]
    return entries(name, data)


def _may_hold_some(name: str) -> bool:
    return PurePosixPath(name).suffix.lower() in KINDS


def _reader_of(first: Iterable[Any]) -> Reader | None:
    for entry in first:
        for reader in READERS:
            if reader.recognises(entry):
                return reader
    return None


def to_import(one: ForeignConversation, program: str, file: str) -> ConversationToImport:
    """A conversation of another program as the store takes it. Raises BrokenEntryError."""
    found = turns(one)
    imported = Imported(program, file)
    now = one.updated_at or one.created_at or time.time()
    made = [
        TurnToImport(
            turn.key,
            turn.parent,
            turn.prompt,
            turn.at or one.created_at or now,
            program,
            turn.model,
            (imported, *arranged(turn.events, imported.origin)),
        )
        for turn in found
    ]
    created = one.created_at or min((turn.created_at for turn in made), default=now)
    updated = one.updated_at or max((turn.created_at for turn in made), default=created)
    id_ = one.id or _named_by_content(found)
    title = " ".join(one.title.split())[:MAX_TITLE]
    return ConversationToImport(
        program, id_, title, created, updated, tuple(made), head(one, found)
    )


def _named_by_content(found: Sequence[ForeignTurn]) -> str:
    """A name for a conversation that has none: when it began, and with which words."""
    first = found[0]
    return f"{first.at:.3f} {first.prompt[:200]}"


def own_to_import(one: qchat_export.OwnSession, file: str) -> ConversationToImport:
    """A session of qchat's own as the store takes it."""
    info = one.info
    return ConversationToImport(
        qchat_export.NAME,
        info.id,
        info.title,
        info.created_at,
        info.updated_at,
        tuple(_own_turn(turn, file) for turn in one.turns),
        None if one.head is None else str(one.head),
        session=info.id,
        offline=info.offline,
        memory=info.memory,
    )


def _own_turn(turn: Turn, file: str) -> TurnToImport:
    marks = [event for event in turn.events if isinstance(event, Imported)]
    others = (event for event in turn.events if not isinstance(event, Imported))
    mark = marks[0] if marks else Imported(qchat_export.NAME, file)
    events = (mark, *others)  # the mark first, wherever the file has it: the store looks there
    parent = None if turn.parent is None else str(turn.parent)
    return TurnToImport(
        str(turn.id), parent, turn.prompt, turn.created_at, turn.backend, turn.model, events,
        turn.kind, turn.think,
    )  # fmt: skip
