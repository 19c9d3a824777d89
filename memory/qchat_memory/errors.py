"""What can go wrong with memories, as one kind of error with one readable line."""

from pathlib import Path

from qchat_memory.localized_text import Said, tr


class MemoryStoreError(Exception):
    """Memories could not be read or written; says what happened and what to do."""

    def __init__(self, said: Said) -> None:
        super().__init__(said)


class FullDiskError(MemoryStoreError):
    """There is no room for what was to be kept; what was kept before is whole."""

    def __init__(self, folder: Path, *, sure: bool = True) -> None:
        """`sure`: not only that something could not be written."""
        super().__init__(
            tr("the disk is full ({folder}): make room and try again", folder=folder)
            if sure
            else tr("the disk is full, or fails ({folder}): make room and try again", folder=folder)
        )


class DamagedError(MemoryStoreError):
    """The files can no longer be read by Chroma."""


class UnknownDamageError(DamagedError):
    """Chroma cannot use its files for a reason that is not known, with room on the disk."""


class AgainError(MemoryStoreError):
    """Damaged files have been made good: what was asked for may be tried again."""
