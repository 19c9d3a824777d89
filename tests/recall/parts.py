"""The parts of recall, each alone: what the merged one must beat."""

import math
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np

from qchat_memory.language import words
from qchat_memory.storage.embed import Embedder
from tests.recall import Conversation

Find = Callable[[str], Sequence[str]]
"""Gives the ids of the ten memories that it takes for the best."""

LIMIT = 10


def share_found(talk: Conversation, find: Find) -> float:
    """Recall@10: the share of the evidence that is among the ten, on average over questions."""
    shares = [
        len(question.evidence & set(find(question.text))) / len(question.evidence)
        for question in talk.questions
        if question.evidence
    ]
    return sum(shares) / len(shares)


def by_words(talk: Conversation, _embedder: Embedder) -> Find:
    """BM25 over stems."""
    return lambda question: _best(talk, _bm25(talk, question))


def by_meaning(talk: Conversation, embedder: Embedder) -> Find:
    """The vectors' likeness."""
    vectors = embedder.embed([memory.text for memory in talk.memories])
    return lambda question: _best(talk, (vectors @ embedder.embed([question])[0]).tolist())


def by_rank(talk: Conversation, embedder: Embedder) -> Find:
    """Both, merged by their ranks alone (reciprocal rank fusion with the usual 60)."""
    vectors = embedder.embed([memory.text for memory in talk.memories])

    def find(question: str) -> Sequence[str]:
        likeness = vectors @ embedder.embed([question])[0]
        ranks = [np.argsort(np.argsort(-np.asarray(s))) for s in (_bm25(talk, question), likeness)]
        return _best(talk, sum(1 / (61 + rank) for rank in ranks).tolist())

    return find


def _best(talk: Conversation, scores: Sequence[float]) -> list[str]:
    order = sorted(range(len(scores)), key=lambda place: -scores[place])
    return [talk.memories[place].id for place in order[:LIMIT]]


def _bm25(talk: Conversation, question: str) -> list[float]:
    texts = [Counter(words.terms(memory.text)) for memory in talk.memories]
    average = sum(sum(text.values()) for text in texts) / len(texts)
    asked = set(words.terms(question))
    rarity = {}
    for term in asked:
        number = sum(term in text for text in texts)
        rarity[term] = math.log(1 + (len(texts) - number + 0.5) / (number + 0.5))
    return [
        sum(
            rarity[t]
            * text[t]
            * 2.2
            / (text[t] + 1.2 * (0.25 + 0.75 * sum(text.values()) / average))
            for t in asked
            if t in text
        )
        for text in texts
    ]
