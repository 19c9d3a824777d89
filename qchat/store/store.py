"""What happens to the conversations of one installation: begun, listed, continued, removed."""

import secrets
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from sqlite3 import Connection

import msgspec

from qchat.protocol.errors import StoreError, UsageError
from qchat.protocol.events import Event, Imported, ToolFinished, TrailStarted, decode, joined
from qchat.runtime.language import tr
from qchat.store import kept_files
from qchat.store.database import Database
from qchat.store.egress import Sendings
from qchat.store.index import Index
from qchat.store.records import Conversation, SessionInfo, Turn, TurnKind, turn_of
from qchat.store.runs import Runs
from qchat.store.schema import CHANGES_VIEW, HAS_SOURCE
from qchat.store.unsent import Unsent
from qchat.store.writer import TurnWriter
from qchat_tools.parts import SourcePart

MAX_VALUES = 500
"""Values in one query: SQLite allows a thousand, in old builds."""
TITLE_CHARACTERS = 60
HIDDEN_DAYS = 7
"""How long a conversation that was taken away can come back."""
SHOWN = "deleted_at IS NULL"
SAYS_NOTHING = ("sent", "notice", "recalled", "attached", "turn_finished")
"""Events of a turn that can be there though nothing was answered, as where no model is."""
_SAYING = " AND ".join(f"""json NOT LIKE '{{"type":"{kind}"%'""" for kind in SAYS_NOTHING)


def _answered(turn: str) -> str:
    """Whether anything was answered or kept in the turn of that column."""
    return f"EXISTS (SELECT 1 FROM events WHERE turn = {turn} AND {_SAYING})"


HEAD = "id, session, parent, kind, prompt, created_at, backend, model, think"
PATH = f"""
WITH RECURSIVE path({HEAD}) AS (
    SELECT {", ".join(f"turns.{name}" for name in HEAD.split(", "))}
    FROM sessions JOIN turns ON turns.id = sessions.head WHERE sessions.id = ?
    UNION ALL SELECT {", ".join(f"turns.{name}" for name in HEAD.split(", "))}
    FROM turns JOIN path ON turns.id = path.parent
)
"""
"""The turns from the head back to the first, in this order: who needs few reads few."""


