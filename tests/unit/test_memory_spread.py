"""How an embedder's likenesses are made comparable with those of others."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qchat_memory.storage.embed import StaticEmbedder, Vectors
from qchat_memory.storage.similarity_scale import RELATED, Spread, measure


class Same:
    """An embedder to which every text is the same but for a little noise."""

    name = "same"

    def __init__(self) -> None:
        self._noise = np.random.default_rng(7)

    def embed(self, texts: Sequence[str]) -> Vectors:
        rows = 1 + 0.1 * self._noise.standard_normal((len(texts), 16)).astype(np.float32)
        vectors: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return vectors

    def ask(self, question: str, words: Sequence[str]) -> Vectors:
        return self.embed([question])

    def close(self) -> None:
        """Nothing is open."""


def test_what_tells_nothing_apart_says_nothing() -> None:
    embedder = Same()
    spread = measure(embedder)
    told = embedder.embed(["My parrot is called Zubiko.", "My locker is in hall 7."])
    likeness = told @ embedder.ask("What is my parrot called?", [])[0]
    assert likeness.min() > 0.9, "as it comes it would pass for certainty"
    assert spread.of(likeness).tolist() == [0.0, 0.0]


def test_the_bar_of_the_static_vectors_is_measured_as_that_of_any_other() -> None:
    """Weights and bar were chosen at this spread; other vectors need them to be looked at again."""
    spread = measure(StaticEmbedder())
    assert spread.strangers == pytest.approx(0.107, abs=0.01)
    assert spread.related == pytest.approx(0.536, abs=0.01)


@given(st.floats(-1, 1), st.floats(-1, 1))
def test_strangers_are_none_and_answers_as_with_static_vectors_or_all_is_none(
    strangers: float, related: float
) -> None:
    got = Spread(strangers, related).of(np.float64([strangers, related]))
    assert got == pytest.approx([0, RELATED]) or got.tolist() == [0, 0]
