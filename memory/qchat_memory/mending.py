"""What can be done for damaged files: keep them, and save what the index beside them knows."""

import shutil
import sqlite3
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path

import msgspec

from qchat_memory.memory import Memory


class Mended(msgspec.Struct, frozen=True):
    """Where the damaged files are now, and how many memories were saved."""

    aside: Path
    saved: int


def rescued(index: Path) -> list[Memory]:
    """The memories in an index file, as many as can be read."""
    found: list[Memory] = []
    if not index.exists():
        return found
    with suppress(sqlite3.Error), closing(sqlite3.connect(index)) as db:
        for (json,) in db.execute("SELECT json FROM memories ORDER BY row"):
            with suppress(msgspec.MsgspecError):
                found.append(msgspec.json.decode(json, type=Memory))
    return found


def set_aside(folder: Path) -> Path:
    """Move the folder to a name that nobody reads, and give that back."""
    aside = folder.with_name(f"{folder.name}.damaged-{datetime.now():%Y%m%d-%H%M%S}")
    shutil.move(folder, aside)
    return aside
