"""Files kept by the hash of their content: a name that cannot lie, and nothing stored twice."""

import contextlib
import hashlib
import os
import re
import tempfile
from pathlib import Path
from typing import BinaryIO

_SHA256 = re.compile(r"[0-9a-f]{64}")
_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def keep(data: bytes, folder: Path) -> str:
    """Store `data` under its SHA-256 and give that back; whole or not at all, for its owner alone.

    Raises OSError when the folder cannot be written.
    """
    sha256 = hashlib.sha256(data).hexdigest()
    if (folder / sha256).exists():
        return sha256
    spool = Spool(folder)
    try:
        spool.write(data)
        return spool.close()[0]
    finally:
        spool.discard()


class Spool:
    """A file that is written piece by piece and gets its name when it is whole.

    `write` and `close` raise OSError when the folder cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._hash = hashlib.sha256()
        self._size = 0
        self._file: BinaryIO | None = None
        self._name: Path | None = None

    def write(self, data: bytes) -> None:
        if self._file is None:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self._folder, prefix=".part-")  # of mode 0600
            self._file, self._name = os.fdopen(handle, "wb"), Path(name)
        self._file.write(data)
        self._hash.update(data)
        self._size += len(data)

    def close(self) -> tuple[str, int]:
        """Give the file its name: its SHA-256, which is given back with the size in bytes."""
        self.write(b"")
        sha256 = self._hash.hexdigest()
        if self._file is not None and self._name is not None:
            self._file.close()
            self._name.replace(self._folder / sha256)
            self._name = None
        return sha256, self._size

    def discard(self) -> None:
        """Leave nothing behind that is not whole. Harmless after `close`."""
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.close()
        if self._name is not None:
            self._name.unlink(missing_ok=True)
            self._name = None


def path_of(sha256: str, folder: Path) -> Path:
    """Say where a kept file lies. Raises ValueError for what is no hash: it could be any path."""
    if not _SHA256.fullmatch(sha256):
        raise ValueError(f"not a SHA-256 in hexadecimal: {sha256[:80]!r}")
    return folder / sha256


def load(sha256: str, most_bytes: int, *, folder: Path) -> bytes:
    """Read a kept file. Raises OSError, and ValueError for no hash or more than `most_bytes`."""
    with path_of(sha256, folder).open("rb") as file:
        data = file.read(most_bytes + 1)
    if len(data) > most_bytes:
        raise ValueError(f"{sha256} has more than {most_bytes} bytes")
    return data


def picture_kind(data: bytes) -> tuple[str, int, int] | None:
    """Read media type, width and height from the bytes themselves; None if it is no PNG or JPEG."""
    if data.startswith(b"\x89PNG\r\n\x1a\n") and len(data) >= 24:
        return "image/png", int.from_bytes(data[16:20]), int.from_bytes(data[20:24])
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg", *_jpeg_size(data)
    return None


def _jpeg_size(data: bytes) -> tuple[int, int]:
    """Walk the segments to the frame header, which holds height and width; zeros if there is none.

    Source: ITU-T T.81, annex B.
    """
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        if data[at + 1] in _JPEG_FRAMES:
            return int.from_bytes(data[at + 7 : at + 9]), int.from_bytes(data[at + 5 : at + 7])
        at += 2 + int.from_bytes(data[at + 2 : at + 4])
    return 0, 0
