"""Conversations as they happen, in SQLite: sessions, a tree of turns, and their events as JSON.

What a turn streams is committed at least every `FLUSH_S` seconds, so that killing the process loses
no more than that. Provisional rows are dropped when something final takes their place: drafts give
way to the call, progress gives way to the result.
"""

import asyncio
import secrets
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import msgspec

from qchat import schema
from qchat.errors import StoreError, UsageError
from qchat.events import (
    Attached,
    Event,
    Text,
    Thinking,
    ToolDraft,
    ToolFinished,
    ToolProgress,
    ToolStarted,
    TurnFinished,
    decode,
    encode,
    join,
    joined,
)
from qchat.paths import private_dir
from qchat_tools.parts import SourcePart, as_text

FLUSH_S = 0.1
RETRY_S = 1.0
ROW_CHARACTERS = 4096
MOST_VALUES = 500
"""Values in one query: SQLite allows a thousand, in old builds."""
TITLE_CHARACTERS = 60
PATH = """
WITH RECURSIVE path(id) AS (
    SELECT head FROM sessions WHERE id = ?
    UNION ALL SELECT turns.parent FROM turns JOIN path ON turns.id = path.id
)
"""

TurnKind = Literal["chat", "run"]


class Turn(msgspec.Struct, frozen=True):
    """One prompt and what came of it; `run` is a tool that the user used without the model."""

    id: int
    session: str
    parent: int | None
    kind: TurnKind
    prompt: str
    created_at: float
    backend: str
    model: str
    events: tuple[Event, ...] = ()

    @property
    def finished(self) -> bool:
        return bool(self.events) and isinstance(self.events[-1], TurnFinished)


class SessionInfo(msgspec.Struct, frozen=True):
    """A line in the list of sessions; times are seconds of Unix time."""

    id: str
    title: str
    created_at: float
    updated_at: float
    turns: int
    offline: bool = False
    memory: bool = True
    """Whether it reads and writes memories."""
    """Whether it goes on without any connection but loopback."""

    @property
    def length(self) -> str:
        """How long it is, in words."""
        return "1 turn" if self.turns == 1 else f"{self.turns} turns"


class Found(msgspec.Struct, frozen=True):
    """A place where a search matched; `kind` is prompt, thinking, text or tool."""

    session: str
    title: str
    turn: int
    kind: str
    snippet: str


