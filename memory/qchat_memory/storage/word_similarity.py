"""How alike a question and a memory are word by word: "wedding" meets "married" in one sentence.

The mean of a sentence blurs what it says when most of its words say other things. Here each word
of a question that carries meaning looks for the word of a memory that is nearest to it.
"""

from collections.abc import Sequence

from qchat_memory.errors import MemoryStoreError
from qchat_memory.language.words import telling
from qchat_memory.storage.embed import StaticEmbedder

FLOOR = 0.25
"""Two words that have nothing to do with each other are so alike, at most, when the nearest of a
sentence's words is taken: mean and twice the deviation of strangers (0.13 and 0.06)."""


class ByWord:
    """Compares texts with the words of one question."""

    def __init__(self, embedder: StaticEmbedder, question: str, meant: Sequence[str]) -> None:
        """`meant` are the words that carry meaning. Raises MemoryStoreError."""
        self._embedder = embedder
        self._asked, _ = embedder.words([telling(question, meant)])

    def alike(self, texts: Sequence[str]) -> list[float]:
        """Each from 0, as strangers are, to 1, where every word of the question is in the text."""
        import numpy as np  # noqa: PLC0415  slow to load

        said, counts = self._embedder.words(texts)
        if not len(said) or not len(self._asked):
            return [0.0] * len(texts)
        likeness = np.einsum("ij,kj->ik", self._asked, said)  # too small for BLAS and its threads
        nearest = np.zeros(len(texts), dtype=np.float32)
        filled = np.flatnonzero(counts)
        starts = np.cumsum([0, *counts[:-1]])[filled]
        nearest[filled] = np.maximum.reduceat(likeness, starts, axis=1).mean(axis=0)
        shares: list[float] = np.clip((nearest - FLOOR) / (1 - FLOOR), 0.0, 1.0).tolist()
        return shares


def by_word(embedder: StaticEmbedder, question: str, meant: Sequence[str]) -> ByWord | None:
    """None where no word carries meaning, figures alone do not, or vectors cannot be had."""
    try:
        return None if all(map(str.isdecimal, meant)) else ByWord(embedder, question, meant)
    except MemoryStoreError:
        return None
