"""Prints recall@10 and recall@1 of each language: `python -m tests.recall.languages`."""

import sys
import tempfile
from pathlib import Path

from qchat_memory.storage.e5 import E5Embedder
from qchat_memory.storage.embed import StaticEmbedder
from tests.recall.languages import LANGUAGES, recall


def main() -> None:
    embedder = E5Embedder() if "multilingual" in sys.argv else StaticEmbedder()
    with tempfile.TemporaryDirectory() as folder:
        for language in LANGUAGES:
            places = recall(language, Path(folder), embedder)
            found = sum(place > 0 for place in places) / len(places)
            first = sum(place == 1 for place in places) / len(places)
            print(f"{language}: recall@10 {found:.2f}, first {first:.2f}")  # noqa: T201


if __name__ == "__main__":
    main()
