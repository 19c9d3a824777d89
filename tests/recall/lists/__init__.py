"""Questions that several memories answer: "Which cities have I lived in?", in three languages.

Ten to choose by, in the folder `development`, and ten that are held out, of each language. A line
is what was told, at three or four times, and what asks for all of it. Each list is asked for among
the other lists, in all three languages, and the 301 memories of `tests.recall.languages`.
"""

import random
from pathlib import Path
from typing import NamedTuple

import msgspec

from qchat_memory.storage.embed import Embedder
from qchat_memory.store import MemoryStore
from tests.recall import languages

LANGUAGES = ("en", "zh", "de")
HELD_OUT = Path(__file__).parent
DEVELOPMENT = HELD_OUT / "development"


class Found(NamedTuple):
    """Shares of what was told, on average over the questions of a language."""

    among_ten: float
    unasked: float
    """Put before a model without being searched for."""
    brought: float
    """How many memories are put there, right and wrong."""


def lists(folder: Path, language: str) -> list[tuple[list[str], str]]:
    """Each list as it was told, and the question that asks for it."""
    lines = (folder / f"{language}.txt").read_text("utf-8").splitlines()
    return [(told, asked) for *told, asked in (line.split("|") for line in lines)]


def measure(lists_in: Path, folder: Path, embedder: Embedder) -> dict[str, Found]:
    """Ask for every list."""
    store = MemoryStore(folder, "lists", embedder)
    try:
        store.import_lines(_lines(lists_in))
        return {language: _found(store, lists_in, language) for language in LANGUAGES}
    finally:
        store.close()


def _found(store: MemoryStore, folder: Path, language: str) -> Found:
    asked = lists(folder, language)
    among_ten = unasked = brought = 0.0
    for number, (told, question) in enumerate(asked):
        own = {f"{language} {number} {place}" for place in range(len(told))}
        found = [hit.memory.turn for hit in store.search(question, 40)]
        # The same list in another language is no fault.
        here = [t for t in found if t in own or not _is_list(t, number)][:10]
        recalled = {hit.memory.turn for hit in store.recall(question)}
        among_ten += len(own.intersection(here)) / len(own)
        unasked += len(own & recalled) / len(own)
        brought += len(recalled)
    return Found(*(sum_ / len(asked) for sum_ in (among_ten, unasked, brought)))


def _is_list(turn: str, number: int) -> bool:
    language, place, *_ = turn.split()
    return language in LANGUAGES and place == str(number)


def _lines(folder: Path) -> list[str]:
    told = {
        f"{language} {number} {place}": text
        for language in LANGUAGES
        for number, (texts, _) in enumerate(lists(folder, language))
        for place, text in enumerate(texts)
    }
    for language in languages.LANGUAGES:
        for number, (text, _) in enumerate(languages.pairs(language)[: languages.TOLD]):
            told[f"other {language} {number}"] = text
    lines = [
        msgspec.json.encode({"text": text, "session": turn, "turn": turn}).decode()
        for turn, text in told.items()
    ]
    random.Random(3).shuffle(lines)  # a list is told over time
    return lines
