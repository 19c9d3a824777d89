"""Finds pieces that were taught as another text, and lets them say nothing.

The teacher leaves out characters that it does not know: it read "高い", "悪い" and "多い" as one
and the same "い". Whatever has the vector of something shorter was not read; of a group without one
shortest text (two hundred syllables of Korean) none was.
"""

import unicodedata
from collections import defaultdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

TARGET = Path(__file__).parent.parent / "qchat_assets" / "qchat-memory-vectors.npz"
ALIKE = 0.985
"""Cosine of two vectors that were taught as one, after rounding to four bits."""
AT_ONCE = 2_000
ZERO = 0x88
"""Two numbers of no size in a byte."""


def collapsed(names: list[str], vectors: NDArray[np.float32]) -> list[int]:
    """Rows of the pieces that were not read as they stand."""
    leader = list(range(len(names)))

    def group(row: int) -> int:
        while leader[row] != row:
            leader[row] = leader[leader[row]]
            row = leader[row]
        return row

    for start in range(0, len(names), AT_ONCE):
        likeness = vectors[start : start + AT_ONCE] @ vectors.T
        for row, other in zip(*np.nonzero(likeness > ALIKE), strict=True):
            if other > row + start:
                leader[group(int(other))] = group(int(row) + start)
    groups = defaultdict(list)
    for row in range(len(names)):
        groups[group(row)].append(row)
    return sorted(row for rows in groups.values() for row in _not_read(names, rows))


def _not_read(names: list[str], rows: list[int]) -> list[int]:
    texts = {row: _text(names[row]) for row in rows}
    if len(set(texts.values())) == 1:
        return []
    shortest = min(map(len, texts.values()))
    read = {text for text in texts.values() if len(text) == shortest}
    kept = read if len(read) == 1 and shortest else set()
    return [row for row in rows if texts[row] not in kept]


def _text(name: str) -> str:
    return unicodedata.normalize("NFKC", name.strip("▁")).casefold()


def main() -> None:
    with np.load(TARGET, allow_pickle=False) as file:
        parts = {name: file[name].copy() for name in file.files}
    packed = parts["vectors"]
    table = np.zeros((len(packed), 2 * packed.shape[1]), dtype=np.float32)
    table[:, 0::2] = (packed >> 4).astype(np.float32) - 8
    table[:, 1::2] = (packed & 15).astype(np.float32) - 8
    table /= np.linalg.norm(table, axis=1, keepdims=True) + 1e-9
    rows = collapsed(parts["pieces"].tobytes().decode().split("\n"), table)
    parts["scales"][[row + 1 for row in rows]] = 0.0
    packed[rows] = ZERO
    np.savez_compressed(TARGET, **parts)
    print(f"{len(rows)} of {len(packed)} pieces say nothing")


if __name__ == "__main__":
    main()
