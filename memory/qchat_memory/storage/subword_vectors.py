"""Vectors of pieces of words, as `qchat_assets` brings them, and texts cut into those pieces."""

import re
from collections.abc import Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import BadZipFile

from qchat_memory.errors import MemoryStoreError
from qchat_memory.language.detection import UNSPACED_SMALL
from qchat_memory.localized_text import tr

if TYPE_CHECKING:  # both take longer to import than the first frame may
    import numpy as np
    from numpy.typing import NDArray
    from tokenizers import Tokenizer

UNKNOWN_SCORE = -20.0
"""Log probability of a character that is in no piece: it has no vector."""


BEGIN = "▁"
"""What a piece at the beginning of a word begins with."""
_ALONE = re.compile(r"[\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
"""Scripts without spaces: there each piece counts as a word."""


_HIRAGANA = re.compile(r"[\u3041-\u309f]+")
_KATAKANA = re.compile(r"[\u30a1-\u30ff]+")

_PRONOUNS = frozenset({"私", "私たち", "僕", "俺"})


def _says_something(name: str) -> bool:
    word = name.strip(BEGIN)
    kana = _HIRAGANA.fullmatch(word) is not None
    one = len(word) == 1 and (kana or _KATAKANA.fullmatch(word) is not None)
    empty = one or (kana and word in UNSPACED_SMALL) or word in _PRONOUNS
    return not empty and any(map(str.isalpha, word))


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

    def words(self, texts: Sequence[str]) -> "tuple[NDArray[np.float32], list[int]]":
        """One unit vector for each word with letters, in order; how many each text has.

        Unit vectors of what is known; all zeros for a word whose pieces are not.
        """
        import numpy as np  # noqa: PLC0415  slow to load

        begins, says, katakana = self._kinds
        # One by one, as in `sums`.
        each = [np.asarray(self._tokenizer.encode(text).ids, dtype=np.int64) for text in texts]
        text_of = np.repeat(np.arange(len(texts)), [len(ids) for ids in each])
        ids = np.concatenate(each) if each else np.zeros(0, dtype=np.int64)
        other = np.diff(text_of, prepend=-1) > 0
        # Pieces of katakana side by side are one word, as those of Latin letters are.
        goes_on = katakana[ids] & np.concatenate([[False], katakana[ids][:-1]])[: len(ids)]
        word_of = np.cumsum((begins[ids] & ~goes_on) | other)
        kept = says[ids]
        ids, text_of, word_of = ids[kept], text_of[kept], word_of[kept]
        starts = np.flatnonzero(np.diff(word_of, prepend=0))
        counts = np.bincount(text_of[starts], minlength=len(texts)).tolist()
        rows = self._scales[ids, None] * self._table[ids]
        if not len(ids):
            return rows, counts
        found = np.add.reduceat(rows, starts, axis=0)
        lengths = np.sqrt(np.einsum("ij,ij->i", found, found))[:, None]
        lengths[lengths == 0] = 1
        return found / lengths, counts

    @cached_property
    def _kinds(self) -> "tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]":
        """Of each piece: whether a word begins with it, says something, and is of katakana."""
        import numpy as np  # noqa: PLC0415  slow to load

        size = self._table.shape[0]
        names = [self._tokenizer.id_to_token(n) or "" for n in range(size)]
        begins = [name.startswith(BEGIN) or bool(_ALONE.match(name)) for name in names]
        says = [self._scales[n] > 0 and _says_something(name) for n, name in enumerate(names)]
        katakana = [bool(_KATAKANA.fullmatch(name.strip(BEGIN))) for name in names]
        return np.asarray(begins), np.asarray(says), np.asarray(katakana)


@lru_cache(maxsize=2)
def load(path: Path) -> Pieces:
    """Read the file. Raises MemoryStoreError where it is missing or damaged."""
    import numpy as np  # noqa: PLC0415  slow to load

    try:
        with np.load(path, allow_pickle=False) as file:
            names = file["pieces"].tobytes().decode().split("\n")
            scores, scales, packed = file["scores"], file["scales"], file["vectors"]
        return Pieces(_tokenizer(names, scores.tolist()), _unpacked(packed), scales)
    except (OSError, ValueError, KeyError, BadZipFile) as error:
        raise MemoryStoreError(
            tr("{name} is damaged ({error}): install qchat again", name=path.name, error=error)
        ) from error


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
