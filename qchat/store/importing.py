"""Conversations that were held elsewhere come into the store: each once, however often it is read.

What was there already stays as it is; what has grown gets what is new. A conversation comes in one
transaction, so that after a kill it is there whole or not at all.
"""

import hashlib
import secrets
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from qchat.protocol.events import (
    Compacted,
    Event,
    Imported,
    Marked,
    TrailFinished,
    TrailStarted,
    encode,
)
from qchat.store.kept_files import note_files
from qchat.store.records import TurnKind
from qchat.store.store import Store, title_of

Outcome = Literal["new", "grown", "same", "deleted"]
"""`deleted` here by the user, who need not see it come back."""


class TurnToImport(msgspec.Struct, frozen=True):
    """A turn under the name that its source has for it; `parent` is such a name too."""

    key: str
    parent: str | None
    prompt: str
    created_at: float
    backend: str
    model: str
    events: tuple[Event, ...]
    kind: TurnKind = "chat"
    think: bool | None = None


class ConversationToImport(msgspec.Struct, frozen=True):
    """A conversation under its source's name; turns stand behind those that they follow."""

    source: str
    id: str
    title: str
    created_at: float
    updated_at: float
    turns: tuple[TurnToImport, ...]
    head: str | None
    session: str = ""
    """The id that it had, where it was a session of qchat's own; kept if it is free."""
    offline: bool = False
    memory: bool = True


class _Known(msgspec.Struct):
    """What is here of a conversation."""

    session: str
    turns: dict[str, int] = {}
    digests: dict[str, bytes] = {}


def import_all(
    store: Store, user: str, conversations: Sequence[ConversationToImport], *, again: bool = False
) -> list[Outcome]:
    """Take in some, in one transaction; `again` brings back what was deleted. Raises StoreError."""
    with store.database.transaction() as db:
        return [_Import(store, db, user, one, again).run() for one in conversations]


