"""What a memory is: plain values, and the checks that a text passes before it is kept."""

import unicodedata
from datetime import datetime

import msgspec

from qchat_memory.errors import MemoryStoreError

LONGEST_TEXT = 4_000
"""In characters: more than a person says in one thing to remember."""


class Memory(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something to keep about a user. Times are ISO 8601 with the offset; empty where unknown."""

    id: str
    text: str
    kind: str = "fact"
    said_at: str = ""
    session: str = ""
    turn: str = ""
    pinned: bool = False
    used_at: str = ""
    uses: int = 0

    @property
    def date(self) -> str:
        """The day on which it was said, as `2026-05-31`."""
        return self.said_at[:10]


class Hit(msgspec.Struct, frozen=True):
    """A memory that a search found: its score from 0 to 1, and the words that it shares."""

    memory: Memory
    score: float
    matched: tuple[str, ...] = ()


def checked(text: str) -> str:
    """The text without outer blanks. Raises MemoryStoreError for what cannot be a memory."""
    text = text.strip()
    if not text:
        raise MemoryStoreError("a memory cannot be empty: say what to remember")
    if len(text) > LONGEST_TEXT:
        raise MemoryStoreError(
            f"a memory has at most {LONGEST_TEXT} characters, this has {len(text)}: shorten it"
        )
    if any(unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t" for c in text):
        raise MemoryStoreError("a memory cannot hold control characters or broken Unicode")
    return text


def sameness(text: str) -> str:
    """What two texts have in common when they say the same: no case, marks at the end, blanks."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(folded.split()).rstrip(".!。！ ")


def now() -> str:
    """This moment to the second, with the local offset: a memory's date is the speaker's day."""
    return datetime.now().astimezone().isoformat(timespec="seconds")
