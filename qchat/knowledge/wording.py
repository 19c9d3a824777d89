"""What is said of folders and passages, the same in every interface."""

from qchat.knowledge.changes import Changes
from qchat.knowledge.library import Passage
from qchat.knowledge.records import KnownFolder

SHOWN_CHARACTERS = 240


def folder_line(folder: KnownFolder) -> str:
    """One folder for a list."""
    unread = f", {folder.problems:,} not readable" if folder.problems else ""
    state = "" if folder.synced_at else " (not read yet)"
    return (
        f"{folder.name}  {_count(folder.files, 'file')}, "
        f"{_count(folder.passages, 'passage')}{unread}  {folder.path}{state}"
    )


def changes_line(name: str, changes: Changes) -> str:
    """What a sync found."""
    if not changes.any:
        return f"{name}: nothing has changed ({_count(changes.same, 'file')})."
    parts = [f"{_count(changes.read, 'file')} read"]
    parts += [f"{changes.same:,} unchanged"] if changes.same else []
    parts += [f"{changes.gone:,} gone"] if changes.gone else []
    parts += [f"{len(changes.problems):,} not readable"] if changes.problems else []
    return f"{name}: {', '.join(parts)}."


def passage_lines(passage: Passage) -> list[str]:
    """A passage for a list: where it is, and how it begins."""
    begins = " ".join(passage.text.split())
    cut = f"{begins[:SHOWN_CHARACTERS]}…" if len(begins) > SHOWN_CHARACTERS else begins
    return [passage.title, f"    {cut}"]


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
