"""What is said of folders and passages, the same in every interface."""

from qchat.knowledge.changes import Changes
from qchat.knowledge.found import Passage
from qchat.knowledge.records import KnownFolder
from qchat.protocol.wording import counted
from qchat.runtime.language import tr

SHOWN_CHARACTERS = 240


def folder_line(folder: KnownFolder) -> str:
    """One folder for a list."""
    unread = tr(", {problems:,} not readable", problems=folder.problems) if folder.problems else ""
    state = "" if folder.synced_at else tr(" (not read yet)")
    return (
        f"{folder.name}  {counted(folder.files, 'file')}, "
        f"{counted(folder.passages, 'passage')}{unread}  {folder.path}{state}"
    )


def changes_line(name: str, changes: Changes) -> str:
    """What a sync found."""
    if not changes.any:
        return tr(
            "{name}: nothing has changed ({same}).", name=name, same=counted(changes.same, "file")
        )
    parts: list[str] = [tr("{read} read", read=counted(changes.read, "file"))]
    parts += [tr("{same:,} unchanged", same=changes.same)] if changes.same else []
    parts += [tr("{gone:,} gone", gone=changes.gone)] if changes.gone else []
    parts += (
        [tr("{problems:,} not readable", problems=len(changes.problems))]
        if changes.problems
        else []
    )
    return f"{name}: {', '.join(parts)}."


def passage_lines(passage: Passage) -> list[str]:
    """A passage for a list: where it is, and how it begins."""
    begins = " ".join(passage.text.split())
    cut = f"{begins[:SHOWN_CHARACTERS]}…" if len(begins) > SHOWN_CHARACTERS else begins
    return [passage.title, f"    {cut}"]