class _Import:
    """One conversation on its way in."""

    def __init__(
        self,
        store: Store,
        db: sqlite3.Connection,
        user: str,
        conversation: ConversationToImport,
        again: bool,
    ) -> None:
        self._store = store
        self._db = db
        self._user = user
        self._conversation = conversation
        self._again = again

    def run(self) -> Outcome:
        known = self._known()
        if known is not None and not self._usable(known):
            return "deleted"
        fresh = known is None or not known.session
        if known is None or not known.session:
            known = _Known(self._begin())
        turns = self._conversation.turns
        new = {turn.key: self._insert(known, turn) for turn in turns if turn.key not in known.turns}
        changed = [self._turn(known, turn, new=turn.key in new) for turn in turns]
        if fresh or any(changed):
            self._finish(known, fresh)
        return "new" if fresh else "grown" if any(changed) else "same"

    def _known(self) -> _Known | None:
        rows = self._db.execute(
            "SELECT key, session, turn, digest FROM imported"
            " WHERE user = ? AND source = ? AND conversation = ?",
            (self._user, self._conversation.source, self._conversation.id),
        ).fetchall()
        if rows:
            turns = {key: turn for key, _, turn, _ in rows if key}
            digests = {key: digest for key, _, _, digest in rows if key}
            return _Known(rows[0][1], turns, digests)
        return self._own() if self._conversation.session else None

    def _own(self) -> _Known | None:
        """A session of that id that was held here: its turns are those of the same words."""
        wanted = self._conversation.session
        rows = self._db.execute(
            "SELECT turns.id, prompt, turns.created_at FROM turns"
            " JOIN sessions ON sessions.id = session WHERE session = ? AND user = ?",
            (wanted, self._user),
        ).fetchall()
        here = {(str(id_), prompt, at): id_ for id_, prompt, at in rows}
        same = {
            turn.key: here[turn.key, turn.prompt, turn.created_at]
            for turn in self._conversation.turns
            if (turn.key, turn.prompt, turn.created_at) in here
        }
        return _Known(wanted, same) if same else None

    def _usable(self, known: _Known) -> bool:
        """Whether it may be added to; what was deleted for good begins anew if that is wanted."""
        row = self._db.execute(
            "SELECT deleted_at FROM sessions WHERE id = ?", (known.session,)
        ).fetchone()
        if row is not None and row[0] is None:
            return True
        if not self._again:
            return False
        if row is not None:
            sql = "UPDATE sessions SET deleted_at = NULL WHERE id = ?"
            self._db.execute(sql, (known.session,))
            return True
        self._db.execute(
            "DELETE FROM imported WHERE user = ? AND source = ? AND conversation = ?",
            (self._user, self._conversation.source, self._conversation.id),
        )
        known.session = ""
        return True

    def _begin(self) -> str:
        one = self._conversation
        wanted = one.session
        taken = (
            wanted and self._db.execute("SELECT 1 FROM sessions WHERE id = ?", (wanted,)).fetchone()
        )
        session = wanted if wanted and not taken else secrets.token_hex(4)
        self._db.execute(
            "INSERT INTO sessions (id, user, title, created_at, updated_at, offline, memory)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (session, self._user, one.title, one.created_at, one.updated_at, one.offline,
             one.memory),
        )  # fmt: skip
        self._note("", session, None, b"")
        return session

    def _turn(self, known: _Known, turn: TurnToImport, *, new: bool) -> bool:
        """Add what came of a turn, or has come to it; whether there was anything."""
        digest = _digest(turn)
        id_ = known.turns[turn.key]
        if not new:
            before = known.digests.get(turn.key)
            known_as = (None, digest, _digest(turn, with_file=True))
            if before in known_as:  # None: held here, and is what it is
                return False
            self._db.execute("DELETE FROM events WHERE turn = ?", (id_,))
        events = _with_turns_of_here(turn.events, known.turns)
        rows = [(id_, seq, encode(event).decode()) for seq, event in enumerate(events, 1)]
        self._db.executemany("INSERT INTO events VALUES (?, ?, ?)", rows)
        for _, _, text in rows:
            note_files(self._db, id_, text)
        self._store.index.put(self._db, id_, turn.prompt, events)
        self._note(turn.key, known.session, id_, digest)
        return True

    def _insert(self, known: _Known, turn: TurnToImport) -> int:
        parent = known.turns.get(turn.parent) if turn.parent is not None else None
        id_ = self._db.execute(
            "INSERT INTO turns (session, parent, kind, prompt, created_at, backend, model, think)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (known.session, parent, turn.kind, turn.prompt, turn.created_at, turn.backend,
             turn.model, turn.think),
        ).lastrowid  # fmt: skip
        assert id_ is not None
        known.turns[turn.key] = id_
        return id_

    def _finish(self, known: _Known, fresh: bool) -> None:
        """Stand where the source stands, unless the user has gone on from here."""
        one = self._conversation
        (at,) = self._db.execute(
            "SELECT head FROM sessions WHERE id = ?", (known.session,)
        ).fetchone()
        head = known.turns.get(one.head) if one.head is not None else None
        if head is None or not (fresh or at in known.turns.values()):
            head = at
        self._db.execute(
            "UPDATE sessions SET head = ?, updated_at = max(updated_at, ?),"
            " title = CASE title WHEN '' THEN ? ELSE title END WHERE id = ?",
            (head, one.updated_at, self._title(), known.session),
        )

    def _title(self) -> str:
        turns = self._conversation.turns
        asked = (turn.prompt for turn in turns if turn.kind == "chat")
        return title_of(next(asked, turns[0].prompt if turns else ""))

    def _note(self, key: str, session: str, turn: int | None, digest: bytes) -> None:
        one = self._conversation
        row = (self._user, one.source, one.id, key, session, turn, digest)
        self._db.execute("INSERT OR REPLACE INTO imported VALUES (?, ?, ?, ?, ?, ?, ?)", row)


def _digest(turn: TurnToImport, *, with_file: bool = False) -> bytes:
    """What a turn says; another digest of the same key is a turn that has grown.

    Next month's export has another name: what it says again has not grown. `with_file` is how
    earlier versions counted.
    """
    files = [] if with_file else [e.file for e in turn.events if isinstance(e, Imported)]
    names = [msgspec.json.encode(file) for file in files if file]
    hashed = hashlib.blake2b(turn.prompt.encode(), digest_size=16)
    for event in turn.events:
        data = encode(event)
        for name in names:
            data = data.replace(name, b'""')
        hashed.update(data)
    return hashed.digest()


def _with_turns_of_here(events: Sequence[Event], turns: Mapping[str, int]) -> tuple[Event, ...]:
    """Events that name turns by their ids name those that they have here."""
    return tuple(
        msgspec.structs.replace(event, turn=turns.get(str(event.turn), 0))
        if isinstance(event, Compacted | Marked | TrailStarted | TrailFinished)
        else event
        for event in events
    )
