"""Does harm to a user's memories, as a bad disk does."""

import gc
import time
from pathlib import Path

CLOSING_S = 3.0


def damage(folder: Path) -> Path:
    """Put nonsense in the place of Chroma's file below a folder.

    Chroma closes when Python throws its client away, and then in its own time, now and then not at
    all. So the file becomes another one, without the journal, from which it could be read again.
    """
    (database,) = folder.rglob("chroma.sqlite3")
    journal, shared = (database.with_name(f"{database.name}-{name}") for name in ("wal", "shm"))
    deadline = time.monotonic() + CLOSING_S
    while journal.exists() and time.monotonic() < deadline:
        gc.collect()
        time.sleep(0.01)
    for file in (database, journal, shared):
        file.unlink(missing_ok=True)
    database.write_bytes(b"garbage" * 100)
    return database
