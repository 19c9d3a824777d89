"""The tables of the sessions database, and the version that a file of them carries."""

import sqlite3

from qchat.protocol.soft_switch import soft_switch
from qchat.store.kept_files import hashes_in

FIRST = """
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

DELETED = """
ALTER TABLE sessions ADD COLUMN deleted_at REAL;  -- until it is gone for good, it can come back
"""

OFFLINE = """
ALTER TABLE sessions ADD COLUMN offline INTEGER NOT NULL DEFAULT 0;  -- whether it stays so
"""

MEMORY = """
ALTER TABLE sessions ADD COLUMN memory INTEGER NOT NULL DEFAULT 1;  -- 0: /memory off
"""

OUTSIDE = """
CREATE TABLE outside (                  -- what left the machine between turns
    session TEXT NOT NULL REFERENCES sessions(id) ON DELETE CASCADE, json TEXT NOT NULL
);
CREATE INDEX outside_of_session ON outside(session);
CREATE TABLE saved (                    -- what became of saves that the conversation shows
    session TEXT NOT NULL REFERENCES sessions(id) ON DELETE CASCADE,
    memory TEXT NOT NULL, text TEXT NOT NULL, json TEXT NOT NULL,
    PRIMARY KEY (session, memory, text)
) WITHOUT ROWID;
"""

CHOICES = """
ALTER TABLE sessions ADD COLUMN choices TEXT NOT NULL DEFAULT '';  -- backend, model, switches
"""

LONG = """
CREATE INDEX turns_of_parent ON turns(parent);
CREATE TABLE found_at (                 -- which rows of the index are a turn's: it cannot be asked
    place INTEGER PRIMARY KEY, turn INTEGER NOT NULL
);
CREATE INDEX found_of_turn ON found_at(turn);
INSERT INTO found_at (place, turn) SELECT rowid, turn FROM found;
DROP TRIGGER forget_turn;
CREATE TRIGGER forget_turn AFTER DELETE ON turns BEGIN
    DELETE FROM found WHERE rowid IN (SELECT place FROM found_at WHERE turn = old.id);
    DELETE FROM found_at WHERE turn = old.id;
END;
"""

THINK = """
ALTER TABLE turns ADD COLUMN think INTEGER;  -- 1 or 0 where the message switched it for itself
UPDATE turns SET think = switch_in(prompt), prompt = without_switch(prompt)
    WHERE kind = 'chat' AND switch_in(prompt) IS NOT NULL;
"""

RUNS = """
CREATE TABLE runs (                     -- goals that are worked on while nobody looks
    session TEXT PRIMARY KEY REFERENCES sessions(id) ON DELETE CASCADE,
    after INTEGER NOT NULL,             -- the turn behind which it began; 0 for none
    goal TEXT NOT NULL,                 -- as JSON
    state TEXT NOT NULL,
    figures TEXT NOT NULL DEFAULT '',   -- how far it is, as JSON, for those who look on
    holder TEXT NOT NULL DEFAULT '', held_until REAL NOT NULL DEFAULT 0
);
CREATE TABLE approvals (                -- what a run waits for while it does something else
    session TEXT NOT NULL REFERENCES sessions(id) ON DELETE CASCADE,
    question TEXT NOT NULL, asked_at REAL NOT NULL, answer TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (session, question)
);
"""

IMPORTED = """
CREATE TABLE imported (                 -- what turns were elsewhere; an empty key is a session
    user TEXT NOT NULL, source TEXT NOT NULL, conversation TEXT NOT NULL, key TEXT NOT NULL,
    session TEXT NOT NULL, turn INTEGER, digest BLOB NOT NULL,
    PRIMARY KEY (user, source, conversation, key)
) WITHOUT ROWID;
CREATE INDEX imported_turns ON imported(turn);
"""

KEPT = """
CREATE TABLE kept (                     -- which turns have which of the kept files
    sha256 TEXT NOT NULL, turn INTEGER NOT NULL REFERENCES turns(id) ON DELETE CASCADE,
    PRIMARY KEY (sha256, turn)
) WITHOUT ROWID;
CREATE INDEX kept_of_turn ON kept(turn);
INSERT OR IGNORE INTO kept
    SELECT value, events.turn FROM events, json_each(hashes_in(events.json))
    WHERE instr(events.json, '"sha256"');
"""

CHANGES_VIEW = "substr(json, 10, 6) IN ('compac', 'marked')"
"""True for events that decide what is sent of a conversation: their `type` stands first."""
HAS_SOURCE = """instr(json, '"type":"source"')"""
"""True for events that number web pages."""

FEW = f"""
CREATE INDEX changing_view ON events(turn) WHERE {CHANGES_VIEW};
CREATE INDEX citing ON events(turn) WHERE {HAS_SOURCE};
"""

SAID = """
CREATE TABLE said (                     -- what the user says to a run while it goes on
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    session TEXT NOT NULL REFERENCES sessions(id) ON DELETE CASCADE, text TEXT NOT NULL
);
"""

UNSENT = """
CREATE TABLE unsent (                   -- what was written and not sent, in pieces
    user TEXT NOT NULL,
    session TEXT REFERENCES sessions(id) ON DELETE CASCADE, -- none where nothing was said yet
    holder TEXT NOT NULL,               -- the process that writes it
    draft INTEGER NOT NULL, piece INTEGER NOT NULL,
    kept_at REAL NOT NULL, json TEXT NOT NULL
);
CREATE INDEX unsent_of_session ON unsent(session);
"""

MIGRATIONS = (
    FIRST,
    DELETED,
    OFFLINE,
    MEMORY,
    OUTSIDE,
    CHOICES,
    LONG,
    THINK,
    RUNS,
    IMPORTED,
    KEPT,
    FEW,
    SAID,
    UNSENT,
)
"""What each version adds to the one before; a file's `user_version` counts those it has had."""
VERSION = len(MIGRATIONS)


def migrate(db: sqlite3.Connection, version: int, to: int = VERSION) -> None:
    """Bring a file of an older version up to date, inside the caller's transaction."""
    db.create_function("switch_in", 1, lambda prompt: soft_switch(prompt)[1], deterministic=True)
    db.create_function("hashes_in", 1, hashes_in, deterministic=True)
    db.create_function("without_switch", 1, lambda text: soft_switch(text)[0], deterministic=True)
    for script in MIGRATIONS[version:to]:
        _run(db, script)
    db.execute(f"PRAGMA user_version = {to}")


def _run(db: sqlite3.Connection, script: str) -> None:
    """Run statement by statement: SQLite's own `executescript` would commit the transaction."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            db.execute(statement)
            statement = ""
