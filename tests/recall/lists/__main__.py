"""Prints what is found of lists, for the decisions: `python -m tests.recall.lists`."""

import sys
import tempfile
from pathlib import Path

from qchat_memory.storage.embed import StaticEmbedder
from tests.recall.lists import DEVELOPMENT, HELD_OUT, measure


def main() -> None:
    """One line a language; nothing was chosen on those held out."""
    for name, lists_in in (("development", DEVELOPMENT), ("held out", HELD_OUT)):
        with tempfile.TemporaryDirectory() as folder:
            for language, found in measure(lists_in, Path(folder), StaticEmbedder()).items():
                sys.stdout.write(
                    f"{name} {language}: among ten {found.among_ten:.2f}, unasked"
                    f" {found.unasked:.2f} in {found.brought:.1f} memories\n"
                )


if __name__ == "__main__":
    main()
