"""Full-text search over what was said, thought and printed in all conversations."""

import sqlite3
from collections.abc import Sequence
from typing import assert_never

from qchat.protocol.events import (
    Attached,
    Cited,
    ControlEvent,
    Event,
    Imported,
    Notice,
    Recalled,
    RoundFinished,
    Sent,
    Steered,
    StepFinished,
    Text,
    Thinking,
    ToolDraft,
    ToolFinished,
    ToolProgress,
    ToolStarted,
    TrailEvent,
    TurnFinished,
    decode,
    joined,
)
from qchat.store.database import Database
from qchat.store.records import Found
from qchat_tools.parts import as_text

MIN_CHARACTERS = 3
"""The index knows words by their groups of three characters."""


class Index:
    """The table `found` of a database, brought up to date before it is asked."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._added: dict[int, int] = {}
        """Turns that are not over, and their last event when they were added."""

    def search(
        self, user: str, query: str, limit: int = 50, *, one_per_session: bool = False
    ) -> list[Found]:
        """Find every word of `query`, anywhere in words, in all that was said, thought and printed.

        Words under three characters (common in Chinese) are compared without the index. A negative
        limit is none; with `one_per_session` only the newest place of each. Raises StoreError, as
        all here do.
        """
        words = query.split()
        if not words:
            return []
        phrases = _phrases(words)
        short = [word for word in words if len(word) < MIN_CHARACTERS]
        conditions = ["found MATCH ?"] if phrases else []
        conditions += ["instr(lower(found.text), lower(?)) > 0"] * len(short)
        self._add_pending()
        rows = self._db.rows(
            "SELECT sessions.id, sessions.title, turns.id, found.kind, found.text,"
            f" {'max(found.rowid)' if one_per_session else 'found.rowid'} AS place FROM found"
            " JOIN turns ON turns.id = found.turn JOIN sessions ON sessions.id = turns.session"
            f" WHERE {' AND '.join(conditions)} AND sessions.user = ?"
            " AND sessions.deleted_at IS NULL"
            f"{' GROUP BY sessions.id' if one_per_session else ''} ORDER BY place DESC LIMIT ?",
            *([phrases] if phrases else []),
            *short,
            user,
            limit,
        )
        return [
            Found(session, title, turn, kind, _snippet(text, words[0]))
            for session, title, turn, kind, text, _ in rows
        ]

    def turns_with(self, session: str, phrase: str) -> set[int]:
        """The turns of a conversation that may hold a phrase: all its words stand in one text.

        Words under three characters do not count, where there are longer ones.
        """
        self._add_pending()
        if phrases := _phrases(phrase.split()):
            rows = self._db.rows(
                "SELECT DISTINCT found.turn FROM found JOIN turns ON turns.id = found.turn"
                " WHERE found MATCH ? AND session = ?",
                phrases,
                session,
            )
        else:
            rows = self._db.rows("SELECT id FROM turns WHERE session = ?", session)
        return {turn for (turn,) in rows}

    def turns_like(self, session: str, words: str, most: int) -> set[int]:
        """The turns of a conversation that fit words best; those of the running one are not in it.

        Any of the words is enough; one under three characters is looked for without the index.
        """
        self._add_pending()
        turns = "SELECT id FROM turns WHERE session = ?"
        named = list(dict.fromkeys(words.split()))
        terms = [term for word in named for term in _terms(word)]
        found: list[int] = []
        if terms:
            phrases = " OR ".join(_quoted(term) for term in dict.fromkeys(terms))
            query = f"SELECT turn FROM found WHERE found MATCH ? AND turn IN ({turns})"
            rows = self._db.rows(f"{query} ORDER BY rank LIMIT ?", phrases, session, 2 * most)
            found += [turn for (turn,) in rows]
        for word in named if not terms else ():
            query = f"SELECT turn FROM found WHERE turn IN ({turns}) AND instr(lower(text), ?)"
            rows = self._db.rows(f"{query} LIMIT ?", session, word.lower(), 2 * most)
            found += [turn for (turn,) in rows]
        return set(list(dict.fromkeys(found))[:most])

    def add(self, turn: int) -> None:
        """Make a turn searchable; one that is not finished is done again at the next search."""
        with self._db.transaction() as db:
            (prompt,) = db.execute("SELECT prompt FROM turns WHERE id = ?", (turn,)).fetchone()
            rows = db.execute("SELECT json FROM events WHERE turn = ? ORDER BY seq", (turn,))
            events = tuple(joined(decode(json) for (json,) in rows))
            self.put(db, turn, prompt, events)

    def put(self, db: sqlite3.Connection, turn: int, prompt: str, events: Sequence[Event]) -> None:
        """Do that inside the caller's transaction, with what the turn holds."""
        texts = [("prompt", prompt), *(pair for event in events for pair in _searchable(event))]
        old = "SELECT place FROM found_at WHERE turn = ?"
        db.execute(f"DELETE FROM found WHERE rowid IN ({old})", (turn,))
        db.execute("DELETE FROM found_at WHERE turn = ?", (turn,))
        for kind, text in texts:
            row = (text, turn, kind)
            place = db.execute("INSERT INTO found (text, turn, kind) VALUES (?, ?, ?)", row)
            db.execute("INSERT INTO found_at VALUES (?, ?)", (place.lastrowid, turn))
        finished = bool(events) and isinstance(events[-1], TurnFinished)
        db.execute("UPDATE turns SET indexed = ? WHERE id = ?", (finished, turn))

    def forget(self, db: sqlite3.Connection, session: str) -> None:
        """Take all turns of a conversation out, in the caller's transaction."""
        places = "SELECT place FROM found_at JOIN turns ON turns.id = turn WHERE session = ?"
        db.execute(f"DELETE FROM found WHERE rowid IN ({places})", (session,))
        db.execute(
            "DELETE FROM found_at WHERE turn IN (SELECT id FROM turns WHERE session = ?)",
            (session,),
        )

    def _add_pending(self) -> None:
        """Add turns that are not in it yet: those that a kill cut short, once as they are."""
        rows = self._db.rows(
            "SELECT id, (SELECT max(seq) FROM events WHERE turn = id) FROM turns WHERE indexed = 0"
        )
        for turn, last in rows:
            if self._added.get(turn, -1) != last:
                self.add(turn)
                self._added[turn] = last


