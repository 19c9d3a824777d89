"""What lies below a folder that hostile code may change meanwhile: nothing in it is followed.

Each folder is opened by its name within the one above, and never through a link: a name that was
looked at could stand for something else a moment later.
"""

import contextlib
import os
import stat
from collections.abc import Generator
from pathlib import Path
from typing import Any, NamedTuple

MAX_DEPTH = 100
_BY_DESCRIPTOR = os.scandir in os.supports_fd and hasattr(os, "O_NOFOLLOW")


class Entry(NamedTuple):
    """A file or folder; `name` is relative, with `/`."""

    name: str
    depth: int
    status: os.stat_result

    @property
    def is_file(self) -> bool:
        """Whether it is a plain file: no link, pipe or device."""
        return stat.S_ISREG(self.status.st_mode)


def entries(
    folder: Path, *, max_depth: int = MAX_DEPTH, left_out: frozenset[str] = frozenset()
) -> Generator[Entry, None, None]:
    """Give what lies in a folder and below, unsorted; what cannot be read is left out.

    `left_out` names folders that are not entered. A folder at `max_depth` is given and not entered.
    """
    return _by_descriptor(folder, max_depth, left_out) if _BY_DESCRIPTOR else _by_name(folder)


class _Level(NamedTuple):
    """A folder that is open; `path` is its name below the first, with `/` at its end."""

    path: str
    descriptor: int
    rest: Any  # an iterator of `os.scandir`, whose type has no public name

    def close(self) -> None:
        self.rest.close()
        os.close(self.descriptor)


def _by_descriptor(
    folder: Path, max_depth: int, left_out: frozenset[str]
) -> Generator[Entry, None, None]:
    levels: list[_Level] = []
    try:
        _enter(levels, os.fspath(folder), "")
        while levels:
            level = levels[-1]
            name = _next_name(level)
            if name is None:
                levels.pop().close()
                continue
            try:
                status = os.stat(name, dir_fd=level.descriptor, follow_symlinks=False)
            except OSError:
                continue
            yield Entry(f"{level.path}{name}", len(levels) - 1, status)
            inner = stat.S_ISDIR(status.st_mode) and name not in left_out
            if inner and len(levels) <= max_depth:
                _enter(levels, name, f"{level.path}{name}/")
    finally:
        while levels:
            levels.pop().close()


def _enter(levels: list[_Level], name: str, path: str) -> None:
    """Open a folder of the last level, if it can be opened and is one still."""
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_NONBLOCK
    try:
        descriptor = os.open(name, flags, dir_fd=levels[-1].descriptor if levels else None)
    except OSError:
        return
    try:
        levels.append(_Level(path, descriptor, os.scandir(descriptor)))
    except OSError:
        os.close(descriptor)


def _next_name(level: _Level) -> str | None:
    try:
        entry = next(level.rest, None)
    except OSError:
        return None
    return entry.name if entry is not None else None


def _by_name(folder: Path) -> Generator[Entry, None, None]:
    """The same where the platform cannot open step by step."""
    for root, folders, files in os.walk(folder, followlinks=False):
        for name in (*folders, *files):
            path = Path(root) / name
            with contextlib.suppress(OSError):
                relative = path.relative_to(folder)
                yield Entry(relative.as_posix(), len(relative.parts) - 1, path.lstat())
