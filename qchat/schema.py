"""The tables of the sessions database, and the version that a file of them carries."""

import sqlite3

VERSION = 1
SCHEMA = """
CREATE TABLE sessions (
    id TEXT PRIMARY KEY, user TEXT NOT NULL, title TEXT NOT NULL,
    created_at REAL NOT NULL, updated_at REAL NOT NULL,
    head INTEGER                        -- the turn that the conversation stands at
);
CREATE TABLE turns (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    session TEXT NOT NULL REFERENCES sessions(id) ON DELETE CASCADE,
    parent INTEGER REFERENCES turns(id) ON DELETE CASCADE,
    kind TEXT NOT NULL, prompt TEXT NOT NULL, created_at REAL NOT NULL,
    backend TEXT NOT NULL, model TEXT NOT NULL,
    indexed INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX turns_of_session ON turns(session);
CREATE INDEX turns_not_indexed ON turns(id) WHERE indexed = 0;
CREATE TABLE events (
    turn INTEGER NOT NULL REFERENCES turns(id) ON DELETE CASCADE,
    seq INTEGER NOT NULL, json TEXT NOT NULL,
    PRIMARY KEY (turn, seq)
) WITHOUT ROWID;
CREATE VIRTUAL TABLE found USING fts5(text, turn UNINDEXED, kind UNINDEXED, tokenize = 'trigram');
CREATE TRIGGER forget_turn AFTER DELETE ON turns BEGIN
    DELETE FROM found WHERE turn = old.id;
END;
"""


def create(db: sqlite3.Connection) -> None:
    """Make the tables, inside the caller's transaction, which SQLite's own scripts would commit."""
    statement = ""
    for line in SCHEMA.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            db.execute(statement)
            statement = ""
    db.execute(f"PRAGMA user_version = {VERSION}")
