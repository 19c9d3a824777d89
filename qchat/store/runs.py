"""Runs: the goal of a session, who works on it now, and what waits for the user's word."""

import time
from collections.abc import Callable
from typing import Literal

import msgspec

from qchat.store.database import Database

RunState = Literal["running", "reached", "stopped", "waiting"]
"""`waiting` for the user's word; a `running` one that nobody holds was cut off."""


class RunRow(msgspec.Struct, frozen=True):
    """One run as it is kept; `goal` and `figures` are JSON of the wing that runs it."""

    session: str
    after: int
    goal: str
    state: RunState
    figures: str = ""
    holder: str = ""
    held_until: float = 0.0


class Runs:
    """The tables `runs` and `approvals`. Every method raises StoreError."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def begin(self, session: str, after: int, goal: str) -> None:
        """Note a goal; it takes the place of an earlier one of the session."""
        with self._db.transaction() as db:
            db.execute("DELETE FROM approvals WHERE session = ?", (session,))
            row = (session, after, goal, "running")
            db.execute(
                "INSERT OR REPLACE INTO runs (session, after, goal, state) VALUES (?, ?, ?, ?)", row
            )

    def set_goal(self, session: str, goal: str) -> None:
        """Change how far a run may go on."""
        with self._db.transaction() as db:
            db.execute("UPDATE runs SET goal = ? WHERE session = ?", (goal, session))

    def find(self, session: str) -> RunRow | None:
        """The run of a session; None where it has none."""
        return next(iter(self._rows("session = ?", session)), None)

    def all(self, user: str) -> list[RunRow]:
        """Those of a user, the newest first."""
        mine = (
            "EXISTS (SELECT 1 FROM sessions WHERE id = runs.session AND user = ?"
            " AND deleted_at IS NULL)"
        )
        return self._rows(f"{mine} ORDER BY rowid DESC", user)

    def take(
        self, session: str, holder: str, for_s: float, gone: Callable[[str], bool]
    ) -> str | None:
        """Become the one who runs it, for some seconds. Gives None, or who else holds it.

        `gone` says of a holder whether its process has ended.
        """
        with self._db.transaction() as db:
            row = db.execute(
                "SELECT holder, held_until FROM runs WHERE session = ?", (session,)
            ).fetchone()
            other, until = row or ("", 0.0)
            if other not in ("", holder) and until > time.time() and not gone(other):
                return str(other)
            db.execute(
                "UPDATE runs SET holder = ?, held_until = ?, state = 'running' WHERE session = ?",
                (holder, time.time() + for_s, session),
            )
        return None

    def renew(self, session: str, holder: str, for_s: float, figures: str) -> bool:
        """Go on holding it, and tell others how far it is; False if somebody else took it."""
        with self._db.transaction() as db:
            done = db.execute(
                "UPDATE runs SET held_until = ?, figures = ? WHERE session = ? AND holder = ?",
                (time.time() + for_s, figures, session, holder),
            )
        return done.rowcount > 0

    def release(self, session: str, holder: str, state: RunState, figures: str) -> None:
        """No longer run it: it is over, or waits."""
        with self._db.transaction() as db:
            db.execute(
                "UPDATE runs SET holder = '', held_until = 0, state = ?, figures = ?"
                " WHERE session = ? AND holder = ?",
                (state, figures, session, holder),
            )

    def ask(self, session: str, question: str) -> str:
        """Put a question into the queue; gives the answer, empty while there is none."""
        with self._db.transaction() as db:
            db.execute(
                "INSERT OR IGNORE INTO approvals (session, question, asked_at) VALUES (?, ?, ?)",
                (session, question, time.time()),
            )
            (answer,) = db.execute(
                "SELECT answer FROM approvals WHERE session = ? AND question = ?",
                (session, question),
            ).fetchone()
        return str(answer)

    def answer(self, session: str, question: str, answer: str) -> None:
        """Note what the user says to a question; an empty answer asks it again."""
        with self._db.transaction() as db:
            db.execute(
                "UPDATE approvals SET answer = ? WHERE session = ? AND question = ?",
                (answer, session, question),
            )

    def say(self, session: str, text: str) -> None:
        """Leave a word for whoever works on the goal."""
        with self._db.transaction() as db:
            db.execute("INSERT INTO said (session, text) VALUES (?, ?)", (session, text))

    def said(self, session: str) -> list[tuple[int, str]]:
        """The words that were left and not forgotten yet, each with its number."""
        return self._db.rows("SELECT id, text FROM said WHERE session = ? ORDER BY id", session)

    def forget_said(self, session: str, until: int) -> None:
        """The words up to that number are kept elsewhere now."""
        with self._db.transaction() as db:
            db.execute("DELETE FROM said WHERE session = ? AND id <= ?", (session, until))

    def questions(self, session: str) -> list[str]:
        """All that was asked, answered or not, the oldest first."""
        query = "SELECT question FROM approvals WHERE session = ? ORDER BY asked_at"
        return [question for (question,) in self._db.rows(query, session)]

    def waiting(self, session: str) -> list[str]:
        """The questions that have no answer, the oldest first."""
        rows = self._db.rows(
            "SELECT question FROM approvals WHERE session = ? AND answer = '' ORDER BY asked_at",
            session,
        )
        return [question for (question,) in rows]

    def _rows(self, where: str, value: str) -> list[RunRow]:
        rows = self._db.rows(
            "SELECT session, after, goal, state, figures, holder, held_until FROM runs"
            f" WHERE {where}",
            value,
        )
        return [RunRow(*row) for row in rows]
