"""How well a memory fits a question: words, meaning, times, speaker and what was said beside it."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import msgspec

from qchat_memory import times, words
from qchat_memory.memory import Hit

# Chosen on one conversation of tests/recall and on the pairs in tests/unit/memory_pairs.py; the
# other conversations, which nothing was chosen on, are what recall is measured by.
MEANING = 0.5
"""Weight of the vectors' likeness beside the words'."""
BESIDE = 0.35
"""Share of a neighbour's score that a memory gets."""
TIME = 0.35
SPEAKER = 0.15
WHEN = 0.06
SATURATION, LENGTH = 1.2, 0.6
"""BM25's k1 and b."""
SAID = 0.5
"""A time at which something was said counts less than one of which it speaks."""

BAR = 0.45
NOISE = 0.15
FAR_BEHIND = 0.7

_SPEAKER = re.compile(r"\s*(?:\[[^\]]*\]\s*)?([^\W\d_][\w .'-]{0,30}?)\s*:\s")


class Question(msgspec.Struct, frozen=True):
    """What to look for."""

    terms: dict[str, str]
    """Each stem, and the word that it came from."""
    times: dict[str, float]
    """Labels of the times, and how much each says."""
    when: bool
    """Whether a time is asked for."""


class Weights(msgspec.Struct, frozen=True):
    """How rare the words of a question are among all memories."""

    rarity: Mapping[str, float]
    average_length: float


def question(text: str, today: date) -> Question:
    """Read a question that is asked today."""
    found = {label: times.weight(label) for label in times.labels(text, today)}
    plain = times.without(text) if found else text
    return Question(words.wanted(plain), found, times.asks_when(text))


def rarity(number: int, frequency: int) -> float:
    """BM25's weight of a term that is in so many of all memories."""
    return math.log(1 + (number - frequency + 0.5) / (frequency + 0.5))


def lexical(asked: Question, weights: Weights, terms: Sequence[str]) -> float:
    """BM25 as a share of what a memory with all the words would have: 0 to 1."""
    if not asked.terms:
        return 0.0
    counts = Counter(terms)
    plain = sum(n for term, n in counts.items() if not _is_time(term))
    norm = 1 - LENGTH + LENGTH * plain / max(weights.average_length, 1.0)
    got = best = 0.0
    for term in asked.terms:
        weight = weights.rarity[term]
        best += weight
        if n := counts.get(term, 0):
            got += weight * n * (SATURATION + 1) / (n + SATURATION * norm)
    return min(got / (best * 1.6), 1.0) if best else 0.0


def share(asked: Question, weights: Weights, terms: Iterable[str]) -> float:
    """How much of what is asked for a memory has, rare words counting more: 0 to 1."""
    there = set(terms)
    best = sum(weights.rarity[term] for term in asked.terms)
    return sum(weights.rarity[t] for t in asked.terms if t in there) / best if best else 0.0


def timely(asked: Question, terms: Iterable[str]) -> float:
    """How well the times meet: 0 to 1."""
    there = set(terms)
    spoken = max((w for label, w in asked.times.items() if label in there), default=0.0)
    said = max((w for label, w in asked.times.items() if f"s{label}" in there), default=0.0)
    return max(spoken, SAID * said)


def own(
    asked: Question, weights: Weights, text: str, terms: Sequence[str], likeness: float
) -> float:
    """How well a memory fits by itself: 0 to 1."""
    meaning = min(max(likeness, 0.0), 1.0)
    score = meaning + (1 - meaning) * 0.4 * share(asked, weights, terms)
    return min(score * (1 + TIME * timely(asked, terms)), 1.0)


def beside(own: float, near: Iterable[float]) -> float:
    """The score with what was said before and after it."""
    return own + (1 - own) * BESIDE * max(near, default=0.0) * 0


def speaker(text: str) -> str:
    """The stem of the name before a colon, as in "Anna: I moved"; empty without one."""
    match = _SPEAKER.match(text)
    return words.stem(words.folded(match.group(1)).split()[0]) if match else ""


def fitting(hits: Sequence[Hit]) -> list[Hit]:
    """Those hits, best first, that are good enough to be put before the model unasked."""
    if not hits or hits[0].score < BAR:
        return []
    bar = max(BAR, hits[0].score * FAR_BEHIND)
    return [hit for hit in hits if hit.score >= bar]


def _is_time(term: str) -> bool:
    return len(term) > 3 and term.lstrip("s")[:2] in ("qd", "qw", "qm", "qn", "qy")