class Store:
    """The sessions database of one installation; used from one thread."""

    def __init__(self, path: Path) -> None:
        """Open or create it, readable by its owner only. Raises StoreError."""
        self.path = path
        with _failures(path):
            private_dir(path.parent)
            path.touch(mode=0o600)
            self._db = sqlite3.connect(path, timeout=10.0, isolation_level=None)
            try:
                self._prepare()
            except BaseException:
                self._db.close()
                raise

    def _prepare(self) -> None:
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.execute("PRAGMA foreign_keys = ON")
        self._db.execute("PRAGMA secure_delete = ON")
        with self.transaction():
            (version,) = self._db.execute("PRAGMA user_version").fetchone()
            if version > schema.VERSION:
                raise StoreError(
                    f"{self.path} was written by a newer qchat; update qchat to use it"
                )
            if version < schema.VERSION:
                schema.migrate(self._db, version)

    def close(self) -> None:
        self._db.close()

    def create_session(self, user: str, *, offline: bool = False) -> SessionInfo:
        now = time.time()
        info = SessionInfo(secrets.token_hex(4), "", now, now, 0, offline)
        with self.transaction():
            self._db.execute(
                "INSERT INTO sessions (id, user, title, created_at, updated_at, offline)"
                " VALUES (?, ?, '', ?, ?, ?)",
                (info.id, user, now, now, offline),
            )
        return info

    def session(self, user: str, id_or_prefix: str) -> SessionInfo:
        """Find one by its id or the beginning of it. Raises UsageError if none or several fit."""
        pattern = id_or_prefix.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        found = self._sessions("user = ? AND id LIKE ? ESCAPE '\\'", (user, pattern), limit=2)
        if len(found) == 1 and id_or_prefix:
            return found[0]
        many = "several sessions begin" if found else "there is no session that begins"
        raise UsageError(f"{many} with {id_or_prefix!r}; `qchat sessions list` shows them")

    def sessions(self, user: str, limit: int = 1000) -> list[SessionInfo]:
        """The newest sessions that have at least one turn."""
        return self._sessions("user = ? AND head IS NOT NULL", (user,), limit)

    def _sessions(self, where: str, values: tuple[object, ...], limit: int) -> list[SessionInfo]:
        with _failures(self.path):
            rows = self._db.execute(
                "SELECT id, title, created_at, updated_at,"
                " (SELECT count(*) FROM turns WHERE session = sessions.id), offline, memory"
                f" FROM sessions WHERE {where} AND deleted_at IS NULL"
                " ORDER BY updated_at DESC, rowid DESC LIMIT ?",
                (*values, limit),
            ).fetchall()
        return [
            SessionInfo(id_, title, created, updated, turns, bool(offline), bool(memory))
            for id_, title, created, updated, turns, offline, memory in rows
        ]

    def keep_offline(self, session: str, on: bool) -> None:
        """Remember whether a conversation goes on offline."""
        with self.transaction():
            self._db.execute("UPDATE sessions SET offline = ? WHERE id = ?", (on, session))

    def keep_memory(self, session: str, on: bool) -> None:
        """Remember whether a conversation reads and writes memories."""
        with self.transaction():
            self._db.execute("UPDATE sessions SET memory = ? WHERE id = ?", (on, session))

    def rename_session(self, session: str, title: str) -> None:
        """Give a conversation another title; the time of its last turn stays."""
        with self.transaction():
            self._db.execute("UPDATE sessions SET title = ? WHERE id = ?", (title, session))

    def hide_session(self, session: str, *, hidden: bool = True) -> bool:
        """Take a conversation away so that it can come back, until `purge`; False if it is gone."""
        at = time.time() if hidden else None
        with self.transaction():
            changed = self._db.execute(
                "UPDATE sessions SET deleted_at = ? WHERE id = ?", (at, session)
            )
        return changed.rowcount > 0

    def purge(self) -> None:
        """Remove for good what was hidden."""
        with self.transaction():
            self._db.execute("DELETE FROM sessions WHERE deleted_at IS NOT NULL")

    def delete_session(self, session: str) -> None:
        """Remove a conversation with all its branches; freed pages are overwritten."""
        with self.transaction():
            self._db.execute("DELETE FROM sessions WHERE id = ?", (session,))

    def turns(self, session: str) -> list[Turn]:
        """The path from the first turn to the head, with events joined."""
        turns = self.path_to_head(session)
        events = self.events([turn.id for turn in turns])
        return [msgspec.structs.replace(turn, events=events[turn.id]) for turn in turns]

    def path_to_head(self, session: str) -> list[Turn]:
        """The turns from the first one to the head, without their events."""
        rows = self._rows(
            PATH + "SELECT turns.id, session, parent, kind, prompt, created_at, backend, model"
            " FROM turns JOIN path USING (id) ORDER BY turns.id",
            session,
        )
        return [Turn(*row) for row in rows]

    def events(self, turns: Sequence[int]) -> dict[int, tuple[Event, ...]]:
        """What came of turns, joined."""
        events: dict[int, list[Event]] = {turn: [] for turn in turns}
        for start in range(0, len(turns), MOST_VALUES):
            some = turns[start : start + MOST_VALUES]
            marks = ",".join("?" * len(some))
            query = f"SELECT turn, json FROM events WHERE turn IN ({marks}) ORDER BY turn, seq"
            for turn, json in self._rows(query, *some):
                events[turn].append(decode(json))
        return {turn: tuple(joined(parts)) for turn, parts in events.items()}

    def parents(self, session: str) -> list[tuple[int, int | None]]:
        """All turns of a conversation, on any branch, with the one before each; oldest first."""
        return self._rows("SELECT id, parent FROM turns WHERE session = ? ORDER BY id", session)

    def prompts_of(self, turns: Sequence[int]) -> dict[int, str]:
        """What was sent in these turns."""
        marks = ",".join("?" * len(turns))
        return dict(self._rows(f"SELECT id, prompt FROM turns WHERE id IN ({marks})", *turns))

    def prompts(self, user: str, limit: int = 500) -> list[str]:
        """What a user has sent in any session, each once, the newest last."""
        rows = self._rows(
            "SELECT prompt, max(turns.id) AS newest FROM turns JOIN sessions"
            " ON sessions.id = turns.session WHERE user = ? AND deleted_at IS NULL"
            " GROUP BY prompt ORDER BY newest DESC LIMIT ?",
            user,
            limit,
        )
        return [prompt for prompt, _ in reversed(rows)]

    def sources(self, session: str) -> list[SourcePart]:
        """Every web page that any branch of a conversation has numbered, the oldest first."""
        rows = self._rows(
            "SELECT json FROM events JOIN turns ON turns.id = turn WHERE session = ?"
            ' AND instr(json, \'"type":"source"\') ORDER BY turn, seq',
            session,
        )
        finished = (decode(json) for (json,) in rows)
        return [
            part
            for event in finished
            if isinstance(event, ToolFinished)
            for part in event.parts
            if isinstance(part, SourcePart)
        ]

    def senders(self, session: str) -> list[Turn]:
        """The turns of every branch, with those of their events that `egress` reads."""
        read = ("sent", "recalled", "step_finished")
        marks = " OR ".join(f"""json LIKE '{{"type":"{kind}"%'""" for kind in read)
        rows = self._rows(
            "SELECT turns.id, session, parent, kind, prompt, created_at, backend, model, json"
            f" FROM turns JOIN events ON turn = turns.id WHERE session = ? AND ({marks})"
            " ORDER BY turns.id, seq",
            session,
        )
        turns: dict[int, Turn] = {}
        events: dict[int, list[Event]] = {}
        for *head, json in rows:
            turns.setdefault(head[0], Turn(*head))
            events.setdefault(head[0], []).append(decode(json))
        return [msgspec.structs.replace(turns[id_], events=tuple(events[id_])) for id_ in turns]

    def _rows(self, query: str, *values: object) -> list[Any]:
        with _failures(self.path):
            return self._db.execute(query, values).fetchall()

    def begin_turn(
        self,
        session: str,
        parent: int | None,
        prompt: str,
        *,
        kind: TurnKind = "chat",
        backend: str = "",
        model: str = "",
    ) -> "TurnWriter":
        """Add a turn below `parent` and move the head to it."""
        now = time.time()
        with self.transaction():
            turn = self._db.execute(
                "INSERT INTO turns (session, parent, kind, prompt, created_at, backend, model)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (session, parent, kind, prompt, now, backend, model),
            ).lastrowid
            title = " ".join(prompt.split())[:TITLE_CHARACTERS]
            self._db.execute(
                "UPDATE sessions SET head = ?, updated_at = ?,"
                " title = CASE title WHEN '' THEN ? ELSE title END WHERE id = ?",
                (turn, now, title, session),
            )
        assert turn is not None
        return TurnWriter(self, Turn(turn, session, parent, kind, prompt, now, backend, model))

    def move_head(self, session: str, turn: int | None) -> None:
        """Stand at another turn: what is sent next becomes a branch below it."""
        with self.transaction():
            self._db.execute("UPDATE sessions SET head = ? WHERE id = ?", (turn, session))

    def search(self, user: str, query: str, limit: int = 50) -> list[Found]:
        """Find every word of `query`, anywhere in words, in all that was said, thought and printed.

        Words under three characters (common in Chinese) are compared without the index.
        """
        words = query.split()
        if not words:
            return []
        long = ['"' + word.replace('"', '""') + '"' for word in words if len(word) >= 3]
        conditions = ["found MATCH ?"] if long else []
        values: list[object] = [" AND ".join(long)] if long else []
        for word in words:
            if len(word) < 3:
                conditions.append("instr(lower(found.text), lower(?)) > 0")
                values.append(word)
        with _failures(self.path):
            self._index_pending()
            rows = self._db.execute(
                "SELECT sessions.id, sessions.title, turns.id, found.kind, found.text FROM found"
                " JOIN turns ON turns.id = found.turn JOIN sessions ON sessions.id = turns.session"
                f" WHERE {' AND '.join(conditions)} AND sessions.user = ?"
                " AND sessions.deleted_at IS NULL"
                " ORDER BY found.rowid DESC LIMIT ?",
                (*values, user, limit),
            ).fetchall()
        return [
            Found(session, title, turn, kind, _snippet(text, words[0]))
            for session, title, turn, kind, text in rows
        ]

    def turns_with(self, session: str, phrase: str) -> set[int]:
        """The turns of a conversation that may hold a phrase: all its words stand in one text.

        Words under three characters do not count, where there are longer ones.
        """
        words = phrase.split()
        long = ['"' + word.replace('"', '""') + '"' for word in words if len(word) >= 3]
        with _failures(self.path):
            self._index_pending()
        if not long:
            return {turn for turn, _ in self.parents(session)}
        rows = self._rows(
            "SELECT DISTINCT found.turn FROM found JOIN turns ON turns.id = found.turn"
            " WHERE found MATCH ? AND session = ?",
            " AND ".join(long),
            session,
        )
        return {turn for (turn,) in rows}

    def _index_pending(self) -> None:
        """Index turns that are not yet: those that a kill cut short."""
        for (turn,) in self._db.execute("SELECT id FROM turns WHERE indexed = 0").fetchall():
            self.index(turn)

    def index(self, turn: int) -> None:
        """Make a turn searchable; one that is not finished is done again at the next search."""
        with self.transaction():
            self._index(turn)

    def _index(self, turn: int) -> None:
        (prompt,) = self._db.execute("SELECT prompt FROM turns WHERE id = ?", (turn,)).fetchone()
        rows = self._db.execute("SELECT json FROM events WHERE turn = ? ORDER BY seq", (turn,))
        events = tuple(joined(decode(json) for (json,) in rows))
        texts = [("prompt", prompt), *(pair for event in events for pair in _searchable(event))]
        self._db.execute("DELETE FROM found WHERE turn = ?", (turn,))
        self._db.executemany(
            "INSERT INTO found (text, turn, kind) VALUES (?, ?, ?)",
            [(text, turn, kind) for kind, text in texts],
        )
        finished = bool(events) and isinstance(events[-1], TurnFinished)
        self._db.execute("UPDATE turns SET indexed = ? WHERE id = ?", (finished, turn))

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing. Raises StoreError."""
        with _failures(self.path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")


class TurnWriter:
    """Keeps the events of one running turn; a row is a part, or a piece of a long one."""

    def __init__(self, store: Store, turn: Turn) -> None:
        self._store = store
        self._turn = turn
        self._rows: dict[int, Event] = {}
        """By their place in the turn; the last one may still grow."""
        self._seq = 0
        self._provisional: dict[str, list[int]] = {}
        """Rows of each call that its `ToolStarted` or `ToolFinished` will replace."""
        self._dirty: set[int] = set()
        """Rows that differ from what is on disk; those no longer in `_rows` are to be deleted."""
        self._timer: asyncio.TimerHandle | None = None

    @property
    def turn(self) -> Turn:
        """The turn with what has come so far."""
        return msgspec.structs.replace(self._turn, events=tuple(joined(self._rows.values())))

    def add(self, event: Event) -> None:
        """Take an event; it is on disk within `FLUSH_S`. Must be called inside the event loop."""
        last = self._rows.get(self._seq)
        grown = join(last, event) if last is not None and _room_in(last) else None
        if grown is None:
            self._seq += 1
        self._rows[self._seq] = grown or event
        self._dirty.add(self._seq)
        self._settle(event)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(FLUSH_S, self._tick)

    def _settle(self, event: Event) -> None:
        """Note provisional rows, and drop those that this event replaces."""
        match event:
            case ToolDraft() | ToolProgress():
                self._provisional.setdefault(event.call_id, []).append(self._seq)
            case ToolStarted() | ToolFinished():
                for seq in self._provisional.pop(event.call_id, ()):
                    self._rows.pop(seq, None)
                    self._dirty.add(seq)
            case _:
                pass

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
        with self._store.transaction() as db:
            for seq in sorted(self._dirty):
                db.execute("DELETE FROM events WHERE turn = ? AND seq = ?", (self._turn.id, seq))
                if (event := self._rows.get(seq)) is not None:
                    row = (self._turn.id, seq, encode(event).decode())
                    db.execute("INSERT INTO events VALUES (?, ?, ?)", row)
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
        self._store.index(self._turn.id)
        return self.turn


def _room_in(event: Event) -> bool:
    """Keep the row that each flush writes again small, however long a part grows."""
    return isinstance(event, Thinking | Text | ToolDraft) and len(event.text) < ROW_CHARACTERS


@contextmanager
def _failures(path: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise StoreError(f"the sessions in {path} cannot be used: {error}") from error


def _searchable(event: Event) -> list[tuple[str, str]]:
    match event:
        case Thinking():
            return [("thinking", event.text)]
        case Text():
            return [("text", event.text)]
        case Attached():
            return [("prompt", event.text)]
        case ToolStarted():
            arguments = " ".join(str(value) for value in event.arguments.values())
            return [("tool", f"{event.name} {arguments}")]
        case ToolFinished():
            return [("tool", as_text(event.parts, limit=1_000_000))]
        case _:
            return []


def _snippet(text: str, word: str, around: int = 40) -> str:
    at = max(text.lower().find(word.lower()), 0)
    start, end = max(at - around, 0), at + len(word) + around
    cut = " ".join(text[start:end].split())
    return f"{'…' if start else ''}{cut}{'…' if end < len(text) else ''}"
