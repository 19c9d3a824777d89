"""Does harm to a user's memories, as a bad disk does."""

import time
from pathlib import Path


def damage(folder: Path) -> Path:
    """Overwrite Chroma's file below a folder, once Chroma, which closes in its own time, is out."""
    (database,) = folder.rglob("chroma.sqlite3")
    log = database.with_name("chroma.sqlite3-wal")
    deadline = time.monotonic() + 30
    while log.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    database.write_bytes(b"garbage" * 100)
    return database
