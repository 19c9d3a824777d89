"""What a sentence says, whatever its wording: so that two that say the same meet.

By words alone. Vectors cannot decide it: "Anna loves Bob" and "Bob loves Anna" have the same ones,
900 and 950 euros nearly, and no bar keeps such pairs apart (tests/unit/test_memory_same.py).
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from qchat_memory.language.lazy_patterns import glimpsed, later
from qchat_memory.language.multilingual_patterns import MAY_SAY_NO_LONGER, NO_LONGER
from qchat_memory.language.words import folded, sameness, split, stem

_LEAD = re.compile(
    r"^(?:(?:please )?remember(?: that)?|note that|actually|by the way|since (?:\w+ )?\w+,|now"
    r"|as of \w+,?|from now on|correction:?|update:?|merk dir(?:, dass)?|ubrigens)[, ]+"
)
# Verbs that a later "no longer" takes back.
_NEGATION = re.compile(
    r"\b(?:do not|does not|don't|doesn't|no longer|not|never|stopped|quit|gave up)\b|\bany ?more\b"
    r"|\b(?:nicht|kein(?:e[nmrs]?)?)\b|不再|不"
)
_NO_LONGER = tuple((later(shape), rest) for shape, rest in NO_LONGER)
_MEANT = (
    (re.compile(r"\b(?:can't|cannot|can not) (?:stand|bear)\b"), "not like"),
    (re.compile(r"\b(?:hate|dislike|despise|detest)(?:s|d)?\b"), "not like"),
    (re.compile(r"\b(?:am|is|are) fond of\b"), "like"),
    (re.compile(r"\b(?:love|enjoy|adore|prefer|like)s?(?: to)?\b"), "like"),
    (re.compile(r"\b(?:have got|'ve got|own|owns|has got|'ve)\b"), " have "),
    (re.compile(r"\b(?:can't|cannot)\b"), "can not"),
    (re.compile(r"n't\b"), " not"),
    (re.compile(r"\b(?:at the moment|these days|currently|please|please,)"), " "),
)
_ANY_MEANT = re.compile("|".join(shape.pattern for shape, _ in _MEANT))
# What tells C++ from C#, three stars from five, -5 from 5 and one face from another.
_SYMBOL = re.compile(
    "[#%&*@+=<>|~^$\u00a2-\u00a9\u00ac-\u00b1\u00d7\u00f7\u20a0-\u20cf\u2100-\u214f\u2190-\u2bff"
    "\U0001f000-\U0001faff]|-(?=\\d)"
)
_SILENT = frozenset(["a", "an", "the", "s", "really", "now", "that", "again", "very", "much"])
_SILENT |= {"am", "is", "are", "be", "do", "does"}
_SILENT |= {"je", "j", "yo", "eu", "io", "я", "ik", "انا"}
_SILENT |= {"de", "du", "des", "d", "la", "le", "les", "l", "el", "los", "las", "il", "het", "een"}
_TURNED = range(4, 25)
"""Words of a sentence whose parts may change places: "In Leeds I work", "I work in Leeds"."""


def canonical_form(text: str) -> str:
    """Equal for two sentences that say the same in other words or in another order.

    Figures, names, times, tenses and denials are words like all others: a difference counts.
    """
    said = _meant(plain(text))
    forms = [_form(word) for word in split(said)]
    return " ".join([_turned(forms), *_SYMBOL.findall(said)]).strip() or sameness(text)


def affirmed(text: str) -> str:
    """The canonical form of what a sentence denies; empty where it denies nothing."""
    meant = _meant(plain(text))
    if (found := _no_longer(meant)) is not None:
        shape, rest = found
        return _turned([_form(word) for word in split(shape.sub(rest, meant))])
    if not denies(meant):
        return ""
    # No blank in a script that has none: it would cut words apart.
    left = _NEGATION.sub(lambda match: " " if match[0].isascii() else "", meant)
    return _turned([_form(word) for word in split(left.removesuffix(" mehr"))])


def denies(text: str) -> bool:
    """Whether a sentence, as `plain` gives it, says that something is not so."""
    return _NEGATION.search(text) is not None or _no_longer(text) is not None


def _no_longer(text: str) -> tuple[re.Pattern[str], str] | None:
    """The form of "no longer" that a text has, and what of it is left of what was so till then."""
    if not glimpsed(MAY_SAY_NO_LONGER, text):
        return None
    return next((form for form in _NO_LONGER if form[0].search(text)), None)


@lru_cache(maxsize=256)  # each text is asked for several times when it is kept
def plain(text: str) -> str:
    """A sentence without case, accents and what leads to it, as said by the user."""
    said = " ".join(folded(text).replace("’", "'").split()).strip(" .!。！,")
    said = said.replace("the user's ", "my ").replace("i'm ", "i am ").replace("user's ", "my ")
    said = re.sub(r"^(?:the )?user (is|has|was)\b", _first_person, said)
    said = re.sub(r"^(?:the )?user (\w+?)s\b", r"i \1", said)
    while (shorter := _LEAD.sub("", said)) != said:
        said = shorter
    return said


@lru_cache(maxsize=256)
def _meant(said: str) -> str:
    """One wording for those that mean one thing."""
    if not _ANY_MEANT.search(said):
        return said
    for shape, wording in _MEANT:
        said = shape.sub(wording, said)
    return said


def _form(word: str) -> str:
    """The stem, which keeps a past apart; empty for words that say nothing."""
    if word in _SILENT:
        return ""
    return f"{stem(word)}+" if word.endswith("ed") and len(word) > 4 else stem(word)


def _turned(forms: Sequence[str]) -> str:
    """The smallest of all sentences that begin at another word and go round."""
    told = [form for form in forms if form]
    if len(told) not in _TURNED:
        return " ".join(told or forms)
    first = min(told)
    turns = (told[n:] + told[:n] for n, form in enumerate(told) if form == first)
    return " ".join(min(turns))


def _first_person(match: re.Match[str]) -> str:
    return f"i {({'is': 'am', 'has': 'have', 'was': 'was'})[match.group(1)]}"
