"""Takes forgotten words out of Chroma's SQLite file: deleting rows leaves them on its pages.

Chroma's process has the file open, and is idle: SQLite keeps the two apart.
"""

import sqlite3
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path

# Its log of changes keeps what was said until a thousand changes have come after. Only the last
# change of a memory still counts, and only where Chroma's tables already have the others.
_LOG = """
UPDATE embeddings_queue SET metadata = NULL WHERE id IN (SELECT value FROM json_each(?1))
    AND seq_id < (SELECT max(seq_id) FROM embeddings_queue AS later
                  WHERE later.id = embeddings_queue.id AND later.topic = embeddings_queue.topic)
    AND seq_id <= (SELECT min(seq_id) FROM max_seq_id JOIN segments ON segments.id = segment_id
                   WHERE scope = 'METADATA')
"""


def scrub(database: Path, ids: Sequence[str]) -> None:
    """Leave nothing of what these memories said before. Raises sqlite3.Error."""
    with closing(sqlite3.connect(database, isolation_level=None)) as db:
        with suppress(sqlite3.OperationalError):  # tables of another version of Chroma
            db.execute(_LOG, ('["' + '","'.join(ids) + '"]',))
        with suppress(sqlite3.OperationalError):
            table = "embedding_fulltext_search"
            db.execute(f"INSERT INTO {table}({table}) VALUES ('optimize')")
        db.execute("VACUUM")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
