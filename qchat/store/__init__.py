"""Conversations as they happen, in SQLite: sessions, a tree of turns, and their events as JSON."""

from qchat.store.records import Conversation, Found, SessionInfo, Turn, TurnKind
from qchat.store.runs import RunRow, Runs, RunState
from qchat.store.store import HIDDEN_DAYS, Store, title_of
from qchat.store.unsent import Place
from qchat.store.writer import FLUSH_S, ROW_CHARACTERS, TurnWriter

__all__ = [
    "FLUSH_S",
    "HIDDEN_DAYS",
    "ROW_CHARACTERS",
    "Conversation",
    "Found",
    "Place",
    "RunRow",
    "RunState",
    "Runs",
    "SessionInfo",
    "Store",
    "Turn",
    "TurnKind",
    "TurnWriter",
    "title_of",
]