def _phrases(words: Sequence[str]) -> str:
    """What the index is asked for: every word that is long enough for it."""
    long = (word for word in words if len(word) >= MIN_CHARACTERS)
    return " AND ".join(_quoted(word) for word in long)


def _quoted(word: str) -> str:
    return '"' + word.replace('"', '""') + '"'


def _terms(word: str) -> list[str]:
    """What a word is looked for by: itself, or each three characters where none are letters of
    the alphabet: whole sentences are one word there."""
    if len(word) < MIN_CHARACTERS:
        return []
    if word.isascii():
        return [word]
    return [word[at : at + MIN_CHARACTERS] for at in range(len(word) - MIN_CHARACTERS + 1)]


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
        case Notice():
            return []
        case ToolDraft() | ToolProgress() | Recalled() | Cited() | Sent():
            return []  # what they say stands in another event, or in the memories
        case StepFinished() | TurnFinished():
            return []
        case Imported():
            return []
        case ControlEvent():
            return []  # the notice beside it says it
        case RoundFinished():
            return [("text", "\n".join(text for _, text in event.experience.rows()))]
        case Steered():
            return [("prompt", event.hint)] if event.hint else []
        case TrailEvent():
            return []  # what a trail said stands in its own turn
        case _:
            assert_never(event)


def _snippet(text: str, word: str, around: int = 40) -> str:
    at = max(text.lower().find(word.lower()), 0)
    start, end = max(at - around, 0), at + len(word) + around
    cut = " ".join(text[start:end].split())
    return f"{'…' if start else ''}{cut}{'…' if end < len(text) else ''}"
