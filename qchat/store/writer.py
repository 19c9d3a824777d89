"""A running turn on its way to the disk.

What a turn streams is committed at least every `FLUSH_S` seconds, so that killing the process loses
no more than that. Provisional rows are dropped when something final takes their place: drafts give
way to the call, progress gives way to the result.
"""

import asyncio
import time
from typing import assert_never

import msgspec

from qchat.protocol.errors import StoreError
from qchat.protocol.events import (
    Attached,
    Cited,
    ControlEvent,
    Event,
    GivenUp,
    Imported,
    Notice,
    Recalled,
    Sent,
    StepFinished,
    Text,
    Thinking,
    ToolDraft,
    ToolFinished,
    ToolProgress,
    ToolStarted,
    TrailEvent,
    TurnFinished,
    encode,
    join,
    joined,
)
from qchat.store.database import Database
from qchat.store.index import Index
from qchat.store.kept_files import note_files
from qchat.store.records import Turn

FLUSH_S = 0.06
TRAIL_FLUSH_S = 1.0
"""Of a trail: one that is cut off is asked again, whatever is there of it, and many run at once."""
RETRY_S = 1.0
ROW_CHARACTERS = 4096


class TurnWriter:
    """Keeps the events of one running turn; a row is a part, or a piece of a long one."""

    def __init__(self, db: Database, index: Index, turn: Turn) -> None:
        self._db = db
        self._index = index
        self._turn = turn
        self._rows: dict[int, Event] = {}
        """By their place in the turn; the last one may still grow."""
        self._seq = 0
        self._provisional: dict[str, list[int]] = {}
        """Rows of each call that its `ToolStarted` or `ToolFinished` will replace."""
        self._dirty: set[int] = set()
        """Rows that differ from what is on disk; those no longer in `_rows` are to be deleted."""
        self._timer: asyncio.TimerHandle | None = None
        self._flush_s = TRAIL_FLUSH_S if turn.kind == "trail" else FLUSH_S

    @property
    def turn(self) -> Turn:
        """The turn with what has come so far."""
        return msgspec.structs.replace(self._turn, events=tuple(joined(self._rows.values())))

    def add(self, event: Event) -> None:
        """Take an event; it is on disk within `FLUSH_S`, or `TRAIL_FLUSH_S`.

        Must be called inside the event loop.
        """
        last = self._rows.get(self._seq)
        grown = join(last, event) if last is not None and _room_in(last) else None
        if grown is None:
            self._seq += 1
        self._rows[self._seq] = grown or event
        self._dirty.add(self._seq)
        self._settle(event)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._flush_s, self._tick)

    def _settle(self, event: Event) -> None:
        """Note provisional rows, and drop those that this event replaces."""
        match event:
            case ToolDraft() | ToolProgress():
                self._provisional.setdefault(event.call_id, []).append(self._seq)
            case ToolStarted() | ToolFinished():
                for seq in self._provisional.pop(event.call_id, ()):
                    self._rows.pop(seq, None)
                    self._dirty.add(seq)
            case Thinking() | Text() | Attached() | Recalled() | Cited() | Notice() | Sent():
                pass
            case StepFinished() | TurnFinished():
                pass
            case GivenUp():  # the call that was being written will never begin
                drafts = [seq for rows in self._provisional.values() for seq in rows]
                self._provisional.clear()
                for seq in drafts:
                    self._rows.pop(seq, None)
                    self._dirty.add(seq)
            case ControlEvent() | Imported():
                pass
            case TrailEvent():
                pass
            case _:
                assert_never(event)

    def _tick(self) -> None:
        self._timer = None
        try:
            self.flush()
        except StoreError:
            # Kept in memory and tried again: a full disk may be freed while the turn runs.
            self._timer = asyncio.get_running_loop().call_later(RETRY_S, self._tick)

    def flush(self) -> None:
        """Put everything on disk now. Raises StoreError; nothing is dropped by that."""
        if not self._dirty:
            return
        with self._db.transaction() as db:
            for seq in sorted(self._dirty):
                db.execute("DELETE FROM events WHERE turn = ? AND seq = ?", (self._turn.id, seq))
                if (event := self._rows.get(seq)) is not None:
                    row = (self._turn.id, seq, encode(event).decode())
                    db.execute("INSERT INTO events VALUES (?, ?, ?)", row)
                    note_files(db, self._turn.id, row[2])
            db.execute(
                "UPDATE sessions SET updated_at = ? WHERE id = ?", (time.time(), self._turn.session)
            )
        self._dirty.clear()

    def close(self) -> Turn:
        """Write what is left, index the turn, and give it back. Raises StoreError."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self.flush()
        self._index.add(self._turn.id)
        return self.turn


def _room_in(event: Event) -> bool:
    """Keep the row that each flush writes again small, however long a part grows."""
    return isinstance(event, Thinking | Text | ToolDraft) and len(event.text) < ROW_CHARACTERS
