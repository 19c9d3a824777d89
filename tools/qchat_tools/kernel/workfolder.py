"""The folder that a session's code works in: what lies there, and the ways in and out.

Code in the kernel writes here, so a name may be a link to anywhere, a pipe, or no name at all:
nothing is followed, and only plain files are read.
"""

import asyncio
import contextlib
import itertools
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO

import msgspec

from qchat_tools.base import ToolError
from qchat_tools.parts import FilePart, Part, TextPart
from qchat_tools.sandbox import walk
from qchat_tools.typed_path import typed_path

MAX_LISTED = 1_000
MAX_SEEN = 20_000
"""Most entries that are looked at: code can make a million, and each takes its time."""
MAX_NEW_FILES = 20
"""Most new files that are told after a run."""
_MAX_DEPTH = 8
_LEFT_OUT = frozenset(("__pycache__", ".ipynb_checkpoints"))


class WorkFile(msgspec.Struct, frozen=True):
    """A plain file; `name` is relative with `/`, `size` in bytes, `modified` in Unix seconds."""

    name: str
    size: int
    modified: float


class WorkFiles:
    """What is known to lie in a folder, so that what a run made can be told from it.

    Looking takes a moment where there are many files: it is done in a thread of its own.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.known: list[WorkFile] = []
        """What was there when it was last looked."""

    async def look(self) -> list[WorkFile]:
        """List what is there now."""
        self.known = await asyncio.to_thread(listed, self._folder)
        return self.known

    async def upload(self, path: Path) -> WorkFile:
        """Copy a file into the folder; a run has not made it. Raises ToolError."""
        file = await asyncio.to_thread(upload, path, self._folder)
        self.known = [*(other for other in self.known if other.name != file.name), file]
        return file

    async def made(self) -> list[Part]:
        """Tell the files that were made or changed since it was last looked."""
        before = self.known
        new = new_files(before, await self.look())
        out: list[Part] = [FilePart(file.name, file.size) for file in new[:MAX_NEW_FILES]]
        if len(new) > MAX_NEW_FILES:
            out.append(TextPart(f"[and {len(new) - MAX_NEW_FILES} more new files]\n", "stderr"))
        return out


def reopen(folder: Path) -> None:
    """Give the folder back to its owner: code may have forbidden it to everybody."""
    with contextlib.suppress(OSError):
        if folder.stat().st_mode & stat.S_IRWXU != stat.S_IRWXU:
            folder.chmod(0o700)


def listed(folder: Path) -> list[WorkFile]:
    """List the plain files in a folder by name; links and what cannot be read are left out.

    It takes a moment where there are many: not for the event loop's thread.
    """
    found: list[WorkFile] = []
    reopen(folder)
    entries = walk.entries(folder, max_depth=_MAX_DEPTH, left_out=_LEFT_OUT)
    with contextlib.closing(entries):
        for entry in itertools.islice(entries, MAX_SEEN):
            if entry.is_file:
                found.append(_described(entry.name, entry.status))
    return sorted(found, key=lambda file: file.name)


def new_files(before: list[WorkFile], after: list[WorkFile]) -> list[WorkFile]:
    """Those that were made or changed in between."""
    known = {(file.name, file.size, file.modified) for file in before}
    return [file for file in after if (file.name, file.size, file.modified) not in known]


def upload(path: Path, folder: Path) -> WorkFile:
    """Copy a file into the folder, over one of the same name. Raises ToolError."""
    source = typed_path(path)
    try:
        with source.open("rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise ToolError(f"{source} is not a regular file: only files can be uploaded")
            for private in (folder.parent, folder):
                private.mkdir(mode=0o700, parents=True, exist_ok=True)
            _copy(file, folder / source.name)
    except OSError as error:
        raise ToolError(f"cannot upload {source}: {error.strerror or error}") from error
    return _described(source.name, (folder / source.name).lstat())


def save(name: str, folder: Path, target: Path) -> Path:
    """Copy a file of the folder to `target`, a new file or a folder. Raises ToolError."""
    out = typed_path(target)
    if out.is_dir():
        out = out / PurePosixPath(name).name
    with open_inside(folder, name) as file:
        if os.path.lexists(out):
            raise ToolError(f"{out} already exists: choose another name")
        try:
            _copy(file, out)
        except OSError as error:
            raise ToolError(f"cannot save {out}: {error.strerror or error}") from error
    return out


@contextlib.contextmanager
def open_inside(folder: Path, name: str) -> Iterator[BinaryIO]:
    """Open a plain file of the folder for reading. Raises ToolError for anything else."""
    parts = PurePosixPath(name).parts
    if not parts or PurePosixPath(name).is_absolute() or ".." in parts:
        raise ToolError(f"{name!r} is not a file in the session's folder")
    try:
        descriptor = _descend(folder, parts) if _HAS_DIR_FD else _checked(folder, parts)
    except (OSError, ValueError) as error:
        known = ", ".join(file.name for file in listed(folder)[:10]) or "none"
        why = getattr(error, "strerror", "") or error
        raise ToolError(f"cannot open {name!r}: {why}; files there: {known}") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise ToolError(f"{name!r} is not a regular file")
    with os.fdopen(descriptor, "rb") as file:
        yield file


_HAS_DIR_FD = os.open in os.supports_dir_fd and hasattr(os, "O_NOFOLLOW")


def _descend(folder: Path, parts: tuple[str, ...]) -> int:
    """Open step by step and through no link: a name that was checked could be changed since."""
    at = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    for number, part in enumerate(parts):
        last = number == len(parts) - 1
        kind = os.O_NONBLOCK if last else os.O_DIRECTORY  # a pipe would wait for its writer
        try:
            step = os.open(part, os.O_RDONLY | os.O_NOFOLLOW | kind, dir_fd=at)
        finally:
            os.close(at)
        at = step
    return at


def _checked(folder: Path, parts: tuple[str, ...]) -> int:
    """The same where the platform cannot open step by step."""
    path = folder
    for part in parts:
        path /= part
        if path.is_symlink() or not path.resolve().is_relative_to(folder.resolve()):
            raise OSError("it leads outside the session's folder")
    return os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))


def _described(name: str, status: os.stat_result) -> WorkFile:
    # A name need not be text; what is shown and stored must be.
    text = os.fsencode(name).decode("utf-8", "replace")
    return WorkFile(text, status.st_size, status.st_mtime)


def _copy(source: BinaryIO, target: Path) -> None:
    """Write whole or not at all; a link that stands at `target` is replaced, not followed."""
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".part-")
    try:
        with os.fdopen(handle, "wb") as file:
            shutil.copyfileobj(source, file, 1 << 20)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
