"""An export as its files by name: a single file, a folder or a zip. Nothing is ever unpacked.

Names from a zip only find entries in it, so that none can lead elsewhere; each entry is read up to
a limit, so that a bomb ends there.
"""

import os
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath

from qchat.importing.records import BrokenEntryError
from qchat.protocol.errors import UsageError
from qchat.runtime.language import tr

MAX_BYTES = 2 << 30
"""Of one document: an export of many years has some hundred MB."""
MAX_FILES = 1_000_000
MAX_IN_FOLDER = 100_000
"""A folder with more is somebody's whole disk, not an export with its pictures."""
_FAILURES = (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, NotImplementedError)
"""What reading a damaged or encrypted entry of a zip may raise."""


class Archive:
    """The files of an export; opened once, read by name."""

    def __init__(self, path: Path, names: dict[str, int], zipped: zipfile.ZipFile | None) -> None:
        self.path = path
        self._names = names
        self._zip = zipped
        self._by_last: dict[str, list[str]] | None = None

    @property
    def names(self) -> list[str]:
        """All files, in the order of their names."""
        return sorted(self._names)

    def size(self, name: str) -> int:
        """How many bytes a file says it has."""
        return self._names[name]

    def read(self, name: str, limit: int = MAX_BYTES) -> bytes:
        """What a file holds. Raises BrokenEntryError for what is damaged or over the limit."""
        try:
            if self._zip is not None:
                with self._zip.open(name) as entry:
                    data = entry.read(limit + 1)
            else:
                with (self.path / name if self.path.is_dir() else self.path).open("rb") as file:
                    data = file.read(limit + 1)
        except _FAILURES as error:
            raise BrokenEntryError(tr("cannot be read ({error})", error=error)) from error
        if len(data) > limit:
            raise BrokenEntryError(tr("has more than {limit:,} bytes", limit=limit))
        return data

    def find(self, beginning: str) -> str | None:
        """The file, in whatever folder, whose own name begins like that."""
        if not beginning:
            return None
        if self._by_last is None:
            self._by_last = {}
            for name in self._names:
                last = PurePosixPath(name).name
                self._by_last.setdefault(last[:4], []).append(name)
        for name in self._by_last.get(beginning[:4], ()):
            if PurePosixPath(name).name.startswith(beginning):
                return name
        return None


@contextmanager
def opened(path: Path) -> Iterator[Archive]:
    """The export at a path. Raises UsageError where there is none that can be opened."""
    try:
        about = path.stat()
    except OSError as error:
        raise UsageError(
            tr("{path} cannot be opened: {error}.", path=path, error=error.strerror or error)
        ) from error
    if stat.S_ISDIR(about.st_mode):
        yield Archive(path, _files_below(path), None)
    elif not stat.S_ISREG(about.st_mode):
        raise UsageError(tr("{path} is not a file or a folder.", path=path))
    elif zipfile.is_zipfile(path):
        try:
            with zipfile.ZipFile(path) as zipped:
                infos = [info for info in zipped.infolist() if not info.is_dir()]
                names = {info.filename: info.file_size for info in infos[:MAX_FILES]}
                yield Archive(path, names, zipped)
        except zipfile.BadZipFile as error:
            raise UsageError(
                tr("{path} is a damaged zip: {error}.", path=path, error=error)
            ) from error
    else:
        _check_no_zip(path)
        yield Archive(path, {path.name: about.st_size}, None)


def _check_no_zip(path: Path) -> None:
    """A zip that was cut has lost the list at its end by which it is read."""
    try:
        with path.open("rb") as file:
            begins = file.read(4)
    except OSError as error:
        raise UsageError(
            tr("{path} cannot be read: {error}.", path=path, error=error.strerror or error)
        ) from error
    if begins == b"PK\x03\x04":
        raise UsageError(
            tr("{path} is a damaged zip: its end is missing. Download it again.", path=path)
        )


def _files_below(folder: Path) -> dict[str, int]:
    """All files in a folder that hold something; links are not followed: they may lead out of it.

    Raises UsageError for a folder that is no export by its size.
    """
    found: dict[str, int] = {}
    for place, _, names in os.walk(folder):
        for name in names:
            path = Path(place, name)
            with suppress(OSError):
                about = path.lstat()
                # What says that it is empty may be no file at all, and never end, as in /proc.
                if stat.S_ISREG(about.st_mode) and about.st_size:
                    found[path.relative_to(folder).as_posix()] = about.st_size
        if len(found) > MAX_IN_FOLDER:
            raise UsageError(
                tr(
                    "{folder} holds more than {max_in_folder:,} files. Name the folder of the "
                    "export.",
                    folder=folder,
                    max_in_folder=MAX_IN_FOLDER,
                )
            )
    return found
