"""What a reader of one program's export is, and how its entries are gone through."""

from collections.abc import Callable, Iterable
from typing import Any, Protocol

import msgspec

from qchat.importing.attachments import Beside
from qchat.importing.records import Broken, BrokenEntryError, Entries, ForeignConversation
from qchat.runtime.language import tr

_ODD = (TypeError, ValueError, LookupError, AttributeError, ArithmeticError, RecursionError)
"""What a shape that nobody has seen may raise in a reader: it costs that entry."""


class Document(msgspec.Struct, frozen=True):
    """One document of an export; `entries` are what it lists, or itself alone."""

    name: str
    entries: Iterable[Any]
    beside: Beside


class Reader(Protocol):
    """Knows one program's export by its content, and reads it."""

    name: str
    """The program, as people call it."""

    def recognises(self, entry: Any) -> bool:
        """Whether an entry is of this program."""
        ...

    def read(self, document: Document) -> Entries:
        """All conversations of a document, and what of it is broken."""
        ...


Convert = Callable[[dict[str, Any], str, Beside], ForeignConversation | None]
"""Reads an entry: given a name for it, and the files beside it; None where nothing was said."""


def each(document: Document, convert: Convert) -> Entries:
    """Read entry by entry; one that cannot be read is named and left out."""
    for number, entry in enumerate(document.entries, 1):
        if isinstance(entry, Broken):
            yield entry
            continue
        name = f"{document.name}, entry {number}"
        if not isinstance(entry, dict):
            yield Broken(name, tr("is not a conversation"))
            continue
        for field in ("title", "name"):
            if isinstance(entry.get(field), str) and entry[field].strip():
                name = f"{name} ({entry[field].strip()[:60]!r})"
                break
        try:
            conversation = convert(entry, name, document.beside)
        except BrokenEntryError as error:
            yield Broken(name, str(error))
        except _ODD as error:
            yield Broken(
                name,
                tr(
                    "has a shape that is not known ({name}: {error})",
                    name=type(error).__name__,
                    error=error,
                ),
            )
        else:
            if conversation is not None:
                yield conversation
