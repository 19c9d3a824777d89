"""Text to vectors: one interface, and the small static model that needs no download."""

import logging
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from qchat_memory.errors import MemoryStoreError

if TYPE_CHECKING:  # numpy takes longer to import than the first frame may
    import numpy as np
    from numpy.typing import NDArray

Vectors: TypeAlias = "NDArray[np.float32]"
"""One row a text, each of length 1, or all zeros for a text without any known token."""


class Embedder(Protocol):
    """Turns texts into vectors whose dot product is their likeness in meaning."""

    name: str
    """Kept with the vectors: those of two embedders must never meet."""
    contextual: bool
    """Whether it reads whole sentences: then its likenesses are crowded, see `spread`."""

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
    """Mean of static token vectors: no context, but 16 MB, no download, and far under 1 ms a text.

    The model (`l2_supercat`, 256 dimensions) lies in the `wordllama` wheel.
    """

    name = "wordllama-l2_supercat-256"
    contextual = False

    def __init__(self) -> None:
        self._model: Any = None
        self._lock = Lock()

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One unit vector for each text; the first call loads the model, in about half a second."""
        with self._lock:
            if self._model is None:
                self._model = _load()
        vectors: Vectors = self._model.embed(list(texts))
        return unit(vectors)

    def ask(self, question: str, words: Sequence[str]) -> Vectors:
        """The words that carry meaning: a mean of all would be mostly of "what", "is" and "my".

        Figures alone carry none.
        """
        telling = any(not word.isdecimal() for word in words)
        return self.embed([" ".join(words) if telling else question])

    def close(self) -> None:
        """Nothing to let go of."""


def unit(vectors: Vectors) -> Vectors:
    """Give each row the length 1, but for those that are all zeros."""
    lengths = (vectors * vectors).sum(axis=1, keepdims=True) ** 0.5
    lengths[lengths == 0] = 1
    vectors /= lengths
    return vectors


def _load() -> Any:
    """Load the model from the wheel alone, without its log output and without its downloads.

    Raises MemoryStoreError when the package or its files are missing.
    """
    package = find_spec("wordllama")
    if package is None or package.origin is None:
        raise MemoryStoreError("the package wordllama is missing: install qchat again")
    folder = Path(package.origin).parent
    # The package calls logging.basicConfig(INFO) when imported: that does nothing to a root
    # logger which already has a handler, so it gets one for that moment.
    silence = logging.NullHandler()
    logging.root.addHandler(silence)
    try:
        from wordllama import WordLlama  # noqa: PLC0415  heavy: only when first needed
    finally:
        logging.root.removeHandler(silence)
    try:
        # Its own default looks for the tokenizer in a folder that the wheel does not have.
        return WordLlama.load(cache_dir=folder, disable_download=True)
    except OSError as error:
        raise MemoryStoreError(f"wordllama's files are incomplete ({error}): reinstall") from error
