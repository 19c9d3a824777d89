"""How well a memory fits a question: words, meaning, times, who spoke, and what was said beside it.

Each is a share from 0 to 1 of what is still missing to certainty, so that the whole stays below 1
and several weak signs make one good one.
"""

import math
import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence

import msgspec

from qchat_memory.language import times, weekdays, words
from qchat_memory.language.person import asks_of_all, leaves_out_subject, speaks_of_user
from qchat_memory.language.secret import asks_for_secret, secret_in
from qchat_memory.memory import Hit

# Chosen on the conversations nora_tomas, amara_lee and ines_viktor in tests/recall and the pairs in
# tests/unit/memory_pairs.py. The two that are held out there, on which nothing was chosen, are what
# recall is measured by.
WORDS = 0.8
BY_WORD = 0.85
"""What the meaning of single words counts, beside that of the whole."""
BEFORE, AFTER = 0.35, 0.2
"""What was said before counts more: an answer follows its question."""
ASKED = 0.7
"""The same where what was said before ends with a question."""
SECOND_BEFORE = 0.15
"""What was said before that."""
SPEAKER = 0.35
WHEN = 0.1
TIME = 0.3
STATED = 0.7
"""What states the very thing that is asked for."""
SAID = 0.5
"""A time at which something was said counts less than one of which it speaks."""
SATURATION, LENGTH = 1.2, 0.6
"""BM25's k1 and b."""

BAR = 0.62
"""Below it nothing is recalled. Chosen, as `BAR_OF_USER` and `BY_WORD`, on the questions and
unrelated prompts in tests/recall/languages/development."""
BAR_OF_USER = 0.38
"""The same for a prompt that speaks of the user."""
BAR_WITHOUT_SUBJECT = 0.5
"""The same in a language that seldom says of whom it speaks: Japanese."""
BAR_OF_ALL = 0.8
"""The same for a prompt that asks how things are in the world. Chosen on the development prompts
and on `unrelated_short.txt` beside it."""
NOISE = 0.12
FAR_BEHIND = 0.68
WEAK = 0.3
"""What stands behind a good one may be weaker than the bar, but not so weak."""

SPEAKERS = 10
"""A name before a colon is that of a speaker if it is there so often; else it may be a topic."""

SPEAKS_OF_TIME = "qtime"
ASKS = "qasks"
"""The mark of what ends with a question."""

_SPEAKER = re.compile(r"\s*(?:\[[^\]]*\]\s*)?([^\W\d_][\w.'-]{0,30})(?: [\w.'-]{1,30}){0,2}\s?:\s")

_QUESTION = re.compile(r"[?？؟]\W*\Z")


class Question(msgspec.Struct, frozen=True):
    """What to look for, and how much each part of it says."""

    text: str
    terms: dict[str, str]
    """Each stem, and the word that it came from."""
    rarity: dict[str, float]
    """BM25's weight of each stem."""
    times: dict[str, float]
    speakers: frozenset[str]
    when: bool
    """Whether a time is asked for."""
    average_length: float


def question(
    text: str, labels: Sequence[str], number: int, average: float, often: Callable[[str], int]
) -> Question:
    """Read a question to so many memories; `often` says in how many of them a term is."""
    days = weekdays.labels(text)
    left = weekdays.without(text) if days else text
    terms = words.wanted(times.without(left) if labels else left) | days
    names = {t: words.stem(word) for t, word in terms.items()}
    named = {t: name for t, name in names.items() if often(spoken_by(name)) >= SPEAKERS}
    speakers = frozenset(named.values())
    if len(named) < len(terms):
        terms = {stem: word for stem, word in terms.items() if stem not in named}
    rarity = {t: _rarity(number, often(t)) * _telling(t) for t in terms}
    weights = {label: times.weight(label) for label in labels}
    return Question(text, terms, rarity, weights, speakers, times.asks_when(text), average)


class Beside(msgspec.Struct, frozen=True):
    """How well a memory's neighbours in an exchange fit by themselves."""

    before: float = 0.0
    after: float = 0.0
    second_before: float = 0.0
    asked: bool = False
    """Whether what was said just before ends with a question."""


def own(asked: Question, terms: Sequence[str], likeness: float) -> float:
    """How well the words and the meaning of one memory fit."""
    meaning = min(max(likeness, 0.0), 1.0)
    counts = Counter(terms)
    fit = (_lexical(asked, counts) + _share(asked, counts)) / 2
    return meaning + (1 - meaning) * WORDS * fit


