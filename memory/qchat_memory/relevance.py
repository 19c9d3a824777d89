"""How well a memory fits a question: words that both have, and likeness of their vectors."""

import re
import unicodedata
from collections.abc import Iterable, Sequence, Set

from qchat_memory.memory import Hit

# Chosen on the pairs in tests/unit/memory_pairs.py: questions with an answer score 0.48 and more,
# questions without one at most 0.43. FAR_BEHIND drops what only has the language in
# common; below NOISE a hit means nothing even to who asked for it.
WORDS_WEIGHT = 0.4
BAR = 0.45
NOISE = 0.2
FAR_BEHIND = 0.7

_WORD = re.compile(r"\w+")
# Scripts written without spaces (Thai, Lao, Khmer, kana, Han, Hangul): pairs of characters there.
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")

# Words that stand in every question and say nothing about what it asks for.
_EMPTY_WORDS = (
    "a about all also am an and any are as at be because been being but by called can cannot could"
    " did do does doing don for from get gets give got had has have having he hello help her here"
    " hers him his how i if in into is it its just know let like ll m make many may me mine more"
    " much must my need no not now of off on one or our ours out over own please re really s say"
    " she should show so some t tell than thank thanks that the their them then there these they"
    " thing things this those to too up us use ve very want was we were what when where which while"
    " who whom whose why will with would you your yours"
)
_EMPTY = frozenset(_EMPTY_WORDS.split())


def words(text: str) -> frozenset[str]:
    """The words that carry meaning, without case or accents; character pairs where none are cut."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    plain = unicodedata.normalize("NFC", plain)
    found: set[str] = set()
    for word in _WORD.findall(plain):
        found.update(_pieces(word))
    return frozenset(found - _EMPTY)


def _pieces(word: str) -> Iterable[str]:
    rest = 0
    for run in _UNSPACED.finditer(word):
        if run.start() > rest:
            yield word[rest : run.start()]
        text = run.group()
        yield from (text[i : i + 2] for i in range(max(len(text) - 1, 1)))
        rest = run.end()
    if rest < len(word):
        yield word[rest:]


def score(asked: Set[str], shared: Set[str], cosine: float) -> float:
    """Between 0 and 1: likeness of meaning, raised by the share of the asked words that match."""
    likeness = min(max(cosine, 0.0), 1.0)
    share = len(shared) / len(asked) if asked else 0.0
    return likeness + (1 - likeness) * WORDS_WEIGHT * share


def fitting(hits: Sequence[Hit]) -> list[Hit]:
    """Those hits, best first, that are good enough to be put before the model unasked."""
    if not hits or hits[0].score < BAR:
        return []
    bar = max(BAR, hits[0].score * FAR_BEHIND)
    return [hit for hit in hits if hit.score >= bar]
