"""Recall in seven languages: what was told is found, and what is unrelated brings nothing."""

from pathlib import Path

import msgspec
import pytest

from qchat_memory.storage.embed import StaticEmbedder
from qchat_memory.store import MemoryStore
from tests.recall.languages import LANGUAGES, lines, pairs, recall, unrelated

EMBEDDER = StaticEmbedder()
TOLD = 43
"""Of each language: 301 memories."""


@pytest.mark.slow
def test_each_language_is_found_about_as_well_as_english(tmp_path: Path) -> None:
    found = {
        language: sum(place > 0 for place in recall(language, tmp_path, EMBEDDER)) / 60
        for language in LANGUAGES
    }
    assert found["en"] >= 0.97
    # 0.90 in German, Spanish and Russian when this was written, and more in the others.
    assert min(found.values()) >= 0.9 * found["en"], found


@pytest.mark.slow
def test_only_what_helps_is_put_before_the_model(tmp_path: Path) -> None:
    store = MemoryStore(tmp_path, "anna", EMBEDDER)
    store.import_lines(line for line in lines("en") if _number(line) < TOLD)
    assert store.count() == TOLD * len(LANGUAGES)
    prompts = unrelated()
    assert len(prompts) == 50
    brought = [prompt for prompt in prompts if store.recall(prompt)]
    assert len(brought) <= 1, brought
    helped = {}
    for language in LANGUAGES:
        asked = [question for _told, question in pairs(language)[:TOLD]]
        hits = [store.recall(question) for question in asked]
        right = [any(_of(hit.memory.turn) == n for hit in found) for n, found in enumerate(hits)]
        helped[language] = sum(right) / TOLD
    store.close()
    # 0.86 on average when this was written: 0.93 in English, 0.81 in Russian.
    assert sum(helped.values()) / len(helped) >= 0.8, helped
    assert min(helped.values()) >= 0.75, helped


def _number(line: str) -> int:
    return _of(msgspec.json.decode(line)["turn"])


def _of(turn: str) -> int:
    return int(turn.split(" ")[1])
