"""Text to vectors: one interface, and the small static model that needs no download."""

from collections.abc import Sequence
from threading import Lock
from typing import TYPE_CHECKING, Protocol, TypeAlias

from qchat_assets import memory_vectors_path
from qchat_memory.language.words import telling
from qchat_memory.storage.subword_vectors import Pieces, load

if TYPE_CHECKING:  # numpy takes longer to import than the first frame may
    import numpy as np
    from numpy.typing import NDArray

Vectors: TypeAlias = "NDArray[np.float32]"
"""One row a text, each of length 1, or all zeros for a text without any known token."""


MAX_READ = 1_000
"""In characters: of a long text, so much is compared word by word."""


class Embedder(Protocol):
    """Turns texts into vectors whose dot product is their likeness in meaning."""

    name: str
    """Kept with the vectors: those of two embedders must never meet."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One unit vector for each text."""
        ...

    def ask(self, question: str, words: Sequence[str]) -> Vectors:
        """The vector of a question, as one row; `words` are those of it that carry meaning."""
        ...

    def close(self) -> None:
        """Let go of processes and connections; the next use makes them again."""
        ...


class StaticEmbedder:
    """Mean of static vectors of pieces of words: no context, but no download, and far under 1 ms.

    The vectors (256 dimensions, distilled from multilingual-e5-small, MIT) lie in `qchat_assets`;
    `assets/memory_vectors` says how they were made, and for which languages.
    """

    name = "qchat-static-1"

    def __init__(self) -> None:
        self._pieces: Pieces | None = None
        self._lock = Lock()

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One unit vector for each text; the first call loads the file, in about half a second."""
        return unit(self._loaded().sums(texts))

    def ask(self, question: str, words: Sequence[str]) -> Vectors:
        """The words that carry meaning: a mean of all would be mostly of "what", "is" and "my"."""
        return self.embed([telling(question, words)])

    def words(self, texts: Sequence[str]) -> tuple[Vectors, list[int]]:
        """One unit vector for each word, and how many of them each text has.

        Of a long text its end is left out.
        """
        return self._loaded().words([text[:MAX_READ] for text in texts])

    def close(self) -> None:
        """Nothing to let go of."""

    def _loaded(self) -> Pieces:
        with self._lock:
            if self._pieces is None:
                self._pieces = load(memory_vectors_path())
        return self._pieces


def unit(vectors: Vectors) -> Vectors:
    """Give each row the length 1, but for those that are all zeros."""
    lengths = (vectors * vectors).sum(axis=1, keepdims=True) ** 0.5
    lengths[lengths == 0] = 1
    vectors /= lengths
    return vectors
