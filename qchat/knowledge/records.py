"""What is known of the user's folders: each folder, its files, and the passages of those."""

from pathlib import Path

import msgspec

_LINE_ENDS = {code: 0x2400 + code for code in range(0x20)}


def on_one_line(path: str) -> str:
    """A file's name as a list shows it: an end of line in it is seen, and ends none."""
    return path.translate(_LINE_ENDS)


class KnownFolder(msgspec.Struct, frozen=True):
    """A folder of the user's, under the name that questions call it by."""

    id: str
    name: str
    path: Path
    synced_at: float = 0.0
    embedder: str = ""
    files: int = 0
    passages: int = 0
    problems: int = 0


class KnownFile(msgspec.Struct, frozen=True):
    """A file as it was when it was read."""

    id: int
    path: str
    size: int
    mtime_ns: int
    hash: bytes
    seen_ns: int
    problem: str = ""


class Passage(msgspec.Struct, frozen=True):
    """A piece of a file: where it stands there, and what it says."""

    place: str
    heading: str
    text: str


class Located(msgspec.Struct, frozen=True):
    """A passage with the file that it is from."""

    id: int
    folder: str
    path: str
    place: str
    heading: str
    text: str
