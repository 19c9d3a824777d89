"""qchat's own sessions, as `qchat sessions export --format jsonl` writes them."""

from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

import msgspec

from qchat.importing.reader import Document
from qchat.importing.records import Broken
from qchat.protocol.events import Event, ToolFinished
from qchat.runtime.language import tr
from qchat.store import SessionInfo, Turn
from qchat_tools.parts import FilePart, Part

NAME = "qchat"


class OwnSession(msgspec.Struct, frozen=True):
    """A session with those of its turns that could be read."""

    info: SessionInfo
    turns: tuple[Turn, ...]
    """Each behind the one that it follows."""
    head: int | None = None
    """The turn at which it stands."""


def is_own(entry: Any) -> bool:
    """Whether an entry is the first line of such a file."""
    return isinstance(entry, dict) and "egress" in entry and "updated_at" in entry


def sessions(document: Document) -> "list[OwnSession | Broken]":
    """All sessions of a document, and what of it is broken."""
    found: list[OwnSession | Broken] = []
    info: SessionInfo | None = None
    head: object = None
    turns: list[Turn] = []
    for number, entry in enumerate(document.entries, 1):
        if isinstance(entry, Broken):
            found.append(entry)
            continue
        try:
            if is_own(entry):
                if info is not None:
                    found.append(_session(info, turns, head))
                info, turns, head = msgspec.convert(entry, SessionInfo), [], entry.get("head")
            else:
                turns.append(_harmless(msgspec.convert(entry, Turn)))
        except (msgspec.ValidationError, TypeError, ValueError) as error:
            found.append(
                Broken(
                    f"{document.name}, line {number}", tr("is not a turn ({error})", error=error)
                )
            )
    if info is not None:
        found.append(_session(info, turns, head))
    return found


def _session(info: SessionInfo, turns: Sequence[Turn], head: object) -> OwnSession:
    """A session of turns in the order in which they were made, which siblings are numbered by.

    Files of earlier versions name no head: it is the last turn that is no trail.
    """
    every = {turn.id: turn for turn in sorted(turns, key=lambda turn: turn.id)}
    if head not in every:
        head = next((turn.id for turn in reversed(turns) if turn.kind != "trail"), None)
    return OwnSession(info, tuple(every.values()), head if isinstance(head, int) else None)


def _harmless(turn: Turn) -> Turn:
    """Names of files lead nowhere but into the session's own folder."""
    return msgspec.structs.replace(turn, events=tuple(_event(event) for event in turn.events))


def _event(event: Event) -> Event:
    if not isinstance(event, ToolFinished):
        return event
    return msgspec.structs.replace(event, parts=tuple(_part(part) for part in event.parts))


def _part(part: Part) -> Part:
    if isinstance(part, FilePart):
        return msgspec.structs.replace(part, name=PurePath(part.name.replace("\\", "/")).name)
    return part