def nearer(own: float, by_word: float) -> float:
    """How well a memory fits by itself, its words compared with the question's one by one."""
    return 1 - (1 - own) * (1 - BY_WORD * by_word)


def whole(
    asked: Question, terms: Sequence[str], own: float, beside: Beside, *, stated: bool
) -> float:
    """How well a memory fits in its place."""
    there = set(terms)
    missing = (1 - own) * _unlike(beside)
    if any(spoken_by(name) in there for name in asked.speakers):
        missing *= 1 - SPEAKER
    if asked.when and SPEAKS_OF_TIME in there:
        missing *= 1 - WHEN
    if stated:
        missing *= 1 - STATED
    return 1 - missing * (1 - TIME * _timely(asked, there))


def _unlike(beside: Beside) -> float:
    """What is left missing by what was said beside it."""
    return (
        (1 - (ASKED if beside.asked else BEFORE) * beside.before)
        * (1 - AFTER * beside.after)
        * (1 - SECOND_BEFORE * beside.second_before)
    )


def marks(memory_text: str, labels: Sequence[str], said: Sequence[str]) -> list[str]:
    """What the index keeps of a memory beside its words: speaker, times, and when it was said."""
    days = weekdays.labels(memory_text)
    found = [*labels, *days, *(f"s{label}" for label in said)]
    if labels or days:
        found.append(SPEAKS_OF_TIME)
    if _QUESTION.search(memory_text[-40:]):
        found.append(ASKS)
    if name := spoken(memory_text):
        found.append(spoken_by(name))
    return found


def spoken(text: str) -> str:
    """The stem of the name before a colon, as in "Anna: I moved"; empty without one."""
    match = _SPEAKER.match(text)
    return words.stem(words.folded(match.group(1))) if match else ""


def spoken_by(name: str) -> str:
    return f"qs{name}"


def without_secrets(hits: Sequence[Hit], query: str) -> list[Hit]:
    """The hits without those that hold a secret, unless the query names one."""
    if asks_for_secret(query):
        return list(hits)
    return [hit for hit in hits if not secret_in(hit.memory.text)]


def fitting(hits: Sequence[Hit], prompt: str) -> list[Hit]:
    """Those hits, best first, that are good enough to be put before the model unasked.

    Nothing if the best is below the bar; where any states what is asked for, those alone.
    """
    if not hits or hits[0].score < _bar(prompt):
        return []
    bar = max(WEAK, hits[0].score * FAR_BEHIND)
    near = [hit for hit in hits if hit.score >= bar]
    return [hit for hit in near if hit.stated] or near


def _bar(prompt: str) -> float:
    if speaks_of_user(prompt):
        return BAR_OF_USER
    if asks_of_all(prompt):
        return BAR_OF_ALL
    return BAR_WITHOUT_SUBJECT if leaves_out_subject(prompt) else BAR


def _rarity(number: int, frequency: int) -> float:
    return math.log(1 + (number - frequency + 0.5) / (frequency + 0.5))


def _telling(term: str) -> float:
    """Small numbers are everywhere, and say little; a day is what its question is about."""
    if term.startswith(weekdays.LABEL):
        return 1.5
    return 0.3 if term.isdecimal() and len(term) < 3 else 1.0


def _lexical(asked: Question, counts: Mapping[str, int]) -> float:
    """BM25 as a share of what a memory with all the words often would have."""
    best = sum(asked.rarity.values())
    if not best:
        return 0.0
    norm = 1 - LENGTH + LENGTH * sum(counts.values()) / max(asked.average_length, 1.0)
    got = 0.0
    for term, weight in asked.rarity.items():
        if n := counts.get(term, 0):
            got += weight * n * (SATURATION + 1) / (n + SATURATION * norm)
    return min(got / (best * 1.6), 1.0)


def _share(asked: Question, counts: Mapping[str, int]) -> float:
    """How much of what is asked for a memory has, rare words counting more."""
    best = sum(asked.rarity.values())
    return sum(w for term, w in asked.rarity.items() if term in counts) / best if best else 0.0


def _timely(asked: Question, there: Collection[str]) -> float:
    spoken = max((w for label, w in asked.times.items() if label in there), default=0.0)
    said = max((w for label, w in asked.times.items() if f"s{label}" in there), default=0.0)
    return max(spoken, SAID * said)
