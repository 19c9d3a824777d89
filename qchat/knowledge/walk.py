"""The files of a folder that are meant to be read: ignore files are kept, links not followed."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from pathspec import GitIgnoreSpec

IGNORE_FILES = (".gitignore", ".ignore")
ALWAYS_IGNORED = frozenset({"node_modules", "__pycache__", "venv", "site-packages"})
"""Folders of what programs made; hidden ones are passed over too."""
MAX_IGNORE_BYTES = 1 << 20


class Entry(NamedTuple):
    """A file below the folder, with slashes, and what the system says of it."""

    path: str
    size: int
    mtime_ns: int


class _Rules(NamedTuple):
    """The rules of one ignore file: they hold below where it stands."""

    base: str
    spec: GitIgnoreSpec
    inside: str = ""
    """How the folder is called from one above, where the file stands there."""


def files(folder: Path) -> Iterator[Entry]:
    """All files that are not ignored. Raises OSError only where the folder itself is unreadable."""
    stack: list[tuple[str, tuple[_Rules, ...]]] = [("", _above(folder))]
    while stack:
        base, rules = stack.pop()
        try:
            with os.scandir(folder / base) as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except OSError:
            if not base:
                raise
            continue
        names = {entry.name for entry in entries}
        own = (_rules(folder / base / name, base) for name in IGNORE_FILES if name in names)
        rules = (*rules, *(rule for rule in own if rule is not None))
        below = []
        for entry in entries:
            path = f"{base}{entry.name}"
            try:
                is_folder = entry.is_dir(follow_symlinks=False)
                if _ignored(entry.name, path, rules, is_folder=is_folder):
                    continue
                if is_folder:
                    below.append((f"{path}/", rules))
                elif entry.is_file(follow_symlinks=False):
                    path.encode()  # a name that is no text cannot be kept or shown
                    about = entry.stat(follow_symlinks=False)
                    yield Entry(path, about.st_size, about.st_mtime_ns)
            except (OSError, UnicodeEncodeError):
                continue
        stack += reversed(below)


def _ignored(name: str, path: str, rules: tuple[_Rules, ...], *, is_folder: bool) -> bool:
    if name.startswith(".") or (is_folder and name in ALWAYS_IGNORED):
        return True
    asked = f"{path}/" if is_folder else path
    for rule in reversed(rules):  # the nearest one that says anything holds
        if not asked.startswith(rule.base):
            continue
        inside = f"{rule.inside}{asked[len(rule.base) :]}"
        said = _of_folder(rule.spec, inside) if is_folder else rule.spec.check_file(inside).include
        if said is not None:
            return said
    return False


def _of_folder(spec: GitIgnoreSpec, path: str) -> bool | None:
    """Whether a folder itself is ignored: its last rule holds.

    `check_file` speaks of what is in it, where "a/**" outweighs "!a/b/"; git goes into a/b then.
    """
    for pattern in reversed(list(spec.patterns)):
        # "a/**" is what is in a folder, not the folder.
        named = path.removesuffix("/") if str(pattern.pattern).endswith("/**") else path
        if pattern.include is not None and pattern.match_file(named) is not None:
            return pattern.include
    return None


def _above(folder: Path) -> tuple[_Rules, ...]:
    """The rules of the folders above, up to where a repository begins."""
    found: list[_Rules] = []
    if (folder / ".git").exists():
        return ()
    inside = ""
    for parent in folder.parents:
        inside = f"{folder.relative_to(parent).as_posix()}/"
        for name in IGNORE_FILES:
            if (spec := _spec(parent / name)) is not None:
                found.insert(0, _Rules("", spec, inside))
        if (parent / ".git").exists():
            return tuple(found)
    return ()


def _rules(file: Path, base: str) -> _Rules | None:
    spec = _spec(file)
    return _Rules(base, spec) if spec is not None else None


def _spec(file: Path) -> GitIgnoreSpec | None:
    try:
        with file.open("rb") as opened:
            text = opened.read(MAX_IGNORE_BYTES).decode("utf-8", "replace")
        return GitIgnoreSpec.from_lines(text.splitlines())
    except (OSError, ValueError):
        return None
