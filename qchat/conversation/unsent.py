"""Keeps what this process has not sent yet, so that no end of it loses a word (decision 0093)."""

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import suppress

import msgspec

from qchat.conversation.session import Session
from qchat.protocol.draft import Draft
from qchat.protocol.errors import StoreError
from qchat.protocol.events import Attached
from qchat.runtime.language import tr
from qchat.runtime.process_identity import gone, identity
from qchat.store import Place, Store

KEEP_EVERY_S = 0.5
"""How often an interface hands over what is being written: a kill costs no more than that."""


class UnsentTexts:
    """Writes what has changed since the last time; what others left is given to who opens it."""

    def __init__(self, store: Store, user: str) -> None:
        self._unsent = store.unsent
        self._user = user
        self._me = identity()
        self._kept: dict[Place, Draft | Attached] = {}
        self._taken_over: set[tuple[str, str]] = set()
        self._failed = False
        self._closed = False

    # What others left

    def take(self, session: Session) -> list[Draft]:
        """What was left unsent in a conversation; the next `keep` has to have it too.

        A new conversation takes what was left in new ones. Raises StoreError.
        """
        id_ = _id(session)
        sent = session.turns.heads[-1].prompt if session.turns else None
        drafts = []
        for holder, draft in self._left().get(id_, []):
            self._taken_over.add((holder, id_))
            if draft.pasted or draft.text != sent:  # ended between sending and noting that
                drafts.append(msgspec.structs.replace(draft, held=True))
        return drafts

    def left(self) -> dict[str, list[Draft]]:
        """What was left unsent and nobody has taken up, by session. Raises StoreError."""
        return {id_: [draft for _, draft in drafts] for id_, drafts in self._left().items()}

    def _left(self) -> dict[str, list[tuple[str, Draft]]]:
        found = {
            id_: [one for one in drafts if (one[0], id_) not in self._taken_over]
            for id_, drafts in self._unsent.left(self._user, _lost).items()
        }
        return {id_: drafts for id_, drafts in found.items() if drafts}

    def texts(self) -> list[str]:
        """The texts of `left`, pasted ones too. Raises StoreError."""
        drafts = [draft for drafts in self.left().values() for draft in drafts]
        return [text for draft in drafts for text in draft.texts]

    # What is written here

    def keep(self, written: Iterable[tuple[Session, Sequence[Draft]]]) -> str:
        """Keep all that is unsent now. Gives what went wrong, the first time that it does."""
        if self._closed:
            return ""
        now = _pieces(written)
        removed = self._kept.keys() - now.keys()
        new = {at: piece for at, piece in now.items() if self._kept.get(at) != piece}
        if not (removed or new or self._taken_over):
            return ""
        try:
            self._unsent.change(self._user, self._me, new, removed, self._taken_over)
        except StoreError as error:
            return self._not_kept(error)
        self._kept, self._taken_over, self._failed = now, set(), False
        return ""

    def let_go(self, session_id: str) -> None:
        """A conversation was taken away: its texts come back with it, and are not written here."""
        self._kept = {at: piece for at, piece in self._kept.items() if at.session != session_id}
        with suppress(StoreError):  # it is let go at the latest when this process ends
            self._unsent.let_go(self._me, session_id)

    def close(self) -> None:
        """What is kept now stays, for whoever opens its conversation next."""
        self._closed = True
        if self._kept:
            with suppress(StoreError):
                self._unsent.let_go(self._me)

    def _not_kept(self, error: StoreError) -> str:
        code = getattr(error.__cause__, "sqlite_errorcode", 0) & 0xFF
        if self._failed or code == sqlite3.SQLITE_BUSY:  # the next time comes soon
            return ""
        self._failed = True
        return tr("If qchat ends now, what you are writing is lost: {error}", error=error)


def _lost(holder: str) -> bool:
    return not holder or gone(holder)


def _id(session: Session) -> str:
    return session.id if session.turns else ""


def _pieces(written: Iterable[tuple[Session, Sequence[Draft]]]) -> dict[Place, Draft | Attached]:
    pieces: dict[Place, Draft | Attached] = {}
    number = 0
    for session, drafts in written:
        for draft in drafts:
            number += 1
            plain = msgspec.structs.replace(draft, pasted=(), attached=(), held=False)
            pieces[Place(_id(session), number)] = plain
            for piece, pasted in enumerate(draft.pasted, 1):
                pieces[Place(_id(session), number, piece)] = pasted
    return pieces