class Store:
    """The sessions database of one installation; used from one thread."""

    def __init__(self, path: Path) -> None:
        """Open or create it, readable by its owner only. Raises StoreError."""
        self.path = path
        self.database = Database(path)
        self.index = Index(self.database)
        """Finds words in all that was said."""
        self.runs = Runs(self.database)
        """Goals that are worked on, and who works on them."""
        self.sendings = Sendings(self.database)
        """What left the machine for each conversation."""
        self.unsent = Unsent(self.database)
        """What was written and not sent."""

    def close(self) -> None:
        self.database.close()

    def damage(self) -> str:
        """What SQLite finds wrong when it looks at every page; empty for nothing."""
        try:
            (said,) = self.database.rows("PRAGMA quick_check(1)")[0]
        except StoreError as error:
            return str(error.__cause__)
        return "" if said == "ok" else " ".join(str(said).split())

    def create_session(self, user: str, *, offline: bool = False) -> SessionInfo:
        now = time.time()
        info = SessionInfo(secrets.token_hex(4), "", now, now, 0, offline)
        with self.database.transaction() as db:
            db.execute(
                "INSERT INTO sessions (id, user, title, created_at, updated_at, offline)"
                " VALUES (?, ?, '', ?, ?, ?)",
                (info.id, user, now, now, offline),
            )
        return info

    def session(self, user: str, id_or_prefix: str, *, or_hidden: bool = False) -> SessionInfo:
        """Find one by its id or the beginning of it. Raises UsageError if none or several fit."""
        pattern = id_or_prefix.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        shown = "1" if or_hidden else SHOWN
        where = f"user = ? AND id LIKE ? ESCAPE '\\' AND {shown}"
        found = self._sessions(where, (user, pattern), limit=2)
        if len(found) == 1 and id_or_prefix:
            return found[0]
        raise UsageError(
            tr(
                "several sessions begin with {id!r}; `qchat sessions list` shows them"
                if found
                else "there is no session that begins with {id!r}; "
                "`qchat sessions list` shows them",
                id=id_or_prefix,
            )
        )

    def sessions(self, user: str, limit: int = -1) -> list[SessionInfo]:
        """The sessions that have at least one turn, the newest first; all without a limit."""
        said = "EXISTS (SELECT 1 FROM turns WHERE session = sessions.id)"
        return self._sessions(f"user = ? AND {said} AND {SHOWN}", (user,), limit)

    def last_session(self, user: str) -> SessionInfo | None:
        """Which one `-c` goes on with: the newest in which anything was answered, kept or unsent.

        A prompt that found no model would else stand before the conversation that was meant. Where
        nothing was ever answered it is the newest; None where there is none.
        """
        answered = f"SELECT 1 FROM turns WHERE session = sessions.id AND {_answered('turns.id')}"
        unsent = "SELECT 1 FROM unsent WHERE session = sessions.id"
        where = f"user = ? AND {SHOWN} AND (EXISTS ({answered}) OR EXISTS ({unsent}))"
        found = self._sessions(where, (user,), limit=1) or self.sessions(user, limit=1)
        return found[0] if found else None

    def last_hidden(self, user: str) -> SessionInfo | None:
        """The conversation that was taken away last, of those that can come back."""
        newest = "(SELECT max(deleted_at) FROM sessions WHERE user = ?)"
        found = self._sessions(f"user = ? AND deleted_at = {newest}", (user, user), limit=1)
        return found[0] if found else None

    def _sessions(self, where: str, values: tuple[object, ...], limit: int) -> list[SessionInfo]:
        rows = self.database.rows(
            "SELECT id, title, created_at, updated_at,"
            " (SELECT count(*) FROM turns WHERE session = sessions.id AND kind != 'trail'),"
            " offline, memory, choices"
            f" FROM sessions WHERE {where}"
            " ORDER BY updated_at DESC, rowid DESC LIMIT ?",
            *values,
            limit,
        )
        return [
            SessionInfo(id_, title, created, updated, turns, bool(offline), bool(memory), choices)
            for id_, title, created, updated, turns, offline, memory, choices in rows
        ]

    def keep_offline(self, session: str, on: bool) -> None:
        """Remember whether a conversation goes on offline."""
        with self.database.transaction() as db:
            db.execute("UPDATE sessions SET offline = ? WHERE id = ?", (on, session))

    def keep_memory(self, session: str, on: bool) -> None:
        """Remember whether a conversation reads and writes memories."""
        with self.database.transaction() as db:
            db.execute("UPDATE sessions SET memory = ? WHERE id = ?", (on, session))

    def keep_choices(self, session: str, choices: str) -> None:
        """Remember with which backend, model and switches a conversation goes on."""
        with self.database.transaction() as db:
            db.execute("UPDATE sessions SET choices = ? WHERE id = ?", (choices, session))

    def last_answer(self, session: str) -> tuple[str, str]:
        """Backend and model of the newest turn that a model answered; empty where none did.

        What answered a turn that was imported is not here, or is not known to be the same.
        """
        rows = self.database.rows(
            PATH + "SELECT backend, model FROM path WHERE kind = 'chat'"
            " AND NOT EXISTS (SELECT 1 FROM imported WHERE turn = path.id)"
            f" AND {_answered('path.id')} LIMIT 1",
            session,
        )
        return rows[0] if rows else ("", "")

    def rename_session(self, session: str, title: str) -> None:
        """Give a conversation another title; the time of its last turn stays."""
        with self.database.transaction() as db:
            db.execute("UPDATE sessions SET title = ? WHERE id = ?", (title, session))

    def hide_session(self, session: str, *, hidden: bool = True) -> bool:
        """Take a conversation away, or let it come back; False if it is gone for good."""
        at = time.time() if hidden else None
        with self.database.transaction() as db:
            changed = db.execute("UPDATE sessions SET deleted_at = ? WHERE id = ?", (at, session))
        return changed.rowcount > 0

    def purge(self, days: float = HIDDEN_DAYS) -> list[str]:
        """Remove for good what was hidden longer ago; freed pages are overwritten.

        Gives the hashes of kept files that nobody uses any more.
        """
        old = "SELECT id FROM sessions WHERE deleted_at < ?"
        sessions = self.database.rows(old, time.time() - days * 86400)
        return [sha256 for (session,) in sessions for sha256 in self.delete_session(session)]

    def delete_session(self, session: str) -> list[str]:
        """Remove a conversation with all its branches; freed pages are overwritten.

        Gives the hashes of kept files that nobody uses any more.
        """
        with self.database.transaction() as db:
            files = kept_files.used_by(db, session)
            self.index.forget(db, session)  # all at once: turn by turn it takes longer
            # Else each turn would be deleted by the one before it, which SQLite does not do a
            # thousand deep.
            db.execute("UPDATE turns SET parent = NULL WHERE session = ?", (session,))
            db.execute("DELETE FROM sessions WHERE id = ?", (session,))
            return kept_files.unused(db, files)

    def forget_kept(self, hashes: Iterable[str], files: Path, reports: Path) -> None:
        """Delete kept files that nobody uses, and reports of runs whose conversation is gone."""
        kept_files.remove(hashes, files)
        kept_files.remove_reports(self.database.connection, reports)

    def turns(self, session: str) -> list[Turn]:
        """The path from the first turn to the head, with events joined."""
        turns = self.path_to_head(session)
        events = self.events([turn.id for turn in turns])
        return [msgspec.structs.replace(turn, events=events[turn.id]) for turn in turns]

    def conversation(self, info: SessionInfo) -> Conversation:
        """All of one that goes into a file."""
        return self.with_all(info, self.turns(info.id))

    def with_all(self, info: SessionInfo, turns: Sequence[Turn]) -> Conversation:
        """A conversation that stands at these turns, with what was left, and what ran beside."""
        others = self.others(info.id, turns)
        trails = self.trails(info.id, [*turns, *others])
        return Conversation(info, turns, self.sendings.turns(info.id), trails, others)

    def others(self, session: str, turns: Iterable[Turn]) -> list[Turn]:
        """The turns of a conversation that are not among these, with events; oldest first."""
        here = {turn.id for turn in turns}
        query = f"SELECT {HEAD} FROM turns WHERE session = ? AND kind != 'trail' ORDER BY id"
        rows = self.database.rows(query, session)
        found = [turn for turn in (turn_of(*row) for row in rows) if turn.id not in here]
        events = self.events([turn.id for turn in found])
        return [msgspec.structs.replace(turn, events=events[turn.id]) for turn in found]

    def trails(self, session: str, turns: Iterable[Turn]) -> list[Turn]:
        """What ran beside these turns, with its events, in the order in which it began."""
        ids = [e.turn for turn in turns for e in turn.events if isinstance(e, TrailStarted)]
        found = (self.turn(session, id_) for id_ in dict.fromkeys(ids))
        return [trail for trail in found if trail is not None]

    def path_to_head(self, session: str) -> list[Turn]:
        """The turns from the first one to the head, without their events."""
        rows = self.database.rows(PATH + f"SELECT {HEAD} FROM path", session)
        return [turn_of(*row) for row in reversed(rows)]

    def events(self, turns: Sequence[int]) -> dict[int, tuple[Event, ...]]:
        """What came of turns, joined."""
        events: dict[int, list[Event]] = {turn: [] for turn in turns}
        for start in range(0, len(turns), MAX_VALUES):
            some = turns[start : start + MAX_VALUES]
            marks = ",".join("?" * len(some))
            query = f"SELECT turn, json FROM events WHERE turn IN ({marks}) ORDER BY turn, seq"
            for turn, json in self.database.rows(query, *some):
                events[turn].append(decode(json))
        return {turn: tuple(joined(parts)) for turn, parts in events.items()}

    def view_changes(self, session: str) -> list[tuple[int, Event]]:
        """What decides about what is sent of a conversation, with its turn, on any branch."""
        rows = self.database.rows(
            "SELECT turn, json FROM turns JOIN events INDEXED BY changing_view ON turn = turns.id"
            f" WHERE session = ? AND {CHANGES_VIEW} ORDER BY turn, seq",
            session,
        )
        return [(turn, decode(json)) for turn, json in rows]

    def parents(self, session: str) -> list[tuple[int, int | None]]:
        """All turns of a conversation, on any branch, with the one before each; oldest first."""
        return self.database.rows(
            "SELECT id, parent FROM turns WHERE session = ? AND kind != 'trail' ORDER BY id",
            session,
        )

    def turn(self, session: str, turn: int) -> Turn | None:
        """One turn of a conversation, a trail too, with its events."""
        rows = self.database.rows(
            "SELECT id, session, parent, kind, prompt, created_at, backend, model, think"
            " FROM turns WHERE session = ? AND id = ?",
            session,
            turn,
        )
        if not rows:
            return None
        return msgspec.structs.replace(turn_of(*rows[0]), events=self.events([turn])[turn])

    def choose(self, session: str, turn: int) -> None:
        """Let a trail be a turn as others are: the conversation may go on behind it."""
        with self.database.transaction() as db:
            query = "UPDATE turns SET kind = 'chat' WHERE session = ? AND id = ? AND kind = 'trail'"
            db.execute(query, (session, turn))

    def prompts_of(self, turns: Sequence[int]) -> dict[int, str]:
        """What was sent in these turns."""
        marks = ",".join("?" * len(turns))
        return dict(
            self.database.rows(f"SELECT id, prompt FROM turns WHERE id IN ({marks})", *turns)
        )

    def prompts(self, user: str, limit: int = 500) -> list[str]:
        """What a user has sent in any session, each once, the newest last."""
        rows = self.database.rows(
            "SELECT prompt, max(turns.id) AS newest FROM turns JOIN sessions"
            " ON sessions.id = turns.session WHERE user = ? AND deleted_at IS NULL"
            " AND kind != 'trail'"
            " GROUP BY prompt ORDER BY newest DESC LIMIT ?",
            user,
            limit,
        )
        return [prompt for prompt, _ in reversed(rows)]

    def sources(self, session: str) -> list[SourcePart]:
        """Every web page that any branch of a conversation has numbered, the oldest first.

        Those of turns that were imported come from the file: nobody has found them here.
        """
        rows = self.database.rows(
            "SELECT json, (SELECT json FROM events first WHERE first.turn = turns.id AND seq = 1)"
            " FROM turns JOIN events INDEXED BY citing ON turn = turns.id"
            f" WHERE session = ? AND {HAS_SOURCE} ORDER BY turn, seq",
            session,
        )
        found: list[SourcePart] = []
        for json, first_json in rows:
            event, first = decode(json), decode(first_json) if first_json else None
            parts = event.parts if isinstance(event, ToolFinished) else ()
            sources = [part for part in parts if isinstance(part, SourcePart)]
            if isinstance(first, Imported):
                sources = [msgspec.structs.replace(s, origin=first.origin) for s in sources]
            found += sources
        return found

    def saved(self, session: str) -> dict[tuple[str, str], str]:
        """What became of a conversation's saves, by the memory's id and what was saved."""
        query = "SELECT memory, text, json FROM saved WHERE session = ?"
        return {(id_, text): json for id_, text, json in self.database.rows(query, session)}

    def keep_saved(self, session: str, memory: str, text: str, json: str) -> None:
        """Note what became of a save."""
        with self.database.transaction() as db:
            row = (session, memory, text, json)
            db.execute("INSERT OR REPLACE INTO saved VALUES (?, ?, ?, ?)", row)

    def begin_turn(
        self,
        session: str,
        parent: int | None,
        prompt: str,
        *,
        kind: TurnKind = "chat",
        backend: str = "",
        model: str = "",
        think: bool | None = None,
    ) -> TurnWriter:
        """Add a turn below `parent` and move the head to it, but not to a trail."""
        now = time.time()
        with self.database.transaction() as db:
            turn = db.execute(
                "INSERT INTO turns"
                " (session, parent, kind, prompt, created_at, backend, model, think)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (session, parent, kind, prompt, now, backend, model, think),
            ).lastrowid
            if kind != "trail":
                provisional = _title_by_command(db, session, turn) if kind == "chat" else ""
                db.execute(
                    "UPDATE sessions SET head = ?, updated_at = ?,"
                    " title = CASE WHEN title IN ('', ?) THEN ? ELSE title END WHERE id = ?",
                    (turn, now, provisional, title_of(prompt), session),
                )
        assert turn is not None
        return TurnWriter(
            self.database,
            self.index,
            Turn(turn, session, parent, kind, prompt, now, backend, model, think=think),
        )

    def move_head(self, session: str, turn: int | None) -> None:
        """Stand at another turn: what is sent next becomes a branch below it."""
        with self.database.transaction() as db:
            db.execute("UPDATE sessions SET head = ? WHERE id = ?", (turn, session))


def title_of(prompt: str) -> str:
    """What a conversation is called by the prompt with which it begins."""
    return " ".join(prompt.split())[:TITLE_CHARACTERS]


def _title_by_command(db: Connection, session: str, turn: int | None) -> str:
    """The title that a command gave with which a conversation began, before anything was asked."""
    earlier = (
        "SELECT prompt FROM turns WHERE session = ? AND id < ? AND kind = ? ORDER BY id LIMIT 1"
    )
    if db.execute(earlier, (session, turn, "chat")).fetchone():
        return ""
    command = db.execute(earlier, (session, turn, "run")).fetchone()
    return title_of(command[0]) if command else ""
