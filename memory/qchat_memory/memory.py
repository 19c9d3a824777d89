"""What a memory is: plain values, and the checks that a text passes before it is kept."""

import datetime
import unicodedata
from typing import Literal, cast, get_args

import msgspec

from qchat_memory.errors import MemoryStoreError
from qchat_memory.language.words import sameness
from qchat_memory.localized_text import tr
from qchat_memory.origin import Origin, from_source

MAX_TEXT = 4_000
"""In characters: more than the user says in one thing to remember."""
MAX_PAST = 20

Kind = Literal["fact", "preference", "instruction", "event"]
KINDS: tuple[str, ...] = get_args(Kind)


class Past(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a memory said before, and from where that came."""

    text: str
    said_at: str = ""
    session: str = ""
    turn: str = ""
    source: str = ""
    origins: tuple[Origin, ...] = ()

    @property
    def date(self) -> str:
        return self.said_at[:10]

    @property
    def saved_with(self) -> tuple[Origin, ...]:
        """The untrusted origins that were in the request when it was saved."""
        return self.origins or from_source(self.source)


class Memory(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something to keep about a user. Times are ISO 8601 with the offset; empty where unknown."""

    id: str
    text: str
    kind: Kind = "fact"
    said_at: str = ""
    session: str = ""
    turn: str = ""
    pinned: bool = False
    used_at: str = ""
    uses: int = 0
    past: tuple[Past, ...] = ()
    """What it said before, the newest first."""
    source: str = ""
    """What the first wave kept instead of `origins`: addresses and names in one text."""
    origins: tuple[Origin, ...] = ()
    """Where the text came from that others wrote and that had been read when it was saved."""
    project: str = ""
    """The folder that it is about, in full: it is recalled there alone. Empty: everywhere."""

    def holds_in(self, project: str) -> bool:
        """Whether it is recalled by a qchat that works on this project."""
        return self.project in ("", project)

    @property
    def date(self) -> str:
        """The day on which it was said, as `2026-05-31`."""
        return self.said_at[:10]

    @property
    def day(self) -> datetime.date | None:
        try:
            return datetime.date.fromisoformat(self.date)
        except ValueError:
            return None

    @property
    def moment(self) -> float:
        """When it was said, in seconds since 1970: offsets differ, so texts tell no order."""
        return moment(self.said_at)

    @property
    def before(self) -> Past | None:
        """The newest past that said something else."""
        here = sameness(self.text)
        return next((past for past in self.past if sameness(past.text) != here), None)

    def then(self) -> Past:
        """This memory as the past of what takes its place."""
        return Past(self.text, self.said_at, self.session, self.turn, self.source, self.origins)

    @property
    def saved_with(self) -> tuple[Origin, ...]:
        """The untrusted origins of what it says, and of what it says that it said before."""
        here = self.origins or from_source(self.source)
        return (*here, *(self.before.saved_with if self.before is not None else ()))


class Hit(msgspec.Struct, frozen=True):
    """A memory that a search found: its score from 0 to 1, and the words that it shares."""

    memory: Memory
    score: float
    matched: tuple[str, ...] = ()
    stated: bool = False
    """It states the very thing that was asked for."""


class Kept(msgspec.Struct, frozen=True):
    """A memory as it stands after a change, and as it was before; None if there was none."""

    memory: Memory
    before: Memory | None = None

    @property
    def replaced(self) -> Past | None:
        """What it said before, if the change made it say something else."""
        if self.before is None or sameness(self.before.text) == sameness(self.memory.text):
            return None
        return self.before.then()


def checked(text: str) -> str:
    """The text without outer blanks. Raises MemoryStoreError for what cannot be a memory."""
    text = text.strip()
    if not text:
        raise MemoryStoreError(tr("a memory cannot be empty: say what to remember"))
    if len(text) > MAX_TEXT:
        raise MemoryStoreError(
            tr(
                "a memory has at most {max_text} characters, this has {text}: shorten it",
                max_text=MAX_TEXT,
                text=len(text),
            )
        )
    if any(unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t" for c in text):
        raise MemoryStoreError(tr("a memory cannot hold control characters or broken Unicode"))
    return text


def checked_kind(kind: str) -> Kind:
    """Raises MemoryStoreError that lists the kinds."""
    if kind not in KINDS:
        raise MemoryStoreError(
            tr(
                "there is no kind {kind!r} of memory: use {kinds}",
                kind=kind,
                kinds=", ".join(KINDS),
            )
        )
    return cast(Kind, kind)


def moment(said_at: str) -> float:
    """A time of ISO 8601 as seconds since 1970; without an offset it is this machine's."""
    try:
        then = datetime.datetime.fromisoformat(said_at)
    except ValueError:
        return float("-inf")
    try:
        return then.timestamp()
    except (OverflowError, OSError, ValueError):  # years that the machine's calendar lacks
        return then.replace(tzinfo=then.tzinfo or datetime.UTC).timestamp()


def now() -> str:
    """This moment to the second, with the local offset: a memory's date is the speaker's day."""
    return datetime.datetime.now().astimezone().isoformat(timespec="seconds")
