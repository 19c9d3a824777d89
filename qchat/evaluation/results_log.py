"""What has been answered, a line each, on the disk as soon as it is graded: none is paid twice.

The same evaluation finds its lines again by the folder's name, and goes on behind them.
"""

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Generic, Literal, Protocol, TypeVar

import filelock
import msgspec

from qchat.evaluation.question import Question
from qchat.protocol.errors import QchatError, UsageError
from qchat.runtime.language import tr
from qchat.runtime.paths import private_dir

LINES, PREFERRED = "answers.jsonl", "preferred.jsonl"


class Answered(msgspec.Struct, frozen=True, omit_defaults=True):
    """How one question was answered in one mode."""

    question: str
    digest: str
    """Of what was asked: a question that has changed since is asked again."""
    mode: str
    right: bool
    read: str = ""
    """What the grader read as the answer."""
    why: str = ""
    session: str = ""
    """The conversation in which it was answered, and which opens in qchat."""
    tokens: int = 0
    """Tokens that the model wrote for it, in all trails and rounds."""
    prompt_tokens: int = 0
    judge_tokens: int = 0
    """Those that a judge wrote to grade it, and read; they count for no mode."""
    judge_prompt_tokens: int = 0
    seconds: float = 0.0
    trails: int = 1
    unsure: str = ""
    """What the mode itself was not sure of."""
    failure: str = ""
    """Why there is no answer, where there is none; it counts as wrong."""
    topic: str = ""
    judged: bool = True
    """Whether it is right or wrong; where not, `why` says why, if that is no matter of course."""
    text: str = ""
    """The whole answer, where answers are compared with each other."""

    @property
    def key(self) -> tuple[str, str]:
        return (self.digest, self.mode)


class Preferred(msgspec.Struct, frozen=True, omit_defaults=True):
    """Which of two modes' answers to a question a judge finds better."""

    digest: str
    first: str
    second: str
    better: Literal["first", "second", "neither", ""]
    """Empty where the judge gave no verdict."""
    why: str = ""
    session: str = ""
    tokens: int = 0
    prompt_tokens: int = 0

    @property
    def key(self) -> tuple[str, str, str]:
        return (self.digest, self.first, self.second)


class Keyed(Protocol):
    """What is kept in a file of lines, by a key."""

    @property
    def key(self) -> tuple[str, ...]: ...


Kept = TypeVar("Kept", bound=Keyed)


def digest(question: Question) -> str:
    """What a question is known by: its id and its content."""
    return hashlib.blake2b(msgspec.json.encode(question), digest_size=8).hexdigest()


def folder_name(name: str, *parts: object) -> str:
    """The name of an evaluation's folder: the set's, and a sum over all that makes it another."""
    whole = hashlib.blake2b(msgspec.json.encode([str(part) for part in parts]), digest_size=4)
    plain = "".join(c if c.isalnum() or c in "-_" else "-" for c in name)[:40]
    return f"{plain}-{whole.hexdigest()}"


class KeptAnswers:
    """The lines of one evaluation; one process at a time writes them.

    Raises UsageError where another one does, QchatError where the folder cannot be written.
    """

    def __init__(self, folder: Path, *, anew: bool = False) -> None:
        """`anew` forgets what was answered before."""
        self.folder = private_dir(folder)
        self._anew = anew
        self._lock = filelock.FileLock(folder / "lock")
        self._answers = KeptLines(folder / LINES, Answered)
        self._preferred = KeptLines(folder / PREFERRED, Preferred)

    def __enter__(self) -> "KeptAnswers":
        try:
            self._lock.acquire(timeout=0)
        except filelock.Timeout:
            raise UsageError(
                tr(
                    "This evaluation is running already, in another process. It writes {folder}.",
                    folder=self.folder,
                )
            ) from None
        for lines in (self._answers, self._preferred):
            lines.open(anew=self._anew)
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._lock.release()

    def add(self, answered: Answered) -> None:
        """Keep an answer, on the disk when this comes back."""
        self._answers.add(answered)

    def prefer(self, preferred: Preferred) -> None:
        """Keep a comparison, on the disk when this comes back."""
        self._preferred.add(preferred)

    def all(self) -> Iterable[Answered]:
        """All that were answered, in any mode."""
        return self._answers.by_key.values()

    def get(self, question_digest: str, mode: str) -> Answered | None:
        return self._answers.by_key.get((question_digest, mode))

    def of(self, digests: Iterable[str], mode: str) -> list[Answered]:
        """Those of a mode, in the order of the questions; the ones that are missing left out."""
        found = (self.get(one, mode) for one in digests)
        return [answered for answered in found if answered is not None]

    def preferences(self) -> Iterable[Preferred]:
        """All comparisons, of any modes."""
        return self._preferred.by_key.values()

    def preferred(self, question_digest: str, first: str, second: str) -> Preferred | None:
        return self._preferred.by_key.get((question_digest, first, second))


class KeptLines(Generic[Kept]):
    """A file with a line of JSON for each thing that is kept, the last one of a key counts."""

    def __init__(self, path: Path, kind: type[Kept]) -> None:
        self._path = path
        self._kind = kind
        self.by_key: dict[tuple[str, ...], Kept] = {}

    def add(self, kept: Kept) -> None:
        """Keep a line, on the disk when this comes back. Raises QchatError."""
        try:
            with self._path.open("ab") as file:
                file.write(msgspec.json.encode(kept) + b"\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise QchatError(
                tr(
                    "An answer cannot be kept in {path}: {why}. Make room, and run the same "
                    "command again: it goes on from here.",
                    path=self._path,
                    why=error.strerror,
                )
            ) from error
        self.by_key[kept.key] = kept

    def open(self, *, anew: bool) -> None:
        """Read what is there; a last line that a kill cut off is taken away. Raises QchatError."""
        if anew:
            self._path.unlink(missing_ok=True)
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            self._path.touch(mode=0o600)
            return
        except OSError as error:
            raise QchatError(
                tr("{path} cannot be read: {why}.", path=self._path, why=error.strerror)
            ) from error
        whole = data[: data.rfind(b"\n") + 1]
        if len(whole) < len(data):
            with self._path.open("r+b") as file:
                file.truncate(len(whole))
        for line in whole.splitlines():
            try:
                kept = msgspec.json.decode(line, type=self._kind)
            except msgspec.DecodeError:
                continue  # a disk that was full: the question is asked again
            self.by_key[kept.key] = kept
