"""What has been answered, a line each, on the disk as soon as it is graded: none is paid twice.

The same evaluation finds its lines again by the folder's name, and goes on behind them.
"""

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType

import filelock
import msgspec

from qchat.evaluation.question import Question
from qchat.protocol.errors import QchatError, UsageError
from qchat.runtime.paths import private_dir

LINES = "answers.jsonl"


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

    @property
    def key(self) -> tuple[str, str]:
        return (self.digest, self.mode)


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
        self._path = folder / LINES
        self._lock = filelock.FileLock(folder / "lock")
        self._by_key: dict[tuple[str, str], Answered] = {}

    def __enter__(self) -> "KeptAnswers":
        try:
            self._lock.acquire(timeout=0)
        except filelock.Timeout:
            raise UsageError(
                f"This evaluation is running already, in another process. It writes {self.folder}."
            ) from None
        if self._anew:
            self._path.unlink(missing_ok=True)
        self._read()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._lock.release()

    def add(self, answered: Answered) -> None:
        """Keep a line, on the disk when this comes back."""
        try:
            with self._path.open("ab") as file:
                file.write(msgspec.json.encode(answered) + b"\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise QchatError(
                f"An answer cannot be kept in {self._path}: {error.strerror}. "
                "Make room, and run the same command again: it goes on from here."
            ) from error
        self._by_key[answered.key] = answered

    def all(self) -> Iterable[Answered]:
        """All that were answered, in any mode."""
        return self._by_key.values()

    def get(self, question_digest: str, mode: str) -> Answered | None:
        return self._by_key.get((question_digest, mode))

    def of(self, digests: Iterable[str], mode: str) -> list[Answered]:
        """Those of a mode, in the order of the questions; the ones that are missing left out."""
        found = (self.get(one, mode) for one in digests)
        return [answered for answered in found if answered is not None]

    def _read(self) -> None:
        """Read what is there; a last line that a kill cut off is taken away."""
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            self._path.touch(mode=0o600)
            return
        except OSError as error:
            raise QchatError(f"{self._path} cannot be read: {error.strerror}.") from error
        whole = data[: data.rfind(b"\n") + 1]
        if len(whole) < len(data):
            with self._path.open("r+b") as file:
                file.truncate(len(whole))
        for line in whole.splitlines():
            try:
                answered = msgspec.json.decode(line, type=Answered)
            except msgspec.DecodeError:
                continue  # a disk that was full: the question is asked again
            self._by_key[answered.key] = answered
