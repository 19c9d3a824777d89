"""Memories as Chroma keeps them, and as lines of an export."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from qchat_memory.errors import DamagedError, MemoryStoreError
from qchat_memory.language.words import sameness
from qchat_memory.localized_text import tr
from qchat_memory.memory import KINDS, Memory, checked

_FIELDS = "memory"
"""One JSON text instead of a row for each field: a third less work for Chroma."""


def metadata(memory: Memory) -> dict[str, str]:
    """All fields but the id and the text, which Chroma keeps itself."""
    fields = msgspec.structs.asdict(memory)
    del fields["id"], fields["text"]
    if not memory.project:  # so that older versions, which know no projects, read all others
        del fields["project"]
    return {_FIELDS: msgspec.json.encode(fields).decode()}


def memories(found: Mapping[str, Any]) -> Iterator[Memory]:
    """Read what a collection gave back. Raises MemoryStoreError for what is no memory."""
    columns = zip(found["ids"], found["documents"], found["metadatas"], strict=True)
    for id_, text, values in columns:
        try:
            yield _memory(id_, text, values or {})
        except (msgspec.DecodeError, TypeError) as error:
            if not isinstance(text, str) or not isinstance(error, msgspec.ValidationError):
                raise DamagedError(
                    tr("memory {id!r} has lost what it says ({error})", id=id_, error=error)
                ) from error
            raise MemoryStoreError(
                tr(
                    "memory {id!r} cannot be read ({error}): was it kept by a newer version of "
                    "qchat?",
                    id=id_,
                    error=error,
                )
            ) from error


def from_line(number: int, line: str) -> Memory:
    """Read a line of an export. Raises MemoryStoreError that names the line."""
    try:
        fields = msgspec.json.decode(line, type=dict[str, Any])
        memory = msgspec.convert({"id": "", **fields}, Memory)
        _check(memory)
        return msgspec.structs.replace(memory, text=checked(memory.text))
    except (msgspec.MsgspecError, ValueError, RecursionError, MemoryStoreError) as error:
        raise MemoryStoreError(
            tr("line {number} is not an exported memory: {error}", number=number, error=error)
        ) from error


def _check(memory: Memory) -> None:
    """Refuse what no memory ever holds. Raises ValueError, MemoryStoreError."""
    for moment in (memory.said_at, memory.used_at, *(past.said_at for past in memory.past)):
        if moment:
            datetime.fromisoformat(moment)
    for past in memory.past:
        checked(past.text)


def placed(
    read: Sequence[Memory], there: Sequence[Memory], free: Callable[[str], str]
) -> dict[str, Memory]:
    """Give imported memories their ids: a known text keeps its own, unless said elsewhere.

    Lines of conversations ("Thanks!") may well be the same in several, and each has its place.
    """
    known = {_place(memory): memory.id for memory in there}
    taken = set(known.values())
    found: dict[str, Memory] = {}
    for memory in read:
        id_ = known.get(_place(memory)) or free("" if memory.id in taken else memory.id)
        known[_place(memory)] = id_
        taken.add(id_)
        found[id_] = msgspec.structs.replace(memory, id=id_)
    return found


def _place(memory: Memory) -> tuple[str, str, str, str]:
    turn = memory.turn if memory.session else ""
    return sameness(memory.text), memory.session, turn, memory.project


def columns(found: Sequence[Memory]) -> dict[str, Any]:
    """What a collection is given, but for the vectors."""
    return {
        "ids": [memory.id for memory in found],
        "documents": [memory.text for memory in found],
        "metadatas": [metadata(memory) for memory in found],
    }


def _memory(id_: str, text: str, values: Mapping[str, Any]) -> Memory:
    if _FIELDS in values:
        fields = msgspec.json.decode(values[_FIELDS], type=dict[str, Any])
    else:  # format 1: each field as metadata of its own, any word as kind
        fields = dict(values)
        fields["kind"] = fields.get("kind") if fields.get("kind") in KINDS else "fact"
    return msgspec.convert({**fields, "id": id_, "text": text}, Memory)
