"""Files kept by the hash of their content: a name that cannot lie, and nothing stored twice."""

import hashlib
import os
import re
import tempfile
from pathlib import Path

_SHA256 = re.compile(r"[0-9a-f]{64}")
_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def keep(data: bytes, folder: Path) -> str:
    """Store `data` under its SHA-256 and give that back; whole or not at all, for its owner alone.

    Raises OSError when the folder cannot be written.
    """
    sha256 = hashlib.sha256(data).hexdigest()
    target = folder / sha256
    if target.exists():
        return sha256
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=folder, prefix=".part-")  # made with mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return sha256


def path_of(sha256: str, folder: Path) -> Path:
    """Say where a kept file lies. Raises ValueError for what is no hash: it could be any path."""
    if not _SHA256.fullmatch(sha256):
        raise ValueError(f"not a SHA-256 in hexadecimal: {sha256[:80]!r}")
    return folder / sha256


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
