"""What left the machine for a conversation: in its turns, and between them."""

from collections.abc import Iterable

import msgspec

from qchat.protocol.events import Event, Sent, decode, encode
from qchat.store.database import Database
from qchat.store.records import Turn, turn_of

OUTSIDE = "(connecting and memories, between prompts)"
"""What stands for a prompt where something was sent without one."""
ELSEWHERE = "(from the command line, and conversations in which nothing was said)"


class Sendings:
    """The table `outside`, and what turns keep of it. Every method raises StoreError."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def turns(self, session: str) -> list[Turn]:
        """The turns of every branch, with those of their events that `egress` reads."""
        read = ("sent", "recalled", "step_finished", "checked", "compacted")
        marks = " OR ".join(f"""json LIKE '{{"type":"{kind}"%'""" for kind in read)
        rows = self._db.rows(
            "SELECT turns.id, session, parent, kind, prompt, created_at, backend, model, think,"
            f" json FROM turns JOIN events ON turn = turns.id WHERE session = ? AND ({marks})"
            " ORDER BY turns.id, seq",
            session,
        )
        turns: dict[int, Turn] = {}
        events: dict[int, list[Event]] = {}
        for *head, json in rows:
            turns.setdefault(head[0], turn_of(*head))
            events.setdefault(head[0], []).append(decode(json))
        found = [msgspec.structs.replace(turns[id_], events=tuple(events[id_])) for id_ in turns]
        query = "SELECT json FROM outside WHERE session = ? ORDER BY rowid"
        outside = tuple(decode(json) for (json,) in self._db.rows(query, session))
        if outside:
            outside_turn = Turn(0, session, None, "outside", OUTSIDE, 0.0, "", "", events=outside)
            found.append(outside_turn)
        return found

    def elsewhere(self, user: str, here: str) -> Turn | None:
        """What left for a user in conversations where nothing was said, but for that one.

        Where `qchat connect` asked, say. None where nothing did.
        """
        rows = self._db.rows(
            "SELECT json FROM outside JOIN sessions ON sessions.id = session"
            " WHERE user = ? AND session != ?"
            " AND NOT EXISTS (SELECT 1 FROM turns WHERE turns.session = sessions.id)"
            " ORDER BY outside.rowid",
            user,
            here,
        )
        events = tuple(decode(json) for (json,) in rows)
        return (
            Turn(-1, "", None, "outside", ELSEWHERE, 0.0, "", "", events=events) if rows else None
        )

    def any_outside(self, session: str) -> bool:
        """Whether something left the machine for a conversation outside its turns."""
        query = "SELECT 1 FROM outside WHERE session = ? LIMIT 1"
        return bool(self._db.rows(query, session))

    def note(self, session: str, sent: Iterable[Sent]) -> None:
        """Keep what left the machine for a conversation between its turns."""
        rows = [(session, encode(event).decode()) for event in sent]
        with self._db.transaction() as db:
            db.executemany("INSERT INTO outside VALUES (?, ?)", rows)
