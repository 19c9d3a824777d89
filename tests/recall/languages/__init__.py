"""Sixty things that a user tells and is asked for, in seven languages that Qwen's users write.

Written for the purpose, and nothing was chosen on them: weights and bars come from elsewhere, those
of `relevance.py` from the folder `development`, which was written later, in the same form. Each
language is asked among its own sixty memories and those of the other six, less the same thing said
in another language: recall of it would be no fault.
"""

from pathlib import Path
from typing import NamedTuple

import msgspec

from qchat_memory.storage.embed import Embedder
from qchat_memory.store import MemoryStore

LANGUAGES = ("en", "de", "es", "ru", "zh", "ja", "ar")
TOLD = 43
"""Of each language: 301 memories, among which it is asked what is brought unasked."""
UNRELATED = ("unrelated", "unrelated_world", "unrelated_short")
"""Prompts that nothing here has to do with: 50, ten of each language that were written after all
bars were chosen, and thirty short ones of each, on which `asks_of_all` was chosen."""


def pairs(language: str) -> list[tuple[str, str]]:
    """Each thing that was told, and the question that asks for it."""
    lines = Path(__file__).with_name(f"{language}.txt").read_text("utf-8").splitlines()
    return [(told.strip(), asked.strip()) for told, asked in (line.split("|") for line in lines)]


def recall(language: str, folder: Path, embedder: Embedder, limit: int = 10) -> list[int]:
    """For each question the place of what was told among what is found, from 1; 0: not found."""
    store = MemoryStore(folder / language, "recall", embedder)
    try:
        own = pairs(language)
        store.import_lines(lines(language))
        places = []
        for number, (_told, asked) in enumerate(own):
            found = [hit.memory.turn for hit in store.search(asked, 40)]
            others = [
                turn
                for turn in found
                if turn == f"{language} {number}" or (turn.split(" ")[1] != str(number))
            ][:limit]
            wanted = f"{language} {number}"
            places.append(others.index(wanted) + 1 if wanted in others else 0)
        return places
    finally:
        store.close()


def lines(language: str) -> list[str]:
    """A language's memories and those of all others, as they are imported."""
    codes = (language, *(other for other in LANGUAGES if other != language))
    told = {(code, n): text for code in codes for n, (text, _) in enumerate(pairs(code))}
    return [
        msgspec.json.encode({"text": text, "session": f"{code}{n}", "turn": f"{code} {n}"}).decode()
        for (code, n), text in told.items()
    ]


def unrelated(name: str) -> list[str]:
    """Prompts, in these languages, that nothing in them has to do with."""
    return Path(__file__).with_name(f"{name}.txt").read_text("utf-8").splitlines()


class Brought(NamedTuple):
    """What is put before a model unasked, among `number` memories."""

    number: int
    helped: dict[str, float]
    """Of each language the share of questions that bring what was told."""
    for_nothing: dict[str, list[str]]
    """Of each list of unrelated prompts those that bring anything."""


def brought(folder: Path, embedder: Embedder) -> Brought:
    """Ask for what was told, and for what has nothing to do with it."""
    store = MemoryStore(folder, "recall", embedder)
    try:
        store.import_lines(line for line in lines("en") if _number(line) < TOLD)
        helped = {}
        for language in LANGUAGES:
            asked = [question for _told, question in pairs(language)[:TOLD]]
            hits = [store.recall(question) for question in asked]
            right = [any(_of(hit.memory.turn) == n for hit in got) for n, got in enumerate(hits)]
            helped[language] = sum(right) / TOLD
        for_nothing = {
            name: [prompt for prompt in unrelated(name) if store.recall(prompt)]
            for name in UNRELATED
        }
        return Brought(store.count(), helped, for_nothing)
    finally:
        store.close()


def _number(line: str) -> int:
    return _of(msgspec.json.decode(line)["turn"])


def _of(turn: str) -> int:
    return int(turn.split(" ")[1])
