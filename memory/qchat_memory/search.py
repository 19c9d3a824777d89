"""Finds the memories that fit a question among many: a few by words, a few by meaning, then ranks.

Each side only proposes; every memory that either proposes, and those said beside it, get the same
full score from both.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from qchat_memory import relevance
from qchat_memory.index import Index, Row
from qchat_memory.memory import Hit, sameness
from qchat_memory.relevance import Question, Weights
from qchat_memory.shelf import Visit

if TYPE_CHECKING:
    from qchat_memory.embed import Vectors

BY_WORDS = 80
BY_MEANING = 48
MOST_POSTINGS = 20_000
"""Most entries of the word index that one question reads: frequent words alone do not tell."""


def find(
    index: Index, visit: Visit, text: str, vector: "Vectors | None", limit: int, today: date
) -> list[Hit]:
    """The best, best first. `vector` is None where nobody can tell the meaning of the question."""
    number, average = index.lengths()
    if not number:
        return []
    asked = relevance.question(text, today)
    frequency = {t: index.frequency(t) for t in (*asked.terms, *asked.times)}
    frequency |= {f"s{t}": index.frequency(f"s{t}") for t in asked.times}
    weights = Weights({t: relevance.rarity(number, frequency[t]) for t in asked.terms}, average)
    places = index.with_terms(_telling(frequency), BY_WORDS)
    if vector is not None:
        nearest = min(BY_MEANING, number)
        found = visit.collection.query(query_embeddings=vector, n_results=nearest, include=[])
        places += index.places(found["ids"][0])
    beside = index.beside(dict.fromkeys(places))
    places = list(dict.fromkeys([*places, *(q for near in beside.values() for q in near)]))
    hits = _ranked(index, asked, weights, places, beside, vector)
    return _different(hits, limit)


def _telling(frequency: dict[str, int]) -> list[str]:
    """The rarest terms, as many as can be looked up quickly."""
    terms = sorted((t for t, n in frequency.items() if n), key=frequency.__getitem__)
    chosen, read = [], 0
    for term in terms:
        read += frequency[term]
        if chosen and read > MOST_POSTINGS:
            break
        chosen.append(term)
    return chosen


def _ranked(
    index: Index,
    asked: Question,
    weights: Weights,
    places: Sequence[int],
    beside: dict[int, tuple[int, ...]],
    vector: "Vectors | None",
) -> list[Hit]:
    rows = {row.place: row for row in index.rows(places)}
    terms = index.terms(places)
    likeness = _likeness(index, places, vector)
    own = {
        place: relevance.own(asked, weights, row.memory.text, terms[place], likeness.get(place, 0))
        for place, row in rows.items()
    }
    scored = [
        _hit(asked, row, terms[place], relevance.beside(own[place], _around(own, beside, place)))
        for place, row in rows.items()
    ]
    scored.sort(key=lambda hit: (-hit.score, hit.memory.said_at, hit.memory.id))
    return scored


def _around(
    own: dict[int, float], beside: dict[int, tuple[int, ...]], place: int
) -> Iterable[float]:
    return (own[near] for near in beside.get(place, ()) if near in own)


def _hit(asked: Question, row: Row, terms: Sequence[str], score: float) -> Hit:
    matched = {asked.terms[t] for t in terms if t in asked.terms}
    return Hit(row.memory, score, tuple(sorted(matched)))


def _likeness(index: Index, places: Sequence[int], vector: "Vectors | None") -> dict[int, float]:
    if vector is None:
        return {}
    import numpy as np  # noqa: PLC0415  slow to load, and loaded by the vector's maker

    rows = index.vectors(places)
    table: np.ndarray[Any, np.dtype[np.float32]] = np.frombuffer(
        b"".join(data for _, data in rows), dtype="<f4"
    ).reshape(len(rows), -1)
    return dict(zip((place for place, _ in rows), (table @ vector[0]).tolist(), strict=True))


def _different(hits: Iterable[Hit], limit: int) -> list[Hit]:
    """The best ones, without those that only say again what a better one says."""
    found: dict[str, Hit] = {}
    for hit in hits:
        if len(found) == limit or hit.score < relevance.NOISE:
            break
        found.setdefault(sameness(hit.memory.text), hit)
    return list(found.values())
