"""Takes forgotten words out of files: deleting rows leaves them on the pages of Chroma's.

Chroma's process has the file open, and is idle: SQLite keeps the two apart.
"""

import sqlite3
import struct
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path

from qchat_memory.memory import Memory

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


_HEADER = struct.Struct("=iQQQQ")
"""How a graph's header begins: its format, an offset, for how many vectors there is room, how many
there are, and the bytes of each in `data_level0.bin`."""
_LENGTH_BYTES = 4
"""Of each vector's length in `length.bin`."""


def clear_unused(folder: Path) -> None:
    """Overwrite the room for vectors to come in Chroma's graphs.

    hnswlib makes its files with room for a hundred, and writes there what stands in memory that it
    has not cleared: pieces of texts that Chroma has had, forgotten ones too. Raises OSError.
    """
    for header in folder.glob("*/header.bin"):
        data = header.read_bytes()
        if len(data) < _HEADER.size:
            continue
        _format, _offset, _room, number, size = _HEADER.unpack_from(data)
        _zero_behind(header.with_name("data_level0.bin"), number, size)
        _zero_behind(header.with_name("length.bin"), number, _LENGTH_BYTES)


def _zero_behind(file: Path, number: int, size: int) -> None:
    used = number * size
    length = file.stat().st_size if file.is_file() else 0
    if not size or length % size or used >= length:
        return  # nothing is unused, or the files are damaged: that is seen elsewhere
    with file.open("r+b") as opened:
        opened.seek(used)
        if any(unused := opened.read()):
            opened.seek(used)
            opened.write(bytes(len(unused)))


GRAPH_SUFFIXES = frozenset({".bin", ".pickle"})
"""Of the files in which Chroma keeps vectors and how they hang together."""
SLICE = 48
"""In bytes: a page of a database may end in the middle of a text."""


def words_of(memories: Sequence[Memory]) -> list[bytes]:
    """What memories say and said, in pieces as they stand in a file."""
    texts = {memory.text for memory in memories}
    texts |= {past.text for memory in memories for past in memory.past}
    told = [text.encode() for text in texts]
    return [data[start : start + SLICE] for data in told for start in _starts(len(data))]


def _starts(length: int) -> range:
    """Where pieces begin; a short rest belongs to the last."""
    return range(0, max(length - SLICE // 2, 1), SLICE)


def delete_holding(folder: Path, words: Sequence[bytes]) -> None:
    """Delete the files of a folder that was set aside in which such words stand, and its graphs.

    What could be read in them was taken over when it was set aside. A graph's vectors say what the
    texts said, and its library writes memory out that it has not cleared, with pieces of texts in
    it. Raises OSError.
    """
    for file in sorted(folder.rglob("*")):
        if file.suffix in GRAPH_SUFFIXES:
            file.unlink()
        elif file.is_file():
            data = file.read_bytes()
            if any(piece in data for piece in words):
                del data
                file.unlink()
