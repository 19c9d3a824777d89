"""What can go wrong with memories, as one kind of error with one readable line."""


class MemoryStoreError(Exception):
    """Memories could not be read or written; says what happened and what to do."""


class DamagedError(MemoryStoreError):
    """The files can no longer be read by Chroma."""


class AgainError(MemoryStoreError):
    """Damaged files have been made good: what was asked for may be tried again."""
