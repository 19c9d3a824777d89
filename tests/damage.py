"""Does harm to a user's memories, as a bad disk does."""

import gc
import time
from pathlib import Path


def damage(folder: Path) -> Path:
    """Overwrite Chroma's file below a folder, once Chroma is out.

    It closes when Python throws its client away, which refers to itself, and then in its own time.
    """
    (database,) = folder.rglob("chroma.sqlite3")
    log = database.with_name("chroma.sqlite3-wal")
    deadline = time.monotonic() + 30
    while log.exists():
        assert time.monotonic() < deadline, "somebody still holds the database"
        gc.collect()
        time.sleep(0.01)
    database.write_bytes(b"garbage" * 100)
    return database
