"""What was written and not sent: it is kept while it stands in a prompt, or waits for its turn."""

import time
from collections.abc import Callable, Collection, Iterable, Mapping

import msgspec

from qchat.protocol.draft import Draft
from qchat.protocol.events import Attached
from qchat.store.database import Database

BUSY_S = 0.05
"""How long another process that writes is waited for: somebody is typing."""


class Place(msgspec.Struct, frozen=True):
    """Where a piece of unsent text stands."""

    session: str
    """Empty for a conversation in which nothing was said yet."""
    draft: int
    """Which text of that conversation."""
    piece: int = 0
    """0 for the text itself, others for what was pasted beside it."""


class Unsent:
    """The table `unsent`, a row for each piece. Every method raises StoreError.

    What was pasted has rows of its own: typing beside a long text does not write that again.
    """

    def __init__(self, db: Database) -> None:
        self._db = db

    def change(
        self,
        user: str,
        holder: str,
        written: Mapping[Place, Draft | Attached],
        removed: Collection[Place],
        taken_over: Iterable[tuple[str, str]],
    ) -> None:
        """Write and remove pieces that a process holds; all or nothing.

        `taken_over` are holders and sessions whose rows go, since they are written anew here.
        """
        where = "user = ? AND session IS ? AND holder = ?"
        this = f"DELETE FROM unsent WHERE {where} AND draft = ? AND piece = ?"
        now = time.time()
        with self._db.transaction(BUSY_S) as db:
            for other, session in taken_over:
                values = (user, session or None, other)
                db.execute(f"DELETE FROM unsent WHERE {where}", values)
            for at in (*removed, *written):
                db.execute(this, (user, at.session or None, holder, at.draft, at.piece))
            for at, piece in written.items():
                # A session that was deleted meanwhile must not keep its texts from being kept.
                db.execute(
                    "INSERT INTO unsent SELECT ?, (SELECT id FROM sessions WHERE id = ?),"
                    " ?, ?, ?, ?, ?",
                    (user, at.session, holder, at.draft, at.piece, now, _encoded(piece)),
                )

    def let_go(self, holder: str, session: str | None = None) -> None:
        """Hold texts no longer: of one session, or any. Whoever opens it next has them."""
        where = "holder = ?" if session is None else "holder = ? AND session = ?"
        values = (holder,) if session is None else (holder, session)
        with self._db.transaction(BUSY_S) as db:
            db.execute(f"UPDATE unsent SET holder = '' WHERE {where}", values)

    def left(self, user: str, gone: Callable[[str], bool]) -> dict[str, list[tuple[str, Draft]]]:
        """What nobody holds any more, by session, the oldest first, each with its holder.

        `gone` says of a holder whether its process has ended.
        """
        rows = self._db.rows(
            "SELECT coalesce(session, ''), holder, draft, piece, json,"
            " max(kept_at) OVER (PARTITION BY session, holder) AS newest FROM unsent"
            " WHERE user = ? AND (session IS NULL OR"
            " EXISTS (SELECT 1 FROM sessions WHERE id = session AND deleted_at IS NULL))"
            " ORDER BY newest, holder, draft, piece",
            user,
        )
        lost = {holder for holder in {row[1] for row in rows} if gone(holder)}
        found: dict[str, list[tuple[str, Draft]]] = {}
        for session, holder, _draft, piece, json, _newest in rows:
            if holder not in lost:
                continue
            drafts = found.setdefault(session, [])
            if not piece:
                drafts.append((holder, msgspec.json.decode(json, type=Draft)))
            elif drafts:
                pasted = msgspec.json.decode(json, type=Attached)
                draft = drafts[-1][1]
                whole = msgspec.structs.replace(draft, pasted=(*draft.pasted, pasted))
                drafts[-1] = (holder, whole)
        return found

    def newer_than_all_sent(self, user: str) -> bool:
        """Whether anything was left unsent after the last turn of a user."""
        rows = self._db.rows(
            "SELECT 1 FROM unsent WHERE user = ? AND kept_at > coalesce((SELECT max("
            "turns.created_at) FROM turns JOIN sessions ON sessions.id = turns.session"
            " WHERE sessions.user = ?), 0) LIMIT 1",
            user,
            user,
        )
        return bool(rows)


def _encoded(piece: Draft | Attached) -> str:
    return msgspec.json.encode(piece).decode()
