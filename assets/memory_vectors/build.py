"""Makes the vectors that qchat's memory compares texts by; see README.md."""

import argparse
import math
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pieces import pieces, script
from teach import taught
from vocabulary import chosen

HERE = Path(__file__).parent
TARGET = HERE.parent / "qchat_assets" / "qchat-memory-vectors.npz"

DIMENSIONS = 256
WHITENED = 0.5
"""How far the directions are made equal: 0 leaves none larger than another, 1 leaves them so."""
COMMON = 3e-4
"""A piece of this probability counts half as much as one that is hardly ever there."""
WHOLE_WORD = -13.0
"""The score of a word that is no piece of the teacher's: better than what it is made of."""
STEPS = 7
"""Numbers are kept as whole ones from -7 to 7."""


class Table(NamedTuple):
    """What is shipped."""

    names: list[str]
    scores: NDArray[np.float64]
    vectors: NDArray[np.float64]


def table(names: list[str], taught_vectors: NDArray[np.float32]) -> Table:
    """Centre, turn, whiten and weigh; the same piece in capitals and without becomes one."""
    known = dict(zip(*pieces(), strict=True))
    scores = np.array([float(known.get(name, WHOLE_WORD)) for name in names])
    directions = _turned(_centred(names, taught_vectors.astype(np.float64)))
    groups = defaultdict(list)
    for row, name in enumerate(names):
        groups[name.lower()].append(row)
    vectors, merged = [], []
    for rows in groups.values():
        likely = np.exp(scores[rows])
        vector = (directions[rows] * likely[:, None]).sum(axis=0)
        total = float(likely.sum())
        vectors.append(_unit(vector[None])[0] * COMMON / (COMMON + total))
        merged.append(math.log(total))
    return Table(list(groups), np.array(merged), np.array(vectors))


def _centred(names: list[str], vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Less what all pieces of a script have in common: it says which language, not what."""
    scripts = np.array([script(name) for name in names])
    for each in set(scripts):
        vectors[scripts == each] -= vectors[scripts == each].mean(axis=0)
    return _unit(vectors)


def _turned(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """In the directions in which they differ most, those made more alike."""
    spread, directions = np.linalg.eigh(vectors.T @ vectors / len(vectors))
    most = np.argsort(-spread)[:DIMENSIONS]
    return _unit(vectors @ directions[:, most] * spread[most] ** ((WHITENED - 1) / 2))


def _unit(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(vectors / (np.linalg.norm(vectors, axis=1, keepdims=True) + 1e-9))


def write(made: Table, target: Path) -> None:
    """Four bits a number, two in a byte, and a scale for each piece."""
    scales = np.abs(made.vectors).max(axis=1, keepdims=True) / STEPS + 1e-12
    whole = (np.round(made.vectors / scales) + 8).astype(np.uint8)
    np.savez_compressed(
        target,
        pieces=np.frombuffer("\n".join(made.names).encode(), dtype=np.uint8),
        scores=made.scores.astype(np.float32),
        scales=np.concatenate([[0.0], scales[:, 0]]).astype(np.float32),
        vectors=whole[:, 0::2] << 4 | whole[:, 1::2],
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--number", type=int, default=69_000, help="how many pieces")
    parser.add_argument("--target", type=Path, default=TARGET)
    options = parser.parse_args()
    names = chosen(options.number)
    made = table(names, taught(names, HERE / "build"))
    write(made, options.target)
    print(f"{len(made.names)} pieces, {options.target.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
