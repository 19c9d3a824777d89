"""Finds the memories that fit a question among many: a few by words, a few by meaning, then ranks.

Each side only proposes; every memory that either proposes, and those said beside it, get the same
full score from both.
"""

import heapq
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any

from qchat_memory import relevance
from qchat_memory.errors import DamagedError, MemoryStoreError
from qchat_memory.language import statements, times
from qchat_memory.language.canonical import canonical_form
from qchat_memory.memory import Hit
from qchat_memory.relevance import Beside, Question
from qchat_memory.storage.index_search import (
    ALONE,
    EXACT,
    IndexSearch,
    Neighbours,
    see_comparable,
)
from qchat_memory.storage.similarity_scale import Spread
from qchat_memory.storage.vector_store import Transaction
from qchat_memory.storage.word_similarity import ByWord

if TYPE_CHECKING:
    from qchat_memory.storage.embed import Vectors

log = logging.getLogger(__name__)

BY_WORDS = 120
BY_MEANING = 80
MAX_NEAREST = 1_000
"""Most that Chroma is asked for where many of them may be about other projects."""
BY_WORD = 40
"""The likeliest of both are compared word by word, which takes some 50 µs each."""
MAX_POSTINGS = 3_000
"""Most entries of the word index that one question reads: frequent words alone do not tell."""


def question(index: IndexSearch, text: str, today: date) -> Question:
    """Read a question, with what the index knows of its words."""
    number, average = index.lengths()
    often = cache(index.frequency)
    return relevance.question(text, times.labels(text, today), number, average, often)


def find(
    index: IndexSearch,
    transaction: Transaction,
    asked: Question,
    vector: "Vectors | None",
    limit: int,
    *,
    by_index: bool = False,
    spread: Spread = Spread(),  # noqa: B008  it cannot change
    by_word: ByWord | None = None,
    project: str = "",
) -> list[Hit]:
    """The best, best first. `vector` is None where nobody can tell the meaning of the question.

    `by_word` compares the likeliest with the question word by word.
    `by_index`: Chroma's files are damaged, so the index looks for the nearest, one by one.
    What is about other projects than `project` is not found.
    """
    elsewhere = index.elsewhere(project)
    places = index.with_terms(_telling(index, asked), BY_WORDS + len(elsewhere))
    places = _here(places, elsewhere)[:BY_WORDS]
    if vector is not None:
        wanted = min(BY_MEANING + len(elsewhere), MAX_NEAREST)
        nearest = _nearest(index, transaction, vector, by_index, wanted)
        places += _here(nearest, elsewhere)[:BY_MEANING]
    stated = _here(index.about(statements.asked(asked.text)), elsewhere)
    places += stated
    beside = index.beside(dict.fromkeys(places))
    near = (q for around in beside.values() for q in around[:2] if q is not None)
    places = _here(dict.fromkeys([*places, *near]), elsewhere)
    if not places:  # all that there is may be about other projects
        return []
    likeness = _likeness(index, places, vector, spread)
    ranked = _ranked(index, asked, places, beside, frozenset(stated), likeness, by_word)
    return _different(ranked, limit)


def _here(places: Iterable[int], elsewhere: Set[int]) -> list[int]:
    return [place for place in places if place not in elsewhere]


def _nearest(
    index: IndexSearch, transaction: Transaction, vector: "Vectors", by_index: bool, wanted: int
) -> Sequence[int]:
    """Places of the memories whose meaning is nearest.

    Chroma's graph may miss one (2 of 25 graphs of 1,213 texts did), so few are looked at one by
    one; more only where Chroma fails.
    """
    number = index.number()
    nearest = min(wanted, number)
    if not by_index and number > EXACT:
        try:
            collection = transaction.collection
            found = collection.query(query_embeddings=vector, n_results=nearest, include=[])
            return index.places(found["ids"][0])
        except DamagedError:
            raise
        except MemoryStoreError:
            log.warning("Chroma does not answer: its index is asked", exc_info=True)
    return index.nearest(vector, nearest)


def _telling(index: IndexSearch, asked: Question) -> list[str]:
    """The rarest terms, as many as can be looked up quickly."""
    terms = (*asked.terms, *asked.times, *(f"s{t}" for t in asked.times))
    frequency = {term: index.frequency(term) for term in terms}
    chosen: list[str] = []
    read = 0
    for term in sorted((t for t, n in frequency.items() if n), key=frequency.__getitem__):
        read += frequency[term]
        if read > MAX_POSTINGS and (chosen or read > 10 * MAX_POSTINGS):
            break
        chosen.append(term)
    return chosen


def _ranked(
    index: IndexSearch,
    asked: Question,
    places: Sequence[int],
    beside: Mapping[int, Neighbours],
    stated: Set[int],
    likeness: Mapping[int, float],
    by_word: ByWord | None,
) -> Iterator[Hit]:
    """Best first; each is read only when it is wanted."""
    terms = index.terms(places)
    own = {p: relevance.own(asked, terms[p], likeness.get(p, 0.0)) for p in places}
    if by_word is not None:
        likeliest = heapq.nlargest(BY_WORD, own, key=own.__getitem__)
        texts = index.texts(likeliest)
        for place, alike in zip(texts, by_word.alike([*texts.values()]), strict=True):
            own[place] = relevance.nearer(own[place], alike)
    score = {}
    for place in places:
        around = beside.get(place, ALONE)
        asked_before = around.before in terms and relevance.ASKS in terms[around.before]
        before, after, second = (own.get(q, 0.0) if q is not None else 0.0 for q in around)
        near = Beside(before, after, second, asked_before)
        score[place] = relevance.whole(
            asked, terms[place], own[place], near, stated=place in stated
        )
    for place in sorted(score, key=lambda place: (-score[place], place)):
        matched = {asked.terms[t] for t in terms[place] if t in asked.terms}
        yield Hit(index.at(place), score[place], tuple(sorted(matched)), place in stated)


def _likeness(
    index: IndexSearch, places: Sequence[int], vector: "Vectors | None", spread: Spread
) -> dict[int, float]:
    if vector is None:
        return {}
    import numpy as np  # noqa: PLC0415  slow to load, and loaded by the vector's maker

    rows = index.vectors(places)
    table: np.ndarray[Any, np.dtype[np.float32]] = np.frombuffer(
        b"".join(data for _, data in rows), dtype="<f4"
    ).reshape(len(rows), -1)
    see_comparable(vector.shape[1], table.shape[1])
    return dict(
        zip((place for place, _ in rows), spread.of(table @ vector[0]).tolist(), strict=True)
    )


def _different(hits: Iterable[Hit], limit: int) -> list[Hit]:
    """The best ones, without those that only say again what a better one says."""
    found: dict[str, Hit] = {}
    for hit in hits:
        if len(found) == limit or hit.score < relevance.NOISE:
            break
        found.setdefault(canonical_form(hit.memory.text), hit)
    return list(found.values())
