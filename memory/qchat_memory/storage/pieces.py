"""Vectors of pieces of words, as `qchat_assets` brings them, and texts cut into those pieces."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import BadZipFile

from qchat_memory.errors import MemoryStoreError

if TYPE_CHECKING:  # both take longer to import than the first frame may
    import numpy as np
    from numpy.typing import NDArray
    from tokenizers import Tokenizer

UNKNOWN_SCORE = -20.0
"""Log probability of a character that is in no piece: it has no vector."""


class Pieces:
    """A table of one row a piece, in whole numbers with a scale for each row."""

    def __init__(
        self, tokenizer: "Tokenizer", table: "NDArray[np.int8]", scales: "NDArray[np.float32]"
    ) -> None:
        self._tokenizer = tokenizer
        self._table = table
        self._scales = scales

    def sums(self, texts: Sequence[str]) -> "NDArray[np.float32]":
        """For each text the sum of its pieces' vectors."""
        import numpy as np  # noqa: PLC0415  slow to load

        found = np.zeros((len(texts), self._table.shape[1]), dtype=np.float32)
        for row, text in enumerate(texts):
            # One by one: a batch would start threads, which a fork does not survive.
            ids = self._tokenizer.encode(text).ids
            found[row] = self._scales[ids] @ self._table[ids].astype(np.float32)
        return found


def load(path: Path) -> Pieces:
    """Read the file. Raises MemoryStoreError where it is missing or damaged."""
    import numpy as np  # noqa: PLC0415  slow to load

    try:
        with np.load(path, allow_pickle=False) as file:
            names = file["pieces"].tobytes().decode().split("\n")
            scores, scales, packed = file["scores"], file["scales"], file["vectors"]
        return Pieces(_tokenizer(names, scores.tolist()), _unpacked(packed), scales)
    except (OSError, ValueError, KeyError, BadZipFile) as error:
        raise MemoryStoreError(f"{path.name} is damaged ({error}): install qchat again") from error


def _tokenizer(names: Sequence[str], scores: Sequence[float]) -> "Tokenizer":
    """Cut a text into the pieces that are likeliest together, as SentencePiece does."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers  # noqa: PLC0415

    pieces = [("<unknown>", UNKNOWN_SCORE), *zip(names, scores, strict=True)]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=0))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    return tokenizer


def _unpacked(packed: "NDArray[np.uint8]") -> "NDArray[np.int8]":
    """Two numbers of four bits from each byte, -7 to 7; a first row of zeros for the unknown."""
    import numpy as np  # noqa: PLC0415  slow to load

    rows, half = packed.shape
    table = np.zeros((rows + 1, 2 * half), dtype=np.int8)
    table[1:, 0::2] = (packed >> 4).astype(np.int8) - 8
    table[1:, 1::2] = (packed & 15).astype(np.int8) - 8
    return table
