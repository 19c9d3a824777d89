"""What can go wrong with memories, as one kind of error with one readable line."""

from qchat_memory.said import Said


class MemoryStoreError(Exception):
    """Memories could not be read or written; says what happened and what to do."""

    def __init__(self, said: Said) -> None:
        super().__init__(said)


class DamagedError(MemoryStoreError):
    """The files can no longer be read by Chroma."""


class UnknownDamageError(DamagedError):
    """Chroma cannot use its files for a reason that is not known, with room on the disk."""


class AgainError(MemoryStoreError):
    """Damaged files have been made good: what was asked for may be tried again."""
