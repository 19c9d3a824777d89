"""Recall in the languages that Qwen's users write: what is found, and what is brought for nothing.

On questions that were written for it, and on which nothing was chosen. They are among the tests
alone: an installed qchat says so, and has no rows here.
"""

import importlib
import sys
import tempfile
from pathlib import Path
from types import ModuleType

from qchat.bench.table import Row
from qchat.runtime.language import tr
from qchat_memory.storage.embed import StaticEmbedder

OF_ENGLISH = 0.9
"""Each language finds as much of what English does, at least."""
UNRELATED_BAR, EVIDENCE_BAR = 0.02, 0.8
SOURCE = Path(__file__).parents[2]
"""Where qchat's own source is, if it runs from there."""
NO_QUESTIONS = (
    "recall is not measured: its questions are among qchat's tests, which are not installed. "
    "It is measured from a copy of the source."
)


def rows() -> list[Row]:
    """Recall@10 of each language, what prompts of the world bring, and what one's own do."""
    asked = _questions()
    if asked is None:
        sys.stderr.write(f"{tr(NO_QUESTIONS)}\n")
        return []
    with tempfile.TemporaryDirectory() as folder:
        return [*_found(asked, Path(folder)), *_brought(asked, Path(folder))]


def _questions() -> ModuleType | None:
    if not (SOURCE / "tests" / "recall").is_dir():
        return None
    sys.path.append(str(SOURCE))
    return importlib.import_module("tests.recall.languages")


def _found(asked: ModuleType, folder: Path) -> list[Row]:
    embedder = StaticEmbedder()
    places = {code: asked.recall(code, folder, embedder) for code in asked.LANGUAGES}
    shares = {
        code: sum(place > 0 for place in found) / len(found) for code, found in places.items()
    }
    english = shares["en"]
    return [
        Row(
            f"recall@10 in {code}: {len(places[code])} questions among 420 memories, hold-out",
            f"{share:.2f}",
            f"English {english:.2f}",
            share / english,
            OF_ENGLISH,
            higher_is_better=True,
        )
        for code, share in shares.items()
    ]


def _brought(asked: ModuleType, folder: Path) -> list[Row]:
    found = asked.brought(folder / "brought", StaticEmbedder())
    of = f"among {found.number} memories"
    of_all = sum(found.helped.values()) / len(found.helped)
    unasked = {
        name: len(found.for_nothing[name]) / len(asked.unrelated(name)) for name in asked.UNRELATED
    }
    return [
        *(
            Row(
                f"questions in {code} that bring what was told, {of}",
                f"{share:.2f}",
                f"{EVIDENCE_BAR:.2f}",
                share / EVIDENCE_BAR,
            )
            for code, share in found.helped.items()
        ),
        Row(
            f"likewise in all {len(found.helped)} languages",
            f"{of_all:.2f}",
            f"{EVIDENCE_BAR:.2f}",
            of_all / EVIDENCE_BAR,
            1.0,
            higher_is_better=True,
        ),
        *(
            Row(
                f"{len(asked.unrelated(name))} unrelated prompts that bring anything, {of}",
                f"{share:.3f}",
                f"{UNRELATED_BAR:.2f}",
                share / UNRELATED_BAR,
                1.0 if name == asked.UNRELATED[0] else 0.0,  # the others name what a memory names
            )
            for name, share in unasked.items()
        ),
    ]
