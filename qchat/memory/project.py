"""The project that is worked on: a memory can be about it, and is then recalled there alone."""

import os
from pathlib import Path

OPTION = "--project"
"""Before a text to remember: it is about this project alone."""


def project_here() -> str:
    """The project of the folder that the program was started in; empty where that is gone."""
    try:
        return project_of(Path.cwd())
    except OSError:
        return ""


def project_of(folder: Path) -> str:
    """The nearest folder with a repository, else the folder itself, in full and as text.

    Raises OSError.
    """
    folder = folder.resolve()
    root = next((up for up in (folder, *folder.parents) if _is_repository(up)), folder)
    return os.fsencode(root).decode(errors="replace")


def name_of(project: str) -> str:
    """What a project is called in a list: its folder's own name."""
    return Path(project).name or project


def without_option(text: str) -> tuple[str, bool]:
    """A text without the option at its beginning, and whether it was there."""
    first, _, rest = text.strip().partition(" ")
    return (rest.strip(), True) if first == OPTION else (text, False)


def _is_repository(folder: Path) -> bool:
    try:
        return (folder / ".git").exists()
    except OSError:  # a folder that may not be looked into
        return False
